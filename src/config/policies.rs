//! `playbooks/policies/*.md`: texts that people read when they have an incident.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::config::diagnostics::{Diagnostics, closest, quoted, with_meant};
use crate::config::document::{FileLoader, why_unread};
use crate::config::files::FILES_MAX;
use crate::config::reader::Spanned;
use crate::diagnostic::{Code, Diagnostic, Source, Spot};
use crate::domain::id::PolicyName;
use crate::domain::policy::markdown::{BadLink, Outline, Target, outline, target};
use crate::domain::policy::{Policies, Policy};

/// The folder, in that of the playbooks.
pub const FOLDER: &str = "policies";

/// How the files end.
pub const ENDING: &str = ".md";

/// The policies, as far as they could be read.
#[derive(Debug, Default)]
pub struct FoundPolicies {
    pub policies: Policies,
    /// The names of all files, also of those with errors.
    names: BTreeSet<PolicyName>,
    /// If not, an unknown name may be that of a file that could not be read.
    pub is_whole: bool,
}

/// Reads all policies; a hospital may have none.
pub fn read(loader: &FileLoader<'_>, playbooks: &str) -> FoundPolicies {
    let folder = format!("{playbooks}/{FOLDER}");
    let names = match loader.files.list_ending(&folder, ENDING) {
        Ok(names) => names,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Vec::new(),
        Err(error) => {
            let spot = Spot::start_of(&Source::unread(&folder));
            let message = format!("cannot read the folder `{folder}`: {}", why_unread(&error));
            loader.diagnostics.error(Code::UnreadableFile, &spot, message);
            return FoundPolicies::default();
        }
    };
    if names.len() > FILES_MAX {
        let spot = Spot::start_of(&Source::unread(&folder));
        let message = format!("the folder `{folder}` has more than {FILES_MAX} files");
        loader.diagnostics.error(Code::OverLimit, &spot, message);
    }
    let mut read = Vec::new();
    let mut is_whole = true;
    for file in names.iter().take(FILES_MAX) {
        let path = format!("{folder}/{file}");
        let stem = file.strip_suffix(ENDING).unwrap_or(file);
        let Ok(name) = stem.parse::<PolicyName>() else {
            report_name(&path, loader.diagnostics);
            continue;
        };
        match loader.read_text(&path) {
            Some(source) => read.push((name, outline(source.text()), source)),
            None => is_whole = false,
        }
    }
    let known: Vec<&PolicyName> = read.iter().map(|(name, ..)| name).collect();
    for (_, outline, source) in &read {
        check(outline, source, &known, is_whole, loader.diagnostics);
    }
    let names = read.iter().map(|(name, ..)| name.clone()).collect();
    let policy = |(name, outline, source): (PolicyName, Outline, Arc<Source>)| {
        let policy = Policy { title: outline.title?, text: source.text().into() };
        Some((name, Arc::new(policy)))
    };
    FoundPolicies { policies: read.into_iter().filter_map(policy).collect(), names, is_whole }
}

fn report_name(path: &str, diagnostics: &Diagnostics) {
    let spot = Spot::start_of(&Source::unread(path));
    let message = "the file name of a policy may contain only `a-z`, `0-9` and `-` before `.md`";
    let hint = "rename the file, such as to `social-media.md`";
    diagnostics.push(Diagnostic::error(Code::WrongFileName, &spot, message).hint(hint));
}

fn check(outline: &Outline, source: &Arc<Source>, known: &[&PolicyName], knows_all: bool, diagnostics: &Diagnostics) {
    let spot = |place: &Range<usize>| Spot::new(source, place.clone());
    if outline.title.as_ref().is_none_or(|title| title.trim().is_empty()) {
        let diagnostic = Diagnostic::error(Code::MissingKey, &Spot::start_of(source), "this policy has no title");
        diagnostics.push(diagnostic.hint("write it in the first line, such as `# Social media`"));
    }
    for place in &outline.raw_html {
        let diagnostic = Diagnostic::error(Code::BadValue, &spot(place), "HTML is not shown in a policy");
        diagnostics.push(diagnostic.hint("write it in Markdown, or remove it"));
    }
    for (link, place) in &outline.links {
        match target(link) {
            Err(BadLink) => {
                let diagnostic = Diagnostic::error(Code::BadValue, &spot(place), BadLink.to_string());
                diagnostics.push(diagnostic.hint("write the whole address, such as `https://www.mercy.example/page`"));
            }
            Ok(Target::Policy(name)) if knows_all && !known.contains(&&name) => {
                let diagnostic = unknown(&name, &spot(place));
                let meant = |name: &str| format!("did you mean {}?", quoted(&format!("{name}{ENDING}")));
                let names = known.iter().map(|name| name.as_str());
                let similar = closest(name.as_str(), names);
                let add = || format!("add the file `{FOLDER}/{name}{ENDING}`, or remove the link");
                diagnostics.push(diagnostic.hint(similar.map_or_else(add, meant)));
            }
            Ok(_) => {}
        }
    }
}

/// The policies that a playbook names, without those that do not exist.
pub fn named(raw: &[Spanned<PolicyName>], found: &FoundPolicies, diagnostics: &Diagnostics) -> Vec<PolicyName> {
    let mut named = Vec::new();
    for one in raw {
        if found.names.contains(&one.value) {
            let is_new = !named.contains(&one.value);
            named.extend(is_new.then(|| one.value.clone()));
        } else if found.is_whole {
            let known = found.names.iter().map(PolicyName::as_str);
            let add = || Some(format!("add the file `{FOLDER}/{}{ENDING}` to the playbooks", one.value.as_str()));
            let diagnostic = unknown(&one.value, &one.spot);
            diagnostics.push(with_meant(diagnostic, &one.spot, one.value.as_str(), known, add));
        }
    }
    named
}

fn unknown(name: &PolicyName, spot: &Spot) -> Diagnostic {
    Diagnostic::error(Code::UnknownPolicy, spot, format!("no policy {}", quoted(name.as_str())))
}
