//! `wardbell calendar links`: prints the secret addresses of the calendar feeds.

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

#[derive(Debug, Subcommand)]
pub enum Calendar {
    /// Print the feed links. Each is a secret: anyone who has one can see the shifts.
    Links(Links),
}

#[derive(Debug, Args)]
pub struct Links {
    /// Only this department.
    #[arg(long, value_name = "D")]
    department: Option<DepartmentId>,
    /// Only this liaison, in every department that has them.
    #[arg(long, value_name = "ID")]
    liaison: Option<LiaisonId>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints the links.
///
/// # Errors
///
/// The files are not valid, `[calendar]` is missing, or there is no such department or liaison.
pub fn links(config_file: &Path, args: &Links) -> Result<Exit> {
    let config = usable(config_file)?;
    let Some(key) = &config.settings.calendar_key else {
        let message = "calendar feeds are not set up. Create a key with `openssl rand -hex 32`, save it to a file, and \
                       add `key_file = \"calendar-key\"` to `[calendar]` in wardbell.toml";
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
        return Err(Ending::no(format!("no liaison `{liaison}` in the selected rosters")).into());
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
