//! Reloading rosters and playbooks, and the result.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::config::loaded::Loaded;
use crate::diagnostic::Diagnostic;
use crate::domain::plan::PlanFile;
use crate::engine::protocol::refused::Refused;
use crate::vault::rotation::Rotated;

/// The most findings in one response, to keep it small.
pub const NAMED_MAX: usize = 100;

pub trait Reload: Send + Sync + 'static {
    /// Loads the files or returns their errors. Finishes even if the caller stops waiting.
    fn reload(self: Arc<Self>) -> BoxFuture<'static, Result<Reloaded, Refused>>;

    /// What `wardbell check` would report about files that were read.
    fn findings(self: Arc<Self>, loaded: Loaded) -> BoxFuture<'static, Result<Findings, Refused>>;
}

/// The result of a reload.
#[derive(Debug)]
pub enum Reloaded {
    /// Loaded.
    InForce(Box<InForce>),
    /// Invalid; the previous plan stays in use.
    Refused(Box<Loaded>),
}

/// The first findings in the files or the on-call coverage, as `wardbell check` reports them.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Findings {
    first: Vec<Diagnostic>,
    #[serde(skip)]
    errors: usize,
    #[serde(skip)]
    warnings: usize,
}

#[derive(Debug)]
pub struct InForce {
    /// All of them, by path.
    pub files: Vec<PlanFile>,
    /// The paths of changed, added, or removed files, in order.
    pub changed: Vec<String>,
    /// The result for the master keys.
    pub keys: Followed,
    /// The changed settings that need a restart.
    pub from_next_start: Vec<String>,
    pub loaded: Loaded,
}

/// The result of reading the master keys.
#[derive(Debug, Default)]
pub struct Followed {
    /// The rewrapped data keys, if any.
    pub rotated: Option<Rotated>,
    /// Why they could not be.
    pub failed: Option<String>,
    /// Other problems.
    pub lost: Vec<String>,
}

impl Followed {
    /// All problems.
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

    pub fn errors(&self) -> usize {
        self.errors
    }

    pub fn warnings(&self) -> usize {
        self.warnings
    }
}
