//! Raw rosters. `None` means omitted or reported. Editors show the doc comments of the keys.

use chrono::{NaiveDate, NaiveDateTime};
use schemars::JsonSchema;

use crate::config::contact::{RawContacts, add_keys_of_person};
use crate::config::reader::{RawList, Spanned, Table};
use crate::config::roster::hours;
use crate::config::value_types::{Line, ZoneName};
use crate::diagnostic::Spot;
use crate::domain::contact::ChannelKind;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::roster::hours::Hours;
use crate::domain::roster::rotation::{During, Every};
use crate::domain::wait::Wait;

/// One department: when it is staffed, its people, and who is on call when (`rosters/<department>.toml`).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawRoster {
    /// ID of the department, and name of the file.
    #[schemars(required)]
    pub department: Option<Spanned<DepartmentId>>,
    /// Name of the department, such as "Privacy Office".
    #[schemars(required)]
    pub name: Option<Spanned<Line>>,
    /// Time zone of all times in this file.
    #[schemars(required)]
    pub timezone: Option<Spanned<ZoneName>>,
    /// Department to page when no one here answers.
    pub escalate_to: Option<Spanned<DepartmentId>>,
    /// Who maintains this file.
    pub owner: Option<Spanned<Line>>,
    /// Date by which this file should be reviewed.
    pub review_by: Option<Spanned<NaiveDate>>,
    /// When the department is staffed; default: never.
    #[schemars(schema_with = "hours::schema", default)]
    pub hours: Hours,
    /// People of the department.
    #[schemars(rename = "liaison", length(min = 1))]
    pub liaisons: Vec<RawLiaison>,
    /// Roles that people take in turns; the first rotation that applies counts.
    #[schemars(rename = "rotation", default)]
    pub rotations: Vec<RawRotation>,
    /// Temporary changes to a rotation; the last one in the file counts.
    #[schemars(rename = "override", default)]
    pub overrides: Vec<RawOverride>,
}

/// Person of the department.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, transform = add_keys_of_person)]
pub struct RawLiaison {
    #[schemars(skip)]
    pub spot: Spot,
    /// Short ID, unique in this file.
    #[schemars(required)]
    pub id: Option<Spanned<LiaisonId>>,
    /// Full name.
    #[schemars(required)]
    pub name: Option<Spanned<Line>>,
    #[schemars(skip)]
    pub contacts: RawContacts,
    /// Date on which the person agreed to be paged by SMS.
    pub sms_consent: Option<Spanned<NaiveDate>>,
    /// Channels for pages, in order; default: all of the person's channels immediately.
    #[schemars(length(min = 1))]
    pub notify: Option<Vec<RawNotify>>,
    /// When the person cannot be on call.
    #[schemars(default)]
    pub away: Vec<RawAway>,
}

/// One channel for pages to the person.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawNotify {
    /// Channel.
    #[schemars(required)]
    pub by: Option<Spanned<ChannelKind>>,
    /// Delay after the page is created; default: none.
    #[schemars(extend("examples" = ["0s", "2m"]))]
    pub after: Option<Spanned<Wait>>,
}

/// Absence, such as leave, training, or a sick day.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawAway {
    #[schemars(skip)]
    pub spot: Spot,
    /// Start.
    #[schemars(required)]
    pub from: Option<Spanned<NaiveDateTime>>,
    /// When the person is back.
    #[schemars(required)]
    pub to: Option<Spanned<NaiveDateTime>>,
    /// Who covers; default: the next in the rotation.
    pub cover: Option<Spanned<LiaisonId>>,
}

/// Role that people take in turns.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawRotation {
    #[schemars(skip)]
    pub spot: Spot,
    /// Role: `primary`, `backup`, or a custom name.
    #[schemars(required)]
    pub role: Option<Spanned<Role>>,
    /// When it applies: staffed `hours`, `after-hours`, or `always`; default: `always`.
    pub during: Option<Spanned<During>>,
    /// Whose turn it is, in order.
    #[schemars(required)]
    pub liaisons: Option<RawList<LiaisonId>>,
    /// Length of a turn; default: the first person is always on call.
    pub every: Option<Spanned<Every>>,
    /// When the first person takes over; turns are counted from here.
    pub handoff: Option<Spanned<NaiveDateTime>>,
}

/// Temporary change to a rotation, such as a swap.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawOverride {
    #[schemars(skip)]
    pub spot: Spot,
    /// Role.
    #[schemars(required)]
    pub role: Option<Spanned<Role>>,
    /// Start.
    #[schemars(required)]
    pub from: Option<Spanned<NaiveDateTime>>,
    /// End (not included).
    #[schemars(required)]
    pub to: Option<Spanned<NaiveDateTime>>,
    /// Who is on call during this time.
    #[schemars(required)]
    pub liaison: Option<Spanned<LiaisonId>>,
    /// Reason, in a few words.
    pub reason: Option<Spanned<Line>>,
}

pub fn read(mut table: Table<'_>) -> RawRoster {
    let roster = RawRoster {
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

fn read_liaison(mut table: Table<'_>) -> RawLiaison {
    let contacts = RawContacts::read(&mut table);
    let liaison = RawLiaison {
        spot: table.spot().clone(),
        id: table.required("id"),
        name: table.required("name"),
        contacts,
        sms_consent: table.optional("sms_consent"),
        notify: read_notify(&mut table),
        away: table.tables("away", "this absence").into_iter().map(read_away).collect(),
    };
    table.finish();
    liaison
}

fn read_notify(table: &mut Table<'_>) -> Option<Vec<RawNotify>> {
    table.value("notify")?;
    let entries = table.non_empty_tables("notify", "this entry of `notify`");
    let read = |mut entry: Table<'_>| {
        let notify = RawNotify { by: entry.required("by"), after: entry.optional("after") };
        entry.finish();
        notify
    };
    Some(entries.into_iter().map(read).collect())
}

fn read_away(mut table: Table<'_>) -> RawAway {
    let away = RawAway {
        spot: table.spot().clone(),
        from: table.required("from"),
        to: table.required("to"),
        cover: table.optional("cover"),
    };
    table.finish();
    away
}

fn read_rotation(mut table: Table<'_>) -> RawRotation {
    let rotation = RawRotation {
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

fn read_override(mut table: Table<'_>) -> RawOverride {
    let change = RawOverride {
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
