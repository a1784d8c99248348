//! A roster as it was written.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use crate::config::contact::{EmailAddress, PhoneNumber};
use crate::config::kinds::Line;
use crate::config::reader::{Table, Written, WrittenList};
use crate::config::roster::hours;
use crate::diagnostic::Spot;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::roster::ChannelKind;
use crate::domain::roster::hours::Hours;
use crate::domain::roster::rotation::{During, Every};
use crate::domain::wait::Wait;

/// `rosters/<department>.toml`; what is `None` is left out or was reported.
pub struct WrittenRoster {
    pub department: Option<Written<DepartmentId>>,
    pub name: Option<Written<Line>>,
    pub timezone: Option<Written<Tz>>,
    pub escalate_to: Option<Written<DepartmentId>>,
    pub owner: Option<Written<Line>>,
    pub review_by: Option<Written<NaiveDate>>,
    pub hours: Hours,
    pub liaisons: Vec<WrittenLiaison>,
    pub rotations: Vec<WrittenRotation>,
    pub overrides: Vec<WrittenOverride>,
}

/// `[[liaison]]`
pub struct WrittenLiaison {
    pub spot: Spot,
    pub id: Option<Written<LiaisonId>>,
    pub name: Option<Written<Line>>,
    pub email: Option<Written<EmailAddress>>,
    pub sms: Option<Written<PhoneNumber>>,
    /// The contacts that were written at all, valid or not.
    pub contacts: Vec<ChannelKind>,
    pub sms_consent: Option<Written<NaiveDate>>,
    pub notify: Option<Vec<WrittenNotify>>,
    pub away: Vec<WrittenAway>,
}

/// One entry of `notify`.
pub struct WrittenNotify {
    pub by: Option<Written<ChannelKind>>,
    pub after: Option<Written<Wait>>,
}

/// One entry of `away`.
pub struct WrittenAway {
    pub spot: Spot,
    pub from: Option<Written<NaiveDateTime>>,
    pub to: Option<Written<NaiveDateTime>>,
    pub cover: Option<Written<LiaisonId>>,
    /// Whether a `cover` was written at all, valid or not.
    pub names_cover: bool,
}

/// `[[rotation]]`
pub struct WrittenRotation {
    pub spot: Spot,
    pub role: Option<Written<Role>>,
    pub during: Option<Written<During>>,
    pub liaisons: Option<WrittenList<LiaisonId>>,
    pub every: Option<Written<Every>>,
    pub handoff: Option<Written<NaiveDateTime>>,
}

/// `[[override]]`
pub struct WrittenOverride {
    pub spot: Spot,
    pub role: Option<Written<Role>>,
    pub from: Option<Written<NaiveDateTime>>,
    pub to: Option<Written<NaiveDateTime>>,
    pub liaison: Option<Written<LiaisonId>>,
    pub reason: Option<Written<Line>>,
}

/// Reads a whole roster.
pub fn read(mut table: Table<'_>) -> WrittenRoster {
    let roster = WrittenRoster {
        department: table.required("department"),
        name: table.required("name"),
        timezone: table.required("timezone"),
        escalate_to: table.optional("escalate_to"),
        owner: table.optional("owner"),
        review_by: table.optional("review_by"),
        hours: table.table("hours", "`[hours]`").map(hours::read).unwrap_or_default(),
        liaisons: table.tables("liaison", "this liaison").into_iter().map(read_liaison).collect(),
        rotations: table.tables("rotation", "this rotation").into_iter().map(read_rotation).collect(),
        overrides: table.tables("override", "this override").into_iter().map(read_override).collect(),
    };
    if roster.liaisons.is_empty() {
        table.missing("[[liaison]]");
    }
    table.finish();
    roster
}

fn read_liaison(mut table: Table<'_>) -> WrittenLiaison {
    let contacts = ChannelKind::ALL.into_iter().filter(|kind| table.value(kind.word()).is_some()).collect();
    let liaison = WrittenLiaison {
        spot: table.spot().clone(),
        id: table.required("id"),
        name: table.required("name"),
        email: table.optional("email"),
        sms: table.optional("sms"),
        contacts,
        sms_consent: table.optional("sms_consent"),
        notify: read_notify(&mut table),
        away: table.tables("away", "this absence").into_iter().map(read_away).collect(),
    };
    table.finish();
    liaison
}

fn read_notify(table: &mut Table<'_>) -> Option<Vec<WrittenNotify>> {
    table.value("notify")?;
    let entries = table.non_empty_tables("notify", "this entry of `notify`");
    let read = |mut entry: Table<'_>| {
        let notify = WrittenNotify { by: entry.required("by"), after: entry.optional("after") };
        entry.finish();
        notify
    };
    Some(entries.into_iter().map(read).collect())
}

fn read_away(mut table: Table<'_>) -> WrittenAway {
    let away = WrittenAway {
        spot: table.spot().clone(),
        from: table.required("from"),
        to: table.required("to"),
        cover: table.optional("cover"),
        names_cover: table.value("cover").is_some(),
    };
    table.finish();
    away
}

fn read_rotation(mut table: Table<'_>) -> WrittenRotation {
    let rotation = WrittenRotation {
        spot: table.spot().clone(),
        role: table.required("role"),
        during: table.optional("during"),
        liaisons: table.required_list("liaisons"),
        every: table.optional("every"),
        handoff: table.optional("handoff"),
    };
    table.finish();
    rotation
}

fn read_override(mut table: Table<'_>) -> WrittenOverride {
    let change = WrittenOverride {
        spot: table.spot().clone(),
        role: table.required("role"),
        from: table.required("from"),
        to: table.required("to"),
        liaison: table.required("liaison"),
        reason: table.optional("reason"),
    };
    table.finish();
    change
}
