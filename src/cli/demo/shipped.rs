//! The rosters and playbooks that come with the program, so that the demo needs no files.

/// Paths, relative to the configuration, with their texts.
pub type Shipped = (&'static str, &'static str);

macro_rules! shipped {
    ($($path:literal,)*) => {
        &[$(($path, include_str!(concat!("../../../", $path)))),*]
    };
}

/// All except `playbooks/ladders.toml`, whose steps are too far apart to watch.
pub const FILES: &[Shipped] = shipped![
    "playbooks/account-compromise.toml",
    "playbooks/billing-dispute.distressed.toml",
    "playbooks/billing-dispute.toml",
    "playbooks/care-complaint.toml",
    "playbooks/discrimination-claim.toml",
    "playbooks/emergency-care-request.toml",
    "playbooks/legal-threat.toml",
    "playbooks/media-inquiry.toml",
    "playbooks/misinformation.toml",
    "playbooks/outage-rumor.toml",
    "playbooks/patient-media-viral.toml",
    "playbooks/phi-by-staff.toml",
    "playbooks/phi-in-our-reply.toml",
    "playbooks/policies/photography.md",
    "playbooks/policies/public-page.md",
    "playbooks/policies/social-media.md",
    "playbooks/policies/who-speaks.md",
    "playbooks/praise-with-phi.toml",
    "playbooks/privacy-reading.toml",
    "playbooks/self-harm.toml",
    "playbooks/staff-misconduct.toml",
    "playbooks/threat-of-violence.toml",
    "playbooks/unclassified.toml",
    "rosters/administrator-on-call.toml",
    "rosters/behavioral-health.toml",
    "rosters/billing.toml",
    "rosters/compliance.toml",
    "rosters/customer-service.toml",
    "rosters/er-nursing.toml",
    "rosters/executive-on-call.toml",
    "rosters/human-resources.toml",
    "rosters/infection-control.toml",
    "rosters/it-security.toml",
    "rosters/legal.toml",
    "rosters/patient-advocacy.toml",
    "rosters/people.toml",
    "rosters/privacy.toml",
    "rosters/public-relations.toml",
    "rosters/risk.toml",
    "rosters/security.toml",
    "rosters/social-media.toml",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use crate::cli::demo::shipped::FILES;

    #[test]
    fn every_roster_and_playbook_is_shipped() {
        let mut on_disk = BTreeSet::from(["playbooks/ladders.toml".to_owned()]);
        for folder in ["rosters", "playbooks", "playbooks/policies"] {
            for entry in fs::read_dir(folder).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                // The program does not read the guide for coordinators.
                if name != "README.md" && name != "policies" {
                    on_disk.insert(format!("{folder}/{name}"));
                }
            }
        }
        let shipped = FILES.iter().map(|(path, _)| (*path).to_owned());
        let shipped: BTreeSet<_> = shipped.chain(["playbooks/ladders.toml".to_owned()]).collect();
        assert_eq!(shipped, on_disk);
    }
}
