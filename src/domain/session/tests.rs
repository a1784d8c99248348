//! Tables of sessions and emergency codes.

use super::*;

fn at(minutes: i64) -> DateTime<Utc> {
    "2026-11-24T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn id(number: u8) -> Digest {
    Digest::from_bytes([number; 32])
}

fn proof() -> SignInProof {
    SignInProof { marks: vec![id(101)], ..SignInProof::new("M. Rivera", SignInMethod::Code) }
}

#[derive(Default)]
struct Person(PersonSessions, Vec<SessionEvent>);

impl Person {
    fn take(&mut self, minutes: i64, input: SessionInput) -> Result<usize, NoSession> {
        let decision = self.0.decide(&Now::agreed(at(minutes)), input)?;
        let kept = serde_json::to_string(&self.0).unwrap();
        let mut replayed: PersonSessions = serde_json::from_str(&kept).unwrap();
        decision.events.iter().for_each(|event| replayed.evolve(at(minutes), event));
        assert_eq!(replayed, decision.after, "a replay says the same");
        self.0 = decision.after;
        let count = decision.events.len();
        self.1.extend(decision.events);
        Ok(count)
    }

    fn sign_in(&mut self, minutes: i64, number: u8) {
        let (from, longest) = ("203.0.113.9".to_owned(), Wait::minutes(60));
        let input = SessionInput::SignIn { session: id(number), proof: proof(), from, longest };
        self.take(minutes, input).unwrap();
    }

    fn live(&self) -> Vec<Digest> {
        self.0.all().map(|(id, _)| *id).collect()
    }
}

fn show(number: u8) -> SessionInput {
    SessionInput::Show { session: id(number), incident: IncidentId::from_random(7) }
}

#[test]
fn a_session_ends_once_and_shows_nothing_afterward() {
    let mut person = Person::default();
    assert_eq!(person.take(0, show(1)), Err(NoSession));
    person.sign_in(0, 1);
    person.sign_in(1, 2);
    assert!(person.take(2, show(1)).is_ok());
    let end = |session| SessionInput::End { session, why: SessionEnd::SignedOut, by: None };
    assert_eq!(person.take(3, end(Some(id(1)))), Ok(1));
    assert_eq!(person.take(3, end(Some(id(1)))), Ok(0), "it has ended");
    assert_eq!((person.take(4, show(1)), person.take(4, show(2))), (Err(NoSession), Ok(1)));
    assert_eq!(person.take(5, end(None)), Ok(1));
    assert!(!person.0.lives());
}

#[test]
fn an_emergency_code_signs_in_once() {
    let mut code = Person::default();
    let sign_in = |number| {
        let used_by = "a-okafor".parse().ok();
        let proof = SignInProof { how: SignInMethod::EmergencyCode, used_by, ..proof() };
        SessionInput::SignIn { session: id(number), proof, from: String::new(), longest: Wait::minutes(60) }
    };
    assert_eq!(code.take(0, sign_in(1)), Err(NoSession), "it was never made");
    let kept = EmergencyHash { salt: id(7), hash: id(8) };
    let by = Principal::Operator { operator: "platform".parse().unwrap() };
    assert_eq!(code.take(1, SessionInput::MakeEmergencyCode { kept, by }), Ok(1));
    assert!(code.0.lives() && code.0.emergency_code().is_some_and(|code| code.kept == kept));
    assert_eq!((code.take(2, sign_in(1)), code.take(3, sign_in(2))), (Ok(1), Err(NoSession)));
    let used_by = code.0.all().next().and_then(|(_, session)| session.used_by.clone());
    assert_eq!(used_by, "a-okafor".parse().ok(), "the session knows whose involvement counts");
    assert_eq!(code.take(62, SessionInput::Timeout), Ok(1), "an hour");
    assert!(!code.0.lives());
}

#[test]
fn an_emergency_code_is_made_once_and_revoked_once() {
    let mut code = Person::default();
    let by = || Principal::Operator { operator: "platform".parse().unwrap() };
    let make = || SessionInput::MakeEmergencyCode { kept: EmergencyHash { salt: id(7), hash: id(8) }, by: by() };
    let revoke = || SessionInput::RevokeEmergencyCode { by: by() };
    assert_eq!(code.take(0, revoke()), Err(NoSession), "it was never made");
    assert_eq!((code.take(1, make()), code.take(1, make())), (Ok(1), Err(NoSession)), "the first stays good");
    assert_eq!((code.take(2, revoke()), code.take(2, revoke())), (Ok(1), Err(NoSession)));
    assert!(!code.0.lives());
    let proof = SignInProof { how: SignInMethod::EmergencyCode, ..proof() };
    let sign_in = SessionInput::SignIn { session: id(1), proof, from: String::new(), longest: Wait::minutes(60) };
    assert_eq!(code.take(3, sign_in), Err(NoSession));
}

#[test]
fn a_session_lasts_as_long_as_it_may_whatever_the_clock_does() {
    let mut person = Person::default();
    person.sign_in(0, 1);
    person.sign_in(30, 2);
    assert_eq!(person.0.next_timeout(Now::agreed(at(0))), Some(at(60)));
    assert_eq!(person.take(59, SessionInput::Timeout), Ok(0));
    person.0.shift(TimeDelta::minutes(10));
    assert_eq!(person.take(69, SessionInput::Timeout), Ok(0));
    assert_eq!(person.take(70, SessionInput::Timeout), Ok(1));
    assert_eq!(person.live(), [id(2)]);
}

#[test]
fn the_oldest_of_too_many_sessions_ends_and_all_at_once_where_none_is_named() {
    let mut person = Person::default();
    (1..=9).for_each(|number| person.sign_in(number.into(), number));
    assert_eq!(person.live(), (2..=9).map(id).collect::<Vec<_>>());
    let all = SessionInput::End { session: None, why: SessionEnd::LeftRosters, by: None };
    assert_eq!(person.take(10, all), Ok(8));
    let ends = person.1.iter().filter_map(|event| match event {
        SessionEvent::SessionEnded { why, .. } => Some(*why),
        _ => None,
    });
    let ends: Vec<_> = ends.collect();
    assert_eq!((ends[0], ends[1], ends.len()), (SessionEnd::Replaced, SessionEnd::LeftRosters, 9));
}

#[test]
fn one_mark_shows_that_an_id_still_means_the_same_person() {
    let mut person = Person::default();
    person.sign_in(0, 1);
    let (_, session) = person.0.all().next().unwrap();
    assert!(session.is_of(&[id(100), id(101)]) && !session.is_of(&[id(100)]));
    // Those that began before marks were recorded go on.
    let before = Session { marks: Vec::new(), ..session.clone() };
    assert!(before.is_of(&[id(100)]));
}
