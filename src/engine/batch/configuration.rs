//! Incidents about a broken configuration.

use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::input::Input;
use crate::domain::id::SourceName;
use crate::domain::playbook::matching::CONFIGURATION_BROKEN;
use crate::domain::principal::Principal;
use crate::engine::batch::pending::PendingBatch;
use crate::engine::parts::configuration_fault::{ConfigurationFault, FIXABLE};

impl PendingBatch<'_> {
    /// Pages the fallback department about a broken configuration: once per fault, no matter how often the daemon
    /// restarts.
    pub fn report_configuration_fault(&mut self, fault: &ConfigurationFault) {
        let ours = SourceName::wardbell();
        let is_taken = |incident: &Incident| incident.tracks.iter().all(|track| track.acknowledged.is_some());
        let open = self.open_of_key(&ours, &fault.key).and_then(|id| self.incident(id));
        let incoming = fault.incoming();
        let reported = match open {
            Some(incident) if incident.escalates() && incident.configuration_fixed => {
                self.fold(Principal::Daemon, incident.id, incoming)
            }
            Some(incident) if incident.escalates() || is_taken(incident) && !incident.configuration_fixed => return,
            _ => match self.context.plan.for_broken_configuration() {
                Some(playbook) => {
                    let class = CONFIGURATION_BROKEN.to_owned();
                    self.open_under(Principal::Daemon, ours, incoming, (class, &playbook))
                }
                None => self.open(Principal::Daemon, ours, incoming),
            },
        };
        if let Err(refused) = reported {
            tracing::error!(%refused, "no one could be paged about the broken configuration");
        }
    }

    /// Notes in those incidents that the configuration is fixed.
    pub fn note_configuration_fixed(&mut self) {
        let (ours, open) = (SourceName::wardbell(), self.context.open);
        let is_fixable = |key: &str| key.starts_with(FIXABLE);
        let reports = |one: &&Incident| one.source == ours && one.dedup_key.as_deref().is_some_and(is_fixable);
        let open = open.all().filter(reports).filter(|one| one.resolved.is_none() && !one.configuration_fixed);
        let open: Vec<_> = open.map(|incident| incident.id).collect();
        open.into_iter().for_each(|id| self.decide_internal(id, Input::ConfigurationFixed));
    }
}
