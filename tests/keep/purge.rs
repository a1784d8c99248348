//! Keys that are to be destroyed, on a disk that fails: what counts as destroyed is gone from the disk itself.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};

use wardbell::domain::sealed::Unreadable;
use wardbell::vault::Vault;
use wardbell::vault::disk::Disk;

use crate::vault::{LINE, at, file, id, keys, read, seal};

/// A disk that loses what it could not write: the system tells of that once, and reads it as written ever after.
#[derive(Debug, Default)]
struct Lossy(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What a power cut leaves of each file.
    platters: HashMap<u64, Vec<u8>>,
    /// What waits for the next sync of each file.
    dirty: HashMap<u64, Vec<(u64, Vec<u8>)>>,
    /// The next so many syncs fail.
    failures: u32,
    /// The next sync of another file than this one tells that it was come to, and waits.
    gate: Option<(u64, SyncSender<()>, Receiver<()>)>,
}

impl Lossy {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// What is on the disk of a folder's keys.
    fn platter(&self, folder: &Path) -> Vec<u8> {
        self.state().platters.get(&inode(folder)).cloned().unwrap_or_default()
    }
}

impl Disk for Lossy {
    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(bytes, at)?;
        self.state().dirty.entry(file.metadata()?.ino()).or_default().push((at, bytes.to_vec()));
        Ok(())
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        let inode = file.metadata()?.ino();
        let gate = self.state().gate.take_if(|(other, ..)| *other != inode);
        if let Some((_, come, go)) = gate {
            come.send(()).unwrap();
            go.recv().unwrap();
        }
        let mut state = self.state();
        let dirty = state.dirty.remove(&inode).unwrap_or_default();
        if state.failures > 0 {
            state.failures -= 1;
            return Err(io::Error::from_raw_os_error(5));
        }
        let platter = state.platters.entry(inode).or_default();
        for (at, bytes) in dirty {
            let at = usize::try_from(at).unwrap();
            platter.resize(platter.len().max(at + bytes.len()), 0);
            platter[at..at + bytes.len()].copy_from_slice(&bytes);
        }
        Ok(())
    }
}

fn lossy(folder: &Path) -> (Vault, Arc<Lossy>) {
    let disk = Arc::new(Lossy::default());
    let vault = Vault::open(folder, keys(&[1])).unwrap().on(Arc::clone(&disk) as Arc<dyn Disk>);
    (vault, disk)
}

#[test]
fn a_purge_whose_sync_failed_is_done_over_until_the_disk_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, disk) = lossy(folder.path());
    let sealed = seal(&vault, &[1, 2]);
    let before = disk.platter(folder.path());
    assert_eq!(before, file(folder.path()));
    disk.state().failures = 1;
    vault.purge(&[id(1)], at()).unwrap_err();
    assert_ne!(file(folder.path())[..LINE], before[..LINE], "it is read as destroyed");
    assert_eq!(disk.platter(folder.path()), before, "and is not");
    assert_eq!(read(&vault, 1, &sealed[0]), Err(Unreadable::Purged { at: at() }), "nobody is shown it meanwhile");
    seal(&vault, &[3]);
    let after = disk.platter(folder.path());
    assert!(after.starts_with(format!("{}.0001 purged-", id(1)).as_bytes()), "{}", String::from_utf8_lossy(&after));
    assert!(after.starts_with(&file(folder.path())), "all of it is on the disk");
    assert_eq!(read(&vault, 2, &sealed[1]).unwrap(), "note 2");
}

fn inode(folder: &Path) -> u64 {
    fs::metadata(folder.join("data-keys")).unwrap().ino()
}

/// Rotates the master key; something happens when all keys are wrapped anew, and the new file is not in place yet. How many
/// keys that were.
fn rotated_while(vault: &Vault, disk: &Lossy, folder: &Path, happens: impl FnOnce()) -> u64 {
    let ((come, came), (go, gone)) = (sync_channel(0), sync_channel(0));
    disk.state().gate = Some((inode(folder), come, gone));
    std::thread::scope(|scope| {
        let rotation = scope.spawn(|| vault.rotate(keys(&[2, 1])).unwrap().unwrap());
        came.recv().unwrap();
        happens();
        go.send(()).unwrap();
        rotation.join().unwrap().keys
    })
}

#[test]
fn a_purge_whose_sync_failed_while_the_master_key_is_rotated_holds_for_the_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, disk) = lossy(folder.path());
    let sealed = seal(&vault, &[1, 2]);
    let old = inode(folder.path());
    let rotated = rotated_while(&vault, &disk, folder.path(), || {
        disk.state().failures = 1;
        vault.purge(&[id(1)], at()).unwrap_err();
        assert_eq!(vault.purge(&[], at()).unwrap(), 0, "tried again: by now it is read as destroyed");
    });
    assert_eq!(rotated, 2);
    assert_ne!(inode(folder.path()), old);
    assert!(disk.platter(folder.path()).starts_with(format!("{}.0001 purged-", id(1)).as_bytes()));
    assert_eq!(read(&vault, 1, &sealed[0]), Err(Unreadable::Purged { at: at() }));
    assert_eq!(read(&vault, 2, &sealed[1]).unwrap(), "note 2");
}

/// Flips a bit behind the name of a key's line, as a bad disk does.
fn bend(folder: &Path, line: usize) {
    let mut bytes = file(folder);
    bytes[line * LINE + 20] ^= 0x80;
    fs::write(folder.join("data-keys"), bytes).unwrap();
}

fn is_purged(folder: &Path, line: usize) -> bool {
    file(folder)[line * LINE + 13..].starts_with(b" purged-")
}

#[test]
fn a_damaged_key_keeps_no_purge_back_and_is_destroyed_too() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let sealed = seal(&vault, &[1, 2, 3]);
    bend(folder.path(), 0);
    assert_eq!(read(&vault, 1, &sealed[0]), Err(Unreadable::Damaged { key: sealed[0].key }));
    assert_eq!(vault.purge(&[id(1)], at()).unwrap(), 1);
    assert_eq!(vault.purge(&[id(2)], at()).unwrap(), 1);
    assert!(is_purged(folder.path(), 0) && is_purged(folder.path(), 1));
    assert_eq!(read(&vault, 3, &sealed[2]).unwrap(), "note 3");
}

#[test]
fn a_key_that_was_damaged_before_a_start_is_destroyed_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    let sealed = seal(&vault, &[1, 2]);
    drop(vault);
    bend(folder.path(), 0);
    let vault = Vault::open(folder.path(), keys(&[1])).unwrap();
    assert_eq!(read(&vault, 1, &sealed[0]), Err(Unreadable::Damaged { key: sealed[0].key }));
    assert_eq!(seal(&vault, &[1])[0].key.generation, 2, "its name is not used twice");
    assert_eq!(vault.purge(&[id(1)], at()).unwrap(), 2);
    assert!(is_purged(folder.path(), 0) && !is_purged(folder.path(), 1) && is_purged(folder.path(), 2));
}

#[test]
fn a_key_that_is_damaged_while_the_master_key_is_rotated_keeps_no_rotation_back() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, disk) = lossy(folder.path());
    seal(&vault, &[1]);
    let rotated = rotated_while(&vault, &disk, folder.path(), || {
        seal(&vault, &[2]);
        bend(folder.path(), 1);
    });
    assert_eq!(rotated, 1);
    let inventory = vault.inventory().unwrap().0;
    assert_eq!((inventory.damaged, inventory.unreadable, inventory.by_master.len()), (1, 0, 1), "{inventory:?}");
}
