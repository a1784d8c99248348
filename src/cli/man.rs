//! `wardbell man`: the manual, one page per command.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::exit::Exit;

#[derive(Debug, Args)]
pub struct ManPages {
    /// Folder for all pages, as `wardbell.1`, `wardbell-check.1`, and so on; without it, print the main page
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// # Errors
///
/// A page cannot be written.
pub fn man(command: Command, args: &ManPages) -> Result<Exit> {
    let pages = pages(command)?;
    let Some(folder) = &args.folder else {
        if let Some((_, main)) = pages.first() {
            io::stdout().write_all(main)?;
        }
        return Ok(Exit::Fine);
    };
    fs::create_dir_all(folder).with_context(|| format!("cannot create the folder {}", folder.display()))?;
    for (name, page) in &pages {
        let path = folder.join(name);
        fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Exit::Fine)
}

/// Every page and its file name, the main page first.
fn pages(command: Command) -> Result<Vec<(String, Vec<u8>)>> {
    // `wardbell help` duplicates `--help`, so it has no page.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add(&command, &[], &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, above: &[String], pages: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let version = command.get_version().unwrap_or_default();
    let page = Man::new(command.clone()).source(format!("wardbell {version}")).manual("Wardbell Manual");
    let mut text = Vec::new();
    page.render(&mut text)?;
    if !above.is_empty() {
        see_also(above, &mut text)?;
    }
    pages.push((page.get_filename(), text));
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let above = [above, &[name]].concat();
    for one in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        add(one, &above, pages)?;
    }
    Ok(())
}

/// The pages of a command's parent commands.
fn see_also(above: &[String], text: &mut Vec<u8>) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let names = above.iter().enumerate().flat_map(|(index, name)| {
        let comma = if index == 0 { "" } else { ", " };
        [roman(comma), bold(name.clone()), roman("(1)")]
    });
    roff.text(names.collect::<Vec<_>>());
    text.write_all(roff.to_roff().as_bytes())
}
