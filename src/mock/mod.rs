//! A mail server and an SMS gateway for demos: they speak the real protocols, accept everything, and keep it in memory.
//!
//! Nothing is forwarded, logged, or written to disk. The strict mock servers used by tests are in `tests/`.

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
