//! The daemon, put together: journal, store, channels, engine and web.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::channel::Channels;
use crate::cli::exit::Ending;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::domain::plan::Plan;
use crate::engine::courier::Carrier;
use crate::engine::handle::{Handle, Shared};
use crate::engine::metrics::Metrics;
use crate::engine::reader::{Reader, StoreReader};
use crate::engine::reload::Reloader;
use crate::engine::request::Request;
use crate::engine::run::{Engine, Parts};
use crate::journal::space::room;
use crate::store::Store;
use crate::store::repair::open_or_repair;
use crate::web::{self, App};

/// So many requests may wait for the loop; further callers wait at the door.
const MAILBOX: usize = 4_096;

/// A running daemon.
pub struct Daemon {
    /// Where it listens.
    pub address: SocketAddr,
    /// Asks its engine.
    pub handle: Handle,
    /// Asks its store.
    pub reader: Arc<dyn Reader>,
    /// Reads the files again.
    pub reloader: Arc<Reloader>,
    stop_web: oneshot::Sender<()>,
    web: tokio::task::JoinHandle<std::io::Result<()>>,
    engine: JoinHandle<()>,
}

impl Daemon {
    /// Starts everything with what the files of a configuration said; when it returns, incidents are accepted and people
    /// paged.
    ///
    /// # Errors
    ///
    /// What cannot be used: the address, the folder, a channel's settings.
    pub async fn start(config_file: &Path, config: Config) -> Result<Self> {
        let Config { settings, plan } = config;
        let plan = Arc::new(plan);
        let listener = TcpListener::bind(settings.listen)
            .await
            .map_err(|error| Ending::unusable(format!("cannot listen on {}: {error}", settings.listen)))?;
        let address = listener.local_addr().context("the listening socket has no address")?;
        let channels = Channels::new(&settings).map_err(|error| Ending::unusable(error.to_string()))?;
        let metrics = Arc::new(Metrics::default());
        let journal_folder = settings.store_path.join("journal");
        let probe = move || room(&journal_folder).err().map(|error| format!("cannot record anything: {error}"));
        let shared = Arc::new(Shared::new(Arc::clone(&plan)).probing(Box::new(probe)));
        let (sender, requests) = mpsc::channel(MAILBOX);
        let handle = Handle::new(sender, Arc::clone(&shared));
        let (store, parts) = parts(&settings, plan, Arc::new(channels), &shared, &metrics, requests)?;
        let engine = start_engine(parts)?;
        handle.ping().await.context("the engine does not answer")?;
        let reader: Arc<dyn Reader> = Arc::new(StoreReader::new(store, shared));
        let now = || SystemClock.wall();
        let reloader = Arc::new(Reloader::new(config_file, handle.clone(), Arc::clone(&metrics), now));
        let app = App {
            handle: handle.clone(),
            reader: Arc::clone(&reader),
            reloader: Arc::clone(&reloader),
            sources: settings.sources,
            operators: settings.operators,
            public_url: settings.public_url,
            calendar_key: settings.calendar_key,
            senders: settings.senders,
            metrics,
            now,
        };
        let (stop_web, stopped) = oneshot::channel();
        let web = tokio::spawn(web::serve(listener, app, async { drop(stopped.await) }));
        Ok(Self { address, handle, reader, reloader, stop_web, web, engine })
    }

    /// Ends cleanly: no new connection, what is in flight is finished, the store is flushed.
    ///
    /// # Errors
    ///
    /// The web or the engine had broken.
    pub async fn stop(self) -> Result<()> {
        // The web has ended by itself where nobody listens.
        let _ended = self.stop_web.send(());
        self.web.await.context("the web server broke")?.context("the web server failed")?;
        // The engine has ended by itself where nobody answers.
        let _ended = self.handle.stop().await;
        tokio::task::spawn_blocking(|| self.engine.join()).await?.map_err(|_| anyhow::anyhow!("the engine broke"))
    }

    /// Whether the engine's thread has ended, which it does only when told, or when broken.
    pub fn engine_has_ended(&self) -> bool {
        self.engine.is_finished()
    }
}

fn parts(
    settings: &crate::config::settings::Settings,
    plan: Arc<Plan>,
    carrier: Arc<dyn Carrier>,
    shared: &Arc<Shared>,
    metrics: &Arc<Metrics>,
    requests: mpsc::Receiver<Request>,
) -> Result<(Arc<Store>, Parts)> {
    let path = &settings.store_path;
    let (journal_path, store_path) = (path.join("journal"), path.join("store"));
    let (journal, _opened) =
        open_or_repair(&journal_path, &store_path).map_err(|error| Ending::unusable(error.to_string()))?;
    let (store, recovered) =
        Store::open(&store_path, &journal, SystemClock.wall()).map_err(|error| Ending::unusable(error.to_string()))?;
    let store = Arc::new(store);
    let parts = Parts {
        journal: Box::new(journal),
        store: Arc::clone(&store),
        recovered,
        plan,
        public_url: Arc::clone(&settings.public_url),
        clock: Box::new(SystemClock),
        random: Box::new(random),
        carrier,
        runtime: tokio::runtime::Handle::current(),
        shared: Arc::clone(shared),
        metrics: Arc::clone(metrics),
        requests,
    };
    Ok((store, parts))
}

/// The loop has a thread of its own, as it waits for the disk.
fn start_engine(parts: Parts) -> Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let run = move || runtime.block_on(Engine::new(parts).run());
    std::thread::Builder::new().name("engine".into()).spawn(run).context("the engine's thread cannot be started")
}

/// Random bits of the operating system; without them no link would be secret, so their lack ends the process.
fn random() -> [u8; 32] {
    let mut bits = [0; 32];
    if getrandom::fill(&mut bits).is_err() {
        tracing::error!("the operating system gives no random bits");
        std::process::abort();
    }
    bits
}
