//! The pure core: what an incident, a playbook, a roster and a page are, and who is paged when.
//!
//! Nothing here reads a clock, opens a file, awaits, or draws random numbers; all of these come in as arguments.

pub mod access;
pub mod access_message;
pub mod aggregate;
pub mod bundling;
pub mod calendar;
pub mod card;
pub mod channel_test;
pub mod contact;
pub mod contact_index;
pub mod count;
pub mod cross_roster;
pub mod digest;
pub mod escalation;
pub mod further_contact;
pub mod id;
pub mod incident;
pub mod instant;
pub mod involved;
pub mod label;
pub mod link;
pub mod local_time;
pub mod master_key;
pub mod month;
pub mod outcome;
pub mod page;
pub mod permission;
pub mod person;
pub mod person_id;
pub mod place;
pub mod plan;
pub mod plan_diff;
pub mod playbook;
pub mod principal;
pub mod retention;
pub mod roster;
pub mod sealed;
pub mod session;
pub mod severity;
pub mod source_watch;
pub mod test_message;
pub mod visible;
pub mod wait;
pub mod words;
pub mod zone;
