//! What the pages of signed-in people are made from, and how they are answered.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::digest::Digest;
use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::domain::instant::Now;
use crate::domain::permission::Permission;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::refused::Refused;
use crate::store::query::History;
use crate::vault::Vault;
use crate::vault::opener::Opener;
use crate::vault::opening::{Opened, open_event};
use crate::web::app_state::AppState;
use crate::web::ask::ask;
use crate::web::error::Problem;
use crate::web::pages::frame::{SHEET, Site};
use crate::web::pages::row::Reading;
use crate::web::pages::viewer::Viewer;
use crate::web::session::signed_in::SignedIn;
use crate::web::style::{html_with_origin, set_policy};

pub(in crate::web) async fn history(app: &AppState, id: IncidentId) -> Result<History, Problem> {
    let history = ask(&app.reader, move |reader| reader.history(id)).await?;
    history.ok_or_else(|| Refused::UnknownIncident(id).into())
}

/// What every page is made from.
pub(in crate::web) struct Context {
    pub plan: Arc<Plan>,
    hospital: String,
    path: String,
    pub now: Now,
    pub viewer: Viewer,
    vault: Option<Arc<Vault>>,
    /// Versions that are not in force, by hash.
    earlier_playbooks: HashMap<Digest, Arc<Playbook>>,
}

impl Context {
    pub fn new(app: &AppState, who: &SignedIn) -> Self {
        let plan = app.handle.plan();
        let zone = plan.zone(who.entries.first().map_or(&plan.fallback, |entry| &entry.roster));
        let viewer = Viewer {
            person: who.acting().clone(),
            name: who.name.clone(),
            entries: who.entries.iter().map(|entry| (entry.roster.clone(), entry.liaison.clone())).collect(),
            zone,
            form_token: who.form_token.clone(),
            may_open: who.may_somewhere(Permission::Open),
            session_ends_at: who.ends_at,
            session_ends_for_good: who.ends_for_good,
        };
        let (hospital, path, now) = (plan.hospital.to_string(), app.path.clone(), app.clocks());
        let (vault, earlier_playbooks) = (app.handle.vault().cloned(), HashMap::new());
        Self { plan, hospital, path, now, viewer, vault, earlier_playbooks }
    }

    /// With the playbooks that these incidents opened with: the files may have changed since.
    pub fn with_playbooks<'a>(
        mut self,
        reader: &dyn Reader,
        incidents: impl IntoIterator<Item = &'a Incident>,
    ) -> Result<Self, Refused> {
        let hashes: BTreeSet<Digest> = incidents.into_iter().map(|incident| incident.playbook_hash).collect();
        for hash in hashes {
            if self.in_force(&hash).is_none()
                && let Some(playbook) = reader.playbook(&hash)?
            {
                self.earlier_playbooks.insert(hash, playbook);
            }
        }
        Ok(self)
    }

    pub fn site(&self) -> Site<'_> {
        Site { hospital: &self.hospital, path: &self.path }
    }

    /// A version of a playbook, in force or read before.
    pub fn playbook(&self) -> impl Fn(&Digest) -> Option<Arc<Playbook>> {
        |hash| self.in_force(hash).or_else(|| self.earlier_playbooks.get(hash)).cloned()
    }

    fn in_force(&self, hash: &Digest) -> Option<&Arc<Playbook>> {
        self.plan.playbooks.iter().find(|playbook| playbook.hash() == *hash)
    }

    pub fn reading<'a>(&'a self, playbook: &'a dyn Fn(&Digest) -> Option<Arc<Playbook>>) -> Reading<'a> {
        Reading { plan: &self.plan, now: self.now, viewer: &self.viewer, playbook }
    }

    /// Opens what is sealed in an event of an incident.
    pub fn opening(&self, history: &History) -> impl Fn(&Event) -> Option<Opened> {
        let id = history.incident.id;
        let purged_at = history.incident.purged.as_ref().map(|purged| purged.at);
        let keys = self.vault.as_deref().map(|vault| vault as &dyn Opener);
        move |event| open_event(keys, id, event).map(|opened| opened.unless_purged(purged_at))
    }
}

pub(in crate::web) fn page(status: StatusCode, page: &impl Template) -> Response {
    // Writing to memory does not fail, and the template is checked when it is compiled.
    let mut response = html_with_origin(status, page.render().unwrap_or_default());
    set_policy(&mut response, &SHEET);
    response
}
