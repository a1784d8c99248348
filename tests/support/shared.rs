//! What the servers of one demo or test have in common.

use std::sync::Arc;
use std::time::SystemTime;

use crate::support::behaviour::{Behaviour, Behaviours, Target};
use crate::support::inbox::Inbox;

/// The inbox, the behaviours, the credentials and the clock. A clone is another handle to the same inbox and behaviours.
#[derive(Clone)]
pub struct Shared {
    inbox: Inbox,
    behaviours: Behaviours,
    mail_login: Option<Arc<Login>>,
    sms_account: Option<Arc<Login>>,
    now: fn() -> SystemTime,
}

/// A name and its secret. No `Debug`, so that it is never printed.
pub(crate) struct Login {
    name: String,
    secret: String,
}

impl Shared {
    /// An empty inbox, everybody accepted, no credentials asked for. `now` stamps what comes in.
    pub fn new(now: fn() -> SystemTime) -> Self {
        Self { inbox: Inbox::new(), behaviours: Behaviours::default(), mail_login: None, sms_account: None, now }
    }

    /// Mail is taken only after `AUTH PLAIN` or `AUTH LOGIN` with these, by servers started with what is returned.
    #[must_use]
    pub fn with_mail_login(mut self, username: &str, password: &str) -> Self {
        self.mail_login = Some(Arc::new(Login::new(username, password)));
        self
    }

    /// Text messages are taken only for this account with this token, by servers started with what is returned.
    #[must_use]
    pub fn with_sms_account(mut self, account_sid: &str, auth_token: &str) -> Self {
        self.sms_account = Some(Arc::new(Login::new(account_sid, auth_token)));
        self
    }

    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Holds from the next attempt on, in place of what was set for the same target.
    pub fn behave(&self, target: impl Into<Target>, behaviour: Behaviour) {
        self.behaviours.set(target.into(), behaviour);
    }

    /// Everybody is accepted again. What hangs already goes on hanging.
    pub fn behave_well(&self) {
        self.behaviours.clear();
    }

    pub(crate) fn behaviours(&self) -> &Behaviours {
        &self.behaviours
    }

    pub(crate) fn mail_login(&self) -> Option<&Login> {
        self.mail_login.as_deref()
    }

    pub(crate) fn sms_account(&self) -> Option<&Login> {
        self.sms_account.as_deref()
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.now)()
    }
}

impl Login {
    fn new(name: &str, secret: &str) -> Self {
        Self { name: name.to_owned(), secret: secret.to_owned() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Not in constant time: these secrets guard nothing but a test's own inbox.
    pub(crate) fn admits(&self, name: &str, secret: &str) -> bool {
        self.name == name && self.secret == secret
    }
}
