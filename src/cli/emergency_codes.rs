//! `wardbell emergency-codes`: codes to print for when mail, directory and phones are down.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::list::text;

#[derive(Debug, Subcommand)]
pub enum EmergencyCodes {
    /// Make codes and print them once. Needs `admin`.
    New(NewCodes),
    /// List the codes that are still good, without their text. Needs `admin`.
    List(CodeList),
    /// Revoke codes that are still good, such as those of a sheet that was lost. Needs `admin`.
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// The numbers that the codes begin with, such as 4821; `wardbell emergency-codes list` shows them.
    #[arg(value_name = "NUMBER", required_unless_present = "all")]
    numbers: Vec<u32>,
    /// Revoke all codes that are good.
    #[arg(long, conflicts_with = "numbers")]
    all: bool,
    #[command(flatten)]
    access: Access,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct NewCodes {
    /// How many, at most 20.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20))]
    count: u32,
    #[command(flatten)]
    access: Access,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct CodeList {
    #[command(flatten)]
    access: Access,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Makes, lists, or revokes emergency codes.
///
/// # Errors
///
/// The daemon cannot be reached, or the operator lacks the permission.
pub fn emergency_codes(config_file: &Path, command: &EmergencyCodes) -> Result<Exit> {
    match command {
        EmergencyCodes::New(args) => make(config_file, args),
        EmergencyCodes::List(args) => list(config_file, args),
        EmergencyCodes::Revoke(args) => revoke(config_file, args),
    }
}

fn make(config_file: &Path, args: &NewCodes) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let wanted = json!({ "count": args.count });
    let answer = converse(client.ask(Method::POST, "/api/v1/emergency-codes", Some(&wanted)))?;
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{answer:#}")?;
        return Ok(Exit::Fine);
    }
    let codes = answer["codes"].as_array().map(Vec::as_slice).unwrap_or_default();
    codes.iter().try_for_each(|code| writeln!(out, "{}", text(code, "code")))?;
    let note = "Print these now and keep them locked away: they are shown only once. Each signs in once, for an hour, and \
                everyone with `audit` is told";
    writeln!(anstream::stderr(), "{note}")?;
    Ok(Exit::Fine)
}

fn list(config_file: &Path, args: &CodeList) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let answer = converse(client.ask(Method::GET, "/api/v1/emergency-codes", None))?;
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{answer:#}")?;
        return Ok(Exit::Fine);
    }
    let codes = answer["codes"].as_array().map(Vec::as_slice).unwrap_or_default();
    if codes.is_empty() {
        writeln!(out, "no unused emergency codes; make some with `wardbell emergency-codes new`")?;
    }
    for code in codes {
        writeln!(out, "{}: made at {} by {}", text(code, "code"), text(code, "made_at"), text(code, "made_by"))?;
    }
    Ok(Exit::Fine)
}

fn revoke(config_file: &Path, args: &Revoke) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let wanted = if args.all { json!({ "all": true }) } else { json!({ "numbers": args.numbers }) };
    let answer = converse(client.ask(Method::POST, "/api/v1/emergency-codes/revoke", Some(&wanted)))?;
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{answer:#}")?;
        return Ok(Exit::Fine);
    }
    let numbers = answer["numbers"].as_array().map(Vec::as_slice).unwrap_or_default();
    if numbers.is_empty() {
        writeln!(out, "no emergency code was good")?;
    }
    numbers.iter().try_for_each(|number| writeln!(out, "emergency code {number} is revoked"))?;
    Ok(Exit::Fine)
}
