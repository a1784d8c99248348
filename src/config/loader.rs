//! Loads all files and checks them against one another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::context::{Context, Facts};
use crate::config::daemon::{self, RawDaemon};
use crate::config::diagnostics::{Diagnostics, quoted};
use crate::config::document::{Document, FileLoader, why_unread};
use crate::config::files::{FILES_MAX, Files};
use crate::config::loaded::{Circumstances, Config, Loaded};
use crate::config::playbook::ladders::Ladders;
use crate::config::playbook::page::PageRoom;
use crate::config::playbook::raw::RawPlaybook;
use crate::config::playbook::scope::Scope;
use crate::config::playbook::{self, ambiguity, builtin};
use crate::config::roster::person::{self, CommonPeople, RawPeople};
use crate::config::roster::{self, raw::RawRoster};
use crate::config::settings::Settings;
use crate::config::stray;
use crate::config::texts::Texts;
use crate::config::{policies, privacy_reading};
use crate::diagnostic::{Code, Diagnostic, Severity, Source, Spot};
use crate::domain::card::Senders;
use crate::domain::contact_index::ContactIndex;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::domain::playbook::matching::UNCLASSIFIED;
use crate::domain::roster::Roster;

/// Loads the settings file and everything it refers to, from any kind of file source.
pub fn load_from(files: &dyn Files, name: &str, circumstances: Circumstances) -> Loaded {
    let diagnostics = Diagnostics::default();
    let collected = collect(files, name, circumstances, &diagnostics);
    let only_secrets = !diagnostics.any(|one| one.severity == Severity::Error && !one.code.is_of_secret());
    let is_valid = !diagnostics.any(|one| one.severity == Severity::Error && !one.code.hinders_no_start());
    let config = collected.settings.zip(collected.plan).map(|(settings, plan)| Config { settings, plan });
    let (config, understood) = if is_valid { (config, None) } else { (None, config) };
    if config.is_none() && is_valid {
        let spot = Spot::start_of(&Source::unread(name));
        diagnostics.error(Code::UnreadableFile, &spot, "the files cannot be used, but no check failed; this is a bug");
    }
    Loaded {
        config,
        diagnostics: diagnostics.into_sorted(),
        senders: collected.senders,
        rosters: collected.rosters,
        playbooks: collected.playbooks,
        understood,
        lacks_secrets_alone: !is_valid && only_secrets,
        texts: collected.texts,
    }
}

/// The file in the playbook folder that contains the ladders.
const LADDERS: &str = "ladders.toml";

/// What the files contain, as far as it was understood.
#[derive(Default)]
pub struct Collected {
    pub settings: Option<Settings>,
    pub plan: Option<Plan>,
    pub senders: Senders,
    pub rosters: usize,
    pub playbooks: usize,
    pub texts: Texts,
}

/// Loads the settings file and everything it refers to.
pub fn collect(files: &dyn Files, name: &str, circumstances: Circumstances, diagnostics: &Diagnostics) -> Collected {
    let loader = FileLoader::new(files, diagnostics);
    let Some(main) = loader.read_ours(name, "this file", &daemon::KEYS, daemon::read) else {
        return Collected::default();
    };
    let main = main.raw;
    let (rosters, people) = read_rosters(&loader, &main);
    let playbook_folder = main.playbooks().0.to_owned();
    let ladders_path = format!("{playbook_folder}/{LADDERS}");
    let lists_path = format!("{playbook_folder}/{}", privacy_reading::FILE);
    let mut playbooks = read_folder(&loader, main.playbooks(), stray::Folder::Playbooks, &|loader, path| {
        let is_other = path == ladders_path || path == lists_path;
        if is_other { None } else { loader.read(path, "this playbook", playbook::raw::read) }
    });
    let has_lists = playbooks.files.iter().any(|file| file.stem == privacy_reading::STEM);
    playbooks.files.retain(|file| file.stem != privacy_reading::STEM);
    let ladders = playbooks.is_read.then(|| loader.read(&ladders_path, "this file", playbook::ladders::read)).flatten();
    let lists = has_lists.then(|| loader.read(&lists_path, "this file", privacy_reading::read)).flatten();
    let log_by_default = circumstances.log_by_default;
    let policies = policies::read(&loader, &playbook_folder);
    let context = context(&main, &rosters, people.as_ref(), circumstances, diagnostics);
    let written_ladders = ladders;
    let ladders = Ladders::validate(written_ladders.as_ref(), &context);
    let fallback = main.fallback().map(|fallback| &fallback.value);
    let valid_rosters = validate_rosters(&rosters, &ladders, fallback, &context);
    let mut valid_playbooks = validate_playbooks(&main, &playbooks, &ladders, &policies, &context);
    add_ours(&main, &mut valid_playbooks, &ladders, &context);
    if let (Some(raw), Some(known)) = (&written_ladders, all_of(&valid_playbooks)) {
        playbook::ladders::check_use(&raw.raw, &known, &context);
    }
    let lists = privacy_reading::validate(lists.as_ref(), &context);
    let settings = daemon::validate(&main, files, log_by_default, &context);
    let counts = (rosters.files.len(), playbooks.files.iter().filter(|file| file.stem != "ladders").count());
    let channels = context.channels.clone();
    let plan = plan(&main, valid_rosters, valid_playbooks, &context);
    let policies = policies.policies;
    let (read, recorded) = (loader.files(), loader.texts_but(name));
    let plan =
        plan.map(|plan| Plan { channels, policies, lists, files: read, texts: recorded, ..plan }.with_zone_files());
    let texts = Texts { main: name.to_owned(), playbooks: playbook_folder, sources: loader.sources() };
    Collected { settings, plan, senders: main.senders(), rosters: counts.0, playbooks: counts.1, texts }
}

/// The rosters, and the people that they have in common.
fn read_rosters(loader: &FileLoader<'_>, main: &RawDaemon) -> (FolderRead<RawRoster>, Option<Document<RawPeople>>) {
    let people_path = format!("{}/{}", main.rosters().0, person::FILE);
    let mut rosters = read_folder(loader, main.rosters(), stray::Folder::Rosters, &|loader, path| {
        if path == people_path { None } else { loader.read(path, "this roster", roster::raw::read) }
    });
    let is_there = rosters.files.iter().any(|file| file.stem == person::STEM);
    rosters.files.retain(|file| file.stem != person::STEM);
    let people = is_there.then(|| loader.read(&people_path, "this file", person::read)).flatten();
    let common = match &people {
        Some(people) => CommonPeople::Read(people),
        None if is_there => CommonPeople::Unread,
        None => CommonPeople::Absent,
    };
    for document in rosters.files.iter_mut().filter_map(|file| file.document.as_mut()) {
        person::complete(&mut document.raw, common);
    }
    if let Some(people) = &people {
        let documents = rosters.files.iter_mut().filter_map(|file| file.document.as_mut());
        person::check_typos(people, documents, loader.diagnostics);
        let all: Option<Vec<&RawRoster>> = rosters
            .files
            .iter()
            .map(|file| file.document.as_ref().filter(|document| document.is_whole).map(|document| &document.raw))
            .collect();
        person::check(people, all.filter(|_| rosters.is_read && people.is_whole), loader.diagnostics);
    }
    (rosters, people)
}

/// The contents of the settings file alone, as far as it was understood.
pub fn main(files: &dyn Files, name: &str) -> Option<RawDaemon> {
    let diagnostics = Diagnostics::default();
    FileLoader::new(files, &diagnostics).read(name, "this file", daemon::read).map(|main| main.raw)
}

struct FolderRead<T> {
    files: Vec<FileRead<T>>,
    /// Where the folder is set.
    spot: Spot,
    is_read: bool,
}

struct FileRead<T> {
    stem: String,
    document: Option<Document<T>>,
}

/// The department or class that a file claims to be for.
trait Says {
    fn name(&self) -> Option<&str>;
}

impl Says for RawRoster {
    fn name(&self) -> Option<&str> {
        let department = self.department.as_ref().map(|department| department.value.as_str());
        department.or(self.has_people.then_some(person::STEM))
    }
}

impl Says for RawPlaybook {
    fn name(&self) -> Option<&str> {
        self.class.as_ref().map(|class| class.value.as_str())
    }
}

fn read_folder<T: Says>(
    loader: &FileLoader<'_>,
    (folder, spot): (&str, &Spot),
    kind: stray::Folder,
    read: &dyn Fn(&FileLoader<'_>, &str) -> Option<Document<T>>,
) -> FolderRead<T> {
    let mut found = FolderRead { files: Vec::new(), spot: spot.clone(), is_read: true };
    let names = match loader.files.list(folder) {
        Ok(names) => names,
        Err(error) => {
            let message = format!("cannot read the folder `{folder}`: {}", why_unread(&error));
            loader.diagnostics.error(Code::UnreadableFile, spot, message);
            return FolderRead { is_read: false, ..found };
        }
    };
    if names.len() > FILES_MAX {
        let message = format!("the folder `{folder}` has more than {FILES_MAX} files");
        loader.diagnostics.error(Code::OverLimit, spot, message);
    }
    // Errors in a copy do not count, so each file is first read on its own.
    let mut files = Vec::new();
    for name in names.into_iter().take(FILES_MAX) {
        let diagnostics = Diagnostics::default();
        let own = FileLoader::new(loader.files, &diagnostics);
        let document = read(&own, &format!("{folder}/{name}"));
        let stem = name.strip_suffix(".toml").unwrap_or(&name).to_owned();
        files.push((FileRead { stem, document }, own.into_read(), diagnostics));
    }
    let facts = files.iter().map(|(file, read, _)| stray::File {
        stem: &file.stem,
        says: file.document.as_ref().and_then(|document| document.raw.name()),
        sha256: read.sha256(),
    });
    let facts: Vec<_> = facts.collect();
    let originals: Vec<Option<String>> =
        facts.iter().map(|file| stray::original(file, kind, &facts).map(str::to_owned)).collect();
    drop(facts);
    for ((file, read, diagnostics), original) in files.into_iter().zip(originals) {
        if let Some(original) = original {
            warn_of_copy(&format!("{folder}/{}.toml", file.stem), &original, kind, loader);
            continue;
        }
        loader.adopt(read);
        diagnostics.into_sorted().into_iter().for_each(|diagnostic| loader.diagnostics.push(diagnostic));
        found.files.push(file);
    }
    found
}

fn warn_of_copy(path: &str, original: &str, kind: stray::Folder, loader: &FileLoader<'_>) {
    let message = format!("this file is a copy of {} and is ignored", quoted(&format!("{original}.toml")));
    let hint = match kind {
        stray::Folder::Rosters if original == person::STEM => "move it out of this folder",
        stray::Folder::Rosters => {
            "move it out of this folder, or give it its own `department` and name the file after it"
        }
        stray::Folder::Playbooks => {
            "move it out of this folder; if it is a variant, name it `<class>.<variant>.toml`, in lowercase letters, digits, and `-`"
        }
    };
    let diagnostic = Diagnostic::warning(Code::StrayCopy, &Spot::start_of(&Source::unread(path)), message);
    loader.diagnostics.push(diagnostic.hint(hint));
}

fn context<'a>(
    main: &RawDaemon,
    rosters: &FolderRead<RawRoster>,
    people: Option<&Document<RawPeople>>,
    circumstances: Circumstances,
    diagnostics: &'a Diagnostics,
) -> Context<'a> {
    let mut departments: BTreeMap<DepartmentId, Facts> = BTreeMap::new();
    let mut knows_departments = rosters.is_read;
    for file in &rosters.files {
        let by_name = file.stem.parse::<DepartmentId>().ok();
        let Some(document) = &file.document else {
            knows_departments &= by_name.is_some();
            departments.extend(by_name.map(|department| (department, Facts { has_hours: true, ..Facts::default() })));
            continue;
        };
        let raw = &document.raw;
        let by_key = raw.department.as_ref().map(|department| department.value.clone());
        for department in by_name.into_iter().chain(by_key).collect::<BTreeSet<_>>() {
            let has_hours = !raw.hours.is_empty() || !document.is_whole;
            departments.insert(department, Facts { roles: roles(raw), has_hours });
        }
    }
    let Circumstances { today, rules, .. } = circumstances;
    let channels = main.channels();
    let people = people.iter().flat_map(|document| &document.raw.people);
    let people = people.filter_map(|person| Some(person.id.as_ref()?.value.clone())).collect();
    Context { diagnostics, today, rules, channels, departments, people, knows_departments }
}

fn roles(roster: &RawRoster) -> BTreeSet<Role> {
    let rotated = roster.rotations.iter().filter_map(|rotation| rotation.role.as_ref());
    let changed = roster.overrides.iter().filter_map(|change| change.role.as_ref());
    rotated.chain(changed).map(|role| role.value.clone()).collect()
}

fn validate_rosters(
    rosters: &FolderRead<RawRoster>,
    ladders: &Ladders,
    fallback: Option<&DepartmentId>,
    context: &Context<'_>,
) -> Option<BTreeMap<DepartmentId, Arc<Roster>>> {
    let mut valid = Some(BTreeMap::new());
    for file in &rosters.files {
        let roster = file.document.as_ref().and_then(|document| {
            roster::check_roles(&document.raw, ladders, context);
            roster::validate(document, &file.stem, context)
        });
        valid = valid.zip(roster).map(|(mut valid, roster)| {
            valid.insert(roster.department.clone(), Arc::new(roster));
            valid
        });
    }
    let documents = rosters.files.iter().filter_map(|file| file.document.as_ref());
    roster::sharing::check_across(documents.clone().map(|document| &document.raw), context.diagnostics);
    roster::check_circles(documents.map(|document| &document.raw), fallback, context);
    valid
}

fn validate_playbooks(
    main: &RawDaemon,
    playbooks: &FolderRead<RawPlaybook>,
    ladders: &Ladders,
    policies: &policies::FoundPolicies,
    context: &Context<'_>,
) -> Vec<Option<Playbook>> {
    let room = PageRoom::new(main.hospital(), main.public_url(), context.diagnostics);
    let scope = Scope { context, ladders, policies, room: &room };
    let others = playbooks.files.iter().filter(|file| file.stem != "ladders");
    let documents: Vec<_> = others.map(|file| (file, file.document.as_ref())).collect();
    let checked: Vec<Option<Playbook>> = documents
        .iter()
        .map(|(file, document)| document.and_then(|document| playbook::validate(document, &file.stem, &scope)))
        .collect();
    let in_pairs = checked.iter().zip(&documents);
    let comparable: Vec<_> = in_pairs
        .filter_map(|(playbook, (_, document))| Some((playbook.as_ref()?, playbook::class_spot(&(*document)?.raw))))
        .collect();
    ambiguity::check(&comparable, context.diagnostics);
    if playbooks.is_read && !playbooks.files.iter().any(|file| file.stem == UNCLASSIFIED) {
        let message = format!("no playbook `{UNCLASSIFIED}.toml` for incidents that no other playbook covers");
        let diagnostic = Diagnostic::error(Code::MissingUnclassified, &playbooks.spot, message);
        context.diagnostics.push(diagnostic.hint("add one; without it, an incident of an unknown class pages no one"));
    }
    checked
}

/// Adds the built-in playbooks for Wardbell's own incidents if they are needed and the files have none.
fn add_ours(main: &RawDaemon, playbooks: &mut Vec<Option<Playbook>>, ladders: &Ladders, context: &Context<'_>) {
    let Some(fallback) = main.fallback().filter(|fallback| context.departments.contains_key(&fallback.value)) else {
        return;
    };
    let asked = [
        (&builtin::SOURCE_IS_SILENT, daemon::watched(&main.sources)),
        (&builtin::CHANNEL_FAILS, main.daily_test_spot()),
    ];
    for (words, spot) in asked {
        let Some(spot) = spot.filter(|_| !words.is_answered(playbooks.iter().flatten())) else { continue };
        playbooks.push(words.playbook(&fallback.value, spot, ladders, context));
    }
}

/// All playbooks, if they are all valid.
fn all_of(playbooks: &[Option<Playbook>]) -> Option<Vec<&Playbook>> {
    playbooks.iter().map(Option::as_ref).collect()
}

/// The plan, if all of it was understood.
fn plan(
    main: &RawDaemon,
    rosters: Option<BTreeMap<DepartmentId, Arc<Roster>>>,
    playbooks: Vec<Option<Playbook>>,
    context: &Context<'_>,
) -> Option<Plan> {
    let fallback = main.fallback().and_then(|department| context.department(department));
    let playbooks: Option<Vec<Playbook>> = playbooks.into_iter().collect();
    let known = playbooks.as_ref().map(|playbooks| playbooks.iter().collect::<Vec<_>>());
    let labels = daemon::labels(&main.sources, known.as_deref(), context);
    Some(Plan {
        contacts: ContactIndex::default(),
        hospital: main.hospital()?.clone(),
        rosters: rosters?,
        playbooks: playbooks?.into_iter().map(Arc::new).collect(),
        fallback: fallback?,
        channels: Vec::new(),
        labels,
        policies: BTreeMap::new(),
        lists: privacy_reading::builtin(),
        heard_within: daemon::heard_within(&main.sources, context),
        bundling: main.bundling(),
        daily_test: main.daily_test(context),
        access: main.access(context),
        rules: Arc::clone(&context.rules),
        files: Vec::new(),
        texts: BTreeMap::new(),
    })
}
