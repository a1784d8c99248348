//! The calendar feeds and their secret links.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use chrono::{DateTime, SubsecRound, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::calendar::link::token;
use crate::domain::digest::Digest;
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::plan::Plan;

pub(in crate::web) struct Feeds {
    key: SecretString,
    /// The links of the current plan, computed on first use.
    links: ArcSwapOption<Links>,
}

pub(in crate::web) struct Links {
    pub(in crate::web) plan: Arc<Plan>,
    /// When this plan was first seen here.
    pub(in crate::web) since: DateTime<Utc>,
    /// By token hash, so that lookup timing reveals nothing about a token.
    pub(in crate::web) by_hash: HashMap<Digest, (DepartmentId, Option<LiaisonId>)>,
}

impl Feeds {
    /// Feeds with links derived from a key.
    pub(in crate::web) fn new(key: SecretString) -> Self {
        Self { key, links: ArcSwapOption::empty() }
    }

    /// The address of a liaison's feed.
    pub(in crate::web) fn address(
        &self,
        public_url: &str,
        department: &DepartmentId,
        liaison: &LiaisonId,
    ) -> Option<String> {
        let token = token(self.key.expose_secret().as_bytes(), department, Some(liaison))?;
        Some(format!("{}/calendar/{}.ics", public_url.trim_end_matches('/'), token.reveal()))
    }

    pub(in crate::web) fn links(&self, plan: Arc<Plan>, now: DateTime<Utc>) -> Arc<Links> {
        if let Some(links) = self.links.load_full().filter(|links| Arc::ptr_eq(&links.plan, &plan)) {
            return links;
        }
        let key = self.key.expose_secret().as_bytes();
        let all = plan.rosters.values().flat_map(|roster| {
            let liaisons = roster.liaisons.iter().map(|liaison| Some(&liaison.id));
            std::iter::once(None).chain(liaisons).map(|liaison| (&roster.department, liaison))
        });
        let hashed = all.filter_map(|(department, liaison)| {
            Some((token(key, department, liaison)?.hash(), (department.clone(), liaison.cloned())))
        });
        let links = Arc::new(Links { by_hash: hashed.collect(), since: now.trunc_subsecs(0), plan });
        self.links.store(Some(Arc::clone(&links)));
        links
    }
}
