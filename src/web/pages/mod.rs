//! The pages of people who have signed in. Each is made from what its reader may see; who that is, is decided before.

pub mod approvals;
pub mod board;
pub mod board_filter;
pub mod context;
pub mod duty;
pub mod frame;
pub mod incident;
pub mod leaving;
pub mod me;
pub mod on_call;
pub mod open_read;
pub mod people;
pub mod own;
pub mod policies;
pub mod posted;
pub mod routes;
pub mod row;
pub mod statement;
pub mod statement_routes;
mod tasks;
pub mod timeline;
pub mod timeline_kind;
pub mod viewer;
pub mod word_diff;
