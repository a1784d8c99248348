//! A small connection pool for one mail server.
//!
//! `lettre` has a pool, but it does not fit here. It reuses connections that were abandoned mid-conversation, so the
//! next mail may read the previous mail's replies and count as accepted when it was not. It sends a `NOOP` before each
//! mail without a timeout. And it wakes up forever to look for idle connections.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::domain::outcome::Outcome;
use crate::provider::smtp::conversation::{self, Endpoint, OutgoingMail, Stopped};

/// Connections at a time. Mail servers limit a client: Exchange to 20, Postfix to 50.
const MAX_CONNECTIONS: usize = 16;

/// An idle connection is closed after one to two of these. Pages come in bursts, and firewalls forget silent
/// connections after a few minutes.
const IDLE: Duration = Duration::from_secs(30);

/// A reused connection that does not respond in this time is replaced.
const STALE_AFTER: Duration = Duration::from_secs(2);

const GOODBYE: Duration = Duration::from_secs(2);

pub struct Pool {
    endpoint: Endpoint,
    permits: Semaphore,
    parked: Arc<Mutex<Parked>>,
    idle: Duration,
}

#[derive(Default)]
struct Parked {
    connections: VecDeque<Idle>,
    watched: bool,
}

struct Idle {
    connection: AsyncSmtpConnection,
    /// Was already idle at the previous check.
    seen: bool,
}

impl Pool {
    /// Connects on the first mail.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, permits: Semaphore::new(MAX_CONNECTIONS), parked: Arc::default(), idle: IDLE }
    }

    /// Sends one mail.
    ///
    /// If the server closed a pooled connection, the mail goes over a new one. If the future is dropped, its connection
    /// is closed and never reused.
    pub async fn deliver(&self, mail: &OutgoingMail) -> Outcome {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await.ok();
        let connection = match self.begun_on_parked(mail).await {
            Some(begun) => begun,
            None => self.begun_on_fresh(mail).await,
        };
        let mut connection = match connection {
            Ok(connection) => connection,
            Err(stopped) => return stopped.outcome(),
        };
        match conversation::finish(&mut connection, mail).await {
            Ok(provider_id) => {
                self.park(connection);
                Outcome::Accepted { provider_id }
            }
            Err(stopped) => {
                close([connection]);
                stopped.outcome()
            }
        }
    }

    async fn begun_on_parked(&self, mail: &OutgoingMail) -> Option<Result<AsyncSmtpConnection, Stopped>> {
        let mut connection = lock(&self.parked).connections.pop_back()?.connection;
        let limit = STALE_AFTER.min(self.endpoint.connect_timeout);
        match timeout(limit, conversation::begin(&mut connection, mail)).await {
            Ok(Ok(())) => Some(Ok(connection)),
            Ok(Err(stopped)) if !stopped.was_stale() => {
                close([connection]);
                Some(Err(stopped))
            }
            // The others have been idle for longer.
            Ok(Err(_)) | Err(_) => {
                lock(&self.parked).connections.clear();
                None
            }
        }
    }

    async fn begun_on_fresh(&self, mail: &OutgoingMail) -> Result<AsyncSmtpConnection, Stopped> {
        let mut connection = self.endpoint.connect().await?;
        match conversation::begin(&mut connection, mail).await {
            Ok(()) => Ok(connection),
            Err(stopped) => {
                close([connection]);
                Err(stopped)
            }
        }
    }

    fn park(&self, connection: AsyncSmtpConnection) {
        let mut parked = lock(&self.parked);
        parked.connections.push_back(Idle { connection, seen: false });
        if !parked.watched {
            parked.watched = true;
            tokio::spawn(watch(Arc::downgrade(&self.parked), self.idle));
        }
    }
}

/// Closes idle connections, and ends when there are none.
async fn watch(parked: Weak<Mutex<Parked>>, idle: Duration) {
    loop {
        tokio::time::sleep(idle).await;
        let Some(parked) = parked.upgrade() else { return };
        let mut parked = lock(&parked);
        let (old, young): (VecDeque<_>, _) = parked.connections.drain(..).partition(|idle| idle.seen);
        close(old.into_iter().map(|idle| idle.connection));
        parked.connections = young.into_iter().map(|idle| Idle { seen: true, ..idle }).collect();
        if parked.connections.is_empty() {
            parked.watched = false;
            return;
        }
    }
}

fn close(connections: impl IntoIterator<Item = AsyncSmtpConnection>) {
    for mut connection in connections {
        tokio::spawn(async move { timeout(GOODBYE, connection.abort()).await });
    }
}

/// A panic elsewhere cannot leave the list inconsistent.
fn lock(parked: &Mutex<Parked>) -> MutexGuard<'_, Parked> {
    parked.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::scripted::{Server, agree};
    use crate::provider::smtp::conversation::Security;

    #[tokio::test]
    async fn an_idle_connection_is_closed_and_the_watch_ends() {
        let server = Server::smtp(agree, None).await;
        let mut pool = Pool::new(Endpoint {
            host: server.address.ip().to_string(),
            port: server.address.port(),
            security: Security::None,
            hello: conversation::client_id("pages.mercy.example"),
            login: None,
            connect_timeout: Duration::from_secs(1),
        });
        pool.idle = Duration::from_millis(40);
        let address = || "m.rivera@mercy.example".parse().unwrap();
        let mail = OutgoingMail { from: address(), to: address(), content: "Subject: x\r\n\r\nx\r\n".to_owned() };
        assert!(matches!(pool.deliver(&mail).await, Outcome::Accepted { .. }));
        assert!(lock(&pool.parked).watched);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(server.told(1).last().map(String::as_str), Some("QUIT"));
        assert!(!lock(&pool.parked).watched, "nothing wakes up any more");
        assert!(matches!(pool.deliver(&mail).await, Outcome::Accepted { .. }));
        assert_eq!(server.connections(), 2);
    }
}
