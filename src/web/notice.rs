//! What a press of a button came to, in a sentence.

use crate::domain::escalation::input::{NOTE_MAX, Refusal};
use crate::engine::protocol::link::Recorded;
use crate::web::words::Times;

/// What was just pressed, and what came of it.
#[derive(Debug)]
pub struct Pressed {
    /// Which button.
    pub button: Button,
    /// What came of it.
    pub result: PressResult,
    /// What stood in the note's field.
    pub note: String,
}

/// The buttons of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// "I have it"
    Acknowledge,
    /// "I can't"
    Decline,
    /// "Save note"
    Note,
    /// "Hand this to them"
    HandOver,
}

/// What came of a press.
#[derive(Debug)]
pub enum PressResult {
    /// It is durable.
    Recorded(Recorded),
    /// The incident refused it.
    Refused(Refusal),
    /// It was not recorded, and never will be.
    Lost,
    /// It is being recorded, and how that ends is not known yet.
    NotKnownYet,
}

/// What was just recorded, or was not.
#[derive(Debug, PartialEq, Eq)]
pub struct Notice {
    /// It failed, and must be seen.
    pub failed: bool,
    /// The words.
    pub text: String,
    /// Offers a link to look again, as how it ended is not known yet.
    pub look_again: bool,
}

impl Pressed {
    /// What the reader is told; `own` says whether they have it now.
    pub fn notice(&self, times: Times<'_>, own: bool) -> Option<Notice> {
        let failed = |text: String| Some(Notice { failed: true, text, look_again: false });
        let not_known_yet = |text: &str| Some(Notice { failed: true, text: text.to_owned(), look_again: true });
        match (&self.result, self.button) {
            (PressResult::Recorded(recorded), button) => {
                let at = times.wall_to_the_second(recorded.at);
                let text =
                    if button == Button::Note { format!("Note saved at {at}.") } else { format!("Recorded at {at}.") };
                Some(Notice { failed: false, text, look_again: false })
            }
            (PressResult::NotKnownYet, Button::Note) => {
                not_known_yet("We do not know yet whether the note was saved. It is still in the field.")
            }
            (PressResult::NotKnownYet, _) if own => {
                not_known_yet("We do not know yet whether this was recorded. Until it is, you still have it.")
            }
            (PressResult::NotKnownYet, _) => not_known_yet(
                "We do not know yet whether this was recorded. Until it is, we keep paging the next person.",
            ),
            (PressResult::Lost, Button::Note) => {
                failed("We could not save the note. It is still in the field: press again.".to_owned())
            }
            (PressResult::Lost, _) if own => {
                failed("We could not record this. You still have it. Press again.".to_owned())
            }
            (PressResult::Lost, _) => failed(
                "We could not record this, so it does not count. Press again. We keep paging the next person."
                    .to_owned(),
            ),
            (PressResult::Refused(Refusal::EmptyNote), _) => {
                failed("The note was empty, so nothing was saved. Write what was done.".to_owned())
            }
            (PressResult::Refused(Refusal::NoteTooLong), _) => {
                failed(format!("The note is longer than {NOTE_MAX} characters, so nothing was saved. Shorten it."))
            }
            (PressResult::Refused(Refusal::AlreadyAcknowledged { by, at, .. }), _) if own => {
                let text = format!("Already acknowledged by {} at {}.", by.name(), times.logical(*at));
                Some(Notice { failed: false, text, look_again: false })
            }
            (PressResult::Refused(_), _) if own => None,
            (PressResult::Refused(_), _) => failed("Your press changed nothing.".to_owned()),
        }
    }

    /// Whether a note was to be saved and was not.
    pub fn lacks_note(&self) -> bool {
        self.button == Button::Note && !matches!(self.result, PressResult::Recorded(_))
    }

    /// The words that would be lost if the field were empty now.
    pub fn unsaved_note(&self) -> String {
        match self.result {
            PressResult::Recorded(_) => String::new(),
            PressResult::Refused(_) | PressResult::Lost | PressResult::NotKnownYet => self.note.clone(),
        }
    }
}
