//! `wardbell test-channels`: sends a test message through every channel.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::list::text;

/// A channel's `timeout` may be up to five minutes.
const ANSWERED_WITHIN: Duration = Duration::from_secs(310);

#[derive(Debug, Args)]
pub struct TestChannels {
    #[command(flatten)]
    access: Access,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Asks the daemon to test its channels, and prints whether each provider accepted the message.
///
/// # Errors
///
/// The daemon cannot be reached, or the operator lacks the permission.
pub fn test_channels(config_file: &Path, args: &TestChannels) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?.patient(ANSWERED_WITHIN);
    let answer = converse(client.ask(Method::POST, "/api/v1/test-channels", None))?;
    let mut out = anstream::stdout();
    let tests = answer["tests"].as_array().map(Vec::as_slice).unwrap_or_default();
    if args.format == Format::Json {
        writeln!(out, "{answer:#}")?;
    } else {
        tests.iter().try_for_each(|test| writeln!(out, "{}", line(test)))?;
    }
    Ok(if tests.iter().all(is_taken) { Exit::Fine } else { Exit::No })
}

fn line(test: &Value) -> String {
    let channel = text(test, "channel");
    if is_taken(test) {
        format!("{channel}: accepted by the provider; check that the message arrives")
    } else {
        format!("{channel}: failed with `{}`", text(test, "code"))
    }
}

fn is_taken(test: &Value) -> bool {
    test["outcome"] == "accepted"
}
