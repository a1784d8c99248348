//! The page of one incident, the form for a new one, who is on call, and the reader's own page.

use askama::Template;
use chrono::TimeDelta;
use serde_json::json;
use wardbell::domain::contact::{ChannelKind, Contact};
use wardbell::domain::escalation::event::Event;
use wardbell::domain::instant::Now;
use wardbell::domain::principal::SignInMethod;
use wardbell::store::query::History;
use wardbell::vault::opening::Opened;
use wardbell::web::pages::incident::{Came, IncidentPage, Rights};
use wardbell::web::pages::leaving::Leaving;
use wardbell::web::pages::me::{Calendar, Me, Own, Reach, Session};
use wardbell::web::pages::on_call::OnCallPage;
use wardbell::web::pages::posted::Protected;
use wardbell::web::pages::viewer::Viewer;

use crate::house::House;
use crate::pages::visible;
use crate::signed_in::{SITE, is_well_formed, made, maria};

const MARKER: &str = "MARKER <b>said & done</b>";

fn history(house: &House, id: &str) -> History {
    let state = house.state.lock().unwrap();
    let history = &state.incidents[&id.parse().unwrap()];
    History { incident: history.incident.clone(), records: history.records.clone() }
}

fn page(house: &House, viewer: &Viewer, id: &str, may_act: bool, protected: Protected<'_>) -> String {
    let history = history(house, id);
    let tracks = history.incident.tracks.iter().filter(|_| may_act);
    let answers_for = tracks.map(|track| track.department.clone()).collect();
    let rights = Rights { may_act, answers_for, may_act_everywhere: true, may_draft: false, protected };
    let page = made(house, viewer, |reading| IncidentPage::new(SITE, reading, &history, &rights, Came::default()));
    let html = page.render().unwrap();
    is_well_formed(&html);
    html
}

/// Nothing is sealed in the records of these tests.
fn plain(_: &Event) -> Option<Opened> {
    None
}

async fn posted(house: &House) -> String {
    let words = json!({
        "class": "phi-by-staff", "summary": MARKER, "url": "https://MARKER.example/1", "author": "MARKER author",
        "labels": { "ward": "MARKER ward" }, "reach": 1200,
    });
    house.open(words).await
}

#[tokio::test]
async fn an_incident_shows_what_was_posted_who_has_it_and_what_happened() {
    let house = House::start().await;
    let id = posted(&house).await;
    let token = house.token("m-rivera");
    house.press(&token, &[("action", "acknowledge")]).await;
    house.press(&token, &[("action", "note"), ("note", "MARKER note")]).await;
    house.press(&token, &[("action", "hand-over"), ("to", "j-chen")]).await;
    let html = page(&house, &maria(&house), &id, true, Protected::Shown(&plain));
    assert!(html.contains("MARKER &#60;b&#62;said &#38; done&#60;/b&#62;") && !html.contains("<b>said"), "{html}");
    assert!(!html.contains("https://MARKER.example"), "the address of the post is behind a page of its own");
    assert!(html.contains("href=\"mailto:m-rivera@mercy.example\""), "{html}");
    let text = visible(&html);
    insta::assert_snapshot!(text.split_once("Board / ").unwrap().1, @"
    F6WQYJKW
    high F6WQYJKW, 1 of 2 departments have it
    Patient information posted by staff
    Privacy Office you
    Human Resources nobody yet
    Next page 5 min left
    Opened 02:05:00 CST (1 min ago)
    What was posted
    MARKER &#60;b&#62;said & done&#60;/b&#62;
    Go to the post
    Author MARKER author
    ward MARKER ward
    Source desk
    Reach 1200 people
    Departments
    Privacy Office you
    02:05 CST
    Maria Rivera was paged
    02:05 CST
    Jonas Chen was paged
    Hand Privacy Office over
    Person to take this over
    Choose a person
    Jonas Chen, Privacy Office
    We page them. You have it until they take it.
    [Ask them to take it over]
    Give Privacy Office back
    You no longer have it, and the next person of Privacy Office is paged now.
    [I can’t after all – page the next person]
    Human Resources nobody yet
    02:05 CST
    Paula Nowak was paged
    Next: Thierno Diallo (backup, Human Resources) is paged at 02:10 CST
    [I have it for Human Resources]
    Page the next person for Human Resources
    The next person of Human Resources is paged now, whoever was paged before.
    [Page the next person now]
    Tasks 3 open
    Capture the post in the restricted folder, with address, account and time
    Privacy Office, you, by 02:35 CST (30 min left)
    [Done : Capture the post in the restricted folder, with address, account and time ]
    Done with a note, or not needed : Capture the post in the restricted folder, with address, account and time
    What was done, or why it is not needed
    {}
    [Done]
    [Not needed]
    Reach the person by phone and ask them to take the post down
    Human Resources, nobody yet, by 03:05 CST (60 min left)
    [Done : Reach the person by phone and ask them to take the post down ]
    Done with a note, or not needed : Reach the person by phone and ask them to take the post down
    What was done, or why it is not needed
    {}
    [Done]
    [Not needed]
    Assess the risk of a breach
    Privacy Office, you, by Tue, Jan 6, 02:05 CST (24 h left)
    [Done : Assess the risk of a breach ]
    Done with a note, or not needed : Assess the risk of a breach
    What was done, or why it is not needed
    {}
    [Done]
    [Not needed]
    Add a task
    What is to be done
    {}
    Do not write a patient’s name. The text stays in the record.
    By which department
    Choose a department
    Administrator on call
    Human Resources
    Privacy Office
    Within (optional, such as 30m, 4h, or 2d)
    [Add task]
    Notes
    02:05 CST
    Maria Rivera wrote a note for Privacy Office
    MARKER note
    Note: what was done
    {}
    Do not write a patient’s name. The note stays in the record.
    [Save note]
    Resolve this incident
    Paging stops, although nobody has acknowledged for Human Resources. 3 tasks stay open, and their owners are reminded by day until they are done.
    What was the outcome?
    Handled
    Handed to others
    No action needed
    False alarm
    Duplicate of another incident
    Why are you resolving it now?
    {}
    [Resolve]
    People
    Maria Rivera has it for Privacy Office
    Write , Maria Rivera
    Jonas Chen was paged for Privacy Office
    Write , Jonas Chen
    Paula Nowak was paged for Human Resources
    Write , Paula Nowak
    Timeline
    Show: Everything · Pages · Answers · Notes · Tasks · Statements · Changes
    02:05 CST
    Maria Rivera asked Jonas Chen to take Privacy Office over
    02:05 CST
    Maria Rivera wrote a note for Privacy Office
    MARKER note
    02:05 CST
    Maria Rivera: I have it, for Privacy Office
    02:05 CST
    Paula Nowak (primary, Human Resources) paged for Human Resources: new incident
    02:05 CST
    Maria Rivera (primary, Privacy Office) paged for Privacy Office: new incident
    02:05 CST
    Received from desk
    Your session ends at 02:20 CST unless you open another page. Policies
    ");
}

#[tokio::test]
async fn whoever_may_not_see_protected_words_gets_none_and_whoever_may_not_act_gets_no_form() {
    let house = House::start().await;
    let id = posted(&house).await;
    house.press(&house.token("m-rivera"), &[("action", "acknowledge"), ("note", "MARKER note")]).await;
    let hidden = page(&house, &maria(&house), &id, false, Protected::Hidden);
    assert!(!hidden.contains("MARKER"), "{hidden}");
    assert!(
        hidden.contains("You do not have permission to see what was posted.")
            && hidden.contains("Maria Rivera wrote a note")
    );
    assert_eq!(hidden.matches("<form").count(), 1, "only to sign out");
    house.act(&id, json!({ "action": "resolve", "outcome": "false-alarm", "note": "MARKER end" })).await;
    let resolved = page(&house, &maria(&house), &id, true, Protected::Shown(&plain));
    assert!(resolved.contains("MARKER end") && resolved.contains("resolved: false alarm<"), "{resolved}");
    assert!(resolved.contains("Reopen and page now") && !resolved.contains("value=\"note\""), "{resolved}");
    // To sign out, to reopen, two for each of three tasks that are still owed, and one to add another.
    assert_eq!(resolved.matches("<form").count(), 9, "{resolved}");
    let hidden = page(&house, &maria(&house), &id, false, Protected::Hidden);
    assert_eq!(hidden.matches("<form").count(), 1, "whoever may not act reopens nothing");
}

#[tokio::test]
async fn words_that_cannot_be_opened_are_said_to_be_so() {
    let house = House::start().await;
    let id = house.open(json!({ "class": "phi-by-staff" })).await;
    let silent = visible(&page(&house, &maria(&house), &id, true, Protected::Shown(&plain)));
    assert!(silent.contains("The report has no text."), "{silent}");
    let purged_at = "2026-01-05T08:00:00Z".parse().unwrap();
    let why = wardbell::domain::sealed::Unreadable::Purged { at: purged_at };
    let open = move |event: &Event| match event {
        Event::Opened(_) => Some(Opened::Content(Err(why))),
        _ => None,
    };
    let purged = visible(&page(&house, &maria(&house), &id, true, Protected::Shown(&open)));
    assert!(purged.contains("These words cannot be shown: "), "{purged}");
}

#[tokio::test]
async fn the_way_to_the_post_says_where_it_leads() {
    let house = House::start().await;
    let id = posted(&house).await;
    let history = history(&house, &id);
    assert_eq!(Protected::Hidden.link(&history.records), None);
    let url = Protected::Shown(&plain).link(&history.records).unwrap();
    assert_eq!(url, "https://MARKER.example/1");
    let viewer = maria(&house);
    let html = made(&house, &viewer, |reading| Leaving::new(SITE, reading, &history.incident, url)).render().unwrap();
    is_well_formed(&html);
    assert!(html.contains("<h1>This leads to MARKER.example</h1>") && html.contains("noreferrer"), "{html}");
}

#[tokio::test]
async fn who_is_on_call_and_gaps_are_in_words() {
    let house = House::start().await;
    let viewer = maria(&house);
    let now = Now::agreed(house.state.lock().unwrap().now);
    let plan = house.state.lock().unwrap().plan.clone();
    let mut plan = (*plan).clone();
    let roster = std::sync::Arc::make_mut(plan.rosters.get_mut(&"privacy".parse().unwrap()).unwrap());
    roster.liaisons[0].contacts = [Contact::at_once(ChannelKind::Sms, "+13125550101")].into_iter().collect();
    let mut gap = plan.clone();
    let roster = gap.rosters.get_mut(&"privacy".parse().unwrap()).unwrap();
    std::sync::Arc::make_mut(roster).rotations.retain(|rotation| rotation.role.as_str() != "backup");
    std::sync::Arc::make_mut(roster).rotations[0].liaisons.clear();
    let html = OnCallPage::new(SITE, &plan, now, &viewer, "").render().unwrap();
    is_well_formed(&html);
    let text = visible(&html);
    assert!(text.contains("Privacy Office") && text.contains("Maria Rivera"), "{text}");
    assert!(html.contains("href=\"tel:+13125550101\">Call +13125550101<"), "{html}");
    let gap = visible(&OnCallPage::new(SITE, &gap, now, &viewer, "").render().unwrap());
    assert!(gap.contains("Nobody is on call"), "{gap}");
}

#[tokio::test]
async fn my_page_has_my_shifts_contacts_calendar_and_sessions() {
    let house = House::start().await;
    let viewer = maria(&house);
    let (now, plan) = {
        let state = house.state.lock().unwrap();
        (Now::agreed(state.now), state.plan.clone())
    };
    let address = "https://pages.mercy.example/calendar/privacy.ics?key=k".to_owned();
    let session = |from: &str, is_this| Session {
        name: from.into(),
        how: SignInMethod::Link,
        from: from.into(),
        began_at: now.wall,
        ends_at: now.wall + TimeDelta::hours(12),
        is_this,
    };
    let own = Own {
        is_by_emergency_code: false,
        calendars: vec![Calendar { department: "Privacy Office".into(), address }],
        has_card: true,
        may_test: true,
        reach: vec![
            Reach {
                contact: Contact::at_once(ChannelKind::Email, "m-rivera@mercy.example"),
                reached: Some(Some(now.wall)),
            },
            Reach {
                contact: Contact::at_once(ChannelKind::Sms, "+13125550101"),
                reached: Some(Some(now.wall - TimeDelta::days(2))),
            },
            Reach {
                contact: Contact { order: None, ..Contact::at_once(ChannelKind::Sms, "+13125550102") },
                reached: Some(None),
            },
        ],
        sessions: vec![session("203.0.113.9", true), session("2001:db8::7", false)],
        notice: None,
    };
    let html = Me::new(SITE, &plan, now, &viewer, own).render().unwrap();
    is_well_formed(&html);
    insta::assert_snapshot!(visible(&html), @"
    Skip to the content
    MERCY
    Board
    On call
    Approvals
    Me
    Maria Rivera
    [Sign out]
    Maria Rivera
    My shifts in the next four weeks
    Now: Privacy Office, primary, until Mon, Feb 2, 02:05 CST or later
    How I am reached
    email m-rivera@mercy.example Last message sent at 02:05 CST
    SMS +13125550101 Last message sent on Sat, Jan 3, 02:05 CST
    SMS +13125550102 No message sent here yet. Pages come here if the number before refuses them
    [Send me a test message]
    A message to each of these contacts that says it is a test. No one else gets it, and no one is paged. Three times an hour at most.
    If something is wrong here, tell the person who keeps your roster.
    Save our number and address as a contact , and allow it to bypass Do Not Disturb.
    My shifts in my calendar
    Subscribe to this address in your calendar. Anyone who has it can see your shifts.
    Privacy Office https://pages.mercy.example/calendar/privacy.ics?key=k
    Where I am signed in
    Here: by a page’s link and a code from 203.0.113.9, since 02:05 CST, until 14:05 CST at the latest
    by a page’s link and a code from 2001:db8::7, since 02:05 CST, until 14:05 CST at the latest
    [Sign out there]
    [Sign out everywhere but here]
    Your session ends at 02:20 CST unless you open another page. Policies
    ");
    let nobody = Viewer { entries: Vec::new(), ..viewer };
    let html = visible(&Me::new(SITE, &plan, now, &nobody, Own::default()).render().unwrap());
    assert!(
        html.contains("You have no shifts in the next four weeks.") && html.contains("You are not on a roster"),
        "{html}"
    );
}
