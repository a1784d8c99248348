//! `wardbell report-link`: prints the secret addresses of the forms, for posters and intranet pages.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::Args;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::cli::list::{plain_table, text};
use crate::cli::serve::usable;
use crate::domain::id::SourceName;

#[derive(Debug, Args)]
pub struct ReportLink {
    /// Only this source.
    source: Option<SourceName>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints the links.
///
/// # Errors
///
/// The files are not valid, or no form is set up.
pub fn report_link(config_file: &Path, args: &ReportLink) -> Result<Exit> {
    let config = usable(config_file)?;
    let base = &config.settings.public_url;
    let sources = config.settings.sources.iter();
    let asked = sources.filter(|source| args.source.as_ref().is_none_or(|asked| *asked == source.name));
    let rows: Vec<Value> = asked
        .filter_map(|source| {
            let link = format!("{base}/report/{}", source.form_token.as_ref()?.expose_secret());
            Some(json!({ "source": source.name, "link": link }))
        })
        .collect();
    if let (true, Some(source)) = (rows.is_empty(), &args.source) {
        let with_form = config.settings.sources.iter().filter(|source| source.form_token.is_some());
        let with_form: Vec<String> = with_form.map(|source| format!("`{}`", source.name)).collect();
        let others = if with_form.is_empty() { "no source has one".to_owned() } else { with_form.join(", ") };
        return Err(Ending::unusable(format!("no source `{source}` has a form; sources with a form: {others}")).into());
    }
    if rows.is_empty() {
        let message = "no form is set up. Create a secret with `openssl rand -hex 16`, save it to a file, and add \
                       `form_token_file` with its name to a `[[source]]` in wardbell.toml";
        return Err(Ending::unusable(message).into());
    }
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{:#}", Value::Array(rows))?;
        return Ok(Exit::Fine);
    }
    let mut table = plain_table(&["source", "link"]);
    for row in &rows {
        table.add_row(["source", "link"].map(|key| text(row, key)));
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Fine)
}
