//! Background maintenance: verifies, repairs, compresses, and prunes the journal, probes its disk, and checks its keys.

pub mod disk_probe;
pub mod missing_keys;
pub mod purges;
pub mod record;
