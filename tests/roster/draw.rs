//! Random rosters, each from its own number.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::clocks::{changes_of_clocks, days_in_month, legal_public_holidays, meaning, shows, zones};
use crate::paper::{Paper, Swap, Turns, Unit};
use crate::person::{Absence, Person};
use crate::wall::Window;

/// Times at which clocks are changed, and their neighbours.
const TELLING_MINUTES: [u32; 14] = [0, 15, 30, 60, 90, 120, 135, 150, 180, 480, 1_020, 1_380, 1_410, 1_439];

/// `always` as often as the others together.
const DURING: [&str; 4] = ["hours", "after-hours", "always", "always"];

/// Numbers without end, the same for the same seed (splitmix64).
pub struct Draw(pub u64);

impl Draw {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of so many, from 0 on.
    pub fn below(&mut self, many: u64) -> u64 {
        self.number() % many
    }

    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        least + i64::try_from(self.below(u64::try_from(most - least + 1).unwrap())).unwrap()
    }

    pub fn small(&mut self, least: u32, most: u32) -> u32 {
        u32::try_from(self.between(least.into(), most.into())).unwrap()
    }

    pub fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    /// One of them.
    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }

    fn minutes(&mut self) -> u32 {
        if self.one_in(3) { self.small(0, 1_439) } else { self.of(&TELLING_MINUTES) }
    }
}

/// A roster, and the days around a change of clocks, a year's end, a leap day or any other day to look at.
pub fn paper(seed: u64) -> Paper {
    let mut draw = Draw(seed);
    let zone = draw.of(&zones());
    let focus = focus(&mut draw, zone);
    let people: usize = draw.small(1, 6).try_into().unwrap();
    let mut sketch = Sketch {
        draw,
        zone,
        day: shows(zone, focus).date(),
        change: shows(zone, focus),
        people,
        hours: std::array::from_fn(|_| Vec::new()),
        windows: Vec::new(),
    };
    sketch.hours = sketch.hours();
    sketch.windows = sketch.windows();
    let people = (0..people).map(|person| sketch.person_of(person)).collect();
    let rotations = (0..sketch.draw.below(6)).map(|_| sketch.turns()).collect();
    let overrides = (0..sketch.draw.below(6)).filter_map(|_| sketch.swap()).collect();
    let approvers = if sketch.draw.one_in(2) { sketch.some_people(3) } else { Vec::new() };
    let mut draw = sketch.draw;
    Paper {
        zone,
        hours: sketch.hours,
        us_federal: draw.one_in(2),
        dates: (0..draw.below(3)).map(|_| sketch.day + TimeDelta::days(draw.between(-4, 4))).collect(),
        windows: sketch.windows,
        all_keys: draw.one_in(2),
        approvers,
        people,
        rotations,
        overrides,
        from: focus - TimeDelta::seconds(draw.between(20, 120) * 3_600 + draw.between(0, 3_600)),
        to: focus + TimeDelta::seconds(draw.between(20, 120) * 3_600 + draw.between(0, 3_600)),
    }
}

fn focus(draw: &mut Draw, zone: Tz) -> DateTime<Utc> {
    let year = i32::try_from(draw.between(2004, 2060)).unwrap();
    let noon = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(12);
    let changes = changes_of_clocks(zone, year);
    match draw.below(10) {
        0 => Utc.with_ymd_and_hms(year, 12, 31, 18, 0, 0).unwrap(),
        1 => Utc.with_ymd_and_hms(year / 4 * 4, 2, 29, 12, 0, 0).unwrap(),
        2 => noon(draw.of(&legal_public_holidays(year))),
        3 | 4 if !changes.is_empty() => noon(NaiveDate::from_yo_opt(year, draw.small(1, 365)).unwrap()),
        _ if !changes.is_empty() => draw.of(&changes),
        _ => noon(NaiveDate::from_yo_opt(year, draw.small(1, 365)).unwrap()),
    }
}

/// What is drawn so far.
pub struct Sketch {
    pub draw: Draw,
    zone: Tz,
    pub day: NaiveDate,
    /// Near what is looked at, on the wall clock.
    change: NaiveDateTime,
    people: usize,
    pub hours: [Vec<(u32, u32)>; 7],
    pub windows: Vec<Window>,
}

impl Sketch {
    pub fn time(&mut self, days: i64) -> NaiveDateTime {
        let minute = TimeDelta::minutes(1);
        if self.draw.one_in(4) {
            let near = self.change + TimeDelta::minutes(self.draw.between(-100, 100) / 5 * 5);
            return near - TimeDelta::seconds(near.and_utc().timestamp().rem_euclid(60));
        }
        let day = self.day + TimeDelta::days(self.draw.between(-days, days));
        day.and_time(NaiveTime::MIN) + minute * i32::try_from(self.draw.minutes()).unwrap()
    }

    fn person(&mut self) -> usize {
        usize::try_from(self.draw.below(self.people as u64)).unwrap()
    }

    fn role(&mut self) -> &'static str {
        self.draw.of(&["primary", "primary", "backup", "backup", "charge-nurse"])
    }

    fn hours(&mut self) -> [Vec<(u32, u32)>; 7] {
        let usual = self.day_hours();
        let mood = self.draw.below(5);
        std::array::from_fn(|day| match mood {
            0 => Vec::new(),
            1 if day < 5 => usual.clone(),
            1 => Vec::new(),
            2 => vec![(0, 1_440)],
            _ => self.day_hours(),
        })
    }

    /// Up to three spans, of which the last may pass midnight or end with the day.
    pub fn day_hours(&mut self) -> Vec<(u32, u32)> {
        let mut cuts: Vec<_> = (0..self.draw.small(0, 3) * 2).map(|_| self.draw.minutes()).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut spans: Vec<_> = cuts.as_chunks::<2>().0.iter().map(|[from, to]| (*from, *to)).collect();
        let first = spans.first().map(|(from, _)| *from);
        if let (Some(first), Some(last)) = (first, spans.last_mut()) {
            match self.draw.below(4) {
                0 => last.1 = 1_440,
                1 => last.1 = self.draw.small(0, first),
                2 => last.1 = 0,
                _ => (),
            }
        }
        spans
    }

    fn interval(&mut self) -> Option<(NaiveDateTime, NaiveDateTime)> {
        let from = self.time(6);
        let to = match self.draw.below(3) {
            0 => from + TimeDelta::minutes(self.draw.between(1, 300)),
            1 => from + TimeDelta::hours(self.draw.between(1, 200)),
            _ => self.time(6),
        };
        (meaning(self.zone, from) < meaning(self.zone, to)).then_some((from, to))
    }

    fn person_of(&mut self, id: usize) -> Person {
        let (own, shared) = self.entries(id);
        Person { away: self.absences(id), unavailable: self.unavailable(), own, shared }
    }

    fn absences(&mut self, person: usize) -> Vec<Absence> {
        let many = self.draw.below(4);
        (0..many)
            .filter_map(|_| {
                let cover = Some(self.person()).filter(|cover| *cover != person && !self.draw.one_in(3));
                self.interval().map(|(from, to)| Absence { from, to, cover })
            })
            .collect()
    }

    fn swap(&mut self) -> Option<Swap> {
        let (role, person) = (self.role(), self.person());
        self.interval().map(|(from, to)| Swap { role, from, to, person })
    }

    fn turns(&mut self) -> Turns {
        let people = self.some_people(4);
        let windows: Vec<_> = self.windows.iter().map(|window| window.name).collect();
        let words = if windows.is_empty() || self.draw.one_in(2) { &DURING[..] } else { &windows[..] };
        let during = self.draw.of(words);
        // Turns are stretches that end.
        let ends = during != "always" && !self.never_ends(during);
        let by_turns = ends && self.draw.one_in(2);
        let handoff = match by_turns {
            true => Some(self.handoff_of_turns(during)),
            false => (!self.draw.one_in(6)).then(|| self.handoff()),
        };
        let every = match by_turns {
            true => Some((self.draw.of(&[1, 1, 1, 2, 3, 14]), Unit::Turns)),
            false => handoff.filter(|_| !self.draw.one_in(6)).map(|_| self.every()),
        };
        let people = match every {
            Some(_) => self.with_free_turns(&people),
            None => people.into_iter().map(Some).collect(),
        };
        Turns { role: self.role(), during, people, every, handoff }
    }

    /// Some of the people in any order, at least one and at most so many.
    fn some_people(&mut self, most: u32) -> Vec<usize> {
        let mut people: Vec<usize> = (0..self.people).collect();
        let many = usize::try_from(self.draw.small(1, most)).unwrap();
        for index in 0..people.len() {
            people.swap(index, usize::try_from(self.draw.below(self.people as u64)).unwrap());
        }
        people.truncate(many);
        people
    }

    fn every(&mut self) -> (u32, Unit) {
        let most = if self.draw.one_in(8) { 1_000 } else { 14 };
        let unit = self.draw.of(&[Unit::Hours, Unit::Days, Unit::Weeks, Unit::Months]);
        let least = 1;
        let number = match unit {
            Unit::Hours if self.draw.one_in(2) => self.draw.of(&[1, 8, 12, 24]),
            Unit::Months => self.draw.small(least, 13),
            _ if self.draw.one_in(2) => 1,
            _ => self.draw.small(least, most),
        };
        (number, unit)
    }

    /// Often days before, sometimes years, sometimes still to come, often at a month's end.
    pub fn handoff(&mut self) -> NaiveDateTime {
        let near = self.time(6);
        let before = match self.draw.below(4) {
            0 => TimeDelta::zero(),
            1 => TimeDelta::days(self.draw.between(0, 60)),
            2 => TimeDelta::days(self.draw.between(0, 900)),
            _ => {
                let months = self.draw.small(0, 30);
                let whole = i64::from(near.year()) * 12 + i64::from(near.month0()) - i64::from(months);
                let year = i32::try_from(whole.div_euclid(12)).unwrap();
                let month = u32::try_from(whole.rem_euclid(12)).unwrap() + 1;
                let day = self.draw.of(&[near.day(), 28, 29, 30, 31]).min(days_in_month(year, month));
                return NaiveDate::from_ymd_opt(year, month, day).unwrap().and_time(near.time());
            }
        };
        near - before
    }
}
