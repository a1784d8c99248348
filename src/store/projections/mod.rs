//! The projections: one file each.
//!
//! | letter of the key | then | value | whose |
//! | --- | --- | --- | --- |
//! | `i` | reference | an incident's number | [`snapshots`] |
//! | `o` | number | an open incident's state | [`snapshots`] |
//! | `c` | number | a closed incident's state | [`snapshots`] |
//! | `l` | number | the list entry of a closed incident; an open one's state begins with it | [`listing`] |
//! | `t` | number, seq | lines of the record about an incident | [`timeline`] |
//! | `h` | seq | a line about no single incident | [`timeline`] |
//! | `e` | source and event | the answer to the source | [`answers`] |
//! | `k` | hash | which page a link is for | [`links`] |
//! | `p` | hash | a version of a playbook | [`playbooks`] |
//! | `f` | hash | nothing: the record contains the file version with that hash | [`plans`] |
//! | `g` | | the files of the last plan | [`plans`] |
//! | `x` | reference | nothing: the incident was purged, and its data keys must be gone | [`purged`] |
//! | `a` | kind and id | the snapshot of an aggregate other than an incident | [`aggregates`] |
//! | `n` | seq | a line about a person's sign-in, or what they were shown | [`access_log`] |
//! | `r` | hash of a contact | when a message last reached it | [`reached`] |
//! | `u` | number, page, channel | hash of the contact that a page uses | [`reached`] |
//! | `w` | | how far logical time is ahead of the wall clock | [`wall_clock`] |
//!
//! `m` (how much of the journal was applied), `b` (the last record that had been pruned when the database was built)
//! and `v` (the version of each projection, by name) belong to the [database](crate::store::sled::database).
//!
//! Data with random keys is kept short, and hashes are cut to 128 bits. Keys of values that may be long end with the
//! number of the part; the first part starts with the number of parts.

pub mod access_log;
pub mod aggregates;
pub mod answers;
pub mod links;
pub mod listing;
pub mod plans;
pub mod playbooks;
pub mod purged;
pub mod reached;
pub mod snapshots;
pub mod timeline;
pub mod wall_clock;

use crate::store::projection::Projection;

/// All projections. The snapshots come first: rebuilding the others needs them.
pub fn all() -> Vec<Box<dyn Projection>> {
    vec![
        Box::new(snapshots::Snapshots),
        Box::new(listing::ListingOfClosed),
        Box::new(timeline::Timeline::default()),
        Box::new(answers::Answers::default()),
        Box::new(links::Links),
        Box::new(playbooks::Playbooks),
        Box::new(plans::Plans),
        Box::new(purged::Purged),
        Box::new(aggregates::LivingAggregates::default()),
        Box::new(wall_clock::WallClock),
        Box::new(access_log::AccessLog),
        Box::new(reached::Reached::default()),
    ]
}
