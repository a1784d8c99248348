//! What is derived from the journal and answers questions; it can be deleted and is built again.

pub mod query;
