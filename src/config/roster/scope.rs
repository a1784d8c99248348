//! What the parts of a roster must know of the whole.

use crate::config::context::Context;
use crate::config::mistakes::{meant_or_known, quoted};
use crate::config::reader::Written;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::LiaisonId;
use crate::domain::roster::hours::Hours;
use crate::domain::zone::Zone;

/// What the parts of a roster must know of the whole.
pub struct Scope<'a> {
    pub context: &'a Context<'a>,
    pub zone: &'a Zone,
    pub ids: Vec<&'a LiaisonId>,
    pub hours: &'a Hours,
    /// Whether somebody who is missing is missing, and not just in a broken part of the file.
    pub is_whole: bool,
}

impl Scope<'_> {
    /// The liaison, if the roster has one of that id.
    pub fn liaison(&self, written: &Written<LiaisonId>) -> Option<LiaisonId> {
        if self.ids.contains(&&written.value) {
            return Some(written.value.clone());
        }
        if self.is_whole {
            let message = format!("no liaison of this roster has the id {}", quoted(written.value.as_str()));
            let hint = meant_or_known(written.value.as_str(), self.ids.iter().map(|id| id.as_str()));
            let diagnostic = Diagnostic::error(Code::UnknownLiaison, &written.spot, message);
            self.context.mistakes.push(diagnostic.maybe_hint(hint));
        }
        None
    }
}
