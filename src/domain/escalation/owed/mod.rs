//! What an incident asks for beside its ladder: pages that belong to no track, and what is still owed after the resolution.

pub mod by_day;
pub mod decide;
pub mod evolve;
pub mod follow_up;
pub mod page;
pub mod state;
