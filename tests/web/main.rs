//! The web from outside: what sources, operators and link holders send, and what they are answered.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod acting;
mod api;
mod at_hand;
mod board;
mod incident;
mod calendar;
mod cross_site;
mod home;
mod house;
mod ingest;
mod list;
mod neutral;
mod open_form;
mod openapi;
mod own;
mod pages;
mod server;
mod sign_in;
mod signed_in;
mod statements;
mod style;
mod tasks;
