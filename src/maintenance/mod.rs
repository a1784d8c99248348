//! What is done beside the loop, without hurry, so that the record stays whole, small and writable: it is verified, repaired,
//! compressed and pruned, its disk is probed, and its keys are compared with it.

pub mod disk_probe;
pub mod missing_keys;
pub mod purges;
pub mod record;
