//! The only loop: it selects inputs, applies them, and hands out what is to be sent.

pub mod handle;
pub mod readiness;
pub mod request;
