//! The pages of people who have signed in. Each is made from what its reader may see; who that is, is decided before.

pub mod board;
pub mod board_filter;
pub mod frame;
pub mod row;
pub mod viewer;
