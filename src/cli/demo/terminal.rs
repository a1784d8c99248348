//! The demo's terminal output: aligned, and the same without colors.

use std::io::{self, Write};
use std::net::SocketAddr;

use anstream::AutoStream;
use anyhow::Result;
use clap::builder::styling::{AnsiColor, Style};

use crate::cli::demo::folder::DemoFolder;
use crate::cli::demo::narrator::{LINK, Paragraph};
use crate::cli::demo::scene::Scene;
use crate::daemon::start::Daemon;

const BOLD: Style = Style::new().bold();
const SOFT: Style = Style::new().dimmed();
const ADDRESS: Style = AnsiColor::Cyan.on_default();

pub struct Terminal {
    out: AutoStream<io::Stdout>,
    /// Whether the last paragraph was a single line, so that another may follow without a blank line.
    is_close: bool,
}

impl Terminal {
    /// Writes to a stream; colors only reach terminals.
    pub fn new(out: AutoStream<io::Stdout>) -> Self {
        Self { out, is_close: false }
    }

    /// Prints the addresses, and how to end; `desk` is the path of the desk's link at the inbox.
    ///
    /// # Errors
    ///
    /// The output is closed.
    pub fn welcome(&mut self, inbox: SocketAddr, desk: &str, daemon: &Daemon, folder: &DemoFolder) -> Result<()> {
        let api = format!("http://{}", daemon.address);
        let (operator, source) = (folder.operator.file.display(), folder.source.file.display());
        let out = &mut self.out;
        writeln!(out, "{BOLD}Wardbell demo{BOLD:#}: a made-up hospital. No message leaves this machine.\n")?;
        writeln!(out, "  inbox   {ADDRESS}http://{inbox}{ADDRESS:#}   open it: every text message and email")?;
        writeln!(
            out,
            "  board   {ADDRESS}http://{inbox}{desk}{ADDRESS:#}   open it once: it signs you in as the desk"
        )?;
        writeln!(out, "  API     {ADDRESS}{api}{ADDRESS:#}")?;
        writeln!(out, "  files   {}   rosters, playbooks; edit one", folder.path().display())?;
        writeln!(out, "  end     Ctrl-C\n")?;
        writeln!(out, "Try the API from another terminal:\n")?;
        writeln!(out, "  wardbell list --server {api} --token-file {operator}\n")?;
        writeln!(out, "  curl {api}/api/v1/incidents \\")?;
        writeln!(out, "    -H \"Authorization: Bearer $(cat {source})\" \\")?;
        writeln!(out, "    -H 'Content-Type: application/json' -d '{{\"class\": \"care-complaint\"}}'\n")?;
        let zone = daemon.handle.plan();
        let zone = zone.zone(&zone.fallback);
        writeln!(out, "{SOFT}Ladders take seconds here. Times are in the rosters' time zone, {zone}.{SOFT:#}")?;
        out.flush().map_err(Into::into)
    }

    /// Prints what happened.
    ///
    /// # Errors
    ///
    /// The output is closed.
    pub fn tell(&mut self, scene: &Scene, paragraphs: &[Paragraph]) -> Result<()> {
        for paragraph in paragraphs {
            self.paragraph(scene, paragraph)?;
        }
        self.out.flush().map_err(Into::into)
    }

    /// Prints that changed files are in force.
    ///
    /// # Errors
    ///
    /// The output is closed.
    pub fn reloaded(&mut self) -> Result<()> {
        self.is_close = false;
        writeln!(self.out, "\nThe files have changed and are in force for all further steps.").map_err(Into::into)
    }

    /// Prints that the demo ends.
    ///
    /// # Errors
    ///
    /// The output is closed.
    pub fn goodbye(&mut self) -> Result<()> {
        writeln!(self.out, "\nThe demo ends.").map_err(Into::into)
    }

    fn paragraph(&mut self, scene: &Scene, paragraph: &Paragraph) -> Result<()> {
        let Paragraph { at, incident, head, details } = paragraph;
        let at = scene.clock(*at);
        if !(self.is_close && details.is_empty()) {
            writeln!(self.out)?;
        }
        self.is_close = details.is_empty();
        writeln!(self.out, "{SOFT}{at}{SOFT:#}  {SOFT}{incident}{SOFT:#}  {BOLD}{head}{BOLD:#}")?;
        for (word, text) in details {
            let style = if *word == LINK { ADDRESS } else { Style::new() };
            writeln!(self.out, "          {SOFT}{word:<8}{SOFT:#}  {style}{text}{style:#}")?;
        }
        Ok(())
    }
}
