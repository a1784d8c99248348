//! Amion's report, as it comes and as it is spoilt.

use proptest::prelude::{ProptestConfig, any, prop, proptest};
use proptest::sample::Index;
use wardbell::config::import::amion::{Wanted, read};
use wardbell::config::import::fault::Fault;
use wardbell::config::import::label::Origin;
use wardbell::config::import::months_of;
use wardbell::config::import::shift::{Shift, Shifts};
use wardbell::domain::month::Month;

use crate::imports::made;

/// The heading is of another length from one hospital to the next, and holds commas and quotes.
const HEADING: &str = "\
Department of \"Quality\", Mercy Hospital
Report 625c, made 11-24-26
Assignments for 12-1-26 to 12-31-26
Times are local.

Name, Staff ID, Backup Staff ID, Assignment Name, Assignment ID, Backup Assignment ID, Date, Start, End, Type, Pager, Tel, Email, Messagable, Note, Assignment Type, Grouping
----------
";

fn months(months: &[&str]) -> Vec<Month> {
    months.iter().map(|month| month.parse().unwrap()).collect()
}

fn read_with(rows: &str, assignments: &[&str], in_months: &[&str]) -> Result<Vec<Shift>, Vec<Fault>> {
    let assignments: Vec<_> = assignments.iter().map(|name| (*name).to_owned()).collect();
    let months = months(in_months);
    let shifts = read_as(format!("{HEADING}{rows}").as_bytes(), &assignments, &months, false)?;
    months_of(&shifts, &months, false).map(|_| shifts).map_err(|fault| vec![fault])
}

fn read_as(
    bytes: &[u8],
    assignments: &[String],
    months: &[Month],
    may_be_empty: bool,
) -> Result<Vec<Shift>, Vec<Fault>> {
    read(bytes, Wanted { assignments, months, may_be_empty }).map(|read: Shifts| read.shifts)
}

fn said(rows: &str) -> String {
    made(read_with(rows, &[], &[]), Origin::Amion, &[])
}

fn row(name: &str, date: &str, start: &str, end: &str) -> String {
    format!("\"{name}\",17,1017,\"Call\",3,1003,{date},{start},{end},\"MD\",,,,1,\"\",\"\",\"\"\n")
}

#[test]
fn a_month_is_read_in_the_forms_that_are_about() {
    let rows = [
        row("Rivera, Maria", "12-1-26", "0700", "1900"),
        row("Jin Chen", "12/1/2026", "7:00p", "7:00a"),
        row("JIN  CHEN", "2026-12-02", "0700", "24:00"),
        row("Maria Rivera", "12-3-26", "0000", "2400"),
        row("Maria Rivera", "12-4-26", "12:00 AM", "0000"),
        row("Maria Rivera", "12-5-26", "7a", "7:30 p.m."),
        row("Jin Chen", "12-31-26", "1900", "700"),
    ];
    let rows = rows.concat().replace("7:30 p.m.", "7:30pm");
    insta::assert_snapshot!(said(&rows), @r"
    12-01 07:00 to 12-01 19:00 m-rivera (from Amion 2026-12)
    12-01 19:00 to 12-03 00:00 j-chen (from Amion 2026-12)
    12-03 00:00 to 12-05 00:00 m-rivera (from Amion 2026-12)
    12-05 07:00 to 12-05 19:30 m-rivera (from Amion 2026-12)
    12-31 19:00 to 01-01 07:00 j-chen (from Amion 2026-12)
    ");
    let tabs = rows.replace(',', "\t").replace("Rivera\t Maria", "Rivera, Maria");
    assert_eq!(said(&tabs), said(&rows), "the report with tabs says the same");
    let dos = format!("\u{feff}{rows}").replace('\n', "\r\n");
    assert_eq!(said(&dos), said(&rows));
}

#[test]
fn a_spoilt_line_before_the_first_good_one_is_no_heading() {
    let head = "Mercy\nReport 625c\nFrom 12/1/2026, to 12/31/2026\n\n";
    let good = row("Jin Chen", "12-1-26", "1900", "0700");
    assert_eq!(said(&format!("{head}{good}")), "12-01 19:00 to 12-02 07:00 j-chen (from Amion 2026-12)");
    for spoilt in [
        "\"Rivera, Maria,17,1017,\"Call\",3,1003,12-1-26,0700,1900,,,,,1,\"\",\"\",\"\"",
        "\"Rivera, Maria\",17,1017,\"Call\",3,1003,12-1-26",
        "\"Rivera, Maria\";17;1017;\"Call\";3;1003;12-1-26;0700;1900",
    ] {
        let told = said(&format!("{head}{spoilt}\n{good}"));
        assert!(told.contains("this is not an assignment: it has too few columns or no date"), "{spoilt}: {told}");
    }
}

#[test]
fn a_shift_is_imported_with_the_month_it_starts_in() {
    let rows = row("Jin Chen", "11-30-26", "1900", "0700") + &row("Jin Chen", "12-1-26", "0700", "1900");
    let told = |in_months: &[&str]| made(read_with(&rows, &[], in_months), Origin::Amion, &[]);
    assert_eq!(told(&["2026-12"]), "12-01 07:00 to 12-01 19:00 j-chen (from Amion 2026-12)");
    insta::assert_snapshot!(told(&[]), @r"
    11-30 19:00 to 12-01 07:00 j-chen (from Amion 2026-11)
    12-01 07:00 to 12-01 19:00 j-chen (from Amion 2026-12)
    ");
    let refused =
        "no shifts in 2027-01. If that is right, use `--allow-empty` to remove what an earlier import added for it";
    assert_eq!(told(&["2027-01"]), refused);
    assert_eq!(told(&["2026-12", "2027-01"]), refused, "one that is empty beside one that is not");
}

#[test]
fn people_are_found_by_key_name_address_and_number() {
    for fields in [
        "\"\",m-rivera,,Call,,,12-1-26,0700,1900,,,,",
        "\"Maria Rivera\",,,Call,,,12-1-26,0700,1900,,,,",
        "\"rivera, maria\",,,Call,,,12-1-26,0700,1900,,,,",
        "\"MR\",,,Call,,,12-1-26,0700,1900,,,,M.Rivera@Mercy.example",
        "\"MR\",,,Call,,,12-1-26,0700,1900,,(312) 555-0101,,",
        "\"MR\",,,Call,,,12-1-26,0700,1900,,,+1 312 555 0101,",
    ] {
        assert_eq!(said(fields), "12-01 07:00 to 12-01 19:00 m-rivera (from Amion 2026-12)", "{fields}");
    }
    let fields = "\"Dr. R\",8817,,Call,,,12-1-26,0700,1900,,5-0101,,";
    for map in ["dr. r = m-rivera", "8817=m-rivera"] {
        let told = made(read_with(fields, &[], &[]), Origin::Amion, &[map]);
        assert_eq!(told, "12-01 07:00 to 12-01 19:00 m-rivera (from Amion 2026-12)", "{map}");
    }
}

/// Phones are shared and handed on: a name that is nobody's is not overruled by a number.
#[test]
fn a_number_alone_makes_nobody_of_another_name_the_one_on_call() {
    let rows = [
        "\"Smith, Bob\",,,Call,,,12-1-26,0700,1900,,(312) 555-0101,,\n",
        "\"Smith, Bob\",,,Call,,,12-2-26,0700,1900,,(312) 555-0101,,\n",
        "SMITH BOB,,,Call,,,12-3-26,0700,1900,,,+13125550101,\n",
        "\"Riviera, Maria\",,,Call,,,12-4-26,0700,1900,,,+13125550101,\n",
        "\"Smith, Bob\",,,Call,,,12-5-26,0700,1900,,,,m.rivera@mercy.example\n",
    ];
    insta::assert_snapshot!(said(&rows.concat()), @r#"
    lines 8 and 9: `privacy` has no `Smith, Bob`, but the number belongs to `Maria Rivera`. Set who it is with `--liaison "Smith, Bob=ID"`
    line 10: `privacy` has no `SMITH BOB`, but the number belongs to `Maria Rivera`. Set who it is with `--liaison "SMITH BOB=ID"`
    line 11: `privacy` has no `Riviera, Maria`, but the number belongs to `Maria Rivera`. Did you mean `Maria Rivera`? Set who it is with `--liaison "Riviera, Maria=m-rivera"`
    line 12: `privacy` has no `Smith, Bob`, but the address belongs to `Maria Rivera`. Set who it is with `--liaison "Smith, Bob=ID"`
    "#);
    let told = made(read_with(rows[0], &[], &[]), Origin::Amion, &["Smith, Bob=j-chen"]);
    assert_eq!(told, "12-01 07:00 to 12-01 19:00 j-chen (from Amion 2026-12)");
    for name in ["MR", "M. R.", "mr", "Maria", "\"Rivera, M\"", "\"Rivera, Maria A., RN\"", "Dr. Maria Rivera", ""] {
        let row = format!("{name},,,Call,,,12-1-26,0700,1900,,(312) 555-0101,,");
        assert_eq!(said(&row), "12-01 07:00 to 12-01 19:00 m-rivera (from Amion 2026-12)", "{name}");
    }
}

#[test]
fn whoever_is_not_known_is_told_all_at_once() {
    let rows = [
        row("Riviera, Maria", "12-1-26", "0700", "1900"),
        row("Chen, Jin", "12-1-26", "1900", "0700"),
        row("Riviera, Maria", "12-2-26", "0700", "1900"),
        row("Nemo", "12-2-26", "1900", "0700"),
        row("Riviera, Maria", "12-3-26", "0700", "1900"),
        "Maria Rivera,j-chen,,Call,,,12-4-26,0700,1900,,,,\n".to_owned(),
    ];
    insta::assert_snapshot!(said(&rows.concat()), @r#"
    lines 8, 10 and 1 more: `privacy` has no `Riviera, Maria`. Did you mean `Maria Rivera`? Set who it is with `--liaison "Riviera, Maria=m-rivera"`
    line 11: `privacy` has no `Nemo`. Set who it is with `--liaison "Nemo=ID"`
    line 13: `Maria Rivera` could be any of `j-chen`, `m-rivera`. Set who it is with `--liaison "Maria Rivera=ID"`
    "#);
}

#[test]
fn lines_that_are_wrong_are_told_all_at_once() {
    let rows = [
        row("Chen, Jin", "13-1-26", "0700", "1900"),
        row("Chen, Jin", "12-1-26", "2500", "1900"),
        row("Chen, Jin", "12-2-26", "0700", "7"),
        row("Chen, Jin", "12-2-26", "24:00", "0700"),
        "Chen, Jin\n".to_owned(),
        row("Chen, Jin", "soon", "0700", "1900"),
        row("Chen, \"Jin", "12-2-26", "0700", "1900"),
    ];
    insta::assert_snapshot!(said(&rows.concat()), @r"
    line 8: `13-1-26` is not a date such as `12-24-26`
    line 9: `2500` is not a time such as `0700` or `7:00p`
    line 10: `7` is not a time such as `0700` or `7:00p`
    line 11: a shift cannot start at `24:00`; use `0000` of the next day
    line 12: this is not an assignment: it has too few columns or no date
    line 13: this is not an assignment: it has too few columns or no date
    ");
    let two = row("Chen, Jin", "12-1-26", "0700", "1900") + &row("Rivera, Maria", "12-1-26", "1800", "2000");
    assert_eq!(
        said(&two),
        "lines 8 and 9: `j-chen` and `m-rivera` overlap from 2026-12-01 18:00; a role has one person at a time"
    );
}

#[test]
fn the_assignment_that_means_the_role_is_asked_for() {
    let rows = row("Chen, Jin", "12-1-26", "0700", "1900")
        + &row("Rivera, Maria", "12-1-26", "0700", "1900").replace("\"Call\"", "\"Call, second\"");
    let told = |assignments: &[&str]| made(read_with(&rows, assignments, &[]), Origin::Amion, &[]);
    assert_eq!(
        told(&[]),
        "the report has more than one assignment. Choose those of the role with `--assignment`: `Call`, `Call, second`"
    );
    assert_eq!(told(&["call"]), "12-01 07:00 to 12-01 19:00 j-chen (from Amion 2026-12)");
    assert_eq!(told(&["Call, second"]), "12-01 07:00 to 12-01 19:00 m-rivera (from Amion 2026-12)");
    assert_eq!(told(&["Cal"]), "the report has no assignment `Cal`; did you mean `Call`?");
    // Where nobody has any, the report does not name the assignment; a slip of the pen is told all the same.
    let empty = |assignment: &str| {
        let text = format!("{HEADING}{rows}");
        read_as(text.as_bytes(), &[assignment.to_owned()], &months(&["2026-12"]), true)
    };
    assert_eq!(empty("Weekend"), Ok(Vec::new()));
    assert!(empty("Cal").unwrap_err()[0].message.ends_with("did you mean `Call`?"));
}

#[test]
fn what_is_no_report_is_told_so() {
    let said = |bytes: &[u8]| made(read_as(bytes, &[], &[], false), Origin::Amion, &[]);
    let page = b"<!DOCTYPE html>\n<html><body>Invalid code</body></html>";
    assert!(said(page).starts_with("this is a web page, not the report. Amion returns one if the code"));
    for nothing in [&b""[..], b"\n\n", b"NOFI=1\n", HEADING.as_bytes()] {
        assert!(said(nothing).starts_with("the file contains no assignments"), "{nothing:?}");
    }
    let latin = row("Rivero, M\u{e1}ria", "12-1-26", "0700", "1900");
    let latin: Vec<u8> = latin.chars().map(|one| one as u8).collect();
    assert!(said(&latin).contains("`Rivero, M\u{e1}ria`. Did you mean `Maria Rivera`?"), "{}", said(&latin));
    assert_eq!(said(&vec![b'x'; (16 << 20) + 1]), "the file is larger than 16 MiB");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_in_a_report_makes_the_reader_panic(cuts in prop::collection::vec((any::<Index>(), any::<Index>()), 1..6)) {
        let rows = row("Rivera, Maria", "12-1-26", "0700", "24:00") + &row("Chen, Jin", "12/2/2026", "7:00p", "7a");
        let mut bytes = format!("{HEADING}{rows}").into_bytes();
        let odd: [&[u8]; 10] = [b"\"", b",", b"\n", b"-", b"99999999999", b"\xff", "\u{e9}".as_bytes(), b":", b"\t", b""];
        for (at, what) in cuts {
            let at = at.index(bytes.len());
            let what = odd[what.index(odd.len())];
            bytes.splice(at..(at + what.len()).min(bytes.len()), what.iter().copied());
        }
        made(read_as(&bytes, &[], &[], false), Origin::Amion, &[]);
    }
}

#[test]
fn a_report_that_is_too_long_is_refused_before_its_lines_are_read() {
    // Lines that are no assignments, and not one of them is told.
    let log = "some, log, line, 2026-12-12 13:00, with, many, words, of, text\n".repeat(100_001);
    let faults = read_as(log.as_bytes(), &[], &[], false).unwrap_err();
    assert_eq!(faults, [Fault::whole("the report has more than 100000 lines; request fewer days from Amion")]);
    // Blank lines at the end are no lines.
    let rows = format!("{}{}", row("Rivera, Maria", "12-1-26", "0700", "1900"), "\n".repeat(100_000));
    assert_eq!(read_as(rows.as_bytes(), &[], &[], false).unwrap().len(), 1);
}

#[test]
fn a_stray_quote_spoils_no_other_line() {
    let good = row("Rivera, Maria", "12-1-26", "0700", "1900");
    let stray = row("Rivera, Maria", "12-2-26", "0700", "1900").replacen("\"Call\"", "\"Call", 1);
    let tabs = row("Rivera Maria", "12-3-26", "0700", "1900").replace(',', "\t");
    let faults = read_as(format!("{good}{stray}{tabs}{good}").as_bytes(), &[], &[], false).unwrap_err();
    assert_eq!(faults.iter().map(|fault| fault.lines.clone()).collect::<Vec<_>>(), [[2]]);
    let shifts = read_as(format!("{good}{tabs}{good}").as_bytes(), &[], &[], false).unwrap();
    assert_eq!(
        shifts.iter().map(|shift| shift.from.to_string()).collect::<Vec<_>>(),
        ["2026-12-01 07:00:00", "2026-12-03 07:00:00", "2026-12-01 07:00:00"]
    );
}
