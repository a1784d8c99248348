//! Journal and store are damaged on the disk: flipped bits, cut tails, blocks of zeros, files that are gone, exchanged
//! or there twice.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::run;
use crate::dice::Dice;
use crate::hospital::Hospital;
use crate::load::Load;
use crate::rounds;

/// How a panic is told that nobody keeps quiet; that the store's database had one is told by a warning.
const PANIC: &str = "panicked at";

/// A record in several segments, of incidents that are all resolved, so that nothing changes by itself any more.
struct Sound {
    hospital: Hospital,
    load: Load,
    answers: BTreeMap<String, Value>,
    copy: PathBuf,
}

/// Where the damage is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Journal,
    Store,
    Both,
}

pub async fn damaged_anywhere_it_serves_all_that_was_answered_or_says_what_is_wrong() {
    let sound = Sound::make().await;
    let seeds = Dice::thrown("damage");
    let (rounds, mut counts) = (rounds(10), BTreeMap::<&str, usize>::new());
    for _ in 0..rounds {
        let seed = seeds.next();
        let dice = Dice::new(seed);
        let part = *dice.one_of(&[Part::Journal, Part::Store, Part::Both]);
        sound.lay_out();
        let mut done = Vec::new();
        if part != Part::Store {
            done.extend((0..=dice.below(2)).map(|_| damage(&sound.folder("journal"), &dice)));
        }
        if part != Part::Journal {
            done.extend((0..=dice.below(2)).map(|_| damage(&sound.folder("store"), &dice)));
        }
        let outcome =
            sound.outcome(part).await.unwrap_or_else(|fault| panic!("seed {seed}: {part:?} {done:?}\n{fault}"));
        *counts.entry(outcome).or_default() += 1;
    }
    println!("damage: {rounds} rounds, {} incidents each: {counts:?}", sound.answers.len());
    sound.hospital.judged_elsewhere();
}

pub async fn an_old_segment_is_mended_while_it_runs_and_told_where_it_cannot_be() {
    let sound = Sound::make().await;
    let hospital = &sound.hospital;
    let warns = async || hospital.get("/readyz", None).await.text.contains("the journal is damaged");
    let measured = async || hospital.get("/metrics", None).await.text.contains("wardbell_record_damaged 1\n");
    let mut segments: Vec<_> = files_in(&sound.folder("journal")).into_iter().filter(|path| is_segment(path)).collect();
    segments.sort();
    assert!(segments.len() > 2, "{segments:?}");
    let oldest = &segments[0];

    // A bit: the start reads the record's end only.
    let mut bytes = fs::read(oldest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(oldest, bytes).unwrap();
    hospital.serve().await;
    sound.load.goes_to(hospital.base());
    let log = sound.log_to_the_end_of_its_check().await;
    assert!(log.contains("a damaged segment was repaired from the store") && !log.contains(" ERROR "), "{log}");
    assert!(!warns().await && !measured().await);
    let kept = files_in(&sound.folder("journal"));
    assert!(kept.iter().any(|path| path.to_str().unwrap().ends_with(".damaged")), "it is kept as it was: {kept:?}");
    assert_eq!(run(hospital.command(&["audit", "verify"])).await.status.code(), Some(0));
    assert_eq!(sound.missing().await, None);
    hospital.kill();

    // What the disk does not give at all.
    sound.lay_out();
    fs::remove_file(oldest).unwrap();
    fs::create_dir(oldest).unwrap();
    hospital.serve().await;
    sound.load.goes_to(hospital.base());
    let log = sound.log_to_the_end_of_its_check().await;
    assert!(log.contains("the journal is damaged"), "{log}");
    assert!(warns().await && measured().await);
    assert_eq!(hospital.get("/readyz", None).await.status, 200, "it keeps nobody from being paged");
    assert_eq!(sound.missing().await, None);
    hospital.kill();
    sound.lay_out();
    hospital.serve().await;
    let log = sound.log_to_the_end_of_its_check().await;
    assert!(!log.contains(" ERROR ") && !warns().await && !measured().await, "{log}");
    hospital.judged_elsewhere();
}

impl Sound {
    async fn make() -> Self {
        let hospital = Hospital::new().await;
        let load = Load::new(hospital.shared().clone(), Dice::new(7));
        let mut last = None;
        for _ in 0..4 {
            hospital.serve().await;
            load.goes_to(hospital.base());
            load.until(tokio::time::sleep(Duration::from_millis(600))).await;
            let known = load.list().await;
            for id in &known {
                let reply = hospital.act(id, json!({ "action": "resolve" })).await;
                assert!(reply.status == 200 || reply.status == 409, "{}", reply.text);
            }
            // What is on its way still is written down before the end.
            hospital.terminate(Duration::from_secs(10)).await;
            let journal = hospital.store().join("journal");
            split_last_segment(&journal);
            last = Some(known);
        }
        hospital.serve().await;
        load.goes_to(hospital.base());
        let mut answers = BTreeMap::new();
        for id in last.unwrap() {
            let shown = load.show(&id).await.unwrap();
            answers.insert(id, shown);
        }
        hospital.terminate(Duration::from_secs(10)).await;
        let copy = hospital.house().join("../sound");
        copy_folder(hospital.store(), &copy);
        Self { hospital, load, answers, copy }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.hospital.store().join(name)
    }

    fn lay_out(&self) {
        fs::remove_dir_all(self.hospital.store()).unwrap();
        copy_folder(&self.copy, self.hospital.store());
    }

    /// How it ended; or what must not be.
    async fn outcome(&self, part: Part) -> Result<&'static str, String> {
        let verified = run(self.hospital.command(&["audit", "verify"])).await;
        // A record that is empty is not damaged: what is left of it agrees with itself.
        let is_empty = String::from_utf8_lossy(&verified.stderr).contains("contains no record");
        let is_whole = verified.status.code() == Some(0) || is_empty;
        match self.hospital.try_serve().await {
            Err((ended, said)) => {
                let names_a_way_out = said.contains("error: ") && said.contains("hint: ");
                if ended.code() != Some(64) || !names_a_way_out || said.contains(PANIC) {
                    return Err(format!("refused without a way out: {said}"));
                }
                // What one of them can mend must not keep the daemon from starting.
                if part == Part::Both {
                    Ok("refused")
                } else {
                    Err(format!("refused, and the other part is whole: {said}"))
                }
            }
            Ok(()) => {
                self.load.goes_to(self.hospital.base());
                let missing = self.missing().await;
                let log = self.log_to_the_end_of_its_check().await;
                self.hospital.kill();
                if log.contains(PANIC) {
                    return Err(format!("a panic's words may show what is stored\n{log}"));
                }
                let is_loud = log.contains(" WARN ") || log.contains(" ERROR ");
                match (missing, is_whole) {
                    // Lost alike in both, nothing can tell; but that the store was broken is told.
                    (Some(_), true) if part == Part::Both && is_loud => Ok("both lost, with a warning"),
                    // A record that is damaged cannot mend the store: no answer is given then, which is better than a wrong one.
                    (Some(missing), false)
                        if part == Part::Both && is_loud && missing.contains("urn:wardbell:problem:unavailable") =>
                    {
                        Ok("no answer, with a warning")
                    }
                    (Some(missing), _) => Err(format!("{missing}\n{log}")),
                    (None, false) if !is_loud => Err(format!("mended without a word\n{log}{verified:?}")),
                    (None, _) => Ok(if is_loud { "mended with a warning" } else { "unharmed" }),
                }
            }
        }
    }

    /// The record's past is verified after the start.
    async fn log_to_the_end_of_its_check(&self) -> String {
        let mut log = String::new();
        for _ in 0..100 {
            log = self.hospital.with_daemon(|daemon| daemon.log());
            if log.contains("the whole journal was verified") || log.contains("the journal is damaged") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        log
    }

    /// The first answer that differs, once the store has had time to be built again.
    async fn missing(&self) -> Option<String> {
        let mut found = None;
        for _ in 0..100 {
            found = self.differs().await;
            if found.is_none() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        found
    }

    async fn differs(&self) -> Option<String> {
        for (id, answer) in &self.answers {
            match self.load.show(id).await {
                Ok(shown) if shown == *answer => {}
                Ok(shown) => return Some(format!("{answer} is served as {shown}")),
                Err(lost) => return Some(lost),
            }
        }
        let Some(mut listed) = self.load.try_list().await else { return Some("the list is not answered".into()) };
        listed.sort();
        (!listed.iter().eq(self.answers.keys())).then(|| format!("the list is {listed:?}"))
    }
}

/// Does something to one file of a folder, and tells what.
fn damage(folder: &Path, dice: &Dice) -> String {
    let mut files = files_in(folder);
    files.sort();
    if files.is_empty() {
        return "nothing is left to damage".to_owned();
    }
    let (file, other) = (dice.one_of(&files), dice.one_of(&files));
    let mut bytes = fs::read(file).unwrap();
    let place = dice.below(bytes.len().max(1));
    let name = file.strip_prefix(folder).unwrap().display().to_string();
    let what = match dice.below(8) {
        0 if !bytes.is_empty() => {
            bytes[place] ^= 1 << dice.below(8);
            format!("a bit of {name} at {place}")
        }
        1 => {
            bytes.truncate(place);
            format!("the tail of {name} from {place}")
        }
        2 => {
            let lines: Vec<usize> = (0..bytes.len()).filter(|place| bytes[*place] == b'\n').collect();
            let end = lines.get(dice.below(lines.len().max(1))).map_or(0, |place| place + 1);
            bytes.truncate(end);
            format!("the whole lines of {name} from {end}")
        }
        3 => {
            let end = bytes.len().min(place + 512);
            bytes[place..end].fill(0);
            format!("zeros in {name} at {place}")
        }
        4 => {
            fs::remove_file(file).unwrap();
            return format!("{name} is gone");
        }
        5 => {
            let others = fs::read(other).unwrap();
            fs::write(other, &bytes).unwrap();
            bytes = others;
            format!("{name} and {} are exchanged", other.display())
        }
        6 => {
            bytes = fs::read(other).unwrap();
            format!("{name} is {}", other.display())
        }
        _ => {
            for file in files {
                fs::remove_file(file).unwrap();
            }
            return "the folder is empty".to_owned();
        }
    };
    fs::write(file, bytes).unwrap();
    what
}

/// Cuts the last segment in two at a record's end, as if it had grown full there.
fn split_last_segment(journal: &Path) {
    let plain = |path: &PathBuf| path.extension().is_some_and(|end| end == "jsonl");
    let last = files_in(journal).into_iter().filter(plain).max().unwrap();
    let text = fs::read_to_string(&last).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (first, second) = lines.split_at(lines.len() / 2);
    let number: Value = serde_json::from_str(second[0]).unwrap();
    let name = format!("{:020}.jsonl", number["seq"].as_u64().unwrap());
    fs::write(journal.join(name), second.concat()).unwrap();
    fs::write(last, first.concat()).unwrap();
}

fn is_segment(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.ends_with(".jsonl") || path.ends_with(".jsonl.gz"))
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_in(&path)) } else { files.push(path) }
    }
    files
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
