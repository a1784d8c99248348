//! The command line: one file per command.

pub mod access;
pub mod act;
pub mod audit;
pub mod away;
pub mod backup;
pub mod calendar;
pub mod check;
pub mod client;
pub mod compact;
pub mod demo;
pub mod diff;
pub mod editing;
pub mod effect;
pub mod emergency_codes;
pub mod exit;
pub mod export;
pub mod file_edit;
pub mod format;
pub mod github;
pub mod import;
pub mod keys;
pub mod list;
pub mod logging;
pub mod man;
pub mod oncall;
pub mod open;
pub mod override_;
pub mod person;
pub mod plan;
pub mod purge;
pub mod reload;
pub mod report_link;
pub mod restore;
pub mod route;
pub mod schedule;
pub mod schema;
pub mod serve;
pub mod sessions;
pub mod statement;
pub mod show;
pub mod swap;
pub mod tasks;
pub mod test_channels;
pub mod vcard;
pub mod when;
pub mod width;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::exit::Exit;
use crate::cli::when::When;
use crate::clock::{Clock, SystemClock, zones};
use crate::domain::visible::escaped_lines;
use crate::domain::wait::Wait;

/// How long to wait at exit for a reader of standard error.
const SAID_WITHIN: Duration = Duration::from_secs(5);

/// Escalation and on-call routing for hospitals.
#[derive(Debug, Parser)]
#[command(name = "wardbell", version, about, propagate_version = true)]
pub struct Cli {
    /// Configuration file.
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
    /// Watch a live incident: an example hospital, an inbox, and a link to press.
    Demo(demo::Demo),
    /// Check all files and report every error.
    Check {
        /// How far ahead to prove that someone answers.
        #[arg(long, default_value = "90d", value_name = "WAIT")]
        horizon: Wait,
        /// Start of the period, such as 2026-12-24T17:00:00Z, or `2026-12-24 17:00` in the fallback department's time zone;
        /// default: now.
        #[arg(long, value_name = "T")]
        at: Option<When>,
        /// Output format.
        #[arg(long, value_enum, default_value_t = check::CheckFormat::Text)]
        format: check::CheckFormat,
    },
    /// Show who is on call for each role.
    Oncall(oncall::Oncall),
    /// Print the calendar of a roster.
    Schedule(schedule::Schedule),
    /// Show who would be paged, when, and how, if no one answered.
    Route(route::Route),
    /// Show whose on-call time differs between two versions of the files.
    Diff(diff::Diff),
    /// Print calendar feed links.
    Calendar {
        #[command(subcommand)]
        command: calendar::Calendar,
    },
    /// Print the links of the forms by which any member of staff reports a post.
    ReportLink(report_link::ReportLink),
    /// Print the contact that phones let through "do not disturb".
    Vcard,
    /// Add or end an override.
    Override {
        #[command(subcommand)]
        command: Box<override_::OverrideCommand>,
    },
    /// Let two liaisons trade their shifts of one day.
    Swap(swap::Swap),
    /// Record who is away, or that they are back.
    Away {
        #[command(subcommand)]
        command: Box<away::Away>,
    },
    /// Add people to the rosters, or remove them.
    Person {
        #[command(subcommand)]
        command: Box<person::Person>,
    },
    /// Import a month of another system's schedule.
    Import {
        #[command(subcommand)]
        command: Box<import::Import>,
    },
    /// Open an incident, with the token of a source or of an operator with the `open` permission.
    Open(Box<open::Open>),
    /// List incidents, newest first.
    List(list::List),
    /// List tasks: of one incident, or what a department still has to do.
    Tasks(tasks::Tasks),
    /// Show one incident with its tracks, pages and timeline.
    Show(show::Show),
    /// Acknowledge, decline, escalate, resolve, change a task, or add a note.
    Act(act::Act),
    /// Reload rosters and playbooks now and print the result.
    Reload(reload::Reload),
    /// Permanently destroy the text of a closed incident, in every backup too.
    Purge(purge::Purge),
    /// Create, count, and copy encryption keys.
    Keys {
        #[command(subcommand)]
        command: keys::Keys,
    },
    /// Send a test message through every channel now.
    TestChannels(test_channels::TestChannels),
    /// Write statements, ask for their approval, and record where they were published.
    Statement {
        #[command(subcommand)]
        command: statement::StatementCommand,
    },
    /// List or end sessions of people who are signed in.
    Sessions {
        #[command(subcommand)]
        command: sessions::Sessions,
    },
    /// Make or list codes to print for when mail, directory and phones are down.
    EmergencyCodes {
        #[command(subcommand)]
        command: emergency_codes::EmergencyCodes,
    },
    /// Verify and export the record.
    Audit {
        #[command(subcommand)]
        command: Audit,
    },
    /// Back up the whole record to one file, even while the daemon runs.
    Backup(backup::Backup),
    /// Restore the record from a backup, or only verify the backup.
    Restore(restore::Restore),
    /// Rebuild the store from the record to reclaim disk space.
    Compact(compact::Compact),
    /// Print the JSON Schema of a kind of file, for editors.
    Schema(schema::Schema),
    /// Print shell completions.
    Completions {
        /// Shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one page per command.
    Man(man::ManPages),
}

#[derive(Debug, Subcommand)]
enum Audit {
    /// Verify the record's hash chain.
    Verify(audit::AuditVerify),
    /// Show which rosters and playbooks were in force at a given time, and restore them.
    Plan(audit::AuditPlan),
    /// Show who signed in, and who was shown what. Needs `audit`.
    Access(access::AuditAccess),
    /// Export the exact record as JSON lines that anyone can verify.
    Export(export::Export),
}

/// Runs the command given in the arguments.
pub fn main() -> ExitCode {
    std::panic::catch_unwind(run).unwrap_or(Exit::Bug).into()
}

fn run() -> Exit {
    let version = format!("{}\ntime zones: {}", env!("CARGO_PKG_VERSION"), zones::edition());
    let matches = Cli::command().long_version(version).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let result = match cli.command {
        Command::Serve => serve::serve(&cli.config),
        Command::Demo(args) => demo::demo(&args),
        Command::Check { horizon, at, format } => {
            let rules = zones::rules();
            let others = zones::others(&rules);
            let stretch =
                check::Stretch { now: SystemClock.wall(), at, horizon, rules: &rules, others: others.as_deref() };
            let no = if cli.config.is_file() { Exit::No } else { Exit::Unusable };
            check::check(&cli.config, stretch, format, &mut anstream::stdout())
                .map(|fine| if fine { Exit::Fine } else { no })
                .map_err(Into::into)
        }
        Command::Oncall(args) => oncall::oncall(&cli.config, &args),
        Command::Schedule(args) => schedule::schedule(&cli.config, &args),
        Command::Route(args) => route::route(&cli.config, &args),
        Command::Calendar { command: calendar::Calendar::Links(args) } => calendar::links(&cli.config, &args),
        Command::ReportLink(args) => report_link::report_link(&cli.config, &args),
        Command::Vcard => vcard::vcard(&cli.config),
        Command::Override { command } => override_::override_(&cli.config, &command),
        Command::Swap(args) => swap::swap(&cli.config, &args),
        Command::Away { command } => away::away(&cli.config, &command),
        Command::Person { command } => person::person(&cli.config, &command),
        Command::Import { command } => import::import(&cli.config, &command),
        Command::Diff(args) => diff::diff(&cli.config, &args),
        Command::Open(args) => open::open(&cli.config, &args),
        Command::List(args) => list::list(&cli.config, &args),
        Command::Tasks(args) => tasks::tasks(&cli.config, &args),
        Command::Show(args) => show::show(&cli.config, &args),
        Command::Act(args) => act::act(&cli.config, &args),
        Command::Reload(args) => reload::reload(&cli.config, &args),
        Command::Purge(args) => purge::purge(&cli.config, &args),
        Command::Keys { command } => keys::keys(&cli.config, &command),
        Command::Audit { command: Audit::Export(args) } => export::export(&cli.config, &args),
        Command::TestChannels(args) => test_channels::test_channels(&cli.config, &args),
        Command::Audit { command: Audit::Verify(args) } => audit::audit_verify(&cli.config, &args),
        Command::Audit { command: Audit::Plan(args) } => audit::audit_plan(&cli.config, &args),
        Command::Audit { command: Audit::Access(args) } => access::audit_access(&cli.config, &args),
        Command::Statement { command } => statement::statement(&cli.config, &command),
        Command::Sessions { command } => sessions::sessions(&cli.config, &command),
        Command::EmergencyCodes { command } => emergency_codes::emergency_codes(&cli.config, &command),
        Command::Backup(args) => backup::backup(&cli.config, &args),
        Command::Restore(args) => restore::restore(&cli.config, &args),
        Command::Compact(args) => compact::compact(&cli.config, &args),
        Command::Schema(args) => schema::schema(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "wardbell", &mut std::io::stdout());
            Ok(Exit::Fine)
        }
        Command::Man(args) => man::man(Cli::command(), &args),
    };
    result.unwrap_or_else(|error| {
        if exit::is_broken_pipe(&error) {
            return Exit::Fine;
        }
        let message = escaped_lines(&format!("{error:#}"));
        say_at_last(format!("error: {message}\n"));
        exit::of(&error)
    })
}

/// Writes to standard error with a limited wait, so that a stuck reader cannot keep the process from ending.
fn say_at_last(text: String) {
    let (done, written) = std::sync::mpsc::sync_channel(1);
    let say = move || {
        // If standard error is gone, there is no one to report to.
        let _gone = anstream::stderr().write_all(text.as_bytes());
        let _waits = done.send(());
    };
    if std::thread::Builder::new().spawn(say).is_ok() {
        let _in_time = written.recv_timeout(SAID_WITHIN);
    }
}
