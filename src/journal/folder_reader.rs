//! Reads a folder's record, also while a daemon appends to it.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::domain::digest::Digest;
use crate::journal::base::layout;
use crate::journal::checkpoint;
use crate::journal::error::ReadError;
use crate::journal::port::{Found, Reader, Start};
use crate::journal::walk::{Mark, Visit, walk, walk_from};

/// Reads a folder's record, also while a daemon appends to it.
#[derive(Debug, Clone)]
pub struct FolderReader {
    folder: PathBuf,
    /// Where the last read ended, so that a follower reads each line only once.
    mark: Cell<Option<Mark>>,
}

impl FolderReader {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), mark: Cell::new(None) }
    }
}

impl Reader for FolderReader {
    fn read_after(&self, seq: u64, visit: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>) -> Result<(), ReadError> {
        let visit: Visit = &mut |line, text| Ok(visit(Found { record: line.record()?, hash: line.hash, line: text }));
        let reached = walk_from(&self.folder, self.mark.take(), seq, visit)?;
        self.mark.set(reached.mark);
        Ok(())
    }

    fn start(&self) -> Result<Start, ReadError> {
        checkpoint::start(&self.folder)
    }

    fn hash_at(&self, seq: u64) -> Result<Option<Digest>, ReadError> {
        let (start, hash_there) = layout(&self.folder)?.start();
        let mut hash = (seq == 0).then_some(Digest::ZERO).or((seq == start).then_some(hash_there));
        if seq > start {
            let visit: Visit = &mut |line, _| {
                hash = Some(line.hash);
                Ok(ControlFlow::Break(()))
            };
            walk(&self.folder, seq - 1, visit)?;
        }
        Ok(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::file::FileJournal;
    use crate::journal::port::{Epoch, Journal};
    use crate::journal::record::{Entry, Fact, SystemEvent};
    use crate::journal::segment::Segment;
    use chrono::DateTime;

    fn entries(count: usize) -> Vec<Entry> {
        let at = DateTime::from_timestamp_millis(1_798_153_200_000).unwrap();
        vec![Entry { at, fact: Fact::System(SystemEvent::Started { version: "1".into() }) }; count]
    }

    fn seqs(reader: &FolderReader, after: u64, up_to: u64) -> Vec<u64> {
        let mut seen = Vec::new();
        let visit = &mut |found: Found<'_>| {
            if found.record.seq > up_to {
                return ControlFlow::Break(());
            }
            seen.push(found.record.seq);
            ControlFlow::Continue(())
        };
        reader.read_after(after, visit).unwrap();
        seen
    }

    #[test]
    fn a_follower_goes_on_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = FileJournal::open(folder.path()).unwrap();
        journal = journal.with_segment_bytes(2_000);
        let reader = FolderReader::new(folder.path());
        let mut last = 0;
        for round in 1..40 {
            journal.append(Epoch::FIRST, &entries(round % 4 + 1)).unwrap();
            let end = journal.head().seq;
            let expected: Vec<u64> = (last + 1..end).collect();
            assert_eq!(seqs(&reader, last, end - 1), expected, "round {round}");
            last = end - 1;
        }
        assert!(Segment::list(folder.path()).unwrap().len() > 3);
        assert_eq!(seqs(&reader, 0, last), (1..=last).collect::<Vec<_>>(), "backwards too");
    }

    #[test]
    fn a_follower_reads_no_byte_twice() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = FileJournal::open(folder.path()).unwrap();
        journal.append(Epoch::FIRST, &entries(50)).unwrap();
        let reader = FolderReader::new(folder.path());
        assert_eq!(seqs(&reader, 0, 40).len(), 40);
        // Damage after this point is not reported here: `audit verify` looks for it.
        let path = &Segment::list(folder.path()).unwrap()[0].path;
        let mut bytes = std::fs::read(path).unwrap();
        bytes[10] = b'#';
        std::fs::write(path, bytes).unwrap();
        assert_eq!(seqs(&reader, 40, 50), (41..=50).collect::<Vec<_>>());
    }
}
