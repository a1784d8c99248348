//! `wardbell calendar links`: the secret addresses of the calendar feeds.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::cli::list::{plain_table, text};
use crate::cli::oncall::rosters;
use crate::cli::serve::usable;
use crate::domain::calendar::link::token;
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::roster::Roster;

/// What to do with calendar feeds.
#[derive(Debug, Subcommand)]
pub enum Calendar {
    /// Print the links of the feeds, each a secret: who has one sees the shifts.
    Links(Links),
}

/// Whose links.
#[derive(Debug, Args)]
pub struct Links {
    /// One department; all of them, if left out.
    #[arg(long, value_name = "D")]
    department: Option<DepartmentId>,
    /// One liaison, in every department that has them.
    #[arg(long, value_name = "ID")]
    liaison: Option<LiaisonId>,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints the links.
///
/// # Errors
///
/// The files cannot be used, `[calendar]` is not set up, or nobody is named so.
pub fn links(config_file: &Path, args: &Links) -> Result<Exit> {
    let config = usable(config_file)?;
    let Some(key) = &config.settings.calendar_key else {
        let message = "calendar feeds are not set up: make a key with `openssl rand -hex 32`, put it into a file, and \
                       name that in wardbell.toml by `[calendar]` with `key_file = \"calendar-key\"`";
        return Err(Ending::unusable(message).into());
    };
    let key = key.expose_secret().as_bytes();
    let base = &config.settings.public_url;
    let link = |roster: &Roster, liaison: Option<&LiaisonId>| {
        token(key, &roster.department, liaison).map(|token| format!("{base}/calendar/{}.ics", token.reveal()))
    };
    let mut rows: Vec<Value> = Vec::new();
    for roster in rosters(&config.plan, args.department.as_ref())? {
        if args.liaison.is_none() {
            let link = link(roster, None);
            rows.push(json!({ "department": roster.department, "liaison": null, "name": roster.name, "link": link }));
        }
        let asked = roster.liaisons.iter().filter(|one| args.liaison.as_ref().is_none_or(|asked| *asked == one.id));
        rows.extend(asked.map(|one| {
            let link = link(roster, Some(&one.id));
            json!({ "department": roster.department, "liaison": one.id, "name": one.name, "link": link })
        }));
    }
    if let (true, Some(liaison)) = (rows.is_empty(), &args.liaison) {
        return Err(Ending::no(format!("no roster that was asked for has a liaison `{liaison}`")).into());
    }
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{:#}", Value::Array(rows))?;
        return Ok(Exit::Fine);
    }
    let mut table = plain_table(&["department", "liaison", "name", "link"]);
    for row in &rows {
        table.add_row(["department", "liaison", "name", "link"].map(|key| text(row, key)));
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Fine)
}
