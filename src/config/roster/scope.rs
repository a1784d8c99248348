//! What is needed from the whole roster to check its parts.

use crate::config::context::Context;
use crate::config::diagnostics::{meant_or_known, quoted};
use crate::config::reader::Spanned;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::LiaisonId;
use crate::domain::roster::hours::Hours;
use crate::domain::zone::Zone;

/// What is needed from the whole roster to check its parts.
pub struct Scope<'a> {
    pub context: &'a Context<'a>,
    pub zone: &'a Zone,
    pub ids: Vec<&'a LiaisonId>,
    pub hours: &'a Hours,
    /// Whether all liaisons were read. If not, an unknown one may be in the broken part of the file.
    pub is_whole: bool,
}

impl Scope<'_> {
    /// The liaison with that ID, if the roster has one.
    pub fn liaison(&self, raw: &Spanned<LiaisonId>) -> Option<LiaisonId> {
        if self.ids.contains(&&raw.value) {
            return Some(raw.value.clone());
        }
        if self.is_whole {
            let message = format!("this roster has no liaison {}", quoted(raw.value.as_str()));
            let hint = meant_or_known(raw.value.as_str(), self.ids.iter().map(|id| id.as_str()));
            let diagnostic = Diagnostic::error(Code::UnknownLiaison, &raw.spot, message);
            self.context.diagnostics.push(diagnostic.maybe_hint(hint));
        }
        None
    }
}
