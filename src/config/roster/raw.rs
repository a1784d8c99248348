//! Raw rosters. `None` means omitted or reported. Editors show the doc comments of the keys.

use chrono::{NaiveDate, NaiveDateTime};
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::json;
use toml::de::DeValue;

use crate::config::contact::{RawContacts, add_keys_of_person};
use crate::config::reader::{RawList, Spanned, Table};
use crate::config::roster::hours;
use crate::config::roster::weekly::RawWeekly;
use crate::config::roster::windows::{self, RawWindow};
use crate::config::value_types::{Line, NAME, Read, Wrong, ZoneName, name, text};
use crate::diagnostic::Spot;
use crate::domain::contact::ChannelKind;
use crate::domain::id::{DepartmentId, LiaisonId, NAME_MAX, Role, WindowName};
use crate::domain::roster::hours::Hours;
use crate::domain::roster::rotation::Every;
use crate::domain::wait::Wait;

const MOVE_PEOPLE: &str = "people are in `people.toml`, beside the rosters: move it there, or write `[[liaison]]`";

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
    /// Parts of the week, and days, by name.
    #[schemars(rename = "window", schema_with = "windows::schema", default)]
    pub windows: Vec<RawWindow>,
    /// Who approves statements for the department, in order; default: its primary.
    pub approvers: Option<RawList<LiaisonId>>,
    /// People of the department.
    #[schemars(rename = "liaison", length(min = 1))]
    pub liaisons: Vec<RawLiaison>,
    /// Roles that people take in turns; the first rotation that applies counts.
    #[schemars(rename = "rotation", default)]
    pub rotations: Vec<RawRotation>,
    /// Temporary changes to a rotation; the last one in the file counts.
    #[schemars(rename = "override", default)]
    pub overrides: Vec<RawOverride>,
    /// Whether the file has people as `people.toml` has.
    #[schemars(skip)]
    pub has_people: bool,
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
    /// Full name; default: that of the person with this ID in `people.toml`, as for all contacts.
    pub name: Option<Spanned<Line>>,
    /// Whether the file has a name, valid or not, perhaps under a misspelled key.
    #[schemars(skip)]
    pub has_name: bool,
    /// Whether the person is in `people.toml`.
    #[schemars(skip)]
    pub listed: Listed,
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
    /// When the person cannot be on call, week after week.
    #[schemars(default)]
    pub unavailable: Vec<RawUnavailable>,
}

/// Whether a liaison is in `people.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    Yes,
    No,
    /// That file could not be read as a whole.
    Unknown,
}

/// One channel for pages to the person.
#[derive(Clone, JsonSchema)]
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

/// Times of the week at which the person cannot be on call, such as clinic hours. Nobody covers: the next in the rotation
/// does.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawUnavailable {
    #[schemars(skip)]
    pub spot: Spot,
    #[schemars(flatten)]
    pub weekly: RawWeekly,
    /// Last day on which it counts; default: it goes on.
    pub until: Option<Spanned<NaiveDate>>,
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
    /// When it applies: staffed `hours`, `after-hours`, `always`, or the name of a window; default: `always`.
    pub during: Option<Spanned<RawDuring>>,
    /// Whose turn it is, in order; `-` is a free turn, which the next rotation that applies takes.
    #[schemars(required)]
    pub liaisons: Option<RawList<TurnOf>>,
    /// Length of a turn; with `1 turn`, each stretch of `during` is one; default: the first person is always on call.
    pub every: Option<Spanned<Every>>,
    /// When the first person takes over; turns are counted from here.
    pub handoff: Option<Spanned<NaiveDateTime>>,
    /// Whether `handoff` is there, valid or not.
    #[schemars(skip)]
    pub has_handoff: bool,
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

/// When a rotation applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawDuring {
    Hours,
    AfterHours,
    Always,
    Window(WindowName),
}

impl RawDuring {
    pub fn window(&self) -> Option<&WindowName> {
        match self {
            Self::Window(name) => Some(name),
            _ => None,
        }
    }
}

impl Read for RawDuring {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        match text(value, label)? {
            "hours" => Ok(Self::Hours),
            "after-hours" => Ok(Self::AfterHours),
            "always" => Ok(Self::Always),
            other => other.parse().map(Self::Window).map_err(|_| {
                let words = "`hours`, `after-hours`, `always`, or the name of a `[window.NAME]`";
                Wrong::value(format!("{label} must be {words}"))
            }),
        }
    }

    fn schema() -> Schema {
        let mut schema = name("hours");
        schema.insert("examples".to_owned(), json!(["hours", "after-hours", "always", "weekend"]));
        schema
    }
}

/// Whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnOf {
    Liaison(LiaisonId),
    Nobody,
}

impl TurnOf {
    pub fn liaison(&self) -> Option<&LiaisonId> {
        match self {
            Self::Liaison(id) => Some(id),
            Self::Nobody => None,
        }
    }
}

impl Read for TurnOf {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        match value {
            DeValue::String(text) if text == "-" => Ok(Self::Nobody),
            other => LiaisonId::read(other, label).map(Self::Liaison),
        }
    }

    fn is_person() -> bool {
        true
    }

    fn schema() -> Schema {
        let pattern = format!("^({NAME}|-)$");
        json_schema!({ "type": "string", "pattern": pattern, "maxLength": NAME_MAX, "examples": ["m-rivera"] })
    }
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
        windows: windows::read_all(&mut table),
        approvers: table.optional_list("approvers"),
        liaisons: table.tables("liaison", "this liaison").into_iter().map(read_liaison).collect(),
        rotations: table.tables("rotation", "this rotation").into_iter().map(read_rotation).collect(),
        overrides: table.tables("override", "this override").into_iter().map(read_override).collect(),
        has_people: table.has_misplaced("person", MOVE_PEOPLE),
    };
    if roster.liaisons.is_empty() && !(table.lacks("liaison") && table.has("liaison")) {
        table.missing("[[liaison]]");
    }
    table.finish();
    roster
}

fn read_liaison(mut table: Table<'_>) -> RawLiaison {
    let contacts = RawContacts::read_person(&mut table);
    let mut liaison = RawLiaison {
        spot: table.spot().clone(),
        id: table.required("id"),
        name: table.optional("name"),
        has_name: false,
        listed: Listed::No,
        contacts,
        sms_consent: table.optional("sms_consent"),
        notify: read_notify(&mut table),
        away: table.tables("away", "this absence").into_iter().map(read_away).collect(),
        unavailable: table.tables("unavailable", "this time").into_iter().map(read_unavailable).collect(),
    };
    liaison.has_name = table.has("name");
    liaison.contacts.note_typos(&table);
    table.finish();
    liaison
}

fn read_unavailable(mut table: Table<'_>) -> RawUnavailable {
    let mut unavailable = RawUnavailable {
        spot: table.spot().clone(),
        weekly: RawWeekly::read(&mut table),
        until: table.optional("until"),
    };
    unavailable.weekly.note_typos(&table);
    table.finish();
    unavailable
}

pub fn read_notify(table: &mut Table<'_>) -> Option<Vec<RawNotify>> {
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
    let mut rotation = RawRotation {
        spot: table.spot().clone(),
        role: table.required("role"),
        during: table.optional("during"),
        liaisons: table.required_list("liaisons"),
        every: table.optional("every"),
        handoff: table.optional("handoff"),
        has_handoff: false,
    };
    rotation.has_handoff = table.has("handoff");
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
