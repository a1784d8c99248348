//! Checks that every page of a playbook fits in one text message.

use crate::config::diagnostics::{Diagnostics, quoted};
use crate::config::reader::Spanned;
use crate::config::value_types::Line;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::page::{HospitalName, PUBLIC_URL_SEPTETS, SMS_SEGMENT, gsm7_length};

/// Has the length of a link's token.
const TOKEN: &str = "abcdefghijklmnopqrstuvwx";

/// The requests of a page, the shortest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Request {
    /// An answer within half a day.
    AnswerToday,
    /// A note after an acknowledgment.
    Note,
    /// A later answer: the page shows the day too.
    AnswerLater,
}

impl Request {
    fn words(self) -> &'static str {
        match self {
            Self::AnswerToday => "Answer by 02:14",
            Self::Note => "Note what was done",
            Self::AnswerLater => "Answer by Wed 02:14",
        }
    }
}

/// The number of characters left for a title.
pub struct PageRoom {
    septets: Option<usize>,
}

impl PageRoom {
    /// The space left by the longest page without a title. Reports an address that leaves none.
    pub fn new(hospital: Option<&HospitalName>, public_url: Option<(&str, &Spot)>, diagnostics: &Diagnostics) -> Self {
        let (Some(hospital), Some((base, spot))) = (hospital, public_url) else { return Self { septets: None } };
        let request = Request::AnswerToday.words();
        let longest = format!("DRILL {hospital} critical  7Q2K9MXD. {request}: /a/{TOKEN}");
        let around = gsm7_length(&longest).unwrap_or(SMS_SEGMENT);
        let base_max = SMS_SEGMENT.saturating_sub(around + 1).min(PUBLIC_URL_SEPTETS);
        match gsm7_length(base) {
            Some(length) if length <= base_max => Self { septets: Some(SMS_SEGMENT - around - length) },
            Some(_) => {
                let message = "with this address, pages do not fit in one text message";
                let hint = format!("shorten it to at most {base_max} characters, to leave room for a title");
                diagnostics.push(Diagnostic::error(Code::PageTooLong, spot, message).hint(hint));
                Self { septets: None }
            }
            None => {
                let message = "the address contains a character that text messages cannot carry";
                let hint = "with it, a page needs more than one message; write the host in ASCII (`xn--…`)";
                diagnostics.push(Diagnostic::error(Code::PageTooLong, spot, message).hint(hint));
                Self { septets: None }
            }
        }
    }

    /// Reports a title that does not fit with the longest request of the playbook's pages.
    pub fn check(&self, title: &Spanned<Line>, longest: Request, diagnostics: &Diagnostics) {
        let text = &title.value.0;
        let Some(length) = gsm7_length(text) else {
            let odd = text.chars().find(|one| gsm7_length(one.encode_utf8(&mut [0; 4])).is_none());
            let message = format!("text messages cannot carry {}", quoted(&odd.map(String::from).unwrap_or_default()));
            let hint = "with it, a page needs more than one message; use plain letters";
            return diagnostics.push(Diagnostic::error(Code::PageTooLong, &title.spot, message).hint(hint));
        };
        let more = longest.words().len() - Request::AnswerToday.words().len();
        let Some(room) = self.septets.map(|room| room.saturating_sub(more)).filter(|room| length > *room) else {
            return;
        };
        let message =
            format!("with this title, a page does not fit in one text message: {length} characters, {room} available");
        let hint = "shorten it; hospital, severity, reference, and link take the rest";
        diagnostics.push(Diagnostic::error(Code::PageTooLong, &title.spot, message).hint(hint));
    }
}
