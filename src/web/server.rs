//! Accepts connections and keeps slow clients from starving others.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::net::sockopt::set_socket_send_buffer_size;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::web::app_state::{App, AppState};
use crate::web::router::routes_of;
use crate::web::session::client::Peer;
use crate::web::session::idle;
use crate::web::stall::CutWhereUnread;

/// The most connections at once, if the open-file limit allows; more wait in the system's queue. Each takes a few
/// kilobytes while idle.
const CONNECTIONS_MAX: u32 = 4_096;

/// File descriptors reserved for the journal and for connections to providers.
const FILES_KEPT: u32 = 256;

/// The time limit for a request's headers, and for an idle kept-alive connection.
const HEAD_WITHIN: Duration = Duration::from_secs(15);

/// The same while most connection slots are in use.
const HEAD_WITHIN_CROWDED: Duration = Duration::from_secs(3);

/// A client that reads nothing for this long is disconnected. A slow but reading client is not.
const UNREAD_WITHIN: Duration = Duration::from_secs(15);

/// The same while most connection slots are in use.
const UNREAD_WITHIN_CROWDED: Duration = Duration::from_secs(3);

/// The socket send buffer. A larger one would hide a slow client's progress for too long and let idle clients use more
/// memory.
const SEND_BUFFER: usize = 64 * 1_024;

/// The limit for a request's headers; browsers and proxies send far less.
const HEAD_MAX: usize = 32 * 1_024;

/// What is read ahead of a request's body.
const BUFFER_MAX: usize = 64 * 1_024;

/// How long running requests may take at shutdown.
const END_WITHIN: Duration = Duration::from_secs(10);

/// The pause before accepting again after the system refused a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves requests until `shutdown` completes, then lets running ones finish.
///
/// # Errors
///
/// None at present: an error on one connection ends only that connection.
pub async fn serve(listener: TcpListener, app: App, shutdown: impl Future) -> io::Result<()> {
    let app = Arc::new(AppState::new(app));
    let router = routes_of(Arc::clone(&app));
    let idle = tokio::spawn(idle::watch(app));
    let connections = connections_max(open_files());
    let places = Arc::new(Semaphore::new(connections as usize));
    let (ending, ended) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            _ = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let crowded = places.available_permits() < connections as usize / 4;
                let limits = if crowded { Limits::CROWDED } else { Limits::USUAL };
                tokio::spawn(answer(stream, (router.clone(), peer), limits, ended.clone(), place));
            }
            Err(error) => {
                tracing::warn!(error = %error.kind(), "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    idle.abort();
    drop(listener);
    drop(ended);
    drop(ending);
    let all_ended = tokio::time::timeout(END_WITHIN, places.acquire_many(connections)).await;
    if all_ended.is_err() {
        tracing::warn!("requests still running at shutdown were cut off");
    }
    Ok(())
}

/// How many connections leave enough files for everything else.
fn connections_max(files: u64) -> u32 {
    let files = u32::try_from(files).unwrap_or(u32::MAX);
    (files - FILES_KEPT.min(files / 2)).clamp(1, CONNECTIONS_MAX)
}

/// How many files this process may have open: as many as the system allows it to ask for.
fn open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, ..limit };
    let granted = if setrlimit(Resource::Nofile, most).is_ok() { limit.maximum } else { limit.current };
    granted.unwrap_or(u64::MAX)
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Responses are one write and should be sent immediately. If the option cannot be set, they are only slower.
    let _slower = stream.set_nodelay(true);
    let _larger = set_socket_send_buffer_size(&stream, SEND_BUFFER);
    Ok((stream, Peer(peer.ip()), place))
}

/// How long a connection may do nothing.
#[derive(Clone, Copy)]
struct Limits {
    head_within: Duration,
    unread_within: Duration,
}

impl Limits {
    const USUAL: Self = Self { head_within: HEAD_WITHIN, unread_within: UNREAD_WITHIN };
    const CROWDED: Self = Self { head_within: HEAD_WITHIN_CROWDED, unread_within: UNREAD_WITHIN_CROWDED };
}

/// Answers one connection's requests; once the other end of `ended` is dropped, the one under way is the last.
async fn answer(
    stream: TcpStream,
    (router, peer): (Router, Peer),
    limits: Limits,
    mut ended: watch::Receiver<()>,
    place: OwnedSemaphorePermit,
) {
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        service.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_within)
        .max_header_size(HEAD_MAX)
        .max_buf_size(BUFFER_MAX)
        .serve_connection(TokioIo::new(CutWhereUnread::new(stream, limits.unread_within)), service);
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        _ = ended.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        // Clients disconnect all the time, and requests may hold private text, so this is not logged above debug.
        tracing::debug!(timeout = error.is_timeout(), parse = error.is_parse(), "a connection ended early");
    }
    drop(place);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_pages() {
        for (files, connections) in
            [(u64::MAX, 4_096), (65_536, 4_096), (4_096, 3_840), (1_024, 768), (300, 150), (1, 1), (0, 1)]
        {
            assert_eq!(connections_max(files), connections, "{files}");
        }
    }
}
