//! People do at random what they can do with statements, while time passes, people are named as involved, and the class
//! changes. After every step the promises are checked against the events alone.

use wardbell::domain::digest::Digest;
use wardbell::domain::escalation::event::Event;
use wardbell::domain::escalation::statements::event::{StatementChanged, StatementEvent};
use wardbell::domain::escalation::statements::input::{ApprovalOf, NewDraft, StatementChange};
use wardbell::domain::id::DepartmentId;
use wardbell::domain::incident::Incoming;
use wardbell::domain::principal::Principal;

use crate::story::{Story, hospital};

const SEEDS: u64 = 40;
const STEPS: usize = 60;

/// Who may approve, by department, in the order in which they are asked. No roster changes.
const APPROVERS: [(&str, &[&str]); 3] =
    [("privacy", &["ann", "bob", "lea", "adam"]), ("slow", &["sue", "adam"]), ("legal", &["lea", "leo", "adam"])];

const PEOPLE: [&str; 7] = ["ann", "bob", "lea", "leo", "adam", "sue", "abe"];

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// What happened in all runs, so that a promise is not kept because nothing happened.
#[derive(Debug, Default)]
struct Counts {
    approved: usize,
    by_author: usize,
    used: usize,
    asked_anew: usize,
    refused: usize,
}

#[test]
fn whatever_people_do_an_approval_is_for_the_very_words_of_somebody_else_who_is_not_involved() {
    let mut counts = Counts::default();
    for seed in 0..SEEDS {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32);
        let mut story = Story::open(hospital(), "said");
        story.acknowledge("privacy", "ann");
        let (mut minute, mut checked) = (0, 0);
        for step in 0..STEPS {
            one_step(&mut story, &mut dice, &mut minute, step, &mut counts);
            let events = story.events();
            for index in checked..events.len() {
                check(&story, index, &mut counts).unwrap_or_else(|broken| panic!("seed {seed}, step {step}: {broken}"));
            }
            checked = story.events().len();
        }
    }
    let Counts { approved, by_author, used, asked_anew, refused } = counts;
    assert!(approved > 40 && by_author > 2 && used > 8 && asked_anew > 1 && refused > 200, "{counts:?}");
}

fn one_step(story: &mut Story, dice: &mut Dice, minute: &mut u32, step: usize, counts: &mut Counts) {
    let who = dice.pick(&PEOPLE);
    let all = story.incident().all_statements();
    let one = (!all.is_empty()).then(|| all[dice.below(all.len())].clone());
    let (statement, version) = one.as_ref().map_or((1, 1), |one| (one.number, one.version));
    // Now and then somebody has an older page open.
    let read = if dice.below(6) == 0 { version.saturating_sub(1).max(1) } else { version };
    let of = ApprovalOf { statement, version: read, department: None };
    let change = match dice.below(24) {
        0 => StatementChange::Draft(NewDraft { text: Some(format!("Text {step}.")), ..NewDraft::default() }),
        1 => {
            let text = ["Call 911 before 06:00.", "Call 911 before noon."][dice.below(2)].to_owned();
            StatementChange::Draft(NewDraft { name: Some("script".into()), text: Some(text), ..NewDraft::default() })
        }
        2 => StatementChange::Edit { statement, version: read, text: format!("Text {step},") },
        3..=6 => StatementChange::Submit { statement, version: None, marks: Vec::new(), reason: None },
        7..=14 => StatementChange::Approve(of),
        15 => StatementChange::AskForChanges { of, note: "less".into() },
        16 if dice.below(3) == 0 => StatementChange::Withdraw { statement },
        17 | 18 => StatementChange::Used { statement, version: None, place: "there".into(), at: None },
        19 if dice.below(6) == 0 => return story.fold(Incoming { involved: vec![who.into()], ..Incoming::default() }),
        20 if dice.below(6) == 0 => return story.fold(Incoming { class: "graver-said".into(), ..Incoming::default() }),
        _ => {
            *minute += u32::try_from(1 + dice.below(45)).unwrap();
            return story.run_to(&format!("{minute}m"));
        }
    };
    if story.statement(who, change).is_err() {
        counts.refused += 1;
    }
}

/// Checks one event against those before it.
fn check(story: &Story, index: usize, counts: &mut Counts) -> Result<(), String> {
    let events = story.events();
    let (at, Event::Statement(event)) = &events[index] else { return Ok(()) };
    let before: Vec<&(_, Event)> = events[..index].iter().collect();
    let is_involved = |id: &str| {
        before.iter().any(|(_, event)| {
            matches!(event, Event::Folded(folded) if folded.incident.involved.iter().any(|name| name == id))
        })
    };
    let of_it = || {
        before.iter().filter_map(|(at, one)| match one {
            Event::Statement(one) if one.statement == event.statement => Some((at, &**one)),
            _ => None,
        })
    };
    if let Some(by) = event.change.by().filter(|by| is_involved(by.id())) {
        return Err(format!("{} is involved: {event:?}", by.id()));
    }
    let latest = of_it().filter_map(|(_, one)| drafted(one)).next_back();
    match &event.change {
        StatementChanged::Asked { pages, .. } => {
            if let Some(paged) = pages.iter().find(|paged| is_involved(paged.liaison.as_str())) {
                return Err(format!("{} is involved and is asked", paged.liaison));
            }
        }
        StatementChanged::AskedAnew { .. } => counts.asked_anew += 1,
        StatementChanged::Approved { department, by, hash, is_author, .. } => {
            counts.approved += 1;
            let (author, latest_hash, _) = latest.ok_or("approved before it was written")?;
            if latest_hash != *hash {
                return Err(format!("approved other words: {event:?}"));
            }
            if author.id() != by.id() {
                return if *is_author { Err(format!("{} did not write it", by.id())) } else { Ok(()) };
            }
            counts.by_author += 1;
            if !is_author {
                return Err(format!("{} wrote it, and the record does not say so", by.id()));
            }
            let approvers = APPROVERS.iter().find(|(id, _)| *id == department.as_str()).unwrap().1;
            for other in approvers.iter().filter(|other| **other != by.id() && !is_involved(other)) {
                let was_silent = of_it().any(|(_, one)| match &one.change {
                    StatementChanged::Asked { department: of, pages, until: Some(until), .. } => {
                        one.version == event.version
                            && of == department
                            && until <= at
                            && pages.iter().any(|paged| paged.liaison.as_str() == *other)
                    }
                    _ => false,
                });
                if !was_silent {
                    return Err(format!("{} approved their own words, and {other} could have", by.id()));
                }
            }
        }
        StatementChanged::Used { ready, .. } => {
            counts.used += 1;
            let (_, hash, is_ready) = latest.ok_or("used before it was written")?;
            if *ready {
                return if is_ready { Ok(()) } else { Err(format!("not approved in advance: {event:?}")) };
            }
            let asked: Vec<_> = of_it().collect();
            let required = asked.iter().rposition(|(_, one)| departments(one).is_some()).ok_or("used unasked")?;
            for department in departments(asked[required].1).unwrap() {
                let has_approved = asked[required..].iter().any(|(_, one)| match &one.change {
                    StatementChanged::Approved { department: of, hash: of_words, .. } => {
                        of == department && *of_words == hash && one.version == event.version
                    }
                    _ => false,
                });
                if !has_approved {
                    return Err(format!("used, and {department} has not approved these words"));
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn drafted(event: &StatementEvent) -> Option<(&Principal, Digest, bool)> {
    match &event.change {
        StatementChanged::Drafted { by, hash, ready, .. } => Some((by, *hash, *ready)),
        _ => None,
    }
}

fn departments(event: &StatementEvent) -> Option<&[DepartmentId]> {
    match &event.change {
        StatementChanged::Submitted { departments, .. } | StatementChanged::AskedAnew { departments, .. } => {
            Some(departments)
        }
        _ => None,
    }
}
