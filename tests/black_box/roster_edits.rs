//! Rosters that are edited from the command line: what stands in the file afterwards, and who is paged.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::command_line::say;
use crate::daemon::run;
use crate::hospital::Hospital;
use crate::judge::Reason::Opened;
use crate::pace;
use crate::plan::{CHEN, DIAZ, PRIVACY, RIVERA, Roster};
use crate::story::BOTH;
use crate::tools::{is_root, skip};

const FILE: &str = "rosters/privacy.toml";

/// Written by a person, with all that people write.
fn roster() -> String {
    let roster = Roster::new(&PRIVACY, None).person(&RIVERA).person_with(&CHEN, "away = [] # none yet");
    let roster = roster.always("primary", &RIVERA).always("backup", &CHEN);
    format!(
        "# Ask Maria before you change this.\n{}\n# The end.\n",
        roster.text().replace(" = \"chen\"", "   =  'chen'")
    )
}

async fn fine(hospital: &Hospital, args: &[&str]) -> String {
    let said = say(hospital, args).await;
    // The dates of these stories may be more than a year ahead.
    let is_quiet = said.err.is_empty()
        || said.err.starts_with("warning[distant-leave]") && said.err.matches("warning[").count() == 1;
    assert!(said.code == 0 && is_quiet && !said.err.contains("error["), "{args:?}: {} {}", said.out, said.err);
    said.out
}

/// Whatever is refused changes nothing.
async fn refused(hospital: &Hospital, args: &[&str], code: i32, words: &str) {
    let before = read(hospital);
    let said = say(hospital, args).await;
    assert_eq!((said.code, said.out.as_str()), (code, ""), "{args:?}: {}", said.err);
    assert!(said.err.contains(words), "{args:?}: {}", said.err);
    assert_eq!(read(hospital), before);
}

fn read(hospital: &Hospital) -> String {
    fs::read_to_string(hospital.house().join(FILE)).unwrap()
}

const FOR_CHEN: [&str; 8] = ["override", "add", "--department", "privacy", "--role", "primary", "--liaison", "chen"];

fn with<'a>(args: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [args, more].concat()
}

pub async fn an_override_is_added_and_taken_out_and_every_other_byte_stays() {
    let hospital = Hospital::new().await;
    hospital.write(FILE, roster());
    let path = hospital.house().join(FILE);
    let times = ["--from", "2027-12-24 17:00", "--to", "2027-12-26 08:00", "--reason", "a \"swap\""];
    let block = "\n[[override]]\nrole = \"primary\"\nfrom = \"2027-12-24 17:00\"\nto = \"2027-12-26 08:00\"\nliaison = \
                 \"chen\"\nreason = 'a \"swap\"'\n";

    let trial = say(&hospital, &with(&with(&FOR_CHEN, &times), &["--dry-run"])).await;
    assert_eq!((trial.code, read(&hospital)), (0, roster()), "nothing is written");
    assert!(trial.err.contains("Not saved: Jin Chen is primary from Fri 24 Dec 2027 17:00"), "{}", trial.err);
    // The hour that comes twice is told apart.
    let night = ["--from", "2027-11-07 01:30", "--to", "2027-11-07 02:30", "--dry-run"];
    let told = say(&hospital, &with(&FOR_CHEN, &night)).await.err;
    assert!(told.contains("is primary from Sun 7 Nov 2027 01:30 CDT to Sun 7 Nov 2027 02:30 CST"), "{told}");
    let patch = hospital.house().join("change.patch");
    fs::write(&patch, &trial.out).unwrap();
    let applied = Command::new("git").args(["apply", "change.patch"]).current_dir(hospital.house()).status().unwrap();
    assert!(applied.success(), "{}", trial.out);
    assert_eq!(read(&hospital), roster() + block, "the diff is the change");
    hospital.write(FILE, roster());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();

    let told = fine(&hospital, &with(&FOR_CHEN, &times)).await;
    assert_eq!(read(&hospital), roster() + block);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 4, "nothing is left beside it");
    let rows: Vec<_> = told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let primary = "primary Fri 24 Dec 2027 17:00 CST Sun 26 Dec 2027 08:00 CST Jin Chen Maria Rivera";
    let backup = "backup Fri 24 Dec 2027 17:00 CST Sun 26 Dec 2027 08:00 CST no one Jin Chen";
    assert!(rows.iter().any(|row| row == primary) && rows.iter().any(|row| row == backup), "{told}");
    assert!(told.contains("Warning: no backup from Fri 24 Dec 2027 17:00"), "{told}");

    let again = fine(&hospital, &with(&FOR_CHEN, &times)).await;
    assert!(again.starts_with("Nothing to do. Already scheduled at rosters/privacy.toml:"), "{again}");
    let end = ["override", "end", "--department", "privacy", "--role", "primary"];
    refused(&hospital, &end, 1, "--at \"2027-12-24 17:00\"").await;
    let told = fine(&hospital, &with(&end, &["--at", "2027-12-25 12:30"])).await;
    assert!(told.contains("ends at Sat 25 Dec 2027 12:30 CST instead of Sun 26 Dec 2027 08:00 CST"), "{told}");
    assert_eq!(read(&hospital), roster() + &block.replace("2027-12-26 08:00", "2027-12-25 12:30"));
    let told = fine(&hospital, &with(&end, &["--at", "2027-12-24 17:00"])).await;
    assert!(told.contains(" is removed\n"), "{told}");
    assert_eq!(read(&hospital), roster());
    refused(&hospital, &end, 1, "and none is scheduled").await;
    hospital.judge_now();
}

/// Neither of them needs a name.
const EDITOR: u32 = 47_001;
const GROUP: u32 = 47_002;

/// What a coordinator who is not root is told, and how the command ends.
async fn as_editor(hospital: &Hospital, group: u32, args: &[&str]) -> (i32, String) {
    // Where the program was built may be closed to others. Another process copies it: while this one has it open to write,
    // a story beside it that starts a program would hold it open, and nobody could run it.
    let program = hospital.house().join("wardbell");
    if !program.exists() {
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_wardbell")).arg(&program).status().unwrap();
        assert!(copied.success());
    }
    let mut command = Command::new(program);
    command.env_clear().arg("--config").arg(hospital.config()).args(args).uid(EDITOR).gid(group);
    let output = run(command).await;
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), told)
}

pub async fn a_member_of_the_group_edits_what_root_owns_and_the_group_reads_it_on() {
    if !is_root() {
        return skip("a_member_of_the_group_edits_what_root_owns", "only root may act as somebody else");
    }
    let hospital = Hospital::new().await;
    let house = hospital.house();
    let (file, folder) = (house.join(FILE), house.join("rosters"));
    let permit = |path: &Path, mode: u32| {
        chown(path, Some(0), Some(GROUP)).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    // Files are root's, and the group's to read and write, as where a hospital is set up.
    permit(house.parent().unwrap(), 0o755);
    let playbooks = house.join("playbooks");
    let folders = [&house, &folder, &playbooks];
    folders.iter().for_each(|folder| permit(folder, 0o2770));
    let start = |mode: u32| {
        hospital.write(FILE, roster());
        permit(&file, mode);
    };
    let owners = || {
        let meta = fs::metadata(&file).unwrap();
        (meta.uid(), meta.gid(), meta.mode() & 0o777)
    };
    let edit = with(&FOR_CHEN, &["--from", "2027-12-24 17:00", "--to", "2027-12-26 08:00"]);

    start(0o660);
    let (code, told) = as_editor(&hospital, GROUP, &edit).await;
    assert!(code == 0 && told.contains("Warning: no "), "{told}");
    assert!(read(&hospital).contains("[[override]]"), "{told}");
    assert_eq!(owners(), (EDITOR, GROUP, 0o660));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 4, "nothing is left beside it");
    // Root gives it nobody else.
    fine(&hospital, &["override", "end", "--department", "privacy", "--role", "primary", "--at", "2027-12-24 17:00"])
        .await;
    assert_eq!((read(&hospital), owners()), (roster(), (EDITOR, GROUP, 0o660)));

    start(0o640);
    let (code, told) = as_editor(&hospital, GROUP, &edit).await;
    assert!(code == 1 && told.contains("is not writable"), "{told}");
    assert_eq!((read(&hospital), owners()), (roster(), (0, GROUP, 0o640)));

    // Who may write for another reason than the group would take the file from the group.
    folders.iter().for_each(|folder| permit(folder, 0o777));
    start(0o666);
    let (code, told) = as_editor(&hospital, GROUP + 1, &edit).await;
    assert!(code == 1 && told.contains("belongs to a group that you are not in"), "{told}");
    assert_eq!((read(&hospital), owners()), (roster(), (0, GROUP, 0o666)));
    hospital.judge_now();
}

pub async fn an_absence_is_added_and_what_makes_no_sense_is_refused() {
    let hospital = Hospital::new().await;
    hospital.write(FILE, roster());
    let away = ["away", "add", "--department", "privacy", "--liaison", "chen"];
    let times = ["--from", "2027-12-20", "--to", "2027-12-27"];
    let cover = with(&times, &["--cover", "rivera"]);
    let told = fine(&hospital, &with(&away, &cover)).await;
    assert!(told.contains("Jin Chen is away from Mon 20 Dec 2027 00:00 CST to Mon 27 Dec 2027 00:00 CST"), "{told}");
    let entry = "{ from = \"2027-12-20 00:00\", to = \"2027-12-27 00:00\", cover = \"rivera\" }";
    assert_eq!(read(&hospital), roster().replace("away = []", &format!("away = [{entry}]")));
    assert!(fine(&hospital, &with(&away, &cover)).await.starts_with("Nothing to do."));
    refused(&hospital, &with(&away, &times), 1, "Jin Chen is already away from Mon 20 Dec 2027 00:00").await;
    let self_cover = ["--from", "2028-01-01", "--to", "2028-01-02", "--cover", "chen"];
    refused(&hospital, &with(&away, &self_cover), 1, "people cannot cover for themselves").await;

    refused(&hospital, &with(&FOR_CHEN, &["--from", "2027-12-20", "--to", "2027-12-20"]), 2, "must be after").await;
    let times = ["--from", "2027-12-10", "--to", "2027-12-11"];
    let control = with(&times, &["--reason", "two\nlines"]);
    refused(&hospital, &with(&FOR_CHEN, &control), 1, "was not changed: the change would cause an error").await;
    let label = with(&times, &["--reason", "from Amion 2027-12"]);
    refused(&hospital, &with(&FOR_CHEN, &label), 2, "marks overrides of an import").await;
    let twice = ["--from", "2027-11-07T07:30:00Z", "--to", "2027-11-08"];
    refused(&hospital, &with(&FOR_CHEN, &twice), 1, "2027-11-07 01:30 occurs twice").await;
    for (from, to, words) in [
        ("chen", "chan", "`privacy` has no liaison `chan`: did you mean `chen`?"),
        ("primary", "primry", "`privacy` has no role `primry`: did you mean `primary`?"),
        ("privacy", "privcy", "no roster is named `privcy`: did you mean `privacy`?"),
    ] {
        let args: Vec<_> = FOR_CHEN.iter().map(|arg| if *arg == from { to } else { arg }).collect();
        refused(&hospital, &with(&args, &times), 1, words).await;
    }
    hospital.write("rosters/house.toml", "department = 1");
    refused(&hospital, &with(&FOR_CHEN, &times), 64, "Fix these errors first").await;
    hospital.judge_now();
}

pub async fn an_override_from_the_shell_holds_for_the_next_incident() {
    let hospital = Hospital::serving().await;
    let told = fine(&hospital, &with(&FOR_CHEN, &["--from", "2020-01-01", "--to", "2199-01-01"])).await;
    assert!(told.contains("Now on call as primary: Jin Chen, instead of Maria Rivera"), "{told}");
    let in_force = async {
        while !hospital.logs().contains("new rosters and playbooks loaded") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    pace::within(Duration::from_secs(5), in_force).await.expect("the daemon sees the change");
    hospital.incident("rumor").await.at_once().page(&CHEN, &PRIVACY, BOTH, Opened);
    hospital.judge().await;
}

/// Of two overrides that cover now, the last in the file may be of somebody who is away.
pub async fn the_override_that_counts_is_the_one_that_ends() {
    let hospital = Hospital::new().await;
    let block = |liaison: &str| {
        format!(
            "\n[[override]]\nrole = \"primary\"\nfrom = \"2020-01-01 00:00\"\nto = \"2199-01-01 00:00\"\nliaison = \
             \"{liaison}\"\n"
        )
    };
    let always = "away = [{ from = \"2019-01-01 00:00\", to = \"2199-12-31 00:00\" }]";
    let chen_away = Roster::new(&PRIVACY, None).person(&RIVERA).person_with(&CHEN, always);
    let chen_away = chen_away.always("primary", &RIVERA).always("backup", &CHEN).text();
    let end = ["override", "end", "--department", "privacy", "--role", "primary"];

    hospital.write(FILE, format!("{chen_away}{}{}", block("rivera"), block("chen")));
    let told = say(&hospital, &end).await;
    assert!(told.code == 0 && told.out.contains("toml: Maria Rivera as primary from"), "{} {}", told.out, told.err);
    assert!(read(&hospital).ends_with(&block("chen")), "{}", read(&hospital));
    // Asked for by name, the other one ends.
    hospital.write(FILE, format!("{chen_away}{}{}", block("rivera"), block("chen")));
    let told = say(&hospital, &with(&end, &["--liaison", "chen"])).await;
    assert!(told.code == 0 && told.out.contains("toml: Jin Chen as primary from"), "{} {}", told.out, told.err);
    assert!(read(&hospital).contains(&format!("{}\n", block("rivera"))), "{}", read(&hospital));

    let diaz = Roster::new(&PRIVACY, None).person(&RIVERA).person_with(&CHEN, always).person_with(&DIAZ, always);
    let diaz = diaz.always("primary", &RIVERA).always("backup", &RIVERA).text();
    hospital.write(FILE, format!("{diaz}{}{}", block("diaz"), block("chen")));
    refused(&hospital, &end, 1, "none of them is in effect. Choose one with `--liaison`:\n  rosters/privacy").await;
    hospital.judge_now();
}

pub async fn an_absence_is_told_where_it_still_matters() {
    let hospital = Hospital::new().await;
    let always = "away = [{ from = \"2019-01-01 00:00\", to = \"2199-12-31 00:00\" }]";
    let chen_away = Roster::new(&PRIVACY, None).person(&RIVERA).person_with(&CHEN, always);
    hospital.write(FILE, chen_away.always("primary", &RIVERA).always("backup", &CHEN).text());
    let past = with(&FOR_CHEN, &["--from", "2020-01-01", "--to", "2020-02-01"]);
    refused(&hospital, &past, 1, "was not changed: That time has passed").await;
    let ahead = with(&FOR_CHEN, &["--from", "2020-01-01", "--to", "2190-02-01"]);
    refused(&hospital, &ahead, 1, "Jin Chen is away from Tue 1 Jan 2019 00:00").await;
    let already = ["override", "add", "--department", "privacy", "--role", "primary", "--liaison", "rivera"];
    let times = ["--from", "2027-12-24", "--to", "2027-12-25"];
    refused(&hospital, &with(&already, &times), 1, "was not changed: No one's on-call time changes").await;
    // The command that the refusal names ends the absence, and then it is possible.
    let back = ["away", "end", "--department", "privacy", "--liaison", "chen", "--at", "2027-12-24"];
    let told = fine(&hospital, &back).await;
    assert!(told.contains("Jin Chen is back at Fri 24 Dec 2027 00:00 CST instead of"), "{told}");
    assert!(told.contains("Jin Chen"), "{told}");
    fine(&hospital, &with(&FOR_CHEN, &times)).await;
    hospital.judge_now();
}

pub async fn an_absence_ends_early_and_one_to_come_is_removed() {
    let hospital = Hospital::new().await;
    let absences = "away = [{ from = \"2027-12-20 00:00\", to = \"2027-12-27 00:00\", cover = \"rivera\" }] # booked";
    let roster = |line: &str| {
        let people = Roster::new(&PRIVACY, None).person(&RIVERA).person_with(&CHEN, line);
        people.always("primary", &RIVERA).always("backup", &CHEN).text()
    };
    hospital.write(FILE, roster(absences));
    let end = ["away", "end", "--department", "privacy", "--liaison", "chen"];
    refused(&hospital, &end, 1, "--at \"2027-12-20 00:00\", until Mon 27 Dec 2027 00:00 CST").await;
    refused(&hospital, &with(&end, &["--at", "2028-01-01"]), 1, "Jin Chen is not away at Sat 1 Jan 2028").await;
    let rivera = ["away", "end", "--department", "privacy", "--liaison", "rivera"];
    refused(&hospital, &rivera, 1, "and no absence is recorded after that").await;
    let told = fine(&hospital, &with(&end, &["--at", "2027-12-23 08:00"])).await;
    assert!(told.contains("Jin Chen is back at Thu 23 Dec 2027 08:00 CST instead of Mon 27 Dec 2027"), "{told}");
    assert_eq!(read(&hospital), roster(&absences.replace("2027-12-27 00:00", "2027-12-23 08:00")));
    let told = fine(&hospital, &with(&end, &["--at", "2027-12-20"])).await;
    assert!(
        told.contains("Jin Chen's absence from Mon 20 Dec 2027 00:00 CST") && told.contains("is removed"),
        "{told}"
    );
    assert_eq!(read(&hospital), roster("away = [] # booked"));
    hospital.judge_now();
}

pub async fn two_people_swap_their_shifts_of_a_day() {
    let hospital = Hospital::new().await;
    hospital.write(FILE, roster());
    let swap = ["swap", "rivera", "chen", "--on", "2027-12-24"];
    let told = fine(&hospital, &swap).await;
    let rows: Vec<_> = told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for row in [
        "primary Fri 24 Dec 2027 00:00 CST Sat 25 Dec 2027 00:00 CST Jin Chen Maria Rivera",
        "backup Fri 24 Dec 2027 00:00 CST Sat 25 Dec 2027 00:00 CST Maria Rivera Jin Chen",
    ] {
        assert!(rows.iter().any(|one| one == row), "{row}: {told}");
    }
    let written = read(&hospital);
    assert!(written.starts_with(&roster()) && written.matches("reason = \"swap\"").count() == 2, "{written}");
    refused(&hospital, &["swap", "rivera", "rivera", "--on", "2027-12-24"], 2, "name two different liaisons").await;
    refused(&hospital, &["swap", "rivera", "chan", "--on", "2027-12-25"], 1, "did you mean `chen`?").await;

    // Shifts that start on the day are traded as wholes.
    let turns = "\nevery = \"1 week\"\nhandoff = \"2027-01-06 08:00\"\n";
    let nobody = Roster::new(&PRIVACY, None).person(&RIVERA).person(&CHEN).person(&DIAZ).always("backup", &DIAZ).text();
    let weekly = "\n[[rotation]]\nrole = \"primary\"\nduring = \"always\"\nliaisons = [\"rivera\", \"chen\"]";
    hospital.write(FILE, format!("{nobody}{weekly}{turns}"));
    let told = say(&hospital, &["swap", "rivera", "chen", "--on", "2027-01-13", "--dry-run"]).await;
    assert!(told.code == 0, "{}", told.err);
    assert!(
        told.out.contains("+from = \"2027-01-13 08:00\"\n+to = \"2027-01-20 08:00\"\n+liaison = \"rivera\""),
        "{}",
        told.out
    );
    assert!(told.err.contains("note: Maria Rivera gives away no shift of that day"), "{}", told.err);
    hospital.write(
        FILE,
        roster().replace("away = [] # none yet", "away = [{ from = \"2027-12-24 12:00\", to = \"2027-12-25 00:00\" }]"),
    );
    refused(&hospital, &swap, 1, "Jin Chen is away from Fri 24 Dec 2027 12:00").await;
    hospital.judge_now();
}

const REPORT: &str = "\
Mercy Hospital, all assignments
Name,Staff ID,Backup Staff ID,Assignment,,,Date,Start,End,Type,Pager,Tel,Email,,,,
\"Rivera, Maria\",1,,Privacy,,,12-1-27,0700,0700,,,,,,,,
\"Rivera, Maria\",1,,Privacy,,,12-2-27,0700,1900,,,,,,,,
\"JC\",2,,Privacy,,,12-2-27,1900,0700,,,,,,,,
";

pub async fn a_month_is_imported_whole_or_not_at_all_and_once() {
    let hospital = Hospital::new().await;
    hospital.write(FILE, roster());
    hospital.write("report.csv", REPORT);
    let report = hospital.house().join("report.csv");
    let amion = ["import", "amion", report.to_str().unwrap(), "--department", "privacy", "--role", "primary"];
    refused(&hospital, &amion, 1, "line 5: `privacy` has no `JC`. Set who it is with").await;
    let mapped = with(&amion, &["--liaison", "JC=chen"]);
    let told = fine(&hospital, &mapped).await;
    assert!(told.starts_with("Saved to rosters/privacy.toml: 2 overrides for primary of 2027-12\n"), "{told}");
    let imported = read(&hospital);
    assert!(imported.starts_with(&roster()) && imported.matches("\"from Amion 2027-12\"").count() == 2, "{imported}");
    let again = fine(&hospital, &mapped).await;
    assert_eq!(again, "Nothing to do. rosters/privacy.toml already has these shifts of 2027-12\n");
    assert_eq!(read(&hospital), imported);

    // A swap by hand stands behind and counts; the next import leaves it alone.
    let swap = ["--from", "2027-12-01 20:00", "--to", "2027-12-01 22:00"];
    fine(&hospital, &with(&FOR_CHEN, &swap)).await;
    let swapped = read(&hospital);
    hospital.write("map", "JC = rivera\n");
    let map = hospital.house().join("map");
    let said = say(&hospital, &with(&amion, &["--map", map.to_str().unwrap()])).await;
    assert!(said.code == 0 && said.out.contains(", replacing 2 from the previous import"), "{} {}", said.out, said.err);
    assert!(said.err.contains("was added by hand and takes precedence over the import"), "{}", said.err);
    assert!(read(&hospital).ends_with(&swapped[imported.len()..]), "{}", read(&hospital));
    assert_eq!(read(&hospital).matches("\"from Amion 2027-12\"").count(), 1, "neighbours of one person are one");

    let away =
        ["away", "add", "--department", "privacy", "--liaison", "chen", "--from", "2028-01-29", "--to", "2028-02-02"];
    assert_eq!(say(&hospital, &away).await.code, 0);
    let calendar = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20280101\nRRULE:FREQ=WEEKLY\n\
                    SUMMARY:Jin Chen on call\nEND:VEVENT\nEND:VCALENDAR\n";
    hospital.write("call.ics", calendar);
    let file = hospital.house().join("call.ics");
    let ical = ["import", "ical", file.to_str().unwrap(), "--department", "privacy", "--role", "primary"];
    let told = say(&hospital, &with(&ical, &["--month", "2028-01"])).await;
    assert!(told.out.contains(": 5 overrides for primary of 2028-01"), "{}", told.out);
    let hurdle = "Jin Chen is away from Sat 29 Jan 2028 00:00 CST to Sun 30 Jan 2028 00:00 CST (rosters/privacy.toml:";
    assert!(told.err.contains(hurdle), "{}", told.err);

    // A month that was cancelled goes away when that is meant, and not before.
    let cancelled = calendar.replace("SUMMARY", "STATUS:CANCELLED\nSUMMARY");
    hospital.write("call.ics", cancelled);
    let january = with(&ical, &["--month", "2028-01"]);
    refused(&hospital, &january, 1, "no shifts in 2028-01. If that is right, use `--allow-empty` to remove").await;
    let told = fine(&hospital, &with(&january, &["--allow-empty"])).await;
    assert!(told.contains(": no override for primary of 2028-01"), "{told}");
    assert!(told.contains(", replacing 5 from the previous import"), "{told}");
    assert!(!read(&hospital).contains("from iCalendar"), "{}", read(&hospital));
    let missing = say(&hospital, &ical).await;
    assert!(missing.code == 2 && missing.err.contains("--month"), "{}", missing.err);
    hospital.judge_now();
}
