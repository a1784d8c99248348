//! The file of data keys: appended to, overwritten in place where a key is destroyed, and synced before anybody relies on
//! it.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;

use crate::domain::id::IncidentId;
use crate::domain::sealed::DataKeyId;
use crate::journal::error::{JournalError, OpenError, is_read_only};
use crate::journal::owner::hand_over;
use crate::journal::place::lock_file;
use crate::journal::segment::{create_folder, sync_folder};
use crate::vault::disk::{Disk, ROOM_BYTES, System};
use crate::vault::slot::{SLOT_BYTES, SLOT_LENGTH, Slot, name_of_line};

/// What the file is called.
pub const NAME: &str = "data-keys";

/// What it is called while it is written anew.
pub const NEW_NAME: &str = "data-keys.new";

/// What must have room before a disk that was full counts as mended.
const ROOM: [u8; ROOM_BYTES] = [b' '; ROOM_BYTES];

/// The file, and where each key is in it. Of each key, memory holds its name and its place: some twenty bytes.
#[derive(Debug)]
pub struct KeyFile {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    /// `None` after a failure: what was not written may be lost in the kernel, so that handle is never used again.
    file: Option<File>,
    /// `None` where nothing could be read yet: no key is known then, and none is made.
    lock: Option<File>,
    /// So many lines survive a power cut.
    slots: u32,
    /// Each key's name, and a place of it; also of a line that is damaged, where it still tells its name.
    index: BTreeSet<(u64, u32)>,
}

impl KeyFile {
    /// The file of a folder, or one that is begun. Where that cannot be used, what is open is paged all the same, and nothing
    /// is sealed until it can: it is tried again with every batch.
    pub fn open_or_wait(folder: &Path) -> Self {
        Self::open(folder).unwrap_or_else(|error| {
            tracing::error!(%error, "the data keys cannot be used: no new incidents are accepted until they can be");
            let (folder, disk, index) = (folder.to_owned(), Arc::new(System), BTreeSet::new());
            Self { folder, disk, file: None, lock: None, slots: 0, index }
        })
    }

    /// Opens the file of a folder, or begins one; what is left of an unfinished one is removed.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        create_folder(folder).map_err(|error| OpenError::setup(folder, error))?;
        let lock = lock_file(folder)?;
        let path = folder.join(NAME);
        let setup = |error| OpenError::setup(&path, error);
        match fs::remove_file(folder.join(NEW_NAME)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound && !is_read_only(&error) => {
                let path = folder.join(NEW_NAME).display().to_string();
                tracing::warn!(path, %error, "cannot remove this file; remove it before the next master key change");
            }
            _ => {}
        }
        let is_new = !path.exists();
        let file = match if is_new { create(&path) } else { reopen(&path) } {
            // What is open is paged all the same, and a new handle is tried before anything is sealed.
            Err(error) if is_read_only(&error) && !is_new => None,
            other => Some(other.map_err(setup)?),
        };
        if is_new {
            sync_folder(folder).map_err(setup)?;
        }
        let bytes = fs::read(&path).map_err(setup)?;
        let slots = whole_slots(&bytes);
        if let Some(file) = &file {
            let length = u64::from(slots) * SLOT_LENGTH;
            if bytes.len() as u64 > length {
                file.set_len(length).map_err(setup)?;
                tracing::warn!("removed an incomplete final data key left by a crash; no record needs it");
            }
            // Keys that are read now may have been on their way to the disk when the process ended.
            file.sync_data().map_err(setup)?;
        }
        let (folder, disk, index) = (folder.to_owned(), Arc::new(System), BTreeSet::new());
        let mut this = Self { folder, disk, file, lock: Some(lock), slots, index };
        let lines = bytes.chunks_exact(SLOT_BYTES).take(slots as usize).zip(0..);
        lines.for_each(|(line, slot)| this.add(name_of_line(line), slot));
        Ok(this)
    }

    /// The same on another disk.
    #[must_use]
    pub fn on(self, disk: Arc<dyn Disk>) -> Self {
        Self { disk, ..self }
    }

    /// What keeps it.
    pub fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.disk)
    }

    /// Where the file is.
    pub fn path(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many lines it has.
    pub fn len(&self) -> u32 {
        self.slots
    }

    /// Where a key is. In more than one place where a line's name is damaged and reads like another one's, or where a
    /// key that was lost came back beside one that had been made meanwhile.
    pub fn places(&self, key: DataKeyId) -> impl Iterator<Item = u32> {
        let name = index_key(key.incident, key.generation);
        self.index.range((name, 0)..=(name, u32::MAX)).map(|(_, slot)| *slot)
    }

    /// An incident's last key: its generation.
    pub fn last_of(&self, incident: IncidentId) -> Option<u16> {
        self.keys_of(incident).last().map(|(key, _)| key.generation)
    }

    /// All keys of an incident, and where each is.
    pub fn keys_of(&self, incident: IncidentId) -> impl DoubleEndedIterator<Item = (DataKeyId, u32)> {
        let keys = self.index.range((index_key(incident, 0), 0)..=(index_key(incident, u16::MAX), u32::MAX));
        keys.map(move |(key, slot)| (DataKeyId { incident, generation: (key & 0xffff) as u16 }, *slot))
    }

    /// Reads a line.
    ///
    /// # Errors
    ///
    /// The system's, or a line that is not what was written.
    pub fn read(&self, slot: u32) -> io::Result<Slot> {
        Slot::of_line(&self.read_line(slot)?).ok_or_else(|| io::Error::other("a data key is damaged"))
    }

    /// Reads a line, whatever stands there.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn read_line(&self, slot: u32) -> io::Result<[u8; SLOT_BYTES]> {
        let mut line = [0; SLOT_BYTES];
        let place = u64::from(slot) * SLOT_LENGTH;
        match &self.file {
            Some(file) => file.read_exact_at(&mut line, place)?,
            None => File::open(self.path())?.read_exact_at(&mut line, place)?,
        }
        Ok(line)
    }

    /// Whether it is known which keys there are.
    pub fn is_read(&self) -> bool {
        self.lock.is_some()
    }

    /// Makes sure that the file can be written, where it could not be: by a new handle, and with room on the disk.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn mend(&mut self) -> Result<(), JournalError> {
        if !self.is_read() {
            let read = Self::open(&self.folder).map_err(|error| JournalError::Disk(error.to_string()))?;
            *self = read.on(Arc::clone(&self.disk));
        }
        if self.file.is_some() {
            return Ok(());
        }
        let file = reopen(&self.path())?;
        let end = u64::from(self.slots) * SLOT_LENGTH;
        file.set_len(end)?;
        let is_room = self.disk.write(&file, &ROOM, end).and_then(|()| self.disk.sync(&file));
        file.set_len(end)?;
        is_room?;
        self.disk.sync(&file)?;
        self.file = Some(file);
        Ok(())
    }

    /// Appends lines by one write and one `fdatasync`.
    ///
    /// # Errors
    ///
    /// Nothing was appended then.
    pub fn append(&mut self, lines: &[Slot]) -> Result<(), JournalError> {
        let bytes: Vec<u8> = lines.iter().flat_map(Slot::to_line).collect();
        let at = u64::from(self.slots) * SLOT_LENGTH;
        self.write(&[(at, &bytes)])?;
        for slot in lines {
            self.add(Some(slot.id), self.slots);
            self.slots += 1;
        }
        Ok(())
    }

    /// Overwrites lines in place by one `fdatasync`.
    ///
    /// # Errors
    ///
    /// Some may be overwritten, and others not.
    pub fn overwrite(&mut self, lines: &[(u32, Slot)]) -> Result<(), JournalError> {
        let lines: Vec<_> = lines.iter().map(|(slot, line)| (u64::from(*slot) * SLOT_LENGTH, line.to_line())).collect();
        let parts: Vec<(u64, &[u8])> = lines.iter().map(|(at, line)| (*at, line.as_slice())).collect();
        self.write(&parts)
    }

    /// Cuts off the lines from one on, which nobody needs.
    pub fn cut_to(&mut self, left: u32) {
        if left >= self.slots {
            return;
        }
        self.index.retain(|(_, slot)| *slot < left);
        self.slots = left;
        let cut = self.file.as_ref().map(|file| file.set_len(u64::from(left) * SLOT_LENGTH));
        if let Some(Err(_)) = cut {
            // A new handle begins by cutting.
            self.file = None;
        }
    }

    /// Goes on with a file that took the place of this one and has the same keys in the same places.
    pub fn replaced_by(&mut self, file: File) {
        self.file = Some(file);
    }

    fn write(&mut self, parts: &[(u64, &[u8])]) -> Result<(), JournalError> {
        if parts.iter().all(|(_, bytes)| bytes.is_empty()) {
            return Ok(());
        }
        self.mend()?;
        let Some(file) = self.file.take() else { return Err(JournalError::Disk("the file is not open".into())) };
        parts.iter().try_for_each(|(at, bytes)| self.disk.write(&file, bytes, *at))?;
        self.disk.sync(&file)?;
        self.file = Some(file);
        Ok(())
    }

    fn add(&mut self, name: Option<DataKeyId>, place: u32) {
        self.index.extend(name.map(|key| (index_key(key.incident, key.generation), place)));
    }
}

/// The file's whole lines; where the disk promised room and never filled it, zeros may stand at its end.
pub fn whole_slots(bytes: &[u8]) -> u32 {
    let lines = bytes.chunks_exact(SLOT_BYTES);
    let count = lines.len();
    let empty = lines.rev().take_while(|line| line.iter().all(|byte| matches!(byte, 0 | b' '))).count();
    u32::try_from(count - empty).unwrap_or(u32::MAX)
}

/// Makes a file that nobody but the folder's owner may read.
///
/// # Errors
///
/// The system's.
pub fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(path)?;
    hand_over(&file, path.parent().unwrap_or(path));
    Ok(file)
}

fn reopen(path: &Path) -> io::Result<File> {
    // What is no file is told rather than waited for.
    let file =
        OpenOptions::new().read(true).write(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}

fn index_key(incident: IncidentId, generation: u16) -> u64 {
    incident.to_bits() << 16 | u64::from(generation)
}
