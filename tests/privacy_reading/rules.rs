//! Each rule, with texts that it marks and texts that it leaves alone.

use std::collections::BTreeMap;

use wardbell::config::privacy_reading::builtin;
use wardbell::domain::incident::Content;
use wardbell::domain::privacy_reading::found::Why;
use wardbell::domain::privacy_reading::protected::Protected;
use wardbell::domain::privacy_reading::read;

fn report() -> Protected {
    let content = Content {
        summary: Some(
            "On Tuesday Dawn's grandmother waited 14 hours in the gallbladder clinic with Nurse Okonkwo. It was busy."
                .to_owned(),
        ),
        url: Some("https://social.example/dawnrivera82/posts/77120045512".to_owned()),
        author: Some("@DawnRivera_82".to_owned()),
        labels: BTreeMap::from([("campaign".to_owned(), "Heartbreak-Hall".to_owned())]),
        involved_unknown: vec!["Grace Abernathy".to_owned()],
    };
    Protected::new(&content, vec!["Will Sørensen".to_owned()], vec!["Mercy General".to_owned()])
}

/// The marked parts of a text, each with its reason.
fn marked(text: &str) -> Vec<(String, Why)> {
    let letters: Vec<char> = text.chars().collect();
    let part = |from: usize, to: usize| letters[from..to].iter().collect::<String>();
    read(text, &report(), &builtin()).into_iter().map(|mark| (part(mark.from, mark.to), mark.why)).collect()
}

#[track_caller]
fn check(why: Why, marks: &[(&str, &str)], passes: &[&str]) {
    for (text, part) in marks {
        let found = marked(text);
        let is_found = found.iter().any(|(marked, reason)| *reason == why && marked.contains(part));
        assert!(is_found, "{text:?} is marked at {part:?} as {why:?}, but has {found:?}");
    }
    for text in passes {
        let found: Vec<_> = marked(text).into_iter().filter(|(_, reason)| *reason == why).collect();
        assert!(found.is_empty(), "{text:?} has {found:?}");
    }
}

#[test]
fn names_and_accounts_are_found_however_they_are_written() {
    check(
        Why::Name,
        &[
            ("Thank you, @DawnRivera_82.", "DawnRivera_82"),
            ("thank you dawnrivera82", "dawnrivera82"),
            ("Thank you, Dawn Rivera.", "Rivera"),
            ("We hear you, DAWN.", "DAWN"),
            ("We hear you, Ríverà.", "Ríverà"),
            ("We hear you, Riviera.", "Riviera"),
            ("We hear you, d4wn r1vera.", "r1vera"),
            ("We hear you, D a w n.", "D a w n"),
            ("Ms. Abernathy is a valued colleague.", "Abernathy"),
            ("Ms. Abernethy is a valued colleague.", "Abernethy"),
            ("We asked Grace about it.", "Grace"),
            ("The team of Will Sorensen knows.", "Will"),
            ("The team of Will Sorensen knows.", "Sorensen"),
            ("Okonkwos are a fine family.", "Okonkwo"),
        ],
        &[
            "We will call you.",
            "Mercy General is open at dawning light.",
            "At the lake there is a path.",
            "General questions are welcome.",
        ],
    );
}

#[test]
fn what_the_report_says_is_found_where_a_text_speaks_of_somebody() {
    check(
        Why::Report,
        &[
            ("We hope that your gallbladder is better.", "gallbladder"),
            ("Nobody should sit here for fourteen hours.", "fourteen hours"),
            ("Nobody should sit here for 14 hours.", "14 hours"),
            ("You can reach her grandmother.", "grandmother"),
            ("It says heartbreak, and you know why.", "heartbreak"),
        ],
        &[
            "Our gallbladder clinic is open on weekdays.",
            "The clinic is busy, and we are sorry about waiting times.",
            "Our lobby has room for 14 chairs.",
        ],
    );
    check(Why::Link, &[("See 77120045512.", "77120045512")], &["Call 555-0100.", "See our posts."]);
}

#[test]
fn what_confirms_a_patient_is_found() {
    check(
        Why::Patient,
        &[
            ("We are sorry about your visit.", "your visit"),
            ("It was quiet when you were with us.", "when you were"),
            ("We treated you with care.", "We treated you"),
            ("Thank you for choosing us!", "Thank you for choosing"),
            ("We hope your stay was pleasant.", "your stay"),
            ("Your records are ready.", "Your records"),
            ("Our patient is doing well.", "Our patient"),
            ("Your appointment is at noon.", "Your appointment"),
            ("She was discharged.", "was discharged"),
            ("He came in to our ER.", "came in to our ER"),
            ("A frequent flyer again.", "frequent flyer"),
            ("The gentleman refused care.", "The gentleman"),
            ("ur appt is set", "ur appt"),
            ("Your apointment is at noon.", "Your apointment"),
            ("We have no record of you.", "no record of"),
            ("Our records show otherwise.", "records show"),
            ("Your dad's nurse has been told.", "Your dad"),
            ("As we told you at the desk, it was full.", "we told you"),
            ("Glad the surgery went fine!", "surgery went"),
            ("So sorry for your loss.", "for your loss"),
            ("Sentimos lo de su visita.", "su visita"),
            ("Lo atendimos bien.", "Lo atendimos"),
            ("Gracias por elegirnos.", "Gracias por elegirnos"),
        ],
        &[
            "We take the privacy of every patient seriously.",
            "We never say who is or is not a patient here.",
            "If you have a question about your visit, please call us.",
            "Please call our patient advocate at 555-0100.",
            "We care for patients day and night.",
            "Thank you for your kind words.",
            "We have sent you a direct message.",
            "Thank you for reaching out, and please give us a call.",
            "Visitors are welcome from 8 a.m. to 8 p.m.",
            "Cualquier paciente puede llamar al 555-0100.",
        ],
    );
}

#[test]
fn details_by_which_others_know_who_is_meant_are_found() {
    check(
        Why::Detail,
        &[
            ("A 34-year-old lives there.", "34-year-old"),
            ("It is about a 6 yo.", "6 yo"),
            ("Look into room 412.", "room 412"),
            ("Bed 3 is free.", "Bed 3"),
            ("Ask unit 4B at noon.", "unit 4"),
            ("It is account number 22817.", "account number 22817"),
            ("Tiene 34 años.", "34 años"),
        ],
        &["We have 412 rooms.", "We are at 300 Oak Street, suite 200.", "Call 555-0100."],
    );
}

#[test]
fn promises_and_admissions_are_found() {
    check(
        Why::Promise,
        &[
            ("We will fire the nurse.", "fire the nurse"),
            ("They will be terminated.", "will be terminated"),
            ("The aide has been suspended.", "been suspended"),
            ("He no longer works here.", "no longer works"),
            ("It will never happen again.", "never happen"),
            ("La enfermera será despedida.", "será despedida"),
        ],
        &[
            "We take appropriate steps.",
            "We hold ourselves to high standards.",
            "We do not comment on personnel matters.",
        ],
    );
    check(
        Why::Admission,
        &[
            ("It was our fault.", "our fault"),
            ("We made a mistake.", "We made a mistake"),
            ("We let her down.", "We let her down"),
            ("This should never have happened.", "should never have happened"),
            ("Cometimos un error.", "Cometimos un error"),
        ],
        &["We are sorry for the inconvenience.", "We always try to improve."],
    );
}

#[test]
fn dates_and_places_of_a_visit_are_found() {
    check(
        Why::Date,
        &[
            ("We are sorry that you waited on Thursday.", "on Thursday"),
            ("She called last night.", "last night"),
            ("You asked on November 12.", "November 12"),
            ("You asked on 11/12.", "on 11/12"),
            ("They told you at 2:15.", "at 2:15"),
            ("Usted llamó el jueves.", "el jueves"),
        ],
        &[
            "Our clinic is open Monday through Friday, 8:00 to 17:00.",
            "Join us on Saturday, December 5, for free flu shots.",
            "Please call us on Monday.",
            "El estacionamiento estará cerrado el sábado por obras.",
        ],
    );
    check(
        Why::Place,
        &[("You asked in the lobby.", "in the lobby"), ("You asked on the 4th floor.", "4th floor")],
        &["The cafeteria is in the lobby.", "The library is on the 4th floor."],
    );
}

#[test]
fn where_several_reasons_apply_there_is_one_mark() {
    assert_eq!(marked("We are sorry, Dawn.").len(), 1);
    let text = "Your dad in room 412 waited 14 hours on Tuesday with Dawn Rivera.";
    let marks = read(text, &report(), &builtin());
    assert!(marks.len() > 1);
    assert!(marks.windows(2).all(|pair| pair[0].to <= pair[1].from), "{marks:?}");
    assert!(marks.iter().all(|mark| mark.from < mark.to && mark.to <= text.chars().count()));
}

#[test]
fn a_reason_quotes_nothing() {
    for why in Why::ALL {
        let sentence = why.sentence();
        assert!(sentence.ends_with('.') && !sentence.contains(['"', '“', '{']), "{sentence}");
        assert_eq!(serde_json::to_value(why).unwrap(), why.word());
    }
}

#[test]
fn odd_texts_are_read_without_harm() {
    for text in ["", " ", "'", "…", "ß'", "👍🏽👍🏽", "\u{200b}", "a\u{301}'s", "12:/34", "@", &"room ".repeat(3_000)]
    {
        let marks = read(text, &report(), &builtin());
        assert!(marks.iter().all(|mark| mark.to <= text.chars().count()));
    }
    let empty = Protected::default();
    assert_eq!(read("We are open, and you are welcome.", &empty, &builtin()), []);
}
