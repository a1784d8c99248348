//! A roster as it was written; what is `None` is left out or was reported. The words at its keys are shown by editors.

use chrono::{NaiveDate, NaiveDateTime};
use schemars::JsonSchema;

use crate::config::contact::{WrittenContacts, add_keys_of_person};
use crate::config::kinds::{Line, ZoneName};
use crate::config::reader::{Table, Written, WrittenList};
use crate::config::roster::hours;
use crate::diagnostic::Spot;
use crate::domain::contact::ChannelKind;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::roster::hours::Hours;
use crate::domain::roster::rotation::{During, Every};
use crate::domain::wait::Wait;

/// One department: when it is staffed, who is in it, and who is on call when (`rosters/<department>.toml`).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenRoster {
    /// The department's id; the file is called after it.
    #[schemars(required)]
    pub department: Option<Written<DepartmentId>>,
    /// The department as people say it, such as "Privacy Office".
    #[schemars(required)]
    pub name: Option<Written<Line>>,
    /// The time zone that all times of this file are read in.
    #[schemars(required)]
    pub timezone: Option<Written<ZoneName>>,
    /// Which department answers when this one does not.
    pub escalate_to: Option<Written<DepartmentId>>,
    /// Who keeps this file right.
    pub owner: Option<Written<Line>>,
    /// By when somebody should go through this file again.
    pub review_by: Option<Written<NaiveDate>>,
    /// When the department is staffed; without it, never.
    #[schemars(schema_with = "hours::schema", default)]
    pub hours: Hours,
    /// The people of the department.
    #[schemars(rename = "liaison", length(min = 1))]
    pub liaisons: Vec<WrittenLiaison>,
    /// Who holds a role in turn; the first that holds at a time counts.
    #[schemars(rename = "rotation", default)]
    pub rotations: Vec<WrittenRotation>,
    /// Who holds a role for a while instead of the rotation; the last in the file counts.
    #[schemars(rename = "override", default)]
    pub overrides: Vec<WrittenOverride>,
}

/// A person of the department.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, transform = add_keys_of_person)]
pub struct WrittenLiaison {
    #[schemars(skip)]
    pub spot: Spot,
    /// A short id, unlike all others in this file.
    #[schemars(required)]
    pub id: Option<Written<LiaisonId>>,
    /// The person's whole name.
    #[schemars(required)]
    pub name: Option<Written<Line>>,
    #[schemars(skip)]
    pub contacts: WrittenContacts,
    /// Since when the person agrees to be paged by SMS.
    pub sms_consent: Option<Written<NaiveDate>>,
    /// By what the person is paged, in their own order; left out, by all that they have at once.
    #[schemars(length(min = 1))]
    pub notify: Option<Vec<WrittenNotify>>,
    /// When the person cannot be on call.
    #[schemars(default)]
    pub away: Vec<WrittenAway>,
}

/// One way to page the person.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenNotify {
    /// The channel.
    #[schemars(required)]
    pub by: Option<Written<ChannelKind>>,
    /// How long after the page was made; left out, at once.
    #[schemars(extend("examples" = ["0s", "2m"]))]
    pub after: Option<Written<Wait>>,
}

/// An absence: leave, a course, a sick day.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenAway {
    #[schemars(skip)]
    pub spot: Spot,
    /// The first moment away.
    #[schemars(required)]
    pub from: Option<Written<NaiveDateTime>>,
    /// The first moment back.
    #[schemars(required)]
    pub to: Option<Written<NaiveDateTime>>,
    /// Who takes the person's turns meanwhile; left out, the next of the rotation.
    pub cover: Option<Written<LiaisonId>>,
}

/// Who holds a role in turn.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenRotation {
    #[schemars(skip)]
    pub spot: Spot,
    /// Which role it gives: `primary`, `backup`, or a name of the roster's own.
    #[schemars(required)]
    pub role: Option<Written<Role>>,
    /// While the department is staffed, while it is not, or always; left out, always.
    pub during: Option<Written<During>>,
    /// Whose turn it is, one after the other.
    #[schemars(required)]
    pub liaisons: Option<WrittenList<LiaisonId>>,
    /// How long a turn is; left out, it is always the first person's.
    pub every: Option<Written<Every>>,
    /// When the first person takes over; turns are counted from there.
    pub handoff: Option<Written<NaiveDateTime>>,
}

/// Somebody else holds a role for a while, as after a swap.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenOverride {
    #[schemars(skip)]
    pub spot: Spot,
    /// Which role.
    #[schemars(required)]
    pub role: Option<Written<Role>>,
    /// From then on.
    #[schemars(required)]
    pub from: Option<Written<NaiveDateTime>>,
    /// Until then, not included.
    #[schemars(required)]
    pub to: Option<Written<NaiveDateTime>>,
    /// Who holds the role meanwhile.
    #[schemars(required)]
    pub liaison: Option<Written<LiaisonId>>,
    /// Why, in a few words.
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
    let contacts = WrittenContacts::read(&mut table);
    let liaison = WrittenLiaison {
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
