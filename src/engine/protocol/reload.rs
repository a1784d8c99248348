//! Reading rosters and playbooks again, whoever asks for it, and what came of it.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::config::loaded::Loaded;
use crate::diagnostic::Diagnostic;
use crate::domain::plan::PlanFile;
use crate::engine::protocol::refused::Refused;
use crate::vault::rotation::Rotated;

/// At most this many findings are told at once: nobody fixes more in one go, and answers stay small.
pub const NAMED_MAX: usize = 100;

/// Reads the files again.
pub trait Reload: Send + Sync + 'static {
    /// Puts the files in force, or says what is wrong with them. It goes on to its end even if nobody waits for it any more.
    fn reload(self: Arc<Self>) -> BoxFuture<'static, Result<Reloaded, Refused>>;

    /// What `wardbell check` would report about files that were read.
    fn findings(self: Arc<Self>, loaded: Loaded) -> BoxFuture<'static, Result<Findings, Refused>>;
}

/// What came of reading the files again.
#[derive(Debug)]
pub enum Reloaded {
    /// They are in force.
    InForce(Box<InForce>),
    /// They are not valid: the previous plan stays in force.
    Refused(Box<Loaded>),
}

/// What is wrong with the files or with the duty that they give, as `wardbell check` reports it: the first hundred.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Findings {
    first: Vec<Diagnostic>,
    #[serde(skip)]
    errors: usize,
    #[serde(skip)]
    warnings: usize,
}

/// The files that are in force now.
#[derive(Debug)]
pub struct InForce {
    /// All of them, by path.
    pub files: Vec<PlanFile>,
    /// The paths of those that were changed, added or taken away, in order; none where all is as before.
    pub changed: Vec<String>,
    /// What came of the master keys.
    pub keys: Followed,
    /// The parts of the settings that have changed since the start, and count from the next one.
    pub from_next_start: Vec<String>,
    /// What was read.
    pub loaded: Loaded,
}

/// What came of the master keys of the files.
#[derive(Debug, Default)]
pub struct Followed {
    /// The data keys that were wrapped anew, if any were.
    pub rotated: Option<Rotated>,
    /// Why they could not be.
    pub failed: Option<String>,
    /// What else wants mending.
    pub lost: Vec<String>,
}

impl Followed {
    /// All that wants mending.
    pub fn warnings(&self) -> Vec<String> {
        self.failed.iter().chain(&self.lost).cloned().collect()
    }
}

impl Findings {
    /// The first hundred of what was found.
    pub fn of(loaded: Loaded) -> Self {
        let (errors, warnings) = (loaded.errors(), loaded.warnings());
        let mut first = loaded.diagnostics;
        first.truncate(NAMED_MAX);
        Self { first, errors, warnings }
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// How many warnings there are.
    pub fn warnings(&self) -> usize {
        self.warnings
    }
}
