//! `wardbell demo`: everything in one process, with an inbox to look at and a link to press.

mod folder;
mod inbox;
mod told;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::catcher::{Shared, SmsGateway, SmtpCatcher};
use crate::cli::daemon::Daemon;
use crate::cli::demo::folder::Folder;
use crate::cli::demo::inbox::InboxPage;
use crate::cli::demo::told::Teller;
use crate::cli::exit::Exit;
use crate::cli::{logging, reload, serve};
use crate::clock::{Clock, SystemClock};
use crate::config::settings::{LogFormat, LogSettings};

/// How the demo runs.
#[derive(Debug, Args)]
pub struct Demo {
    /// The daemon's port; a free one, if left out.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    port: u16,
    /// The inbox's port; a free one, if left out.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    inbox_port: u16,
    /// Where its files are put, and stay; a temporary folder, if left out.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Start without a sample incident.
    #[arg(long)]
    no_incident: bool,
    /// End after so many seconds, instead of on Ctrl-C.
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,
}

/// Runs until Ctrl-C.
///
/// # Errors
///
/// A port that is taken, or a folder that cannot be written.
pub fn demo(args: &Demo) -> Result<Exit> {
    let quiet = LogSettings { format: LogFormat::Text, level: "error".into() };
    logging::set_up(&quiet);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(args))
}

async fn run(args: &Demo) -> Result<Exit> {
    let folder = Folder::prepare(args.folder.clone())?;
    let shared =
        Shared::new(|| SystemTime::from(SystemClock.wall())).with_sms_account(folder::ACCOUNT, folder.secret());
    let mail =
        SmtpCatcher::start("127.0.0.1:0", shared.clone()).await.context("no port is free for the mail server")?;
    let sms = SmsGateway::start("127.0.0.1:0", shared.clone()).await.context("no port is free for the gateway")?;
    let port = free_port(args.port).await?;
    let config_file = folder.write(port, mail.local_addr().port(), &sms.base_url())?;
    let daemon = Daemon::start(serve::usable(&config_file)?).await?;
    let page = InboxPage::new(shared.inbox().clone(), &daemon, folder.source_token().to_owned());
    let inbox = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, args.inbox_port)))
        .await
        .with_context(|| format!("port {} is taken: choose another `--inbox-port`", args.inbox_port))?;
    let inbox_address = inbox.local_addr()?;
    let inbox_server = tokio::spawn(inbox::serve(inbox, page));
    let mut teller = Teller::new(shared.inbox().clone(), daemon.handle.plan());
    teller.welcome(&format!("http://{inbox_address}"), &format!("http://{}", daemon.address), &folder)?;
    if !args.no_incident {
        inbox::open_sample(&daemon, folder.source_token(), "patient-media-viral").await?;
    }
    until_ended(args, &config_file, &daemon, &mut teller).await?;
    teller.farewell()?;
    inbox_server.abort();
    daemon.stop().await?;
    Ok(Exit::Fine)
}

async fn until_ended(args: &Demo, config_file: &std::path::Path, daemon: &Daemon, teller: &mut Teller) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (changes, mut changed) = tokio::sync::mpsc::channel(1);
    let _watcher = reload::watch(config_file, changes)?;
    let end = tokio::time::sleep(Duration::from_secs(args.seconds.unwrap_or(u64::MAX / 1_000)));
    tokio::pin!(end);
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            () = &mut end => return Ok(()),
            Some(()) = changed.recv() => reload::reload(config_file, &daemon.handle, &daemon.metrics).await,
            told = teller.tell_next(&daemon.reader) => told?,
        }
    }
}

/// The links of the first page need the port before the daemon has it.
async fn free_port(wanted: u16) -> Result<u16> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, wanted)))
        .await
        .with_context(|| format!("port {wanted} is taken: choose another `--port`"))?;
    Ok(listener.local_addr()?.port())
}

/// Writes a line, and sees to it that it is seen.
fn say(line: &str) -> Result<()> {
    let mut out = anstream::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
