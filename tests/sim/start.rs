//! Starts whose files are broken: what the daemon chooses then, it chooses here.

use std::ops::ControlFlow;
use std::sync::Arc;

use wardbell::config::files::Memory;
use wardbell::config::last_good;
use wardbell::config::loader::load_from;
use wardbell::config::start::{Kept, choose};
use wardbell::domain::digest::Digest;
use wardbell::engine::parts::configuration_fault::ConfigurationFault;
use wardbell::journal::error::ReadError;
use wardbell::journal::line::Line;
use wardbell::journal::plans;
use wardbell::journal::port::{Found, Reader, Written};

use crate::disk::Disk;
use crate::hospital::{MAIN, circumstances};
use crate::invariants::Broken;
use crate::ledger::Ledger;
use crate::mutation::Mutation;
use crate::random::Random;
use crate::world::World;

/// A start with broken files is as frequent as this, in percent.
const BROKEN: u64 = 25;

impl World {
    /// What is wrong with the files of a start, if they are broken, as now and then they are; the plan is the chosen one then.
    ///
    /// # Errors
    ///
    /// Why the daemon does not start.
    pub fn choose_plan(&mut self) -> Result<Option<Arc<ConfigurationFault>>, String> {
        if !self.breaking.chance(BROKEN) {
            return Ok(None);
        }
        let recorded = plans::last_of(&HouseRecords(&self.disk)).expect("the record is sound");
        // What was saved while nothing could be recorded is in no record: then the files are what they were.
        let Some(recorded) = recorded.filter(|plan| plan.files == self.plan.files) else { return Ok(None) };
        let mut files = self.ledger.hospital.files();
        let settings = String::from_utf8(files.get(MAIN).unwrap().to_vec()).unwrap();
        let settings = last_good::without_secrets(&settings).unwrap();
        let what = damage(&mut files, &mut self.breaking);
        let loaded = load_from(&files, MAIN, circumstances());
        let text = |file: &wardbell::domain::plan::PlanFile| recorded.texts.get(&file.sha256).cloned();
        let texts = recorded.files.iter().filter_map(|file| Some((file.path.clone(), text(file)?))).collect();
        let kept = Kept { files: recorded.files.clone(), texts, settings: vec![settings] };
        let kept = (self.mutation != Some(Mutation::TrustFilesAlone)).then_some(kept);
        match choose(loaded, kept.as_ref(), &files, MAIN, &circumstances()) {
            Ok(start) => {
                self.tell(&format!("{what}: {:?}", start.origin));
                let fault = ConfigurationFault::of(&start).map(Arc::new);
                self.ledger.broken_starts += 1;
                self.plan = Arc::new(start.config.plan);
                Ok(fault)
            }
            Err(loaded) => Err(format!("{what}: {:?}", loaded.error_lines())),
        }
    }
}

/// The records that concern no incident, which are all that a search for plans needs.
struct HouseRecords<'a>(&'a Disk);

impl Reader for HouseRecords<'_> {
    fn read_after(&self, seq: u64, visit: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>) -> Result<(), ReadError> {
        for Written { hash, line, .. } in self.0.lines_after(usize::try_from(seq).unwrap()) {
            let parts = Line::split(line.as_bytes()).expect("the record is sound");
            if !parts.is_system_event() {
                continue;
            }
            let record = parts.record().expect("the record is sound");
            if visit(Found { record, hash, line: &line }).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn hash_at(&self, seq: u64) -> Result<Option<Digest>, ReadError> {
        self.0.hash_at(seq)
    }
}

/// Breaks files as people, editors and disks do.
fn damage(files: &mut Memory, random: &mut Random) -> &'static str {
    let rosters: Vec<String> = (0..9).map(|number| format!("rosters/dept-{number}.toml")).collect();
    let rosters: Vec<&String> = rosters.iter().filter(|path| files.get(path).is_some()).collect();
    let roster = (*random.pick(&rosters)).clone();
    let text = files.get(&roster).unwrap().to_vec();
    match random.below(7) {
        0 => {
            files.insert(roster, [b"emial = 1\n".as_slice(), &text].concat());
            "a roster has a wrong key"
        }
        1 => {
            // Within a word: what ends with a whole line may be another roster, and a valid one.
            files.insert(roster, [&text[..text.len() / 2], b"\n[[rotat"].concat());
            "a roster is cut off"
        }
        2 => {
            rosters.iter().for_each(|path| drop(files.remove(path)));
            "the rosters are gone"
        }
        3 => {
            files.insert(MAIN, "[server\n");
            "the settings are not TOML"
        }
        4 => {
            files.remove(MAIN);
            "the settings are gone"
        }
        5 => {
            files.remove("playbooks/ladders.toml");
            "the ladders are gone"
        }
        _ => {
            files.remove("operator");
            "a secret is gone"
        }
    }
}

/// Whatever is wrong with its files, a daemon with a record starts.
pub fn a_daemon_with_a_record_always_pages(ledger: &Ledger) -> Broken {
    ledger.refused_start.as_ref().map_or(Ok(()), |why| Err(format!("it did not start: {why}")))
}
