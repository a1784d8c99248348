//! A mail server and an SMS gateway for tests: they keep what they are given, and fail when told to.
//!
//! Both speak the real protocols (SMTP of RFC 5321, Twilio's Messages API over HTTP), so the program under test is
//! configured as in production. They are strict where a real provider may be: a client's mistake is refused here rather
//! than found on a night on call.
//!
//! ```text
//! SmtpServer ──┐           ┌─ Inbox: messages kept, attempts made
//!              ├─ Shared ──┤
//! SmsGateway ──┘           └─ behaviours: what to do to whom, changeable at any time
//! ```
//!
//! One [`Shared`] serves any number of servers and outlives them: a provider that goes down and comes back on its port
//! is a server stopped and another started with the same `Shared`. Nothing is sent on, logged or written to disk.

mod behaviour;
mod command;
mod gateway;
mod inbox;
mod misanswer;
mod server;
mod session;
mod shared;
mod smtp;
mod twilio;
mod wire;

pub use behaviour::{Behaviour, MailRefusal, Manner, Misanswer, SmsRefusal, Stage, Target};
pub use gateway::SmsGateway;
pub use inbox::{Attempt, Channel, Inbox, Outcome, Seen, TimedOut};
pub use shared::Shared;
pub use smtp::{SmtpServer, Tls};
pub use wardbell::mock::{Content, Mail, Message, Sms};
