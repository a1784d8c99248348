//! A large department, as a hospital may keep it.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use wardbell::domain::contact::{ChannelKind, Contact, Contacts};
use wardbell::domain::id::{LiaisonId, Role};
use wardbell::domain::local_time::to_instant;
use wardbell::domain::place::Place;
use wardbell::domain::roster::count::StretchCount;
use wardbell::domain::roster::holidays::Holidays;
use wardbell::domain::roster::hours::{Hours, OpenSpan};
use wardbell::domain::roster::rotation::{During, Every, Rotation};
use wardbell::domain::roster::unavailable::Unavailable;
use wardbell::domain::roster::week::Week;
use wardbell::domain::roster::window::{Form, Window};
use wardbell::domain::roster::{Away, Liaison, Override, Roster};
use wardbell::domain::zone::Zone;

const LIAISONS: usize = 20;
const OVERRIDES: usize = 30;
const ABSENCES: usize = 60;
/// So many of them have a clinic day.
const UNAVAILABLE: usize = 5;

fn chicago() -> Zone {
    Zone::built_in("America/Chicago").expect("the zone is built in")
}

/// Where the year begins.
pub fn start() -> DateTime<Utc> {
    to_instant(&chicago(), new_year())
}

/// The department.
pub fn roster() -> Roster {
    let mut hours = Hours {
        weekly: Default::default(),
        holidays: Holidays { us_federal: true, dates: [day(357), day(358)].into() },
    };
    hours.weekly[..5].fill(vec![OpenSpan { from: 8 * 60, to: 12 * 60 }, OpenSpan { from: 13 * 60, to: 18 * 60 }]);
    hours.weekly[5] = vec![OpenSpan { from: 22 * 60, to: 6 * 60 }];
    Roster {
        department: "er-nursing".parse().expect("a name"),
        name: "Emergency Nursing".into(),
        timezone: chicago(),
        escalate_to: None,
        owner: None,
        review_by: None,
        hours,
        staffed_count: StretchCount::default(),
        windows: windows(),
        approvers: Vec::new(),
        liaisons: (0..LIAISONS).map(liaison).collect(),
        rotations: rotations(),
        overrides: (0..OVERRIDES).map(change).collect(),
    }
}

fn windows() -> Vec<Arc<Window>> {
    let window = |name: &str, form| Arc::new(Window::new(name.parse().expect("a name"), form, place(5)));
    let nights: [Vec<OpenSpan>; 7] = std::array::from_fn(|day| match day {
        0..4 => vec![OpenSpan { from: 17 * 60, to: 8 * 60 }],
        _ => Vec::new(),
    });
    vec![
        window("weekend", Form::Week(Week::between((4 * 24 + 17) * 60, 8 * 60))),
        window("weeknight", Form::Week(Week::of_days(&nights))),
        window("holiday", Form::Holidays(Holidays { us_federal: true, ..Holidays::default() })),
    ]
}

fn rotations() -> Vec<Rotation> {
    use During::{AfterHours, Always, Hours};
    let window = |index: usize| During::Window(windows().swap_remove(index));
    let fourteen: Vec<usize> = (0..14).collect();
    vec![
        rotation("primary", window(2), &[0, 1, 2], Every::Turns(1), 8),
        rotation("primary", window(0), &[3, 4, 5, 6, 7], Every::Turns(1), 8),
        rotation("surgeon", window(1), &fourteen, Every::Turns(1), 17),
        rotation("surgeon", Hours, &[14, 15, 16], Every::Turns(2), 8),
        rotation("surgeon", AfterHours, &[17, 18, 19], Every::Turns(1), 8),
        rotation("primary", Hours, &[0, 1, 2, 3, 4, 5], Every::Hours(1), 8),
        rotation("primary", AfterHours, &[6, 7, 8, 9, 10], Every::Hours(8), 8),
        rotation("backup", Hours, &[11, 12, 13, 0], Every::Days(1), 8),
        rotation("backup", AfterHours, &[14, 15, 16, 6], Every::Hours(12), 7),
        rotation("charge-nurse", Always, &[17, 18, 19], Every::Days(7), 8),
        rotation("medical-director", Always, &[0, 17], Every::Months(1), 0),
    ]
}

fn rotation(role: &str, during: During, people: &[usize], every: Every, hour: i64) -> Rotation {
    Rotation {
        role: self::role(role),
        during,
        liaisons: people.iter().map(|number| Some(id(*number))).collect(),
        every: Some(every),
        // Two years before: the arithmetic must not walk all the way.
        handoff: Some(new_year() - TimeDelta::days(731) + TimeDelta::hours(hour)),
        place: place(200),
    }
}

fn liaison(number: usize) -> Liaison {
    let absence = |round: usize| {
        let from = day(number * 17 + round * 101).and_time(NaiveTime::MIN);
        let cover = (round > 0).then(|| id((number + 7) % LIAISONS));
        let to = to_instant(&chicago(), from + TimeDelta::days(5));
        Away { from: to_instant(&chicago(), from), to, cover, place: place(10) }
    };
    Liaison {
        id: id(number),
        name: format!("Liaison {number}"),
        contacts: Contacts::from_iter([Contact::at_once(ChannelKind::Email, format!("l{number}@mercy.example"))]),
        sms_consent: None,
        away: (0..ABSENCES / LIAISONS).map(absence).collect(),
        unavailable: (0..usize::from(number < UNAVAILABLE)).map(|_| clinic(number)).collect(),
        is_listed: false,
        place: place(10),
    }
}

fn clinic(number: usize) -> Unavailable {
    let mut hours = Hours::default();
    hours.weekly[number % 5] = vec![OpenSpan { from: 8 * 60, to: 17 * 60 }];
    Unavailable { hours, until: None, place: place(11) }
}

fn change(number: usize) -> Override {
    let from = day(number * 12).and_time(NaiveTime::MIN) + TimeDelta::hours(17);
    let to = from + TimeDelta::hours(15);
    Override {
        role: role(if number.is_multiple_of(2) { "primary" } else { "backup" }),
        from: to_instant(&chicago(), from),
        to: to_instant(&chicago(), to),
        liaison: id(number % LIAISONS),
        reason: None,
        place: place(300),
    }
}

fn new_year() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date").and_time(NaiveTime::MIN)
}

fn day(number: usize) -> NaiveDate {
    new_year().date() + TimeDelta::days(i64::try_from(number % 365).expect("a small number"))
}

fn id(number: usize) -> LiaisonId {
    format!("liaison-{number:02}").parse().expect("a name")
}

fn role(word: &str) -> Role {
    word.parse().expect("a name")
}

fn place(line: u32) -> Place {
    Place { file: "rosters/er-nursing.toml".into(), line }
}
