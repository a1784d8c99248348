//! People who sign in: how they do it, and who a request comes from.
//!
//! A handler of a page for people takes a [`SignedIn`](signed_in::SignedIn), and for a form a
//! [`SignedForm`](signed_form::SignedForm), which has checked where the form came from.

pub mod acting;
pub mod activity;
pub mod client;
pub mod codes;
pub mod cookies;
pub mod emergency;
pub mod from_link;
pub mod idle;
pub mod limiter;
pub mod own_form;
pub mod pages;
pub mod sign_in;
pub mod sign_out;
pub mod signed_form;
pub mod signed_in;
pub mod state;
