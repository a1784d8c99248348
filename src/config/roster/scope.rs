//! What is needed from the whole roster to check its parts.

use std::sync::Arc;

use crate::config::context::Context;
use crate::config::diagnostics::{meant_or_known, quoted, quoted_list, with_meant};
use crate::config::reader::Spanned;
use crate::config::roster::hours::never_closes;
use crate::config::roster::raw::RawDuring;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::id::{LiaisonId, WindowName};
use crate::domain::roster::hours::Hours;
use crate::domain::roster::rotation::During;
use crate::domain::roster::window::Window;
use crate::domain::zone::Zone;

/// What is needed from the whole roster to check its parts.
pub struct Scope<'a> {
    pub context: &'a Context<'a>,
    pub zone: &'a Zone,
    pub ids: Vec<&'a LiaisonId>,
    pub hours: &'a Hours,
    /// The valid windows.
    pub windows: &'a [Arc<Window>],
    /// The names of all windows, valid or not.
    pub window_names: Vec<&'a WindowName>,
    /// Whether all liaisons were read. If not, an unknown one may be in the broken part of the file.
    pub is_whole: bool,
}

impl Scope<'_> {
    /// The liaison with that ID, if the roster has one.
    pub fn liaison(&self, raw: &Spanned<LiaisonId>) -> Option<LiaisonId> {
        self.liaison_at(&raw.value, &raw.spot)
    }

    /// The liaison with an ID at a place in the file, if the roster has one.
    pub fn liaison_at(&self, id: &LiaisonId, spot: &Spot) -> Option<LiaisonId> {
        if self.ids.contains(&id) {
            return Some(id.clone());
        }
        if self.is_whole {
            let message = format!("this roster has no liaison {}", quoted(id.as_str()));
            let known = self.ids.iter().map(|id| id.as_str());
            let hint = || meant_or_known(id.as_str(), known.clone());
            let diagnostic = Diagnostic::error(Code::UnknownLiaison, spot, message);
            self.context.diagnostics.push(with_meant(diagnostic, spot, id.as_str(), known.clone(), hint));
        }
        None
    }

    /// What a rotation's `during` means; `None` if the window is unknown or not valid.
    pub fn known_during(&self, raw: Option<&Spanned<RawDuring>>) -> Option<During> {
        match raw.map(|raw| &raw.value) {
            Some(RawDuring::Hours) => Some(During::Hours),
            Some(RawDuring::AfterHours) => Some(During::AfterHours),
            Some(RawDuring::Always) | None => Some(During::Always),
            Some(RawDuring::Window(name)) => {
                let window = self.windows.iter().find(|window| window.name == *name)?;
                Some(During::Window(Arc::clone(window)))
            }
        }
    }

    /// When a rotation can apply in this department.
    pub fn effective(&self, during: &During) -> Option<During> {
        match during {
            During::Hours if self.hours.is_empty() => None,
            During::Hours if never_closes(self.hours) => Some(During::Always),
            During::AfterHours if self.hours.is_empty() => Some(During::Always),
            During::AfterHours if never_closes(self.hours) => None,
            other => Some(other.clone()),
        }
    }

    /// The same as [`known_during`](Self::known_during); reports a window that the roster does not have.
    pub fn during(&self, raw: Option<&Spanned<RawDuring>>) -> Option<During> {
        let known = self.known_during(raw);
        if let Some(Spanned { value: RawDuring::Window(name), spot }) = raw
            && known.is_none()
            && self.is_whole
            && !self.window_names.contains(&name)
        {
            let words = self.window_names.iter().map(|name| name.as_str()).chain(During::WORDS);
            let add = || format!("add `[window.{name}]`, or use {}", quoted_list(words.clone()));
            let message = format!("this roster has no window {}", quoted(name.as_str()));
            let diagnostic = Diagnostic::error(Code::UnknownWindow, spot, message);
            self.context.diagnostics.push(with_meant(diagnostic, spot, name.as_str(), words.clone(), || Some(add())));
        }
        known
    }
}
