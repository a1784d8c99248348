//! A listener whose connections end with it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// More clients wait to be accepted. Hanging connections count, so a storm that hangs must fit; the usual limit of a
/// process is 1,024 open files, and the client under test may live in the same one.
const MAX_CONNECTIONS: usize = 400;

/// The pause after a failed accept: out of files, mostly, which passes when connections end.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Accepts until it is dropped; then the listener and every connection close soon.
pub(crate) struct Server {
    local_addr: SocketAddr,
    most: Arc<AtomicUsize>,
    /// Its drop is the signal to end.
    _running: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// tokio sets `SO_REUSEADDR`, so a port can be taken again right after its server was stopped.
    pub(crate) async fn start<Serve, Connection>(addr: impl ToSocketAddrs, serve: Serve) -> io::Result<Self>
    where
        Serve: Fn(TcpStream) -> Connection + Send + 'static,
        Connection: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(addr).await?;
        let local_addr = listener.local_addr()?;
        let (running, ended) = oneshot::channel();
        let most = Arc::new(AtomicUsize::new(0));
        let noted = Arc::clone(&most);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            tokio::select! {
                _ = ended => {}
                () = accept(listener, &mut connections, &noted, serve) => {}
            }
            connections.shutdown().await;
        });
        Ok(Self { local_addr, most, _running: running, task })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The most connections that were ever open at once.
    pub(crate) fn most_connections(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Returns when the port is free and every connection closed.
    pub(crate) async fn stop(self) {
        let Self { task, _running, .. } = self;
        drop(_running);
        // An error would say that the task was cancelled with its runtime, which ends it just as well.
        let _ = task.await;
    }
}

async fn accept<Serve, Connection>(
    listener: TcpListener,
    connections: &mut JoinSet<()>,
    most: &AtomicUsize,
    serve: Serve,
) where
    Serve: Fn(TcpStream) -> Connection,
    Connection: Future<Output = ()> + Send + 'static,
{
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => {
                while connections.try_join_next().is_some() {}
                connections.spawn(serve(stream));
                most.fetch_max(connections.len(), Ordering::Relaxed);
            }
            Err(_) => tokio::time::sleep(ACCEPT_RETRY).await,
        }
    }
}
