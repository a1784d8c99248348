//! What `wardbell diff` says of two versions of the files.

use wardbell::cli::diff::{json, text};
use wardbell::config::files::Memory;
use wardbell::domain::plan::Plan;
use wardbell::domain::plan_diff::PlanDiff;
use wardbell::domain::plan_diff::fact::Contacts;
use wardbell::domain::plan_diff::window::Window;

use crate::{good, load};

/// A change of the form (file, old text, new text); the old text is what stands in the file.
type Edit<'a> = (&'a str, &'a str, &'a str);

/// A Sunday evening in Chicago.
const NOW: &str = "2026-10-19T00:00:00Z";

pub fn plan(files: &Memory) -> Plan {
    let loaded = load(files);
    loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics)).plan
}

#[track_caller]
fn edited(edits: &[Edit]) -> Memory {
    let mut files = good();
    for (path, old, new) in edits {
        let text = String::from_utf8(files.get(path).unwrap().to_vec()).unwrap();
        assert!(text.contains(old), "{path} has no {old:?}");
        files.insert(*path, text.replacen(old, new, 1));
    }
    files
}

fn window(days: i64) -> Window {
    let from = NOW.parse().unwrap();
    Window { from, to: from + chrono::TimeDelta::days(days) }
}

fn said(old: &Memory, new: &Memory, days: i64) -> String {
    said_with(Contacts::Withheld, old, new, days)
}

fn said_with(contacts: Contacts, old: &Memory, new: &Memory, days: i64) -> String {
    let (old, new) = (plan(old), plan(new));
    let difference = PlanDiff::between(&old, &new, window(days), contacts);
    let mut out = anstream::StripStream::new(Vec::new());
    text::write(&difference, &old, &new, &mut out).unwrap();
    let text = String::from_utf8(out.into_inner()).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 80 || !line.trim_start().contains(' '), "{line}");
    }
    assert_eq!(text.lines().count() == 1, difference.count() == 0, "{text}");
    text
}

/// What is said of the good files after some edits, over four weeks.
#[track_caller]
fn after(edits: &[Edit]) -> String {
    said(&good(), &edited(edits), 28)
}

const PRIVACY: &str = "rosters/privacy.toml";
const HOUSE: &str = "rosters/house.toml";
const PLAYBOOK: &str = "playbooks/phi-by-staff.toml";
const LADDERS: &str = "playbooks/ladders.toml";
const MAIN: &str = "wardbell.toml";

#[test]
fn the_same_files_say_nothing() {
    insta::assert_snapshot!(after(&[]), @"no difference; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST");
}

#[test]
fn comments_owners_and_what_is_over_make_no_difference() {
    let told = after(&[
        (PRIVACY, "name = \"Privacy Office\"", "# A comment.\nname = \"Privacy Office\""),
        (PRIVACY, "owner = \"privacy.director@mercy.example\"", "owner = \"somebody.else@mercy.example\""),
        (PRIVACY, "review_by = 2027-01-31", "review_by = 2027-06-30"),
        (PRIVACY, "\"us-federal\", 2026-12-24", "\"us-federal\", 2026-12-24, 2026-10-12"),
        (PRIVACY, "away = [", "away = [{ from = \"2026-10-01 00:00\", to = \"2026-10-03 00:00\" }, "),
        (
            PRIVACY,
            "[[override]]",
            "[[override]]\nrole = \"primary\"\nfrom = \"2026-10-01 00:00\"\nto = \"2026-10-02 00:00\"\nliaison = \"j-chen\"\n\n[[override]]",
        ),
    ]);
    insta::assert_snapshot!(told, @"no difference; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST");
}

#[test]
fn a_swap_is_told_by_week_in_hours() {
    insta::assert_snapshot!(after(&[(PRIVACY, "[\"m-rivera\", \"j-chen\"]", "[\"j-chen\", \"m-rivera\"]")]), @r"
    Privacy Office (privacy)
      rotation of primary in hours: Jin Chen, Maria Rivera; 1 week each, from
        2026-01-05 08:00
        before: Maria Rivera, Jin Chen; 1 week each, from 2026-01-05 08:00
      primary: Maria Rivera instead of Jin Chen
        in hours, Mon 2026-10-19 08:00 to Sat 2026-10-24 15:00 CDT
        in hours, Mon 2026-11-02 08:00 to Sat 2026-11-07 15:00 CST
      primary: Jin Chen instead of Maria Rivera
        in hours, Mon 2026-10-26 08:00 to Sat 2026-10-31 15:00 CDT
        in hours, Mon 2026-11-09 08:00 to Sat 2026-11-14 15:00 CST
      backup: Jin Chen instead of Maria Rivera
        in hours, Mon 2026-10-19 08:00 to Sat 2026-10-24 15:00 CDT
        in hours, Mon 2026-11-02 08:00 to Sat 2026-11-07 15:00 CST
      backup: Maria Rivera instead of Jin Chen
        in hours, Mon 2026-10-26 08:00 to Sat 2026-10-31 15:00 CDT
        in hours, Mon 2026-11-09 08:00 to Sat 2026-11-14 15:00 CST
      first page in hours: Maria Rivera instead of Jin Chen, first on Mon 2026-10-19
        08:00 CDT, for phi-by-staff
    26 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
}

#[test]
fn an_override_is_told_with_its_reason_and_a_gap_as_nobody() {
    let entry = "[[override]]\nrole = \"backup\"\nfrom = \"2026-10-31 20:00\"\nto = \"2026-11-01 08:00\"\nliaison = \"m-rivera\"\n\
                 reason = \"marathon\"\n\n[[rotation]]";
    let told = after(&[
        (PRIVACY, "[[rotation]]", entry),
        (
            PRIVACY,
            "away = [",
            "away = [{ from = \"2026-10-26 00:00\", to = \"2026-10-31 00:00\", cover = \"j-chen\" }, ",
        ),
    ]);
    insta::assert_snapshot!(told, @r"
    Privacy Office (privacy)
      new override of backup: Maria Rivera, Sat 2026-10-31 20:00 CDT to Sun
        2026-11-01 08:00 CST (marathon)
      new absence of Maria Rivera: Mon 2026-10-26 00:00 to Sat 2026-10-31 00:00 CDT,
        covered by Jin Chen
      primary: Jin Chen instead of Maria Rivera
        Mon 2026-10-26 08:00 to 17:00 CDT
      backup: no one instead of Jin Chen
        Mon 2026-10-26 08:00 to 17:00 CDT
      backup: Maria Rivera instead of Jin Chen
        Sat 2026-10-31 20:00 CDT to Sun 2026-11-01 08:00 CST
      first page in hours: Jin Chen instead of Maria Rivera, first on Mon 2026-10-26
        08:00 CDT, for phi-by-staff
    6 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
}

#[test]
fn a_person_under_another_id_is_one_person() {
    let mut files = good();
    let text = String::from_utf8(files.get(PRIVACY).unwrap().to_vec()).unwrap();
    files.insert(PRIVACY, text.replace("m-rivera\"", "maria-rivera\""));
    insta::assert_snapshot!(said(&good(), &files, 28), @r"
    Privacy Office (privacy)
      id of Maria Rivera: maria-rivera; before: m-rivera
    1 difference; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
    files.insert(
        PRIVACY,
        text.replace("m-rivera\"", "r2\"").replace("r2@mercy", "other@mercy").replace("5550101", "5550199"),
    );
    insta::assert_snapshot!(said(&good(), &files, 28), @r"
    Privacy Office (privacy)
      id of Maria Rivera: r2; before: m-rivera
      phone of Maria Rivera: changed
    2 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
}

#[test]
fn how_people_are_reached_is_told_and_their_contacts_to_who_asks_for_them() {
    let newcomer = "[[liaison]]\nid = \"a-okafor\"\nname = \"Adaeze Okafor\"\nemail = \"a.okafor@mercy.example\"\n\
                    sms = \"+13125550155\"\nsms_consent = 2026-10-01\n\n[[rotation]]";
    let new = edited(&[
        (PRIVACY, "[[rotation]]", newcomer),
        (PRIVACY, "+13125550101", "+13125550177"),
        (
            PRIVACY,
            "{ by = \"sms\" }, { by = \"email\", after = \"1m\" }",
            "{ by = \"email\" }, { by = \"sms\", after = \"90s\" }",
        ),
        (
            PRIVACY,
            "email = \"j.chen@mercy.example\"",
            "email = \"jin.chen@mercy.example\"\nsms = \"+13125550102\"\nsms_consent = 2026-10-02",
        ),
        (HOUSE, "House Supervisor\"\nemail", "Night Supervisor\"\nemail"),
    ]);
    insta::assert_snapshot!(said_with(Contacts::Shown, &good(), &new, 28), @r"
    House Supervisor (house)
      name of `supervisor`: Night Supervisor; before: House Supervisor
    Privacy Office (privacy)
      phone of Maria Rivera: +13125550177; before: +13125550101
      channels of Maria Rivera: email at once, sms after 90s
        before: sms at once, email after 1m
      email of Jin Chen: jin.chen@mercy.example; before: j.chen@mercy.example
      new phone of Jin Chen: +13125550102
      new consent of Jin Chen to text messages: 2026-10-02
      channels of Jin Chen: email at once, sms at once; before: email at once
      new liaison: Adaeze Okafor, a.okafor@mercy.example, +13125550155
    8 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
    // Where many read it, the contacts themselves are nobody's business.
    insta::assert_snapshot!(said(&good(), &new, 28), @r"
    House Supervisor (house)
      name of `supervisor`: Night Supervisor; before: House Supervisor
    Privacy Office (privacy)
      phone of Maria Rivera: changed
      channels of Maria Rivera: email at once, sms after 90s
        before: sms at once, email after 1m
      email of Jin Chen: changed
      new phone of Jin Chen
      new consent of Jin Chen to text messages: 2026-10-02
      channels of Jin Chen: email at once, sms at once; before: email at once
      new liaison: Adaeze Okafor
    8 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
    insta::assert_snapshot!(said(&new, &good(), 28), @r"
    House Supervisor (house)
      name of `supervisor`: House Supervisor; before: Night Supervisor
    Privacy Office (privacy)
      phone of Maria Rivera: changed
      channels of Maria Rivera: sms at once, email after 1m
        before: email at once, sms after 90s
      email of Jin Chen: changed
      removed phone of Jin Chen
      removed consent of Jin Chen to text messages: 2026-10-02
      channels of Jin Chen: email at once; before: email at once, sms at once
      removed liaison: Adaeze Okafor
    8 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
    let report = |contacts| {
        let difference = PlanDiff::between(&plan(&good()), &plan(&new), window(1), contacts);
        format!("{:#}", json::report(&difference))
    };
    let (withheld, shown) = (report(Contacts::Withheld), report(Contacts::Shown));
    for contact in ["+13125550101", "+13125550177", "+13125550155", "jin.chen@", "a.okafor@"] {
        assert!(shown.contains(contact) && !withheld.contains(contact), "{contact}: {withheld}");
    }
    insta::assert_snapshot!(withheld, @r#"
    {
      "classes": [],
      "departments": [
        {
          "change": "changes",
          "department": "house",
          "facts": [
            {
              "after": "Night Supervisor",
              "before": "House Supervisor",
              "what": "name of `supervisor`"
            }
          ],
          "name": "House Supervisor"
        },
        {
          "change": "changes",
          "department": "privacy",
          "facts": [
            {
              "after": "(not shown)",
              "before": "(not shown)",
              "what": "phone of Maria Rivera"
            },
            {
              "after": "email at once, sms after 90s",
              "before": "sms at once, email after 1m",
              "what": "channels of Maria Rivera"
            },
            {
              "after": "(not shown)",
              "before": "(not shown)",
              "what": "email of Jin Chen"
            },
            {
              "after": "(not shown)",
              "before": null,
              "what": "phone of Jin Chen"
            },
            {
              "after": "2026-10-02",
              "before": null,
              "what": "consent of Jin Chen to text messages"
            },
            {
              "after": "email at once, sms at once",
              "before": "email at once",
              "what": "channels of Jin Chen"
            },
            {
              "after": "Adaeze Okafor",
              "before": null,
              "what": "liaison"
            }
          ],
          "name": "Privacy Office"
        }
      ],
      "differences": 8,
      "duty": [],
      "from": "2026-10-19T00:00:00.000Z",
      "hospital": [],
      "ladders": [],
      "to": "2026-10-20T00:00:00.000Z"
    }
    "#);
}

#[test]
fn hours_zones_and_escalation_are_told() {
    let told = after(&[
        (PRIVACY, "mon = \"08:00-17:00\"", "mon = \"07:30-17:00\"\ntue = \"07:30-17:00\""),
        (PRIVACY, "sat = [\"08:00-12:00\", \"13:00-15:00\"]\n", ""),
        (PRIVACY, "\"us-federal\", 2026-12-24", "2026-12-24, 2026-12-31"),
        (PRIVACY, "escalate_to = \"house\"\n", ""),
        (HOUSE, "America/Chicago", "America/Denver"),
    ]);
    insta::assert_snapshot!(told, @r"
    House Supervisor (house)
      time zone: America/Denver; before: America/Chicago
    Privacy Office (privacy)
      removed escalation: house
      hours on Mon: 07:30-17:00; before: 08:00-17:00
      new hours on Tue: 07:30-17:00
      removed hours on Sat: 08:00-12:00, 13:00-15:00
      removed closed days: the federal holidays
      new closed day: Thu 2026-12-31
      primary: Maria Rivera instead of no one
        Mon 2026-10-19 07:30 to 08:00 CDT
        Tue 2026-10-27 07:30 to 17:00 CDT
        Mon 2026-11-02 07:30 to 08:00 CST
        Tue 2026-11-10 07:30 to 17:00 CST
      primary: Jin Chen instead of no one
        Tue 2026-10-20 07:30 to 17:00 CDT
        Mon 2026-10-26 07:30 to 08:00 CDT
        Tue 2026-11-03 07:30 to 17:00 CST
        Mon 2026-11-09 07:30 to 08:00 CST
      primary: no one instead of Jin Chen
        Sat 2026-10-24 08:00 to 12:00 CDT
        Sat 2026-10-24 13:00 to 15:00 CDT
        Sat 2026-11-07 08:00 to 12:00 CST
        Sat 2026-11-07 13:00 to 15:00 CST
      primary: no one instead of Maria Rivera
        Sat 2026-10-31 08:00 to 12:00 CDT
        Sat 2026-10-31 13:00 to 15:00 CDT
        Sat 2026-11-14 08:00 to 12:00 CST
        Sat 2026-11-14 13:00 to 15:00 CST
      backup: Maria Rivera instead of Jin Chen
        Tue 2026-10-20 07:30 to 17:00 CDT
        Mon 2026-10-26 07:30 to 08:00 CDT
        Tue 2026-11-03 07:30 to 17:00 CST
        Mon 2026-11-09 07:30 to 08:00 CST
      backup: Jin Chen instead of Maria Rivera
        Sat 2026-10-24 08:00 to 12:00 CDT
        Sat 2026-10-24 13:00 to 15:00 CDT
        Sat 2026-11-07 08:00 to 12:00 CST
        Sat 2026-11-07 13:00 to 15:00 CST
      first page in hours: Maria Rivera instead of no one immediately, first on Mon
        2026-10-19 07:30 CDT, for phi-by-staff
      first page after hours: no one immediately instead of Jin Chen, first on Sat
        2026-10-24 08:00 CDT, for phi-by-staff
    33 differences; compared 2026-10-18 18:00 MDT to 2026-11-15 17:00 MST
    ");
}

#[test]
fn a_playbook_and_its_ladders_are_told_in_words() {
    let told = after(&[
        (PLAYBOOK, "departments = [\"privacy\"]", "departments = [\"privacy\", \"house\"]"),
        (PLAYBOOK, "severity = \"high\"", "severity = \"high\"\nladder = \"C\""),
        (PLAYBOOK, "act_within = \"30m\"", "act_within = \"20m\""),
        (PLAYBOOK, "acknowledge_within = \"10m\"", "acknowledge_within = \"5m\""),
        (PLAYBOOK, "hold = true\ninstead = [\"house\"]\n", ""),
        (PLAYBOOK, "confidence_at_least = 0.5", "confidence_at_least = 0.7"),
        (PLAYBOOK, "Confirm that anyone is a patient", "Reply at all"),
        (PLAYBOOK, "We will say more.", "We will not say more."),
        (LADDERS, "{ at = \"5m\", page = \"backup\" }", "{ at = \"3m\", page = \"backup\" }"),
        (
            MAIN,
            "\"Patient Privacy - Employee\" = \"phi-by-staff\"",
            "\"Patient Privacy - Employee\" = \"unclassified\"",
        ),
    ]);
    insta::assert_snapshot!(told, @r"
    The whole hospital
      class for `Patient Privacy - Employee` from listening-desk: unclassified
        before: phi-by-staff
    Privacy Office (privacy)
      first page after hours: House Supervisor instead of no one immediately, first
        on Sun 2026-10-18 19:00 CDT, for phi-by-staff
    Ladder A
      steps: primary at once, backup at 3m, house:primary at 10m; all again every 5m
        before: primary at once, backup at 5m, house:primary at 10m; all again every
          5m
    phi-by-staff: Patient information posted by staff
      ladder: C; before: B
      new department: house
      acknowledge within: 5m; before: 10m
      act within: 20m; before: 30m
      removed wait after hours: until the department opens
      removed stand-in after hours: house
      condition: confidence 0.7 or more; before: confidence 0.5 or more
      removed `do_not`: Confirm that anyone is a patient
      new `do_not`: Reply at all
      statement `holding`: We take this seriously. We will not say more. (approved
        by privacy)
        before: We take this seriously. We will say more. (approved by privacy)
    13 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
}

#[test]
fn what_comes_and_goes_is_told_from_both_sides() {
    let mut files = good();
    let text = String::from_utf8(files.get(HOUSE).unwrap().to_vec()).unwrap();
    let risk =
        text.replace("house", "risk").replace("House Supervisor", "Risk Desk").replace("supervisor", "risk-desk");
    files.insert("rosters/risk.toml", risk);
    let leak = "class = \"leak\"\ntitle = \"A leak\"\npage_title = \"Leak\"\nseverity = \"high\"\ndepartments = [\"risk\"]\n\
                acknowledge_within = \"10m\"\n";
    files.insert("playbooks/leak.toml", leak);
    insta::assert_snapshot!(said(&good(), &files, 28), @r"
    Risk Desk (risk), a new department
      new liaison: Risk Desk
    leak: A leak, a new playbook
      answered by: leak (risk), severity high, ladder B
        before: unclassified (house), severity moderate, ladder C
    2 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
    insta::assert_snapshot!(said(&files, &good(), 28), @r"
    Risk Desk (risk), removed
    leak: A leak, removed
      answered by: unclassified (house), severity moderate, ladder C
        before: leak (risk), severity high, ladder B
    2 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
}

#[test]
fn a_first_page_that_differs_for_one_hour_in_a_month_is_found() {
    let deputy = "[[liaison]]\nid = \"deputy\"\nname = \"Night Deputy\"\nemail = \"deputy@mercy.example\"\n\n\
                  [[override]]\nrole = \"primary\"\nfrom = \"2026-11-10 02:00\"\nto = \"2026-11-10 03:00\"\nliaison = \"deputy\"\n\n\
                  [[rotation]]\nrole = \"backup\"\nevery = \"1 hours\"\nhandoff = \"2026-10-20 00:00\"\nliaisons = [\"deputy\", \"supervisor\"]\n\n\
                  [[rotation]]";
    insta::assert_snapshot!(after(&[(HOUSE, "[[rotation]]", deputy)]), @r"
    House Supervisor (house)
      new liaison: Night Deputy
      new rotation of backup at all times: Night Deputy, House Supervisor; 1 hour
        each, from 2026-10-20 00:00
      new override of primary: Night Deputy, Tue 2026-11-10 02:00 to 03:00 CST
      primary: Night Deputy instead of House Supervisor
        Tue 2026-11-10 02:00 to 03:00 CST
      backup: Night Deputy instead of no one
        Tue 2026-10-20 00:00 CDT to Tue 2026-11-10 02:00 CST
        from Tue 2026-11-10 03:00 CST on
      backup: House Supervisor instead of no one
        Tue 2026-11-10 02:00 to 03:00 CST
      first page: Night Deputy instead of House Supervisor, first on Tue 2026-11-10
        02:00 CST, for phi-by-staff, unclassified
    9 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
}

#[test]
fn what_is_too_long_is_counted() {
    let swap = [(PRIVACY, "[\"m-rivera\", \"j-chen\"]", "[\"j-chen\", \"m-rivera\"]")];
    insta::assert_snapshot!(said(&good(), &edited(&swap), 300), @r"
    Privacy Office (privacy)
      rotation of primary in hours: Jin Chen, Maria Rivera; 1 week each, from
        2026-01-05 08:00
        before: Maria Rivera, Jin Chen; 1 week each, from 2026-01-05 08:00
      primary: Maria Rivera instead of Jin Chen
        in hours, Mon 2026-10-19 08:00 to Sat 2026-10-24 15:00 CDT
        in hours, Mon 2026-11-02 08:00 to Sat 2026-11-07 15:00 CST
        in hours, Mon 2026-11-16 08:00 to Sat 2026-11-21 15:00 CST
        in hours, Mon 2026-11-30 08:00 to Sat 2026-12-05 15:00 CST
        in hours, Mon 2026-12-14 08:00 to Sat 2026-12-19 15:00 CST
        in hours, Mon 2026-12-28 08:00 to Sat 2027-01-02 15:00 CST
        16 more until Sat 2027-08-14 15:00 CDT
      primary: Jin Chen instead of Maria Rivera
        in hours, Mon 2026-10-26 08:00 to Sat 2026-10-31 15:00 CDT
        in hours, Mon 2026-11-09 08:00 to Sat 2026-11-14 15:00 CST
        in hours, Mon 2026-11-23 08:00 to Sat 2026-11-28 15:00 CST
        in hours, Mon 2026-12-07 08:00 to Sat 2026-12-12 15:00 CST
        in hours, Mon 2027-01-04 08:00 to Sat 2027-01-09 15:00 CST
        in hours, Sat 2027-01-23 08:00 to 15:00 CST
        14 more until Sat 2027-08-07 15:00 CDT
      backup: Jin Chen instead of Maria Rivera
        in hours, Mon 2026-10-19 08:00 to Sat 2026-10-24 15:00 CDT
        in hours, Mon 2026-11-02 08:00 to Sat 2026-11-07 15:00 CST
        in hours, Mon 2026-11-16 08:00 to Sat 2026-11-21 15:00 CST
        in hours, Mon 2026-11-30 08:00 to Sat 2026-12-05 15:00 CST
        in hours, Mon 2026-12-14 08:00 to Sat 2026-12-19 15:00 CST
        in hours, Mon 2026-12-28 08:00 to Sat 2027-01-02 15:00 CST
        16 more until Sat 2027-08-14 15:00 CDT
      backup: Maria Rivera instead of Jin Chen
        in hours, Mon 2026-10-26 08:00 to Sat 2026-10-31 15:00 CDT
        in hours, Mon 2026-11-09 08:00 to Sat 2026-11-14 15:00 CST
        in hours, Mon 2026-11-23 08:00 to Sat 2026-11-28 15:00 CST
        in hours, Mon 2026-12-07 08:00 to Sat 2026-12-12 15:00 CST
        in hours, Mon 2027-01-04 08:00 to Sat 2027-01-09 15:00 CST
        in hours, Sat 2027-01-23 08:00 to 15:00 CST
        14 more until Sat 2027-08-07 15:00 CDT
      first page in hours: Maria Rivera instead of Jin Chen, first on Mon 2026-10-19
        08:00 CDT, for phi-by-staff
    242 differences; compared 2026-10-18 19:00 CDT to 2027-08-14 19:00 CDT
    ");
}

#[test]
fn no_text_commands_the_terminal() {
    let label = "\"Patient Privacy - Employee\" = \"phi-by-staff\"";
    let odd = "\"Red \\u001b[31m\" = \"phi-by-staff\"";
    insta::assert_snapshot!(after(&[(MAIN, label, odd)]), @r"
    The whole hospital
      removed class for `Patient Privacy - Employee` from listening-desk:
        phi-by-staff
      new class for `Red �[31m` from listening-desk: phi-by-staff
    2 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
}

#[test]
fn programs_are_told_all_of_it() {
    let old = plan(&good());
    let new = plan(&edited(&[
        (PRIVACY, "[\"m-rivera\", \"j-chen\"]", "[\"j-chen\", \"m-rivera\"]"),
        (PLAYBOOK, "act_within = \"30m\"", "act_within = \"20m\""),
        (LADDERS, "{ at = \"5m\", page = \"backup\" }", "{ at = \"3m\", page = \"backup\" }"),
    ]));
    let report = json::report(&PlanDiff::between(&old, &new, window(7), Contacts::Withheld));
    insta::assert_snapshot!(format!("{report:#}"), @r#"
    {
      "classes": [
        {
          "change": "changes",
          "class": "phi-by-staff",
          "facts": [
            {
              "after": "20m",
              "before": "30m",
              "what": "act within"
            }
          ],
          "first_pages": [
            {
              "after": [
                "m-rivera"
              ],
              "at": "2026-10-19T13:00:00.000Z",
              "before": [
                "j-chen"
              ],
              "department": "privacy",
              "when": "hours"
            }
          ],
          "title": "Patient information posted by staff"
        }
      ],
      "departments": [
        {
          "change": "changes",
          "department": "privacy",
          "facts": [
            {
              "after": "Jin Chen, Maria Rivera; 1 week each, from 2026-01-05 08:00",
              "before": "Maria Rivera, Jin Chen; 1 week each, from 2026-01-05 08:00",
              "what": "rotation of primary in hours"
            }
          ],
          "name": "Privacy Office"
        }
      ],
      "differences": 10,
      "duty": [
        {
          "after": "m-rivera",
          "before": "j-chen",
          "department": "privacy",
          "from": "2026-10-19T13:00:00.000Z",
          "role": "primary",
          "to": "2026-10-19T22:00:00.000Z"
        },
        {
          "after": "m-rivera",
          "before": "j-chen",
          "department": "privacy",
          "from": "2026-10-24T13:00:00.000Z",
          "role": "primary",
          "to": "2026-10-24T17:00:00.000Z"
        },
        {
          "after": "m-rivera",
          "before": "j-chen",
          "department": "privacy",
          "from": "2026-10-24T18:00:00.000Z",
          "role": "primary",
          "to": "2026-10-24T20:00:00.000Z"
        },
        {
          "after": "j-chen",
          "before": "m-rivera",
          "department": "privacy",
          "from": "2026-10-19T13:00:00.000Z",
          "role": "backup",
          "to": "2026-10-19T22:00:00.000Z"
        },
        {
          "after": "j-chen",
          "before": "m-rivera",
          "department": "privacy",
          "from": "2026-10-24T13:00:00.000Z",
          "role": "backup",
          "to": "2026-10-24T17:00:00.000Z"
        },
        {
          "after": "j-chen",
          "before": "m-rivera",
          "department": "privacy",
          "from": "2026-10-24T18:00:00.000Z",
          "role": "backup",
          "to": "2026-10-24T20:00:00.000Z"
        }
      ],
      "from": "2026-10-19T00:00:00.000Z",
      "hospital": [],
      "ladders": [
        {
          "after": "primary at once, backup at 3m, house:primary at 10m; all again every 5m",
          "before": "primary at once, backup at 5m, house:primary at 10m; all again every 5m",
          "classes": [],
          "ladder": "A"
        }
      ],
      "to": "2026-10-26T00:00:00.000Z"
    }
    "#);
}

#[test]
fn windows_turns_and_weekly_times_are_compared() {
    let weekend = "[window.weekend]\nfrom = \"fri 17:00\"\nto = \"mon 08:00\"\n\n[[rotation]]\nrole = \"primary\"\n\
                   during = \"weekend\"\nliaisons = [\"j-chen\", \"-\"]\nevery = \"1 turn\"\nhandoff = \"2026-10-16 17:00\"\n\n\
                   [[override]]";
    insta::assert_snapshot!(after(&[
        ("rosters/privacy.toml", "[[override]]", weekend),
        ("rosters/privacy.toml", "away = [", "unavailable = [{ days = [\"mon\"], hours = \"08:00-09:00\", until = 2026-11-02 }]\naway = ["),
        ("rosters/privacy.toml", "[hours]", "approvers = [\"j-chen\", \"m-rivera\"]\n\n[hours]"),
        ("rosters/privacy.toml", "sms = \"+13125550101\"", "sms = [\"+13125550101\", \"+13125550109\"]\npager = \"5550101\""),
    ]), @r"
    Privacy Office (privacy)
      new window `weekend`: Fri 17:00 to Mon 08:00
      new approvers: Jin Chen, Maria Rivera
      new further phone of Maria Rivera
      new pager of Maria Rivera
      new rotation of primary in window `weekend`: Jin Chen, free turn; 1 turn each,
        from 2026-10-16 17:00
      new unavailable time of Maria Rivera: Mon 08:00 to Mon 09:00 every week, until
        Mon 2026-11-02
      primary: Jin Chen instead of no one
        until Mon 2026-10-19 08:00 CDT
        after hours, Fri 2026-10-30 17:00 CDT to Mon 2026-11-02 08:00 CST
        after hours, from Fri 2026-11-13 17:00 CST on
      primary: Jin Chen instead of Maria Rivera
        Mon 2026-10-26 08:00 to 09:00 CDT
      backup: Maria Rivera instead of Jin Chen
        until Mon 2026-10-19 08:00 CDT
        after hours, Fri 2026-10-30 17:00 CDT to Mon 2026-11-02 08:00 CST
        after hours, from Fri 2026-11-13 17:00 CST on
      backup: no one instead of Maria Rivera
        Mon 2026-10-19 08:00 to 09:00 CDT
        Mon 2026-11-02 08:00 to 09:00 CST
      backup: no one instead of Jin Chen
        Mon 2026-10-26 08:00 to 09:00 CDT
      first page in hours: Jin Chen instead of Maria Rivera, first on Mon 2026-10-26
        08:00 CDT, for phi-by-staff
    25 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
    let before = edited(&[("rosters/privacy.toml", "[[override]]", weekend)]);
    let text = String::from_utf8(before.get("rosters/privacy.toml").unwrap().to_vec()).unwrap();
    let mut now = before.clone();
    now.insert("rosters/privacy.toml", text.replace("fri 17:00", "fri 18:00").replace("1 turn", "2 turns"));
    insta::assert_snapshot!(said(&before, &now, 28), @r"
    Privacy Office (privacy)
      window `weekend`: Fri 18:00 to Mon 08:00; before: Fri 17:00 to Mon 08:00
      rotation of primary in window `weekend`: Jin Chen, free turn; 2 turns each,
        from 2026-10-16 17:00
        before: Jin Chen, free turn; 1 turn each, from 2026-10-16 17:00
      primary: Jin Chen instead of no one
        after hours, Fri 2026-10-23 18:00 to Mon 2026-10-26 08:00 CDT
      primary: no one instead of Jin Chen
        after hours, Fri 2026-10-30 17:00 CDT to Mon 2026-11-02 08:00 CST
        Fri 2026-11-13 17:00 to 18:00 CST
      backup: Maria Rivera instead of Jin Chen
        after hours, Fri 2026-10-23 18:00 to Mon 2026-10-26 08:00 CDT
      backup: Jin Chen instead of Maria Rivera
        after hours, Fri 2026-10-30 17:00 CDT to Mon 2026-11-02 08:00 CST
        Fri 2026-11-13 17:00 to 18:00 CST
    16 differences; compared 2026-10-18 19:00 CDT to 2026-11-15 18:00 CST
    ");
}
