//! The result of a button press, in a sentence.

use crate::domain::escalation::input::{NOTE_MAX, Refusal};
use crate::engine::protocol::link::Recorded;
use crate::web::words::{Times, sentence};

/// Said where the number of notes in a time is limited.
pub const TOO_MANY_NOTES: &str =
    "That is too many notes in a few minutes, so this one was not saved. Wait ten minutes, and send it again.";

#[derive(Debug)]
pub struct Pressed {
    pub button: Button,
    pub result: PressResult,
    /// The text in the note field.
    pub note: String,
}

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
    /// "Done"
    TaskDone,
    /// "Approve"
    Approve,
    /// "Ask for changes"
    AskForChanges,
}

#[derive(Debug)]
pub enum PressResult {
    Recorded(Recorded),
    Refused(Refusal),
    /// Not recorded, and never will be.
    Lost,
    /// Not recorded, because so many notes came by the link.
    TooMany,
    /// Being recorded; the outcome is not known yet.
    NotKnownYet,
}

/// What was just recorded, or was not.
#[derive(Debug, PartialEq, Eq)]
pub struct Notice {
    /// It failed, and must be seen.
    pub failed: bool,
    pub text: String,
    /// Offers a reload link because the outcome is not known yet.
    pub look_again: bool,
}

impl Pressed {
    /// The notice for the reader; `own` says whether they have it now.
    pub fn notice(&self, times: Times<'_>, own: bool) -> Option<Notice> {
        let failed = |text: String| Some(Notice { failed: true, text, look_again: false });
        let not_known_yet = |text: &str| Some(Notice { failed: true, text: text.to_owned(), look_again: true });
        match (&self.result, self.button) {
            (PressResult::Recorded(recorded), button) => {
                let at = times.wall_to_the_second(recorded.at);
                let text = match button {
                    Button::Note => format!("Note saved at {at}."),
                    Button::HandOver => {
                        format!("Recorded at {at}. They are paged now. Until they take it, you have it.")
                    }
                    Button::TaskDone => format!("Recorded at {at}: the task is done."),
                    Button::Acknowledge | Button::Decline | Button::Approve | Button::AskForChanges => {
                        format!("Recorded at {at}.")
                    }
                };
                Some(Notice { failed: false, text, look_again: false })
            }
            (PressResult::NotKnownYet, Button::Note) => {
                not_known_yet("We do not know yet whether the note was saved. It is still in the field.")
            }
            (PressResult::NotKnownYet, Button::TaskDone) => {
                not_known_yet("We do not know yet whether this was recorded. Until it is, the task is open.")
            }
            (PressResult::Lost, Button::TaskDone) => {
                failed("We could not record this, so the task is still open. Press again.".to_owned())
            }
            (PressResult::Refused(Refusal::Task(refusal)), _) => failed(sentence(&format!("not saved: {refusal}"))),
            (PressResult::NotKnownYet, _) if own => {
                not_known_yet("We do not know yet whether this was recorded. Until it is, you still have it.")
            }
            (PressResult::NotKnownYet, _) => not_known_yet(
                "We do not know yet whether this was recorded. Until it is, we keep paging the next person.",
            ),
            (PressResult::TooMany, _) => failed(TOO_MANY_NOTES.to_owned()),
            (PressResult::Lost, Button::Note) => {
                failed("We could not save the note. It is still in the field: press again.".to_owned())
            }
            (PressResult::Lost, _) if own => {
                failed("We could not record this. You still have it. Press again.".to_owned())
            }
            (PressResult::Lost, _) => failed(
                "We could not record this, so your answer was not saved. Press again. We keep paging the next person."
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
            (PressResult::Refused(refusal), Button::HandOver) if own => failed(format!("Not handed over: {refusal}.")),
            (PressResult::Refused(_), _) if own => None,
            (PressResult::Refused(Refusal::AlreadyAcknowledged { by, .. }), _) => {
                failed(format!("Not saved: {} has already acknowledged this.", by.name()))
            }
            (PressResult::Refused(Refusal::AlreadyResolved { .. }), _) => {
                failed("Not saved: this incident is closed.".to_owned())
            }
            (PressResult::Refused(_), _) => failed("Not saved: you can no longer answer this page.".to_owned()),
        }
    }

    /// Whether a note was to be saved and was not.
    pub fn lacks_note(&self) -> bool {
        self.button == Button::Note && !matches!(self.result, PressResult::Recorded(_))
    }

    /// Text to keep in the note field.
    pub fn unsaved_note(&self) -> String {
        match self.result {
            PressResult::Recorded(_) => String::new(),
            PressResult::Refused(_) | PressResult::Lost | PressResult::TooMany | PressResult::NotKnownYet => {
                self.note.clone()
            }
        }
    }
}
