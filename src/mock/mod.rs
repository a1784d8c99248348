//! A mail server and an SMS gateway for demos: they speak the real protocols, take whatever comes, and keep it in memory.
//!
//! Nothing is sent on, logged or written to disk. The strict servers that judge the program, and fail when told to, are
//! with the tests.

mod inbox;
mod mail;
mod message;
mod smtp;
mod twilio;

pub use inbox::Inbox;
pub use mail::Mail;
pub use message::{Content, Message, Sms};
pub use smtp::MockSmtp;
pub use twilio::MockTwilio;
