//! The link page for someone who may not answer: only the reference, not what the incident is about or who has it.

use askama::Template;

use crate::engine::protocol::link::{HandOverTo, LinkRights, LinkView};
use crate::web::notice::{Button, Notice, PressResult, Pressed, TOO_MANY_NOTES};
use crate::web::style::CSS;
use crate::web::waiting::Beside;
use crate::web::words::{Times, sentence};

#[derive(Debug, Template)]
#[template(path = "neutral.html")]
pub struct NeutralPage {
    css: &'static str,
    hospital: String,
    reference: String,
    drill: bool,
    notice: Option<Notice>,
    headline: &'static str,
    lead: Vec<String>,
    /// The people it can be handed to, if handing over is all that is left to do.
    candidates: Vec<HandOverTo>,
    beside: Beside,
}

impl NeutralPage {
    /// The page, right after a press or without one; `None` for someone who may answer.
    pub fn new(view: &LinkView, pressed: Option<&Pressed>, beside: Beside) -> Option<Self> {
        let reference = view.incident.id.to_string();
        let (headline, lead, candidates) =
            match &view.rights {
                LinkRights::Asked => return None,
                LinkRights::Involved => (
                    "You do not need to answer this page",
                    vec!["Other people have been asked to handle it.".to_owned()],
                    Vec::new(),
                ),
                LinkRights::Left => (
                    "You are no longer on a Wardbell roster",
                    vec![
                        "You cannot answer this page. If no one has answered it, we are paging the next person."
                            .to_owned(),
                        "If you should be on a roster, call the hospital’s operator.".to_owned(),
                    ],
                    Vec::new(),
                ),
                LinkRights::LastResort(candidates) if candidates.is_empty() => (
                    "Call someone who can take this",
                    vec![
                    "You are named in this incident, so you cannot answer it yourself, and no one else on the rosters \
                     can be paged.".to_owned(),
                    format!("Call someone you trust who is not involved, for example through the hospital’s operator, \
                             and give them the reference {reference}."),
                ],
                    Vec::new(),
                ),
                LinkRights::LastResort(candidates) => (
                    "Hand this to someone else",
                    vec![
                    "Everyone who would be paged is named in this incident, so you cannot answer it \
                     yourself.".to_owned(),
                    "Choose someone who is not named. We page them right away, and we may page you again until they \
                     take it.".to_owned(),
                ],
                    candidates.clone(),
                ),
            };
        Some(Self {
            css: CSS,
            hospital: view.plan.hospital.to_string(),
            reference,
            drill: view.incident.drill,
            notice: pressed.and_then(|pressed| notice(view, pressed)),
            headline,
            lead,
            candidates,
            beside,
        })
    }

    /// The same after a press for several pages.
    #[must_use]
    pub fn with_notice(mut self, notice: Option<Notice>) -> Self {
        self.notice = self.notice.or(notice);
        self
    }
}

fn notice(view: &LinkView, pressed: &Pressed) -> Option<Notice> {
    let notice = |failed, text| Some(Notice { failed, text, look_again: false });
    let failed = |text: String| notice(true, text);
    match (&pressed.result, pressed.button) {
        (PressResult::Recorded(recorded), Button::HandOver) => {
            let at = Times::new(&view.plan.zone(&view.plan.fallback), view.now).wall_to_the_second(recorded.at);
            notice(false, format!("Handed over at {at}. They are being paged now."))
        }
        (PressResult::Recorded(_), _) => None,
        (PressResult::Refused(refusal), Button::HandOver) if matches!(view.rights, LinkRights::LastResort(_)) => {
            failed(sentence(&refusal.to_string()))
        }
        (PressResult::Refused(_), _) => failed("Not saved: you cannot answer this page.".to_owned()),
        (PressResult::TooMany, _) => failed(TOO_MANY_NOTES.to_owned()),
        (PressResult::Lost, _) => failed("We could not record this. Press again.".to_owned()),
        (PressResult::NotKnownYet, _) => Some(Notice {
            failed: true,
            text: "We do not know yet whether this was recorded. Until it is, you may be paged again.".to_owned(),
            look_again: true,
        }),
    }
}
