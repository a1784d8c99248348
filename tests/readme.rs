//! The README's tour is run as it stands, with ports that are free, and each step of the coordinators' guide as its reader
//! takes it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use chrono::{Datelike, NaiveDate, Utc};

#[test]
fn the_five_minute_tour_works() {
    let (out, err) = follow(&fs::read_to_string("README.md").unwrap(), 15);
    for expected in ["0 errors", "opened, playbook phi-by-staff", "added to the open incident", "is resolved"] {
        assert!(out.contains(expected), "`{expected}` is told:\n{out}\n{err}");
    }
    assert!(out.contains("hint: write `name = "), "the mistake is told with its cure:\n{out}\n{err}");
    assert!(out.contains("\"type\":\"resolved\""), "the record ends with the resolution:\n{out}\n{err}");
}

/// A layperson with eight years of school reads this.
const GRADE_MAX: f64 = 8.0;

#[test]
fn the_shipped_policies_are_read_with_eight_years_of_school() {
    let mut names = Vec::new();
    let mut all = String::new();
    for entry in fs::read_dir("playbooks/policies").unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let grade = grade(&text);
        assert!(grade <= GRADE_MAX, "{}: grade {grade:.1}", path.display());
        names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        all.push_str(&text);
    }
    names.sort();
    assert_eq!(names, ["photography", "public-page", "social-media", "who-speaks"]);
    for named in [
        "American Medical Association",
        "https://code-medical-ethics.ama-assn.org/",
        "National Council of State Boards of Nursing",
        "https://www.ncsbn.org/",
    ] {
        assert!(all.contains(named), "{named}");
    }
    let hard = "The administration of pharmaceutical interventions necessitates comprehensive interdisciplinary documentation.";
    assert!(grade(hard) > 2.0 * GRADE_MAX, "the score tells hard texts from easy ones: {}", grade(hard));
}

/// The Flesch-Kincaid grade of a text in Markdown: each line is a sentence, or more.
fn grade(text: &str) -> f64 {
    let (mut sentences, mut words, mut syllables) = (0, 0, 0);
    for line in text.lines() {
        // The address of a link is not read.
        let parts = line.split("](").enumerate();
        let read: String =
            parts.map(|(at, part)| if at == 0 { part } else { part.split_once(')').unwrap().1 }).collect();
        for sentence in read.split_inclusive(['.', '!', '?']) {
            let found: Vec<&str> = sentence
                .split(|one: char| !one.is_ascii_alphabetic() && one != '\'')
                .filter(|word| word.chars().any(char::is_alphabetic))
                .collect();
            sentences += usize::from(!found.is_empty());
            words += found.len();
            syllables += found.iter().map(|word| syllables_of(word)).sum::<usize>();
        }
    }
    0.39 * words as f64 / sentences as f64 + 11.8 * syllables as f64 / words as f64 - 15.59
}

/// Groups of vowels, without a silent `e` at the end.
fn syllables_of(word: &str) -> usize {
    let lower = word.to_ascii_lowercase();
    let is_vowel = |one: char| "aeiouy".contains(one);
    let letters: Vec<char> = lower.chars().collect();
    let starts = (0..letters.len()).filter(|at| is_vowel(letters[*at]) && (*at == 0 || !is_vowel(letters[*at - 1])));
    let groups = starts.count();
    let is_silent = lower.ends_with('e') && !lower.ends_with("le") && groups > 1;
    (groups - usize::from(is_silent)).max(1)
}

#[test]
fn the_coordinators_guide_works() {
    // Its days are always ahead.
    let today = Utc::now().date_naive();
    let year = today.year() + i32::from((today.month(), today.day()) >= (12, 10));
    let guide = fs::read_to_string("rosters/README.md").unwrap();
    let guide = guide.replace("2026-12", &format!("{year}-12"));
    let guide = ["12-1", "12-2", "12-31"]
        .iter()
        .fold(guide, |guide, day| guide.replace(&format!("{day}-26"), &format!("{day}-{:02}", year % 100)));
    let guide = ["02", "03"]
        .iter()
        .fold(guide, |guide, month| guide.replace(&format!("2027-{month}-"), &format!("{}-{month}-", year + 1)));
    for words in ["curl", "sed ", "until", "grep", "cat ", "<<", " | ", "&&", "$("] {
        let is_typed = |block: &&Block<'_>| block.kind.starts_with("sh") && block.text.contains(words);
        assert!(blocks(&guide).iter().find(is_typed).is_none(), "nobody has to know `{words}`");
    }
    let (out, err) = follow_by_hand(&guide);
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap().format("%a %-d %b").to_string();
    assert_eq!(out.matches("[coverage-gap]").count(), 1, "the gap is found, and then mended:\n{out}\n{err}");
    for expected in [
        "+liaison = \"i-vance\"".to_owned(),
        "+reason = \"swap\"".to_owned(),
        format!("Ines Vance is primary from {}", day(year, 12, 24)),
        format!("instead of {}", day(year, 12, 26)),
        format!("Grace Abbott is away from {}", day(year + 1, 2, 1)),
        format!("Grace Abbott is back at {}", day(year + 1, 2, 5)),
        format!("3 overrides for primary of {year}-12"),
        format!("Henry Osei is backup from {}", day(year + 1, 3, 1)),
        "June Park (`j-park`) is added".to_owned(),
        "June Park (`j-park`) is removed".to_owned(),
    ] {
        assert!(out.contains(&expected), "`{expected}` is told:\n{out}\n{err}");
    }
    assert!(err.contains("Not saved: Henry Osei (`h-osei`) is removed\n  from the rotation for primary"), "{err}");
}

/// A block of a guide: what follows the three backticks, and its lines.
#[derive(Clone, Copy)]
struct Block<'a> {
    kind: &'a str,
    text: &'a str,
}

fn blocks(guide: &str) -> Vec<Block<'_>> {
    let blocks = guide.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    blocks.map(|(kind, text)| Block { kind, text }).collect()
}

/// What is still running in a window of its own; it ends with the test.
struct Window(Child);

impl Drop for Window {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Follows a guide as its reader does: types lines, creates files, and changes what they are told to find in them.
fn follow_by_hand(guide: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (mut out, mut err, mut typed_before, mut windows) = (String::new(), String::new(), String::new(), Vec::new());
    let mut found: Option<(PathBuf, &str)> = None;
    let mut steps = 0;
    for Block { kind, text } in blocks(guide) {
        let words: Vec<&str> = kind.split(' ').collect();
        match words[..] {
            ["sh", "window"] => windows.push(window(text, folder.path())),
            ["sh", "tour"] | ["sh", "tour", "error"] => {
                let said = typed(&format!("{typed_before}{text}"), folder.path());
                assert_eq!(said.status.code(), Some(i32::from(words.len() == 3)), "{text}\n{said:?}");
                out.push_str(&String::from_utf8_lossy(&said.stdout));
                err.push_str(&String::from_utf8_lossy(&said.stderr));
                typed_before
                    .extend(text.lines().filter(|line| line.starts_with("export ")).map(|line| format!("{line}\n")));
            }
            [_, "create", file] => fs::write(folder.path().join(file), text).unwrap(),
            [_, "find", file] => found = Some((folder.path().join(file), text.trim_end())),
            [_, action @ ("change" | "above")] => {
                let (file, old) = found.take().expect("what is changed is found first");
                let before = fs::read_to_string(&file).unwrap();
                assert_eq!(before.matches(old).count(), 1, "the reader finds it once: {old}\n{before}");
                let new = if action == "change" { text.trim_end().to_owned() } else { format!("{text}{old}") };
                fs::write(&file, before.replace(old, &new)).unwrap();
            }
            ["toml"] => continue,
            _ => panic!("nobody knows what to do with a block of {kind:?}"),
        }
        steps += 1;
    }
    assert!(steps > 30 && windows.len() == 1 && found.is_none(), "{steps}");
    (out, err)
}

/// A command that the shell runs.
fn shell(program: &[&str], script: &str, folder: &Path) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_wardbell")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).args(["-c", script]).current_dir(folder).env("PATH", path);
    command.env_remove("WARDBELL_CONFIG").env_remove("WARDBELL_TOKEN_FILE");
    command
}

/// Types lines one by one; each works, or the last one ends the script.
fn typed(script: &str, folder: &Path) -> Output {
    let within_a_minute = ["timeout", "--kill-after=5", "60", "bash"];
    shell(&within_a_minute, &format!("set -euo pipefail\n{script}"), folder).output().unwrap()
}

/// Types a line that goes on running, and waits for its answer.
fn window(line: &str, folder: &Path) -> Window {
    let mut window = shell(&["bash"], &format!("exec {line}"), folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut answer = BufReader::new(window.stdout.take().unwrap()).lines();
    let is_ready = answer.any(|line| line.unwrap().contains("Ctrl-C"));
    assert!(is_ready, "it says how it ends");
    // What it says later is read by nobody, and must not stop it.
    std::thread::spawn(move || answer.for_each(drop));
    Window(window)
}

/// Runs a guide's blocks in a folder of their own, and returns what was said.
#[track_caller]
fn follow(guide: &str, lines_at_least: usize) -> (String, String) {
    let ports = [free_port(), free_port()];
    let script = script(guide).replace("8080", &ports[0]).replace("8025", &ports[1]);
    assert!(script.lines().count() > lines_at_least, "the tour is found");
    let folder = tempfile::tempdir().unwrap();
    let output = typed(&format!("trap 'kill %1 || true' EXIT\n{script}"), folder.path());
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    (out.into_owned(), err.into_owned())
}

/// The blocks of `sh tour`, in their order.
fn script(guide: &str) -> String {
    blocks(guide).iter().filter(|block| block.kind == "sh tour").map(|block| block.text).collect()
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}
