//! The data key file: appended to, overwritten in place to destroy keys, and synced before anything relies on it.

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

pub const NAME: &str = "data-keys";

/// Its name while it is rewritten.
pub const NEW_NAME: &str = "data-keys.new";

/// The space that must be free before a full disk counts as usable again.
const ROOM: [u8; ROOM_BYTES] = [b' '; ROOM_BYTES];

/// The file and an index of its keys. In memory, a key needs its name and position: about twenty bytes.
#[derive(Debug)]
pub struct KeyFile {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    /// `None` after a failure: unwritten data may be lost in the kernel, so that handle is never used again.
    file: Option<File>,
    /// `None` if nothing could be read yet. Then no key is known, and none is created.
    lock: Option<File>,
    /// The number of lines that survive a power cut.
    slots: u32,
    /// Each key's name and position, including damaged lines whose name is readable.
    index: BTreeSet<(u64, u32)>,
}

impl KeyFile {
    /// Opens or creates the file of a folder. If that fails, paging for open incidents continues and nothing is sealed
    /// until it works; every batch tries again.
    pub fn open_or_wait(folder: &Path) -> Self {
        Self::open(folder).unwrap_or_else(|error| {
            tracing::error!(%error, "the data keys cannot be used: no new incidents are accepted until they can be");
            let (folder, disk, index) = (folder.to_owned(), Arc::new(System), BTreeSet::new());
            Self { folder, disk, file: None, lock: None, slots: 0, index }
        })
    }

    /// Opens or creates the file of a folder and removes leftovers of an interrupted rewrite.
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
            // Paging for open incidents continues; a new handle is tried before anything is sealed.
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
            // Keys found now may not have been durable when the last process ended.
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

    pub fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.disk)
    }

    pub fn path(&self) -> PathBuf {
        self.folder.join(NAME)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn len(&self) -> u32 {
        self.slots
    }

    /// The positions of a key. It has several if a line's name is damaged and reads like another one's, or if a lost
    /// key was restored after a new one had been created under its name.
    pub fn places(&self, key: DataKeyId) -> impl Iterator<Item = u32> {
        let name = index_key(key.incident, key.generation);
        self.index.range((name, 0)..=(name, u32::MAX)).map(|(_, slot)| *slot)
    }

    /// The number of an incident's last key.
    pub fn last_of(&self, incident: IncidentId) -> Option<u16> {
        self.keys_of(incident).last().map(|(key, _)| key.generation)
    }

    /// All keys of an incident and their positions.
    pub fn keys_of(&self, incident: IncidentId) -> impl DoubleEndedIterator<Item = (DataKeyId, u32)> {
        let keys = self.index.range((index_key(incident, 0), 0)..=(index_key(incident, u16::MAX), u32::MAX));
        keys.map(move |(key, slot)| (DataKeyId { incident, generation: (key & 0xffff) as u16 }, *slot))
    }

    /// # Errors
    ///
    /// Any I/O error, or a damaged line.
    pub fn read(&self, slot: u32) -> io::Result<Slot> {
        Slot::of_line(&self.read_line(slot)?).ok_or_else(|| io::Error::other("a data key is damaged"))
    }

    /// Reads a line without checking it.
    ///
    /// # Errors
    ///
    /// Any I/O error.
    pub fn read_line(&self, slot: u32) -> io::Result<[u8; SLOT_BYTES]> {
        let mut line = [0; SLOT_BYTES];
        let place = u64::from(slot) * SLOT_LENGTH;
        match &self.file {
            Some(file) => file.read_exact_at(&mut line, place)?,
            None => File::open(self.path())?.read_exact_at(&mut line, place)?,
        }
        Ok(line)
    }

    /// Whether the existing keys are known.
    pub fn is_read(&self) -> bool {
        self.lock.is_some()
    }

    /// Makes the file writable again after a failure: opens a new handle and checks for free space.
    ///
    /// # Errors
    ///
    /// The reason why not.
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

    /// Appends lines with one write and one `fdatasync`.
    ///
    /// # Errors
    ///
    /// Nothing was appended.
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

    /// Overwrites lines in place, with one `fdatasync`.
    ///
    /// # Errors
    ///
    /// Some lines may have been overwritten.
    pub fn overwrite(&mut self, lines: &[(u32, Slot)]) -> Result<(), JournalError> {
        let lines: Vec<_> = lines.iter().map(|(slot, line)| (u64::from(*slot) * SLOT_LENGTH, line.to_line())).collect();
        let parts: Vec<(u64, &[u8])> = lines.iter().map(|(at, line)| (*at, line.as_slice())).collect();
        self.write(&parts)
    }

    /// Truncates the file to this many lines. The others must not be needed.
    pub fn cut_to(&mut self, left: u32) {
        if left >= self.slots {
            return;
        }
        self.index.retain(|(_, slot)| *slot < left);
        self.slots = left;
        let cut = self.file.as_ref().map(|file| file.set_len(u64::from(left) * SLOT_LENGTH));
        if let Some(Err(_)) = cut {
            // Opening a new handle truncates the file first.
            self.file = None;
        }
    }

    /// Switches to a file that has replaced this one and has the same keys at the same positions.
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

/// The number of complete lines; after a power cut, the file may end with zeros.
pub fn whole_slots(bytes: &[u8]) -> u32 {
    let lines = bytes.chunks_exact(SLOT_BYTES);
    let count = lines.len();
    let empty = lines.rev().take_while(|line| line.iter().all(|byte| matches!(byte, 0 | b' '))).count();
    u32::try_from(count - empty).unwrap_or(u32::MAX)
}

/// Creates a file that only the folder's owner may read.
///
/// # Errors
///
/// Any I/O error.
pub fn create(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(path)?;
    hand_over(&file, path.parent().unwrap_or(path));
    Ok(file)
}

fn reopen(path: &Path) -> io::Result<File> {
    // Report anything that is not a file instead of blocking on it.
    let file =
        OpenOptions::new().read(true).write(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}

fn index_key(incident: IncidentId, generation: u16) -> u64 {
    incident.to_bits() << 16 | u64::from(generation)
}
