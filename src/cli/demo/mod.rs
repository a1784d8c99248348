//! `wardbell demo`: a made-up hospital on this machine, to watch an incident reach a person.

mod desk_link;
mod folder;
mod inbox;
mod sample;
mod scene;
mod narrator;
mod shipped;
mod terminal;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::client::Client;
use crate::cli::demo::desk_link::DeskLink;
use crate::cli::demo::folder::{Addresses, DemoFolder};
use crate::cli::demo::narrator::Narrator;
use crate::cli::demo::sample::{SAMPLES, send};
use crate::cli::demo::scene::Window;
use crate::cli::demo::terminal::Terminal;
use crate::cli::exit::{Ending, Exit};
use crate::cli::{logging, serve};
use crate::clock::{Clock, SystemClock};
use crate::config::start::Start;
use crate::daemon::start::Daemon;
use crate::daemon::watch::Follower;
use crate::domain::wait::Wait;
use crate::mock::{Inbox, MockSmtp, MockTwilio};

/// How often news is printed.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long to wait after a message for others of the same page, so that they are printed together.
const SETTLE: Duration = Duration::from_millis(250);

/// Any free port.
const FREE: &str = "127.0.0.1:0";

#[derive(Debug, Args)]
pub struct Demo {
    /// Port of the API and the links; default: a free one.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Port of the inbox; default: a free one.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    inbox_port: u16,
    /// Folder for the demo's files, which is kept for you to edit; default: a temporary folder.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// End after a time such as `90s`; default: at Ctrl-C.
    #[arg(long = "for", value_name = "TIME")]
    run_for: Option<Wait>,
    /// Start without a sample incident.
    #[arg(long)]
    no_incident: bool,
}

/// Runs until Ctrl-C, and leaves nothing behind except a requested folder.
///
/// # Errors
///
/// A port is in use, or a folder cannot be written.
pub fn demo(args: &Demo) -> Result<Exit> {
    let folder = DemoFolder::new(args.folder.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(run(args, &folder));
    runtime.shutdown_timeout(Duration::from_secs(1));
    let removed = folder.remove();
    ended.and(removed).map(|()| Exit::Fine)
}

async fn run(args: &Demo, folder: &DemoFolder) -> Result<()> {
    let mut ends = Ends::new(args.run_for)?;
    let messages = Inbox::new(|| SystemClock.wall().into());
    let mail = MockSmtp::start(FREE, messages.clone()).await.context("cannot start the mail server")?;
    let sms = MockTwilio::start(FREE, messages.clone()).await.context("cannot start the SMS gateway")?;
    let page = listen(args.inbox_port).await?;
    let addresses = Addresses { daemon: free(args.port).await?, mail: mail.address(), sms: sms.base_url() };
    folder.configure(&addresses)?;
    let config = serve::usable(&folder.config_file())?;
    let settings = std::fs::read_to_string(folder.config_file())?;
    let _log = logging::set_up(&config.settings.log)?;
    let inbox_address = page.local_addr()?;
    let daemon = Daemon::start(&folder.config_file(), Start::of(config, settings, Vec::new())).await?;
    let window = Window { handle: daemon.handle.clone(), reader: Arc::clone(&daemon.reader), inbox: messages };
    let server = format!("http://{}", daemon.address);
    let source = Arc::new(Client::at(server.clone(), folder.source.secret.clone())?);
    let desk_link = Arc::new(DeskLink::new(server, window.inbox.clone())?);
    let inbox = tokio::spawn(inbox::serve(page, window.clone(), Arc::clone(&source), Arc::clone(&desk_link)));
    let mut terminal = Terminal::new(anstream::stdout());
    let watched = async {
        terminal.welcome(inbox_address, &desk_link.path(), &daemon, folder)?;
        if !args.no_incident {
            send(&source, &SAMPLES[0]).await?;
        }
        watch(&window, &daemon, &folder.config_file(), &mut ends, &mut terminal).await
    };
    let watched = watched.await;
    inbox.abort();
    let stopped = daemon.stop().await;
    watched.and(stopped.map_err(Into::into))
}

/// Prints what happens until it is time to end.
async fn watch(
    window: &Window,
    daemon: &Daemon,
    config_file: &Path,
    ends: &mut Ends,
    terminal: &mut Terminal,
) -> Result<()> {
    let mut narrator = Narrator::default();
    let mut arrivals = window.inbox.subscribe();
    let mut in_force = daemon.handle.plan();
    let _follower = Follower::start(config_file, &daemon.reloader);
    loop {
        let is_last = tokio::select! {
            () = ends.reached() => true,
            _ = arrivals.changed() => {
                tokio::time::sleep(SETTLE).await;
                false
            }
            () = tokio::time::sleep(LOOK_EVERY) => false,
        };
        // The files were reloaded, after a change or by `wardbell reload`.
        let plan = daemon.handle.plan();
        if plan.files != in_force.files {
            in_force = plan;
            terminal.reloaded()?;
        }
        let scene = window.look().await?;
        terminal.tell(&scene, &narrator.tell(&scene))?;
        if is_last {
            return terminal.goodbye();
        }
    }
}

/// Ends the demo.
struct Ends {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    timer: Pin<Box<dyn Future<Output = ()>>>,
}

impl Ends {
    fn new(run_for: Option<Wait>) -> Result<Self> {
        let length = run_for.map(|wait| Duration::from_secs(wait.as_seconds().into()));
        let timer = async move {
            match length {
                Some(length) => tokio::time::sleep(length).await,
                None => std::future::pending().await,
            }
        };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            timer: Box::pin(timer),
        })
    }

    /// Waits for the end: the time is up or a signal arrived. May panic if it is awaited again afterwards.
    async fn reached(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            () = &mut self.timer => {}
        }
    }
}

/// Links are made before the daemon listens, so its port is chosen here and released again.
async fn free(port: u16) -> Result<SocketAddr> {
    Ok(listen(port).await?.local_addr()?)
}

/// Only this machine can connect.
async fn listen(port: u16) -> Result<TcpListener> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let taken = |error| Ending::unusable(format!("cannot listen on {address}: {error}"));
    TcpListener::bind(address).await.map_err(taken).map_err(Into::into)
}
