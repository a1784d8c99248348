//! People who are added and removed from the command line.

use std::fs;

use crate::command_line::say;
use crate::hospital::Hospital;
use crate::plan::{CHEN, COMPLIANCE, DIAZ, KIM, PRIVACY, RIVERA, Roster};

const FILE: &str = "rosters/privacy.toml";
const COMMON: &str = "rosters/people.toml";

/// The two phones of Maria Rivera are in the common file; Luis Diaz has no turn.
fn roster() -> String {
    let cover = "away = [{ from = \"2027-12-20 00:00\", to = \"2027-12-27 00:00\", cover = \"chen\" }] # booked";
    let people = Roster::new(&PRIVACY, Some(&COMPLIANCE)).person_with(&RIVERA, cover).person(&CHEN).person(&DIAZ);
    let turns = "liaisons = [\n  \"rivera\", # Mondays\n  \"chen\", # Jin\n  \"diaz\", # Luis\n]";
    let primary = format!(
        "\n# In turns.\n[[rotation]]\nrole = \"primary\"\n{turns}\nevery = \"1 week\"\nhandoff = \"2026-01-05 08:00\"\n"
    );
    let change = "\n[[override]]\nrole = \"primary\"\nfrom = \"2099-12-24 17:00\"\nto = \"2099-12-26 08:00\"\nliaison = \"chen\"\n";
    people.with(&primary).always("backup", &CHEN).with(change).text().replacen(
        "\n\n",
        "\napprovers = [\"chen\", \"rivera\"]\n\n",
        1,
    )
}

async fn refused(hospital: &Hospital, args: &[&str], code: i32, words: &str) {
    let before = read(hospital, FILE);
    let said = say(hospital, args).await;
    assert_eq!((said.code, said.out.as_str()), (code, ""), "{args:?}: {}", said.err);
    assert!(said.err.contains(words), "{args:?}: {}", said.err);
    assert_eq!(read(hospital, FILE), before);
}

fn read(hospital: &Hospital, file: &str) -> String {
    fs::read_to_string(hospital.house().join(file)).unwrap()
}

const PARK: [&str; 5] = ["person", "add", "park", "--name", "June Park"];

fn with<'a>(args: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [args, more].concat()
}

pub async fn a_person_is_added_to_a_roster_and_to_the_people_of_several() {
    let hospital = Hospital::new().await;
    hospital.write(FILE, roster());
    let there = ["--department", "privacy", "--sms-consent", "2026-10-01", "--pager", "5550142"];
    let numbers = ["--sms", "+13125550171", "--sms", "+13125550172", "--email", "j.park@mercy.example"];
    let told = say(&hospital, &with(&with(&PARK, &there), &numbers)).await;
    assert!(
        told.code == 0 && told.out == "Saved to rosters/privacy.toml: June Park (`park`) is added\n",
        "{}",
        told.out
    );
    assert!(told.err.contains("`park` is not in any rotation, override, or cover"), "{}", told.err);
    let diaz = format!("sms = \"{}\"\nsms_consent = 2026-01-01\n", DIAZ.sms);
    let park = "\n[[liaison]]\nid = \"park\"\nname = \"June Park\"\nemail = \"j.park@mercy.example\"\nsms = [\"+13125550171\", \
                \"+13125550172\"]\nsms_consent = 2026-10-01\npager = \"5550142\"\n";
    assert_eq!(read(&hospital, FILE), roster().replace(&diaz, &format!("{diaz}{park}")));
    let compliance = ["--department", "compliance"];
    let lee = ["person", "add", "lee", "--name", "Kay Lee"];
    for (args, more, code, words) in [
        (&PARK, &with(&there, &numbers), 1, "`park` is already June Park (rosters/privacy.toml:"),
        (&PARK, &with(&compliance, &["--email", "x@mercy.example"]), 1, "choose another ID, such as `park-2`"),
        (
            &lee,
            &with(&compliance, &["--pager", "5550142", "--email", "l@mercy.example"]),
            1,
            "if this is park, use that ID",
        ),
        (
            &lee,
            &with(&["--department", "privacy"], &["--sms", CHEN.sms]),
            1,
            "`--sms` is already that of Jin Chen (rosters",
        ),
        (&lee, &with(&compliance, &["--sms", "(312) 555-0139"]), 2, "write `--sms +13125550139`"),
        (&lee, &with(&compliance, &["--email", "k.lee"]), 2, "`--email` must be an email address"),
        (&lee, &compliance.to_vec(), 1, "give at least one of `--email` and `--sms`"),
        (&lee, &with(&["--department", "complaince"], &["--sms", "+13125550173"]), 1, "did you mean `compliance`?"),
    ] {
        refused(&hospital, &with(args, more), code, words).await;
    }

    // The file of several rosters is created; the rosters of the person need nothing but the ID.
    let told = say(&hospital, &with(&PARK, &numbers)).await;
    assert!(
        told.code == 0 && told.out.contains("the entry in `privacy` does not say is taken from here"),
        "{}",
        told.out
    );
    assert!(read(&hospital, COMMON).starts_with("[[person]]\nid = \"park\"\n"), "{}", read(&hospital, COMMON));
    refused(&hospital, &with(&PARK, &numbers), 1, "`park` is already June Park (rosters/people.toml:2)").await;
    let other_name = ["person", "add", "park", "--name", "Jay Park", "--department", "compliance"];
    refused(&hospital, &other_name, 1, "`park` is June Park (rosters/people.toml:2). Leave out `--name`").await;
    let typo = ["person", "add", "parc", "--department", "compliance"];
    refused(&hospital, &typo, 1, "did you mean `park`, who is in `people.toml`?").await;
    let told = say(&hospital, &["person", "add", "park", "--department", "compliance"]).await;
    assert!(told.code == 0 && told.out.contains("June Park (`park`) is added"), "{}", told.err);
    let compliance = read(&hospital, "rosters/compliance.toml");
    assert!(compliance.contains("\n[[liaison]]\nid = \"park\"\n\n"), "{compliance}");
    hospital.judge_now();
}

pub async fn a_person_is_removed_from_everything_and_a_gap_needs_consent() {
    let hospital = Hospital::new().await;
    hospital.write(FILE, roster());
    let chen = ["person", "remove", "chen"];
    let trial = say(&hospital, &with(&chen, &["--dry-run"])).await;
    assert_eq!(trial.code, 0, "{}", trial.err);
    for words in [
        "Not saved: Jin Chen (`chen`) is removed\n",
        "from the rotation for primary (rosters/privacy.toml:32); from now on the other turns are at other times\n",
        "from the rotation for backup (rosters/privacy.toml:43), which goes too: nobody else is in it\n",
        "from the override for primary from Thu 24 Dec 2099 17:00 CST to Sat 26 Dec 2099 08:00 CST (rosters/privacy.toml:49)",
        "from Maria Rivera's absence from Mon 20 Dec 2027 00:00 CST, as its cover (rosters/privacy.toml:13)",
        "from `approvers`\n",
        "Warning: no backup from ",
    ] {
        assert!(trial.err.contains(words), "{words}: {}", trial.err);
    }
    refused(&hospital, &chen, 1, "pages go to `compliance`. Put someone else on call first, or add `--yes`").await;
    let told = say(&hospital, &with(&chen, &["--yes"])).await;
    assert!(told.code == 0 && told.out.contains("Warning: no backup from "), "{} {}", told.out, told.err);
    let left = read(&hospital, FILE);
    assert!(!left.contains("chen") && !left.contains("[[override]]"), "{left}");
    let turns =
        "# In turns.\n[[rotation]]\nrole = \"primary\"\nliaisons = [\n  \"rivera\", # Mondays\n  \"diaz\", # Luis\n]";
    for kept in [turns, "approvers = [\"rivera\"]\n", "to = \"2027-12-27 00:00\" }] # booked\n"] {
        assert!(left.contains(kept), "{kept}: {left}");
    }
    assert_eq!(say(&hospital, &["check"]).await.err, "");

    // Whoever is in several files is named in each, with the command for it.
    let kim = "\n[[liaison]]\nid = \"kim\"\n";
    hospital.write(FILE, left.replacen("\n[[liaison]]", &format!("{kim}\n[[liaison]]"), 1));
    let person = |one: &crate::plan::Person| {
        format!("[[person]]\nid = \"{}\"\nname = \"{}\"\nemail = \"{}\"\n", one.id, one.name, one.email)
    };
    hospital.write(COMMON, person(&KIM));
    let both = "`kim` is in `compliance`, `privacy`: choose one of them with `--department`";
    refused(&hospital, &["person", "remove", "kim"], 1, both).await;
    let alone = ["person", "remove", "kim", "--department", "compliance"];
    refused(&hospital, &alone, 1, "Soo Kim is the only liaison of `compliance`: add another person to it first").await;
    let told = say(&hospital, &["person", "remove", "kim", "--department", "privacy"]).await;
    let command = "`wardbell person remove kim --department compliance`";
    assert!(told.code == 0 && told.err.contains(command), "{} {}", told.out, told.err);
    assert_eq!(read(&hospital, FILE), left);
    let compliance = Roster::new(&COMPLIANCE, None).person(&DIAZ).always("primary", &DIAZ);
    hospital.write("rosters/compliance.toml", compliance.text());
    refused(&hospital, &["person", "remove", "kim"], 1, "Soo Kim is the only person in rosters/people.toml").await;
    hospital.write(COMMON, format!("# Both.\n{}\n{}", person(&DIAZ), person(&KIM)));
    let told = say(&hospital, &["person", "remove", "kim"]).await;
    assert!(told.code == 0 && told.out.contains("Soo Kim (`kim`) is removed"), "{} {}", told.out, told.err);
    assert_eq!(read(&hospital, COMMON), format!("# Both.\n{}", person(&DIAZ)));
    refused(&hospital, &["person", "remove", "kim"], 1, "nobody has the ID `kim`").await;
    hospital.judge_now();
}

pub async fn whoever_is_removed_is_named_where_a_group_gives_permissions() {
    let hospital = Hospital::new().await;
    hospital.write(FILE, roster());
    let main = read(&hospital, "wardbell.toml");
    let diaz = DIAZ.email.to_uppercase().replace("@MERCY.EXAMPLE", "@mercy.example");
    let several = format!("people = [\"{diaz}\", \"{}\", \"+13125550181\"]", CHEN.email);
    let groups = format!(
        "\n[[group]]\nname = \"leads\"\nmay = [\"see\", \"act\"]\n{several}\n\
         [[group]]\nname = \"auditors\"\nmay = [\"audit\"]\npeople = [\"{}\"]\n\
         [[group]]\nname = \"others\"\nmay = [\"see\"]\npeople = [\"{}\"]\n",
        DIAZ.sms, KIM.email
    );
    hospital.write("wardbell.toml", format!("{main}{groups}"));
    let line = |text: &str| 1 + read(&hospital, "wardbell.toml").lines().position(|line| line == text).unwrap();
    let alone = format!("people = [\"{}\"]", DIAZ.sms);
    let (of_several, of_one) = (line(&several), line(&alone));
    let told = say(&hospital, &["person", "remove", "diaz", "--department", "privacy", "--yes"]).await;
    let rest = format!("people = [\"{}\", \"+13125550181\"]", CHEN.email);
    for words in [
        format!(
            "note: Luis Diaz is still in the group `leads` (wardbell.toml:{of_several}), which gives the permissions see \
             and act. To end that, write `{rest}` there\n"
        ),
        format!(
            "note: Luis Diaz is still in the group `auditors` (wardbell.toml:{of_one}), which gives the permissions \
             audit. To end that, remove the whole `[[group]]`: nobody else is in it\n"
        ),
    ] {
        assert!(told.code == 0 && told.err.contains(&words), "{words}: {}", told.err);
    }
    assert!(!told.err.contains("`others`"), "{}", told.err);

    // Done as it says, the files are right, and nothing is left of them.
    let main = read(&hospital, "wardbell.toml").replace(&several, &rest);
    let main = main.replace(&format!("[[group]]\nname = \"auditors\"\nmay = [\"audit\"]\n{alone}\n"), "");
    hospital.write("wardbell.toml", main);
    let read_again = say(&hospital, &["oncall"]).await;
    assert_eq!(read_again.code, 0, "{} {}", read_again.out, read_again.err);
    hospital.judge_now();
}

pub async fn what_goes_on_after_the_time_that_is_shown_is_said_to() {
    let hospital = Hospital::new().await;
    let before = read(&hospital, FILE);
    let said = say(&hospital, &["person", "remove", "chen"]).await;
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{}", said.err);
    let row = said.err.lines().find(|line| line.starts_with(" backup ")).unwrap();
    assert!(row.starts_with(" backup  now   after ") && row.contains(" no one "), "{row}");
    let refusal = "was not changed: no backup from now on; pages go to `compliance`. Put someone else on call first";
    assert!(said.err.contains(refusal), "{}", said.err);
    assert_eq!(read(&hospital, FILE), before);
    hospital.judge_now();
}

/// Who maintains rosters has no access to secrets.
pub async fn edits_need_no_secret_and_say_nothing_of_them() {
    let hospital = Hospital::new().await;
    hospital.write(FILE, roster());
    fs::remove_dir_all(hospital.house().join("secrets")).unwrap();
    let more = "\n[heartbeat]\nurl_file = \"beat\"\n[encryption]\nkeys = \"data-keys\"\nmaster_key_file = \"master\"\n";
    let main = read(&hospital, "wardbell.toml");
    hospital.write("wardbell.toml", format!("{main}{more}"));
    let times = ["--from", "2027-03-01", "--to", "2027-03-02"];
    let away = with(&["away", "add", "--department", "privacy", "--liaison", "rivera"], &times);
    let said = say(&hospital, &away).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    hospital.write(FILE, roster().replace("name = \"Jin Chen\"", "nam = \"Jin Chen\""));
    let said = say(&hospital, &away).await;
    assert!(said.code == 64 && said.err.contains("hint: write `name = \"Jin Chen\"`"), "{}", said.err);
    assert!(!said.err.contains("secret") && !said.err.contains("master"), "{}", said.err);
    hospital.judge_now();
}
