//! What callers ask about incidents without changing anything.

use crate::engine::protocol::link::{LinkQuery, LinkView};
use crate::engine::protocol::reply::Reply;

/// Asks what was recorded.
pub enum Query {
    /// Somebody opens a link.
    Link { query: LinkQuery, reply: Reply<LinkView> },
}
