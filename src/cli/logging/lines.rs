//! A log writer on its own thread that drops lines instead of blocking.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::engine::parts::dropped_lines;

/// Queue length: what a storm of incidents logs in a second or two.
const WAITING_MAX: usize = 4_096;

/// How long to wait at exit for a slow reader.
const WRITTEN_WITHIN: Duration = Duration::from_secs(1);

/// How often to check whether the queue is empty or a full pipe has room again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The queue of log lines. Sending never blocks; clones share one thread.
#[derive(Clone)]
pub struct Lines {
    sender: SyncSender<Box<[u8]>>,
    waiting: Arc<AtomicUsize>,
}

impl Lines {
    /// Starts the thread; each line is one write to `sink`.
    ///
    /// # Errors
    ///
    /// The system cannot start a thread.
    pub fn start(sink: impl Write + Send + 'static) -> io::Result<Self> {
        Self::start_with(sink, |_, dropped| {
            tracing::warn!(lines = dropped, "log lines were dropped because they were not read in time");
        })
    }

    fn start_with(sink: impl Write + Send + 'static, report: impl Fn(&Self, u64) + Send + 'static) -> io::Result<Self> {
        let (sender, lines) = sync_channel(WAITING_MAX);
        let these = Self { sender, waiting: Arc::new(AtomicUsize::new(0)) };
        let (own, left) = (these.clone(), Arc::clone(&these.waiting));
        let write = move || write_all(&lines, sink, &left, |dropped| report(&own, dropped));
        thread::Builder::new().name("log".into()).spawn(write)?;
        Ok(these)
    }

    /// Queues a line, or drops it if the queue is full.
    pub fn send(&self, line: &[u8]) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if self.sender.try_send(line.into()).is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            dropped_lines::note(SystemClock.steady());
        }
    }

    /// Waits until everything is written, for at most a second.
    pub fn wait_until_written(&self) {
        let started = SystemClock.steady();
        while self.waiting.load(Ordering::Relaxed) > 0 && SystemClock.steady() < started + WRITTEN_WITHIN {
            thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.send(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes lines as they come. Dropped lines are reported after the next successful write: earlier, the report itself
/// would be dropped.
fn write_all(lines: &Receiver<Box<[u8]>>, mut sink: impl Write, waiting: &AtomicUsize, report: impl Fn(u64)) {
    let mut told = dropped_lines::count();
    while let Ok(line) = lines.recv() {
        let is_written = write_line(&mut sink, &line).is_ok();
        if !is_written {
            dropped_lines::note(SystemClock.steady());
        }
        let left = waiting.fetch_sub(1, Ordering::Relaxed) - 1;
        let dropped = dropped_lines::count();
        if is_written && left == 0 && dropped > told {
            report(dropped - told);
            told = dropped;
        }
    }
}

/// Writes a whole line, even if another process has made the shared pipe nonblocking.
fn write_line(sink: &mut impl Write, mut line: &[u8]) -> io::Result<()> {
    while !line.is_empty() {
        match sink.write(line) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => line = &line[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(LOOK_AGAIN),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// Takes a byte whenever it is allowed to.
    struct Slow(Mutex<Receiver<()>>, Sender<u8>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().recv().map_err(|_| io::Error::from(ErrorKind::BrokenPipe))?;
            self.1.send(bytes[0]).unwrap();
            Ok(1)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A pipe that nobody reads any more.
    struct Broken(Sender<()>);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            self.0.send(()).unwrap();
            Err(ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_pipe_that_is_broken_keeps_no_thread_busy_with_reports_of_it() {
        let (tried, tries) = channel();
        let report = |lines: &Lines, _| lines.send(b"lines were dropped");
        let lines = Lines::start_with(Broken(tried), report).unwrap();
        lines.send(b"a line");
        lines.wait_until_written();
        tries.recv().unwrap();
        assert!(tries.recv_timeout(Duration::from_millis(50)).is_err(), "nothing else is written");
    }

    #[test]
    fn a_reader_that_stops_holds_nobody_up_and_gets_what_waits_when_it_goes_on() {
        let (allow, allowed) = channel();
        let (taken, got) = channel();
        let lines = Lines::start(Slow(Mutex::new(allowed), taken)).unwrap();
        let (before, started) = (dropped_lines::count(), SystemClock.steady());
        for _ in 0..WAITING_MAX + 10 {
            lines.send(b"ab");
        }
        assert!(SystemClock.steady() - started < Duration::from_secs(1));
        let dropped = dropped_lines::count() - before;
        assert!((9..=10).contains(&dropped), "all but those that wait, and perhaps one under way: {dropped}");
        assert!(dropped_lines::warning(SystemClock.steady()).unwrap().contains("dropped since startup"));
        lines.wait_until_written();
        assert!(SystemClock.steady() - started < WRITTEN_WITHIN * 2, "the end does not wait for it");
        (0..WAITING_MAX * 4).for_each(|_| allow.send(()).unwrap());
        lines.wait_until_written();
        let text: Vec<u8> = got.try_iter().collect();
        assert!(text.len() >= WAITING_MAX * 2 && text.starts_with(b"abab"), "{}", text.len());
    }
}
