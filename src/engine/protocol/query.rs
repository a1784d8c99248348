//! Queries that change nothing.

use crate::engine::protocol::link::{LinkQuery, LinkView};
use crate::engine::protocol::reply::Reply;

pub enum Query {
    /// Somebody opens a link.
    Link { query: LinkQuery, reply: Reply<LinkView> },
}
