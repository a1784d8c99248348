//! The command line: one file a command.

pub mod act;
pub mod audit;
pub mod away;
pub mod calendar;
pub mod check;
pub mod client;
pub mod daemon;
pub mod demo;
pub mod diff;
pub mod editing;
pub mod effect;
pub mod exit;
pub mod github;
pub mod import;
pub mod list;
pub mod logging;
pub mod notify;
pub mod oncall;
pub mod open;
pub mod override_;
pub mod plan;
pub mod reload;
pub mod route;
pub mod schedule;
pub mod schema;
pub mod serve;
pub mod show;
pub mod vcard;
pub mod watch;
pub mod when;
pub mod width;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::cli::exit::Exit;
use crate::cli::when::When;
use crate::clock::{Clock, SystemClock};
use crate::domain::wait::Wait;

/// Escalation and on-call routing for hospitals.
#[derive(Debug, Parser)]
#[command(name = "wardbell", version, about, propagate_version = true)]
pub struct Cli {
    /// The configuration file.
    #[arg(
        long,
        global = true,
        env = "WARDBELL_CONFIG",
        default_value = "/etc/wardbell/wardbell.toml",
        value_name = "FILE"
    )]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon.
    Serve,
    /// Watch an incident live: an example hospital, an inbox to look at, a link to press.
    Demo(demo::Demo),
    /// Read all files and report every mistake at once.
    Check {
        /// How far it is proved that somebody answers.
        #[arg(long, default_value = "90d", value_name = "WAIT")]
        horizon: Wait,
        /// From when on, such as 2026-12-24; now, if left out.
        #[arg(long, value_name = "T")]
        at: Option<When>,
        /// For people, for programs, or for a pull request.
        #[arg(long, value_enum, default_value_t = check::CheckFormat::Text)]
        format: check::CheckFormat,
    },
    /// Say who holds each role.
    Oncall(oncall::Oncall),
    /// Print the calendar of a roster.
    Schedule(schedule::Schedule),
    /// Say who would be paged, when, by what, if nobody answered.
    Route(route::Route),
    /// Say whose duty differs between two versions of the files, and when.
    Diff(diff::Diff),
    /// Give out calendar feeds.
    Calendar {
        #[command(subcommand)]
        command: calendar::Calendar,
    },
    /// Print the contact that phones let through "do not disturb".
    Vcard,
    /// Give somebody a role for a while, or end that.
    Override {
        #[command(subcommand)]
        command: Box<override_::OverrideCommand>,
    },
    /// Write down who goes on leave.
    Away {
        #[command(subcommand)]
        command: Box<away::Away>,
    },
    /// Take over a month of another system's schedule.
    Import {
        #[command(subcommand)]
        command: Box<import::Import>,
    },
    /// Hand in an incident.
    Open(Box<open::Open>),
    /// List incidents, newest first.
    List(list::List),
    /// Show one incident with its tracks, pages and timeline.
    Show(show::Show),
    /// Acknowledge, decline, escalate, resolve or note.
    Act(act::Act),
    /// Read rosters and playbooks again at once, and hear what came of it.
    Reload(reload::Reload),
    /// Examine the record.
    Audit {
        #[command(subcommand)]
        command: Audit,
    },
    /// Print the JSON Schema of a kind of file, for editors.
    Schema(schema::Schema),
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

#[derive(Debug, Subcommand)]
enum Audit {
    /// Prove that every record is whole and hangs on the one before.
    Verify,
    /// Tell which rosters and playbooks were in force at an instant, and bring them back.
    Plan(audit::AuditPlan),
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    std::panic::catch_unwind(run).unwrap_or(Exit::Bug).into()
}

fn run() -> Exit {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Serve => serve::serve(&cli.config),
        Command::Demo(args) => demo::demo(&args),
        Command::Check { horizon, at, format } => {
            let from = at.map_or_else(|| SystemClock.wall(), |when| when.in_zone(chrono_tz::UTC));
            let stretch = check::Stretch { from, horizon };
            let no = if cli.config.is_file() { Exit::No } else { Exit::Unusable };
            check::check(&cli.config, stretch, format, &mut anstream::stdout())
                .map(|fine| if fine { Exit::Fine } else { no })
                .map_err(Into::into)
        }
        Command::Oncall(args) => oncall::oncall(&cli.config, &args),
        Command::Schedule(args) => schedule::schedule(&cli.config, &args),
        Command::Route(args) => route::route(&cli.config, &args),
        Command::Calendar { command: calendar::Calendar::Links(args) } => calendar::links(&cli.config, &args),
        Command::Vcard => vcard::vcard(&cli.config),
        Command::Override { command } => override_::override_(&cli.config, &command),
        Command::Away { command } => away::away(&cli.config, &command),
        Command::Import { command } => import::import(&cli.config, &command),
        Command::Diff(args) => diff::diff(&cli.config, &args),
        Command::Open(args) => open::open(&cli.config, &args),
        Command::List(args) => list::list(&cli.config, &args),
        Command::Show(args) => show::show(&cli.config, &args),
        Command::Act(args) => act::act(&cli.config, &args),
        Command::Reload(args) => reload::reload(&cli.config, &args),
        Command::Audit { command: Audit::Verify } => audit::audit_verify(&cli.config),
        Command::Audit { command: Audit::Plan(args) } => audit::audit_plan(&cli.config, &args),
        Command::Schema(args) => schema::schema(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "wardbell", &mut std::io::stdout());
            Ok(Exit::Fine)
        }
        Command::Man => clap_mangen::Man::new(Cli::command())
            .render(&mut std::io::stdout())
            .map(|()| Exit::Fine)
            .map_err(Into::into),
    };
    result.unwrap_or_else(|error| {
        if exit::is_broken_pipe(&error) {
            return Exit::Fine;
        }
        // Nothing is left to tell where standard error is gone.
        let _gone = writeln!(anstream::stderr(), "error: {error:#}");
        exit::of(&error)
    })
}
