//! Log lines as text. Fields that the sentence already contains are omitted.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::engine::log::target::TARGET;

/// Fields that the sentences do not contain.
const NOT_SAID: &[&str] = &["code", "line"];

/// The usual format, and a shorter one for sentences.
pub struct Text(Format<Full>);

impl Text {
    /// Whether to omit module names.
    pub fn new() -> Self {
        Self(Format::default().with_target(false))
    }
}

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if event.metadata().target() != TARGET {
            return self.0.format_event(context, out, event);
        }
        let level = *event.metadata().level();
        if out.has_ansi_escapes() {
            write!(out, "\u{1b}[2m")?;
            SystemTime.format_time(&mut out)?;
            write!(out, "\u{1b}[0m \u{1b}[{}m{level:>5}\u{1b}[0m ", colour(level))?;
        } else {
            SystemTime.format_time(&mut out)?;
            write!(out, " {level:>5} ")?;
        }
        let mut sentence = Sentence { out, result: Ok(()) };
        event.record(&mut sentence);
        sentence.result?;
        writeln!(sentence.out)
    }
}

/// Writes fields as the usual format does.
fn colour(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}

struct Sentence<'a> {
    out: Writer<'a>,
    result: fmt::Result,
}

impl Visit for Sentence<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.out, "{value:?}"),
            name if NOT_SAID.contains(&name) => write!(self.out, " {name}={value:?}"),
            _ => Ok(()),
        };
        self.result = self.result.and(written);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_sentence_is_followed_by_what_it_does_not_say_and_other_lines_by_all() {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt().with_ansi(false).event_format(Text::new());
        tracing::subscriber::with_default(layer.with_writer(move || writer.clone()).finish(), || {
            tracing::info!(
                target: TARGET, incident = "7Q2K9MXD", page = %"7Q2K9MXD-1", code = "timeout", liaison = Some("j-chen"),
                "7Q2K9MXD: SMS to j-chen failed"
            );
            tracing::warn!(parts = "log", "settings have changed");
        });
        let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let without_time: Vec<_> = written.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(
            without_time,
            [" INFO 7Q2K9MXD: SMS to j-chen failed code=\"timeout\"", " WARN settings have changed parts=\"log\""]
        );
    }
}
