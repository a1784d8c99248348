//! Statements: who is asked to approve them, and for which words an approval holds.

use insta::assert_snapshot;
use wardbell::domain::escalation::statements::input::{ApprovalOf, NewDraft, StatementChange};
use wardbell::domain::escalation::statements::mark::Mark;
use wardbell::domain::incident::Incoming;

use crate::story::{Story, hospital};

const TEXT: &str = "We will say more at 06:00.";

/// Ann has the incident; the playbook's statements need Privacy and Slow, who has Sue alone.
fn story(class: &str) -> Story {
    let mut story = Story::open(hospital(), class);
    story.acknowledge("privacy", "ann");
    story.run_to("1m");
    story
}

fn draft(name: Option<&str>, text: Option<&str>) -> StatementChange {
    StatementChange::Draft(NewDraft {
        name: name.map(str::to_owned),
        text: text.map(str::to_owned),
        ..NewDraft::default()
    })
}

fn edit(version: u32, text: &str) -> StatementChange {
    StatementChange::Edit { statement: 1, version, text: text.into() }
}

fn submit() -> StatementChange {
    StatementChange::Submit { statement: 1, version: None, marks: Vec::new(), reason: None }
}

fn of(version: u32) -> ApprovalOf {
    ApprovalOf { statement: 1, version, department: None }
}

fn approve(version: u32) -> StatementChange {
    StatementChange::Approve(of(version))
}

fn ask_for_changes(version: u32, note: &str) -> StatementChange {
    StatementChange::AskForChanges { of: of(version), note: note.into() }
}

fn used(place: &str) -> StatementChange {
    StatementChange::Used { statement: 1, version: None, place: place.into(), at: None }
}

/// Leo wrote it, and its approvers are asked.
fn submitted(class: &str) -> Story {
    let mut story = story(class);
    story.statement("leo", draft(Some("holding"), Some(TEXT))).unwrap();
    story.statement("leo", submit()).unwrap();
    story
}

#[test]
fn every_department_is_asked_at_once_and_all_must_approve() {
    let mut story = submitted("said");
    story.run_to("2m");
    assert_eq!(
        story.statement("leo", used("x")).unwrap_err(),
        "this version is not approved yet, so it cannot be used"
    );
    story.statement("ann", approve(1)).unwrap();
    assert_eq!(story.statements(), "1 v1 submitted privacy:ann slow:-\n");
    story.run_to("3m");
    story.statement("sue", approve(1)).unwrap();
    assert_eq!(story.statements(), "1 v1 approved privacy:ann slow:sue\n");
    story.run_to("2h");
    story.statement("leo", used("https://x.example/1")).unwrap();
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 privacy acknowledged by ann
     1:00.0 leo began statement 1, from the playbook’s “holding”
     1:00.0 leo asked for the approval of statement 1, version 1, by privacy, slow
     1:00.0 statement 1 v1 privacy asked: ann (privacy:primary)
     1:00.0 statement 1 v1 slow asked: sue (slow:primary)
     2:00.0 ann approved statement 1, version 1 for privacy
     3:00.0 sue approved statement 1, version 1 for slow
    120:00.0 leo used statement 1, version 1
    ");
}

#[test]
fn a_comma_makes_a_version_that_nobody_has_approved() {
    let mut story = submitted("said");
    story.statement("ann", approve(1)).unwrap();
    story.statement("sue", approve(1)).unwrap();
    story.statement("leo", edit(1, "We will say more, at 06:00.")).unwrap();
    assert_eq!(story.statements(), "1 v2 draft\n");
    assert_eq!(
        story.statement("leo", used("x")).unwrap_err(),
        "this version is not approved yet, so it cannot be used"
    );
    let late = "the text was changed since; version 2 is the latest and needs an approval of its own";
    assert_eq!(story.statement("ann", approve(1)).unwrap_err(), late);
    let nobody = "nobody was asked to approve this version; submit it first";
    assert_eq!(story.statement("ann", approve(2)).unwrap_err(), nobody);
    story.statement("leo", submit()).unwrap();
    assert_eq!(story.statements(), "1 v2 submitted privacy:- slow:-\n");
    story.statement("ann", approve(2)).unwrap();
    assert_eq!(
        story.statement("ann", approve(2)).unwrap_err(),
        "Ann already approved this version for this department"
    );
}

#[test]
fn whoever_does_not_answer_is_followed_by_the_next() {
    let mut story = submitted("said");
    story.run_to("3h");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 privacy acknowledged by ann
     1:00.0 leo began statement 1, from the playbook’s “holding”
     1:00.0 leo asked for the approval of statement 1, version 1, by privacy, slow
     1:00.0 statement 1 v1 privacy asked: ann (privacy:primary)
     1:00.0 statement 1 v1 slow asked: sue (slow:primary)
    21:00.0 statement 1 v1 privacy asked: bob (privacy:backup)
    21:00.0 statement 1 v1 slow asked: adam (administrator-on-call:primary)
    41:00.0 statement 1 v1 privacy asked: lea (legal:primary)
    41:00.0 statement 1 v1 slow asked: sue (slow:primary)
    61:00.0 statement 1 v1 privacy asked: adam (administrator-on-call:primary)
    61:00.0 statement 1 v1 slow asked: adam (administrator-on-call:primary)
    81:00.0 statement 1 v1 privacy asked: ann (privacy:primary)
    81:00.0 statement 1 v1 slow asked: sue (slow:primary)
    101:00.0 statement 1 v1 privacy asked: bob (privacy:backup)
    101:00.0 statement 1 v1 slow asked: adam (administrator-on-call:primary)
    121:00.0 statement 1 v1 privacy asked: lea (legal:primary)
    121:00.0 statement 1 v1 slow asked:
    141:00.0 statement 1 v1 privacy asked: adam (administrator-on-call:primary)
    161:00.0 statement 1 v1 privacy asked: ann (privacy:primary)
    ");
    // Whoever was asked can still answer.
    story.statement("adam", approve(1)).unwrap();
    assert_eq!(story.statements(), "1 v1 approved privacy:adam slow:adam\n");
}

#[test]
fn approvers_are_asked_in_order_whoever_is_on_call_first_and_nobody_who_is_away() {
    let mut story = story("said");
    story.add("privacy", "pat", "Pat");
    story.add("privacy", "pam", "Pam");
    story.set_approvers("privacy", &["pat", "pam", "bob"]);
    story.send_away("privacy", "pat");
    story.statement("leo", draft(Some("holding"), Some(TEXT))).unwrap();
    story.statement("leo", submit()).unwrap();
    story.run_to("90m");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 privacy acknowledged by ann
     1:00.0 leo began statement 1, from the playbook’s “holding”
     1:00.0 leo asked for the approval of statement 1, version 1, by privacy, slow
     1:00.0 statement 1 v1 privacy asked: bob (privacy:backup)
     1:00.0 statement 1 v1 slow asked: sue (slow:primary)
    21:00.0 statement 1 v1 privacy asked: pam (privacy:approver)
    21:00.0 statement 1 v1 slow asked: adam (administrator-on-call:primary)
    41:00.0 statement 1 v1 privacy asked: lea (legal:primary)
    41:00.0 statement 1 v1 slow asked: sue (slow:primary)
    61:00.0 statement 1 v1 privacy asked: adam (administrator-on-call:primary)
    61:00.0 statement 1 v1 slow asked: adam (administrator-on-call:primary)
    81:00.0 statement 1 v1 privacy asked: bob (privacy:backup)
    81:00.0 statement 1 v1 slow asked: sue (slow:primary)
    ");
    let wrong = "you are not one of those who approve this statement";
    assert_eq!(story.statement("ann", approve(1)).unwrap_err(), wrong);
    story.statement("pam", approve(1)).unwrap();
}

#[test]
fn nobody_approves_their_own_words_while_somebody_else_can() {
    let mut story = story("said");
    story.statement("ann", draft(None, Some("We are looking into it."))).unwrap();
    story.statement("ann", submit()).unwrap();
    let own = "you wrote this version, so somebody else has to approve it; you can once each of them is away or has not \
               answered in time";
    story.run_to("50m");
    assert_eq!(story.statement("ann", approve(1)).unwrap_err(), own);
    story.run_to("82m");
    story.statement("ann", approve(1)).unwrap();
    assert_eq!(story.statements(), "1 v1 submitted privacy:ann slow:-\n");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 privacy acknowledged by ann
     1:00.0 ann began statement 1
     1:00.0 ann asked for the approval of statement 1, version 1, by privacy, slow
     1:00.0 statement 1 v1 privacy asked: bob (privacy:backup)
     1:00.0 statement 1 v1 slow asked: sue (slow:primary)
    21:00.0 statement 1 v1 privacy asked: lea (legal:primary)
    21:00.0 statement 1 v1 slow asked: adam (administrator-on-call:primary)
    41:00.0 statement 1 v1 privacy asked: adam (administrator-on-call:primary)
    41:00.0 statement 1 v1 slow asked: sue (slow:primary)
    61:00.0 statement 1 v1 privacy asked: ann (privacy:primary)
    61:00.0 statement 1 v1 slow asked: adam (administrator-on-call:primary)
    81:00.0 statement 1 v1 privacy asked: bob (privacy:backup)
    81:00.0 statement 1 v1 slow asked: sue (slow:primary)
    82:00.0 ann approved statement 1, version 1 for privacy, although they wrote it, because nobody else was there or answered in time
    ");
}

#[test]
fn whoever_writes_by_an_emergency_code_has_written_it_also_behind_their_link() {
    let mut story = story("said");
    story.statement_by_code("ann", draft(None, Some("We are looking into it."))).unwrap();
    story.statement_by_code("ann", submit()).unwrap();
    let refused = story.statement("ann", approve(1)).unwrap_err();
    assert!(refused.starts_with("you wrote this version"), "{refused}");
    assert!(story.told().contains("privacy asked: bob"), "who wrote it is asked last: {}", story.told());
}

#[test]
fn of_two_who_write_at_once_the_second_learns_of_the_first() {
    let mut story = story("said");
    story.statement("leo", draft(Some("holding"), None)).unwrap();
    assert_eq!(story.statement("leo", submit()).unwrap_err(), "fill the blanks in braces, such as `{time}`, first");
    story.statement("ann", edit(1, TEXT)).unwrap();
    assert_eq!(story.statement("leo", edit(1, "We will not.")).unwrap_err(), "version 2 by Ann came first");
    assert_eq!(story.statement("leo", edit(2, TEXT)).unwrap_err(), "this text is the same as version 2");
    story.statement("leo", edit(2, "We will not.")).unwrap();
    assert_eq!(story.statements(), "1 v3 draft\n");
}

#[test]
fn who_is_involved_neither_writes_nor_approves() {
    let incoming = Incoming { involved: vec!["ann".into()], ..Incoming::default() };
    let mut story = Story::open_with(hospital(), "said", incoming);
    story.acknowledge("privacy", "bob");
    let involved = "someone else must answer this incident";
    assert_eq!(story.statement("ann", draft(Some("holding"), None)).unwrap_err(), involved);
    story.statement("leo", draft(Some("holding"), Some(TEXT))).unwrap();
    story.statement("leo", submit()).unwrap();
    assert_eq!(story.statement("ann", approve(1)).unwrap_err(), involved);
    story.run_to("1m");
    // Bob turns out to be involved, too.
    story.fold(Incoming { involved: vec!["bob".into()], ..Incoming::default() });
    story.run_to("2m");
    assert_eq!(story.statement("bob", approve(1)).unwrap_err(), involved);
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: [primary ann Involved] [primary - NobodyOnCall]
    0:00.0 privacy step 1 NobodyFound: [primary ann Involved] [primary - NobodyOnCall]
    0:00.0 privacy step 2 NobodyFound: bob (privacy:backup)
    0:00.0 privacy acknowledged by bob
    0:00.0 leo began statement 1, from the playbook’s “holding”
    0:00.0 leo asked for the approval of statement 1, version 1, by privacy, slow
    0:00.0 statement 1 v1 privacy asked: bob (privacy:backup)
    0:00.0 statement 1 v1 slow asked: sue (slow:primary)
    1:00.0 privacy called bob back
    1:00.0 privacy step 3 Involved: lea (legal:primary)
    1:00.0 statement 1 v1 privacy asked: lea (legal:primary)
    ");
}

#[test]
fn what_was_approved_in_advance_is_used_at_once_and_nothing_else_is() {
    let mut story = story("said");
    story.statement("leo", draft(Some("script"), None)).unwrap();
    assert_eq!(
        story.statement("leo", used("x")).unwrap_err(),
        "this version is not approved yet, so it cannot be used"
    );
    story.statement("leo", edit(1, "Call 911 before 06:00.")).unwrap();
    assert_eq!(
        story.statement("leo", submit()).unwrap_err(),
        "this version is approved in advance: it may be used at once"
    );
    story.statement("leo", edit(2, "Call 911 before 06:00, Ann.")).unwrap();
    assert_eq!(
        story.statement("leo", used("x")).unwrap_err(),
        "this version is not approved yet, so it cannot be used"
    );
    story.statement("leo", submit()).unwrap();
    // All whom the playbook's statements name.
    assert_eq!(story.statements(), "1 v3 submitted privacy:- slow:-\n");
    story.statement("leo", edit(3, "Call 911 before 7 a.m.")).unwrap();
    assert_eq!(story.statement("leo", used("")).unwrap_err(), "say where it was published, such as an address");
    story.statement_by_operator(used("https://x.example/1")).unwrap();
    assert_eq!(
        story.statement("leo", edit(4, "x")).unwrap_err(),
        "statement 1 was published, so it cannot change any more; begin a new one"
    );
}

#[test]
fn from_nothing_the_owner_approves_if_the_playbook_names_nobody() {
    let mut story = story("owned");
    story.statement("ann", draft(None, Some("We are looking into it."))).unwrap();
    story.statement("ann", submit()).unwrap();
    assert_eq!(story.statements(), "1 v1 submitted legal:-\n");
}

#[test]
fn changes_that_are_asked_for_end_the_asking_until_the_text_has_changed() {
    let mut story = submitted("said");
    assert_eq!(story.statement("sue", ask_for_changes(1, " ")).unwrap_err(), "say what should change");
    story.statement("sue", ask_for_changes(1, "say less")).unwrap();
    assert_eq!(story.statements(), "1 v1 changes-asked privacy:- slow:sue\n");
    let changes = "an approver asked for changes; change the text first";
    assert_eq!(story.statement("ann", approve(1)).unwrap_err(), changes);
    assert_eq!(story.statement("leo", submit()).unwrap_err(), changes);
    let before = story.told().len();
    story.run_to("2h");
    assert_eq!(story.told().len(), before);
    story.statement("leo", edit(1, "We will say more.")).unwrap();
    story.statement("leo", submit()).unwrap();
    assert_eq!(story.statements(), "1 v2 submitted privacy:- slow:-\n");
}

#[test]
fn withdrawn_it_is_asked_for_no_more() {
    let mut story = submitted("said");
    story.statement("ann", StatementChange::Withdraw { statement: 1 }).unwrap();
    let before = story.told().len();
    story.run_to("2h");
    assert_eq!(story.told().len(), before);
    assert_eq!(story.statement("ann", approve(1)).unwrap_err(), "statement 1 was withdrawn; begin a new one");
    assert_eq!(story.incident().follow_up(), 0);
}

#[test]
fn only_people_approve_and_none_who_left() {
    let mut story = submitted("said");
    assert_eq!(
        story.statement_by_operator(approve(1)).unwrap_err(),
        "only people approve statements: sign in, or use the link of the page"
    );
    story.take_out("privacy", "ann");
    assert_eq!(story.statement("ann", approve(1)).unwrap_err(), "this person is no longer in any roster");
    assert_eq!(story.statement("lea", approve(1)).unwrap_err(), "you are not one of those who approve this statement");
}

#[test]
fn whom_no_channel_reaches_is_followed_at_once() {
    let mut story = story("said");
    story.refuse("ann@mercy.example");
    story.refuse("+13125550101");
    story.statement("leo", draft(Some("holding"), Some(TEXT))).unwrap();
    story.statement("leo", submit()).unwrap();
    story.run_to("5m");
    assert_snapshot!(story.told(), @"
    0:00.0 privacy step 0 Opened: ann (privacy:primary)
    0:00.0 privacy acknowledged by ann
    1:00.0 leo began statement 1, from the playbook’s “holding”
    1:00.0 leo asked for the approval of statement 1, version 1, by privacy, slow
    1:00.0 statement 1 v1 privacy asked: ann (privacy:primary)
    1:00.0 statement 1 v1 slow asked: sue (slow:primary)
    1:00.0 statement 1 v1 privacy asked: bob (privacy:backup)
    ");
}

#[test]
fn an_unanswered_approval_is_owed_after_the_resolution() {
    let mut story = submitted("said");
    story.run_to("2m");
    story.resolve();
    assert_eq!(story.incident().follow_up(), 1);
    // It is two in the morning.
    story.run_to("30h");
    assert_snapshot!(story.told(), @"
     0:00.0 privacy step 0 Opened: ann (privacy:primary)
     0:00.0 privacy acknowledged by ann
     1:00.0 leo began statement 1, from the playbook’s “holding”
     1:00.0 leo asked for the approval of statement 1, version 1, by privacy, slow
     1:00.0 statement 1 v1 privacy asked: ann (privacy:primary)
     1:00.0 statement 1 v1 slow asked: sue (slow:primary)
     2:00.0 statement 1 v1 privacy asked:
     2:00.0 statement 1 v1 slow asked:
    420:00.0 statement 1 v1 privacy asked: ann (privacy:primary)
    420:00.0 statement 1 v1 slow asked: sue (slow:primary)
    ");
    story.statement("ann", approve(1)).unwrap();
    assert_eq!(story.incident().follow_up(), 1);
    story.statement("sue", approve(1)).unwrap();
    assert_eq!((story.incident().follow_up(), story.incident().is_live()), (0, false));
    let over = "already resolved by social-desk";
    assert_eq!(story.statement("leo", draft(None, Some("x"))).unwrap_err(), over);
    assert_eq!(story.statement("leo", edit(1, "x")).unwrap_err(), over);
    story.statement("leo", used("https://x.example/1")).unwrap();
}

#[test]
fn marks_need_a_reason() {
    let mut story = story("said");
    story.statement("leo", draft(Some("holding"), Some(TEXT))).unwrap();
    let marked = |reason: Option<&str>| StatementChange::Submit {
        statement: 1,
        version: Some(1),
        marks: vec![Mark { from: 3, to: 7, why: "a promise".into() }],
        reason: reason.map(str::to_owned),
    };
    assert_eq!(
        story.statement("leo", marked(None)).unwrap_err(),
        "some places of the text are marked; say why you submit it as it is"
    );
    story.statement("leo", marked(Some("it is public"))).unwrap();
    assert_eq!(story.incident().statement(1).unwrap().marks, 1);
}

#[test]
fn another_playbook_asks_anew() {
    let mut story = submitted("said");
    story.statement("ann", approve(1)).unwrap();
    story.statement("sue", approve(1)).unwrap();
    story.fold(Incoming { class: "graver-said".into(), ..Incoming::default() });
    assert_eq!(story.statements(), "1 v1 submitted legal:-\n");
    assert_eq!(story.statement("ann", approve(1)).unwrap_err(), "you are not one of those who approve this statement");
    story.statement("lea", approve(1)).unwrap();
    assert_eq!(story.statements(), "1 v1 approved legal:lea\n");
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut story = story("said");
    assert_eq!(story.statement("leo", draft(None, None)).unwrap_err(), "write the text of the statement");
    assert_eq!(
        story.statement("leo", draft(Some("nothing"), None)).unwrap_err(),
        "the playbook `said` has no statement `nothing`"
    );
    assert_eq!(
        story.statement("leo", draft(None, Some(&"x".repeat(2_201)))).unwrap_err(),
        "a public reply must not be longer than 2200 characters; this text has 2201"
    );
    assert_eq!(
        story.statement("leo", submit()).unwrap_err(),
        "this incident has no statement 1; its statements are listed on its page and under `statements` in the API"
    );
}
