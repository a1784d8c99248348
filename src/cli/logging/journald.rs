//! Events in systemd's native journal protocol: one datagram each, with fields (systemd.io/JOURNAL_NATIVE_PROTOCOL).

use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::cli::logging::lines::Lines;

pub const JOURNALD: &str = "/run/systemd/journal/socket";

/// A sink that writes one journal entry per write. It may block.
pub struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Journal {
    /// Connects to the journal's socket.
    ///
    /// # Errors
    ///
    /// Nothing listens there.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let (socket, path) = (UnixDatagram::unbound()?, path.into());
        // The journal discards an empty entry.
        socket.send_to(&[], &path)?;
        Ok(Self { socket, path })
    }
}

impl Write for Journal {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        self.socket.send_to(entry, &self.path)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub struct JournalLayer {
    lines: Lines,
}

impl JournalLayer {
    pub fn new(lines: Lines) -> Self {
        Self { lines }
    }
}

impl<S: Subscriber> Layer<S> for JournalLayer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        self.lines.send(&entry(event));
    }
}

/// The fields of an entry: the priority, the message, and the event's own fields as `F_…`.
fn entry(event: &Event<'_>) -> Vec<u8> {
    let metadata = event.metadata();
    let priority = match *metadata.level() {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "5",
        Level::DEBUG => "6",
        Level::TRACE => "7",
    };
    let mut entry = Entry::default();
    entry.add("PRIORITY", priority);
    entry.add("SYSLOG_IDENTIFIER", env!("CARGO_PKG_NAME"));
    entry.add("TARGET", metadata.target());
    if let (Some(file), Some(line)) = (metadata.file(), metadata.line()) {
        entry.add("CODE_FILE", file);
        entry.add("CODE_LINE", &line.to_string());
    }
    event.record(&mut entry);
    entry.bytes
}

#[derive(Default)]
struct Entry {
    bytes: Vec<u8>,
    text: String,
}

impl Entry {
    /// Writes the length first, so that a value may have several lines.
    fn add(&mut self, name: &str, value: &str) {
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(b'\n');
        self.bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(value.as_bytes());
        self.bytes.push(b'\n');
    }
}

impl Visit for Entry {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        // Writing to memory does not fail.
        let _written = write!(text, "{value:?}");
        self.record_str(field, &text);
        self.text = text;
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.add("MESSAGE", value),
            name => self.add(&format!("F_{}", name.replace('.', "_").to_uppercase()), value),
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn an_event_becomes_one_entry_with_its_fields() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        assert!(Journal::open(&path).is_err(), "nobody listens");
        let journal = UnixDatagram::bind(&path).unwrap();
        let lines = Lines::start(Journal::open(&path).unwrap()).unwrap();
        let subscriber = tracing_subscriber::registry().with(JournalLayer::new(lines));
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(page = %"7Q2K9MXD-1", tries = 3, code = Some("smtp-450"), "two\nlines");
        });
        let mut bytes = [0; 1_024];
        assert_eq!(journal.recv(&mut bytes).unwrap(), 0, "the look whether somebody listens");
        let length = journal.recv(&mut bytes).unwrap();
        let mut rest = &bytes[..length];
        let mut fields = Vec::new();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let name = std::str::from_utf8(&rest[..end]).unwrap();
            let (size, after) = rest[end + 1..].split_first_chunk().unwrap();
            let (value, after) = after.split_at(usize::try_from(u64::from_le_bytes(*size)).unwrap());
            fields.push((name, std::str::from_utf8(value).unwrap()));
            rest = after.strip_prefix(b"\n").unwrap();
        }
        let without_place: Vec<_> = fields.into_iter().filter(|(name, _)| !name.starts_with("CODE_")).collect();
        let target = module_path!();
        assert_eq!(
            without_place,
            [
                ("PRIORITY", "4"),
                ("SYSLOG_IDENTIFIER", "wardbell"),
                ("TARGET", target),
                ("MESSAGE", "two\nlines"),
                ("F_PAGE", "7Q2K9MXD-1"),
                ("F_TRIES", "3"),
                ("F_CODE", "smtp-450"),
            ]
        );
    }
}
