//! The daemon, put together: journal, store, channels, engine and web.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::config::last_good::LastGood;
use crate::config::loaded::Config;
use crate::config::settings::Settings;
use crate::config::start::{Origin, Start};
use crate::daemon::error::{DaemonError, Doing};
use crate::daemon::heartbeat::Heartbeat;
use crate::daemon::reload::Reloader;
use crate::daemon::settings_copies::SettingsCopies;
use crate::domain::master_key::MasterKeys;
use crate::domain::plan::Plan;
use crate::engine::handle::{Handle, Shared};
use crate::engine::metrics::labels::seconds;
use crate::engine::parts::configuration_fault::ConfigurationFault;
use crate::engine::parts::writer::{Appender, WriterThread};
use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::request::Request;
use crate::engine::reader::StoreReader;
use crate::engine::run::Engine;
use crate::engine::state::Setup;
use crate::journal::folder_upkeep::FolderUpkeep;
use crate::journal::port::Journal;
use crate::journal::space::{RECORD_BYTES, room};
use crate::maintenance::disk_probe::ProbeThread;
use crate::maintenance::record::{MaintenanceSetup, RecordMaintenance};
use crate::maintenance::{missing_keys, purges};
use crate::provider::Providers;
use crate::store::{Store, start};
use crate::vault::Vault;
use crate::vault::disk::ROOM_BYTES as KEY_BYTES;
use crate::web::app_state::App;
use crate::web::server::serve;

/// How many requests may wait for the engine; more callers block.
const MAILBOX: usize = 4_096;

/// How long a failing process waits for its last log line.
const LAST_LINE_WITHIN: Duration = Duration::from_millis(300);

pub struct Daemon {
    pub address: SocketAddr,
    pub handle: Handle,
    pub reader: Arc<dyn Reader>,
    pub reloader: Arc<Reloader>,
    stop_web: oneshot::Sender<()>,
    web: tokio::task::JoinHandle<std::io::Result<()>>,
    engine: JoinHandle<()>,
    heartbeat: Option<tokio::task::JoinHandle<()>>,
    copies: tokio::task::JoinHandle<()>,
    maintenance: RecordMaintenance,
}

impl Daemon {
    /// Starts everything. When this returns, incidents are accepted and people paged.
    ///
    /// # Errors
    ///
    /// The address, the folder, or a channel's settings cannot be used.
    pub async fn start(config_file: &Path, start: Start) -> Result<Self, DaemonError> {
        let fault = ConfigurationFault::of(&start).map(Arc::new);
        let Start { config: Config { settings, mut plan }, origin, settings: text, .. } = start;
        let listener =
            TcpListener::bind(settings.listen).await.map_err(|error| cannot_listen(settings.listen, &error))?;
        let address = listener.local_addr().doing("the listening socket has no address")?;
        let providers = Providers::new(&settings).map_err(|error| DaemonError::Unusable(error.to_string()))?;
        let available = providers.channels();
        plan.channels.retain(|channel| available.contains(channel));
        let plan = Arc::new(plan);
        let vault = open_vault(&settings);
        let keys_folder = settings.encryption.as_ref().map(|encryption| encryption.keys_path.clone());
        let journal = settings.store_path.join("journal");
        let keys_folder = keys_folder.map(|folder| (folder, KEY_BYTES as u64));
        let folders: Vec<_> = std::iter::once((journal.clone(), RECORD_BYTES)).chain(keys_folder).collect();
        let probe = move || {
            let full = folders.iter().find_map(|(folder, bytes)| room(folder, *bytes).err());
            full.map(|error| format!("cannot record anything: {error}"))
        };
        let probe = ProbeThread::start(probe).doing("cannot start the disk probe")?;
        let shared = Arc::new(Shared::new(Arc::clone(&plan)).probing(probe).sealing(vault));
        let metrics = Arc::clone(&shared.metrics);
        let (sender, requests) = mpsc::channel(MAILBOX);
        let handle = Handle::new(sender, Arc::clone(&shared));
        let (store, setup) = set_up(&settings, plan, fault.clone(), Arc::new(providers), &shared)?;
        let engine = start_engine(setup, requests)?;
        handle.ping().await.doing("the engine is not responding")?;
        let reader: Arc<dyn Reader> = Arc::new(StoreReader::new(Arc::clone(&store), shared));
        let now = || SystemClock.wall();
        let compared = missing_keys::compare(journal.clone(), handle.clone(), Arc::clone(&metrics));
        compared.doing("cannot start the check for missing data keys")?;
        let setup = MaintenanceSetup {
            upkeep: Box::new(FolderUpkeep::new(&journal)),
            journal,
            folder: settings.store_path.join("store"),
            store,
            keep_for: settings.keep_for,
            handle: handle.clone(),
            metrics: Arc::clone(&metrics),
            runtime: tokio::runtime::Handle::current(),
            now,
            up: || SystemClock.steady(),
        };
        let maintenance = RecordMaintenance::start(setup).doing("cannot start the maintenance thread")?;
        let reloader = Reloader::new(config_file, handle.clone(), now);
        let copies = Arc::new(settings_copies(&settings, handle.clone()));
        let reloader = Arc::new(reloader.started_with(&text, fault, &copies));
        metrics.gauges.plan_loaded(seconds(now()));
        let started_with = Some(text.as_str()).filter(|_| origin != Origin::LastGoodSettings);
        let copies = keep_copies(copies, started_with);
        let heartbeat = settings.heartbeat.as_ref();
        let heartbeat = heartbeat.map(|one| Heartbeat::new(one, handle.clone(), Arc::clone(&metrics))).transpose()?;
        let app = App {
            handle: handle.clone(),
            reader: Arc::clone(&reader),
            reloader: Arc::<Reloader>::clone(&reloader),
            sources: settings.sources,
            operators: settings.operators,
            public_url: settings.public_url,
            calendar_key: settings.calendar_key,
            senders: settings.senders,
            now,
            up: || SystemClock.steady(),
            random,
        };
        let (stop_web, stopped) = oneshot::channel();
        let web = tokio::spawn(serve(listener, app, async { drop(stopped.await) }));
        let heartbeat = heartbeat.map(|heartbeat| tokio::spawn(heartbeat.run()));
        Ok(Self { address, handle, reader, reloader, stop_web, web, engine, heartbeat, copies, maintenance })
    }

    /// Shuts down cleanly: accepts no new connections, finishes what is in flight, and flushes the store.
    ///
    /// # Errors
    ///
    /// The web server or the engine panicked.
    pub async fn stop(self) -> Result<(), DaemonError> {
        // A daemon that shuts down no longer pages.
        if let Some(heartbeat) = &self.heartbeat {
            heartbeat.abort();
        }
        self.copies.abort();
        // If no one receives this, the web server has already stopped.
        let _ended = self.stop_web.send(());
        // Both in parallel, because each may take a while and systemd allows half a minute in all.
        let maintenance = self.maintenance;
        let tidied = tokio::task::spawn_blocking(|| maintenance.stop());
        self.web.await.doing("the web server panicked")?.doing("the web server failed")?;
        tidied.await.doing("journal maintenance panicked")?;
        // If no one answers, the engine has already stopped.
        let _ended = self.handle.stop().await;
        let joined = tokio::task::spawn_blocking(|| self.engine.join()).await.doing("the engine panicked")?;
        joined.map_err(|_| DaemonError::Broken("the engine panicked"))
    }

    /// Whether the engine's thread has ended, which happens only on shutdown or after a panic.
    pub fn engine_has_ended(&self) -> bool {
        self.engine.is_finished()
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> DaemonError {
    let message = format!("cannot listen on {address}: {error}");
    DaemonError::Unusable(if error.kind() == io::ErrorKind::AddrInUse {
        format!(
            "{message}\nhint: another Wardbell may be running (`systemctl status wardbell`), or another program is \
             using the port (`ss -ltnp` shows it). Stop it, or choose another port in `listen`"
        )
    } else {
        message
    })
}

fn open_vault(settings: &Settings) -> Option<Arc<Vault>> {
    let Some(encryption) = &settings.encryption else {
        if settings.store_path.join("keys/data-keys").exists() {
            tracing::error!("there are data keys but no `[encryption]`: new incidents are recorded unencrypted");
        }
        return None;
    };
    let keys = encryption.master_keys.clone().unwrap_or_else(|why| {
        tracing::error!(%why, "there is no master key: sealed text cannot be read, and new text may be lost");
        MasterKeys::ephemeral(random())
    });
    tracing::info!(master_key = %keys.current().id, "encryption is on");
    Some(Arc::new(Vault::open_or_wait(&encryption.keys_path, keys)))
}

fn set_up(
    settings: &Settings,
    plan: Arc<Plan>,
    fault: Option<Arc<ConfigurationFault>>,
    providers: Arc<Providers>,
    shared: &Arc<Shared>,
) -> Result<(Arc<Store>, Setup), DaemonError> {
    shared.metrics.gauges.configuration.set_up(settings.parts());
    let path = &settings.store_path;
    let (journal_path, store_path) = (path.join("journal"), path.join("store"));
    let opened = start::open(&journal_path, &store_path, SystemClock.wall());
    let (journal, store, recovered) = opened.map_err(|error| DaemonError::Unusable(error.to_string()))?;
    purges::complete(shared.vault(), &recovered.purged, SystemClock.wall());
    if let Some(vault) = shared.vault() {
        missing_keys::reserve(vault, &store, &recovered.incidents);
    }
    let store = Arc::new(store);
    let head = journal.head();
    let appender = Appender::new(Box::new(journal), shared.vault().cloned());
    let writer = WriterThread::start(appender).doing("cannot start the journal writer")?;
    let setup = Setup {
        writer: Box::new(writer),
        head,
        store: Arc::clone(&store),
        recovered,
        plan,
        public_url: Arc::clone(&settings.public_url),
        sources: settings.sources.iter().map(|source| source.name.clone()).collect(),
        fault,
        clock: Box::new(SystemClock),
        random: Box::new(random),
        providers,
        runtime: tokio::runtime::Handle::current(),
        shared: Arc::clone(shared),
    };
    Ok((store, setup))
}

/// Kept beside the record and in systemd's state folder, because the record may be elsewhere.
fn settings_copies(settings: &Settings, handle: Handle) -> SettingsCopies {
    let mut folders = vec![settings.store_path.clone()];
    folders.extend(config::state_directory().filter(|folder| *folder != settings.store_path));
    SettingsCopies::new(folders, handle)
}

/// Copies the settings of this start, unless they come from a copy, and all later ones.
fn keep_copies(copies: Arc<SettingsCopies>, started_with: Option<&str>) -> tokio::task::JoinHandle<()> {
    if let Some(text) = started_with {
        [LastGood::Valid, LastGood::Started].into_iter().for_each(|copy| copies.want(copy, text));
        copies.keep();
    }
    tokio::spawn(copies.run())
}

/// The engine has its own thread because it may wait for the disk.
fn start_engine(setup: Setup, requests: mpsc::Receiver<Request>) -> Result<JoinHandle<()>, DaemonError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .doing("cannot start the engine's runtime")?;
    let run = move || runtime.block_on(Engine::new(setup, requests).run());
    std::thread::Builder::new().name("engine".into()).spawn(run).doing("cannot start the engine's thread")
}

/// Random bits from the operating system. Without them no link would be secret, so the process exits.
fn random() -> [u8; 32] {
    let mut bits = [0; 32];
    if getrandom::fill(&mut bits).is_err() {
        tracing::error!("the operating system provides no random numbers");
        // The log is written by another thread.
        std::thread::sleep(LAST_LINE_WITHIN);
        std::process::abort();
    }
    bits
}
