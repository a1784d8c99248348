//! Each hint is the line as it should be: what is written instead of the line is right.

use wardbell::config::files::Memory;
use wardbell::diagnostic::{Diagnostic, Severity};

use crate::{good, load};

const PRIVACY: &str = "rosters/privacy.toml";
const HOUSE: &str = "rosters/house.toml";
const PEOPLE: &str = "rosters/people.toml";
const MAIN: &str = "wardbell.toml";
const PHI: &str = "playbooks/phi-by-staff.toml";

/// A mistake: file, the right text, the wrong one.
type Mistake = (&'static str, &'static str, &'static str);

#[track_caller]
fn with(mistake: Mistake) -> Memory {
    let mut files = good();
    files.insert(
        PEOPLE,
        "[[person]]\nid = \"supervisor\"\nname = \"House Supervisor\"\nemail = \"supervisor@mercy.example\"\n",
    );
    let house = text(&files, HOUSE).replace("name = \"House Supervisor\"\nemail = \"supervisor@mercy.example\"\n", "");
    files.insert(
        HOUSE,
        house.replacen("timezone", "name = \"House Supervisor\"\ntimezone", 1).replacen(
            "name = \"House Supervisor\"\nname",
            "name",
            1,
        ),
    );
    let (path, right, wrong) = mistake;
    let whole = text(&files, path);
    assert!(whole.contains(right), "{path} has no {right:?}");
    files.insert(path, whole.replacen(right, wrong, 1));
    files
}

fn text(files: &Memory, path: &str) -> String {
    String::from_utf8(files.get(path).unwrap().to_vec()).unwrap()
}

fn errors(files: &Memory) -> Vec<Diagnostic> {
    let all = load(files).diagnostics.into_iter().map(|one| one.revealed());
    all.filter(|one| one.severity == Severity::Error).collect()
}

/// Does what the hint says: replaces the line, and removes another one.
#[track_caller]
fn apply(files: &mut Memory, error: &Diagnostic) {
    let hint = error.hint.as_deref().unwrap_or_else(|| panic!("no hint: {error}"));
    let path = error.file.to_string();
    let whole = text(files, &path);
    let mut lines: Vec<Option<&str>> = whole.lines().map(Some).collect();
    let at = error.line as usize - 1;
    if let Some(rest) = hint.strip_prefix("write `") {
        let (line, rest) = rest.rsplit_once('`').unwrap();
        lines[at] = Some(line);
        if let Some(other) = rest.strip_prefix(" and remove line ") {
            lines[other.parse::<usize>().unwrap() - 1] = None;
        }
    } else if hint.ends_with("remove this line") {
        lines[at] = None;
    } else {
        panic!("not a line: {hint}");
    }
    let fixed = lines.into_iter().flatten().collect::<Vec<_>>().join("\n") + "\n";
    files.insert(path, fixed);
}

/// How many mistakes are shown one after the other at most: each of the values of a line.
const ROUNDS_MAX: usize = 4;

#[track_caller]
fn check(mistake: Mistake, at_once: usize) {
    let mut files = with(mistake);
    let first = errors(&files);
    assert_eq!(first.len(), at_once, "{mistake:?}: {first:#?}");
    for _ in 0..ROUNDS_MAX {
        let left = errors(&files);
        let Some(error) = left.first() else { return };
        apply(&mut files, error);
    }
    panic!("{mistake:?}: {:#?}", errors(&files));
}

#[test]
fn the_files_themselves_are_right() {
    assert_eq!(errors(&with((PRIVACY, "mon", "mon"))), []);
}

#[test]
fn a_line_that_is_not_toml() {
    for mistake in [
        (PRIVACY, "name = \"Privacy Office\"", "name = “Privacy Office”"),
        (PRIVACY, "name = \"Privacy Office\"", "name = ‘Privacy Office’"),
        (PRIVACY, "name = \"Privacy Office\"", "name = Privacy Office"),
        (PRIVACY, "name = \"Privacy Office\"", "name: \"Privacy Office\""),
        (PRIVACY, "name = \"Privacy Office\"", "name\u{a0}= \"Privacy Office\""),
        (PRIVACY, "name = \"Privacy Office\"", "name = \"Privacy Office"),
        (PRIVACY, "\"us-federal\", 2026-12-24", "“us-federal”, 2026-12-24"),
        (PRIVACY, "\"us-federal\", 2026-12-24", "us-federal, 2026-12-24"),
        (PRIVACY, "[\"m-rivera\", \"j-chen\"]", "[“m-rivera”, “j-chen”]"),
        (PRIVACY, "mon = \"08:00-17:00\"", "mon = 08:00-17:00"),
        (PRIVACY, "mon = \"08:00-17:00\"", "mon = 8:00–17:00"),
        (PRIVACY, "mon = \"08:00-17:00\"", "mon = 8am to 5pm"),
        (PRIVACY, "review_by = 2027-01-31", "review_by = 12/24/2026"),
        (PRIVACY, "review_by = 2027-01-31", "review_by = 24.12.2026"),
        (PRIVACY, "review_by = 2027-01-31", "review_by = 2027-02-31"),
        (PRIVACY, "review_by = 2027-01-31", "review_by = Dec 24, 2027"),
        (PRIVACY, "sms = \"+13125550101\"", "sms = (312) 555-0139"),
        (PRIVACY, "sms = \"+13125550101\"", "sms = +1 312 555 0139"),
        (PRIVACY, "handoff = \"2026-01-05 08:00\"", "handoff = 2026-01-05 8:00"),
        (PRIVACY, "[hours]", "[hours"),
        (PHI, "severity = \"high\"", "severity = high"),
        (PHI, "departments = [\"privacy\"]", "departments = [privacy]"),
    ] {
        check(mistake, 1);
    }
}

#[test]
fn a_value_in_another_form() {
    for mistake in [
        (PRIVACY, "mon = \"08:00-17:00\"", "mon = \"8:00-17:00\""),
        (PRIVACY, "mon = \"08:00-17:00\"", "mon = \"08:00–17:00\""),
        (PRIVACY, "mon = \"08:00-17:00\"", "mon = \"8am - 5pm\""),
        (PRIVACY, "mon = \"08:00-17:00\"", "mon = \"5pm-8am\""),
        (PRIVACY, "mon = \"08:00-17:00\"", "mon = \"noon-5pm\""),
        (PRIVACY, "mon = \"08:00-17:00\"", "mon = \"9-5\""),
        (PRIVACY, "sat = [\"08:00-12:00\", \"13:00-15:00\"]", "sat = [\"8-12\", \"13:00-15:00\"]"),
        (PRIVACY, "review_by = 2027-01-31", "review_by = \"12/24/2026\""),
        (PRIVACY, "review_by = 2027-01-31", "review_by = \"24.12.2026\""),
        (PRIVACY, "review_by = 2027-01-31", "review_by = \"2027-02-31\""),
        (PRIVACY, "\"us-federal\", 2026-12-24", "\"us-fedral\", 2026-12-24"),
        (PRIVACY, "\"us-federal\", 2026-12-24", "\"us-federal\", \"12/24/2026\""),
        (PRIVACY, "from = \"2026-12-24 17:00\"", "from = \"12/24/2026 5pm\""),
        (PRIVACY, "from = \"2026-12-24 17:00\"", "from = \"2026-12-24\""),
        (PRIVACY, "from = \"2026-12-24 17:00\"", "from = 2026-12-24"),
        (PRIVACY, "from = \"2026-12-24 17:00\"", "from = \"2026-12-24T17:00:00Z\""),
        (PRIVACY, "from = \"2026-12-20 00:00\"", "from = \"12/20/2026 midnight\""),
        (PRIVACY, "sms = \"+13125550101\"", "sms = \"(312) 555-0139\""),
        (PRIVACY, "sms = \"+13125550101\"", "sms = \"312.555.0139\""),
        (PRIVACY, "sms = \"+13125550101\"", "sms = 13125550139"),
        (PRIVACY, "sms = \"+13125550101\"", "sms = \"+13125550101\"\nsms2 = \"+13125550177\""),
        (PRIVACY, "email = \"m.rivera@mercy.example\"", "email = \"Maria Rivera <m.rivera@mercy.example>\""),
        (PRIVACY, "email = \"m.rivera@mercy.example\"", "email = \" m.rivera@mercy.example\""),
        (PRIVACY, "every = \"1 week\"", "every = \"weekly\""),
        (PRIVACY, "every = \"1 week\"", "every = \"1week\""),
        (PRIVACY, "timezone = \"America/Chicago\"", "timezone = \"America/Chicagoo\""),
        (PRIVACY, "name = \"Privacy Office\"", "name = \"Privacy\tOffice\""),
        (PRIVACY, "name = \"Privacy Office\"", "name = 5"),
        (PRIVACY, "by = \"sms\"", "by = \"SMS\""),
        (PRIVACY, "after = \"1m\"", "after = \"1 minute\""),
        (PRIVACY, "after = \"1m\"", "after = 1"),
        (MAIN, "port = 25", "port = \"25\""),
        (PHI, "confidence_at_least = 0.5", "confidence_at_least = \"0.5\""),
        (PHI, "confidence_at_least = 0.5", "confidence_at_least = 50"),
        (PHI, "severity = \"high\"", "severity = \"High\""),
        (PHI, "severity = \"high\"", "severity = \"hihg\""),
        (PHI, "departments = [\"privacy\"]", "departments = \"privacy\""),
        (PHI, "departments = [\"privacy\"]", "departments = [\"privcy\"]"),
    ] {
        check(mistake, 1);
    }
}

#[test]
fn a_name_in_the_place_of_an_id_or_a_typo() {
    for mistake in [
        (PRIVACY, "[\"m-rivera\", \"j-chen\"]", "[\"Maria Rivera\", \"j-chen\"]"),
        (PRIVACY, "[\"m-rivera\", \"j-chen\"]", "[\"M-Rivera\", \"j-chen\"]"),
        (PRIVACY, "[\"m-rivera\", \"j-chen\"]", "[\"m-rivera\u{a0}\", \"j-chen\"]"),
        (PRIVACY, "[\"m-rivera\", \"j-chen\"]", "[\"m-rivra\", \"j-chen\"]"),
        (PRIVACY, "[\"m-rivera\", \"j-chen\"]", "\"m-rivera\""),
        (PRIVACY, "cover = \"j-chen\"", "cover = \"Jin Chen\""),
        (PRIVACY, "liaison = \"j-chen\"", "liaison = \"jin chen\""),
        (PRIVACY, "review_by", "approvers = [\"-\"]\nreview_by"),
        (PRIVACY, "review_by", "approvers = [\"Maria Rivera\"]\nreview_by"),
        (PRIVACY, "role = \"primary\"", "role = \"Primary\""),
        (PRIVACY, "during = \"hours\"", "during = \"Hours\""),
        (PRIVACY, "during = \"hours\"", "during = \"huors\""),
        (PRIVACY, "escalate_to = \"house\"", "escalate_to = \"hose\""),
        (PRIVACY, "escalate_to", "escalates_to"),
        (PEOPLE, "id = \"supervisor\"", "id = \"supervisr\""),
    ] {
        check(mistake, 1);
    }
}

#[test]
fn a_misspelled_key_that_something_needs_is_not_missing_too() {
    for mistake in [
        (PRIVACY, "name = \"Maria Rivera\"", "nmae = \"Maria Rivera\""),
        (PRIVACY, "name = \"Privacy Office\"", "nmae = \"Privacy Office\""),
        (PRIVACY, "handoff = \"2026-01-05 08:00\"", "handof = \"2026-01-05 08:00\""),
        (PRIVACY, "sms = \"+13125550101\"", "smss = \"+13125550101\""),
        (PEOPLE, "name = \"House Supervisor\"", "nmae = \"House Supervisor\""),
        (PEOPLE, "email = \"supervisor@mercy.example\"", "emial = \"supervisor@mercy.example\""),
        (HOUSE, "[[rotation]]\nrole", "[window.nights]\nfrom = \"mon 17:00\"\nt = \"tue 08:00\"\n\n[[rotation]]\nrole"),
        (HOUSE, "[[rotation]]\nrole", "[window.days]\ndyas = [\"sat\"]\n\n[[rotation]]\nrole"),
        (HOUSE, "[[rotation]]\nrole", "[window.days]\nholydays = [\"us-federal\"]\n\n[[rotation]]\nrole"),
        (PRIVACY, "name = \"Jin Chen\"", "name = \"Jin Chen\"\nunavailable = [{ dyas = [\"tue\"] }]"),
        (MAIN, "port = 25", "port = 25\nusername = \"wardbell\"\npasword_file = \"secrets/twilio\""),
    ] {
        check(mistake, 1);
    }
}

#[test]
fn headers_with_a_bracket_too_few_or_too_many() {
    for mistake in [
        (HOUSE, "[[liaison]]", "[liaison]"),
        (HOUSE, "[[rotation]]", "[rotation]"),
        (PRIVACY, "[[override]]", "[override]"),
        (PEOPLE, "[[person]]", "[person]"),
        (PRIVACY, "[hours]", "[[hours]]"),
        (HOUSE, "[[rotation]]\nrole", "[[window]]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n\n[[rotation]]\nrole"),
        (
            HOUSE,
            "[[rotation]]\nrole = \"primary\"\nduring = \"always\"",
            "[[window]]\ndays = [\"sat\"]\n\n[[rotation]]\nrole = \"primary\"\nduring = \"saturday\"",
        ),
        (
            HOUSE,
            "[[rotation]]\nrole",
            "[[window.weekend]]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n\n[[rotation]]\nrole",
        ),
        (
            HOUSE,
            "[[rotation]]\nrole",
            "[window.always]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n\n[[rotation]]\nrole",
        ),
        (
            HOUSE,
            "[[rotation]]\nrole",
            "[window.Weekend]\nfrom = \"Friday 5pm\"\nto = \"mon 08:00\"\n\n[[rotation]]\nrole",
        ),
        (
            HOUSE,
            "[[rotation]]\nrole",
            "[window.weekend]\nfrom = \"Fri 17:00\"\nto = \"mon 08:00\"\n\n[[rotation]]\nrole",
        ),
        (HOUSE, "[[rotation]]\nrole", "[window.weekend]\ndays = [\"Saturday\", \"sun\"]\n\n[[rotation]]\nrole"),
    ] {
        let wrong = mistake.2;
        check(mistake, 1 + usize::from(wrong.contains("Weekend")));
    }
    let two = "[[window]]\ndays = [\"sat\"]\n\n[[window]]\ndays = [\"sun\"]\n\n[[rotation]]\nrole";
    let mut files = with((HOUSE, "[[rotation]]\nrole", two));
    let all = errors(&files);
    let hints: Vec<_> = all.iter().filter_map(|one| one.hint.as_deref()).collect();
    assert_eq!(hints, ["write `[window.weekend]`", "write `[window.weekend-2]`"]);
    all.iter().for_each(|error| apply(&mut files, error));
    assert_eq!(errors(&files), []);
    // Two of them: the second is a key given twice.
    check((PRIVACY, "[[rotation]]", "[rotation]"), 2);
}

#[test]
fn a_file_whose_name_is_not_its_department() {
    let mut files = good();
    let privacy = text(&files, PRIVACY);
    files.remove(PRIVACY);
    files.insert("rosters/privacy - Copy.toml", privacy);
    let hints: Vec<_> = errors(&files).into_iter().filter_map(|one| one.hint).collect();
    assert!(hints.contains(&"rename the file to `privacy.toml`".to_owned()), "{hints:?}");
}

#[test]
fn numbers_and_addresses_are_in_no_hint_that_is_logged() {
    for wrong in
        ["sms = \"(312) 555-0139\"", "sms = +1 312 555 0139", "sms = \"+13125550101\"\nsms2 = \"+13125550139\""]
    {
        let loaded = load(&with((PRIVACY, "sms = \"+13125550101\"", wrong)));
        let logged: Vec<_> = loaded.diagnostics.iter().filter_map(|one| one.hint.clone()).collect();
        assert!(!logged.is_empty() && logged.iter().all(|hint| !hint.contains("5550139")), "{logged:?}");
        assert!(
            errors(&with((PRIVACY, "sms = \"+13125550101\"", wrong)))[0].hint.as_ref().unwrap().contains("5550139")
        );
    }
}
