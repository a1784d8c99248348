//! What the engine and the decider refuse, as problems.

use crate::domain::escalation::input::Refusal;
use crate::domain::escalation::tasks::input::TaskRefusal;
use crate::engine::protocol::refused::Refused;
use crate::web::error::{Already, Kind, Problem, statements};

impl From<Refused> for Problem {
    /// The reason a journal cannot be written goes to `/readyz` and the log; callers learn what to do.
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Decision(refusal) => refusal.into(),
            Refused::UnknownIncident(_) => Self::new(Kind::UnknownIncident, "No incident with that reference"),
            Refused::UnknownLink => Self::new(Kind::UnknownLink, "Open the complete link from the message"),
            Refused::ExpiredLink => Self::new(Kind::ExpiredLink, "The incident was resolved more than seven days ago"),
            Refused::StillOpen => Self::new(Kind::StillOpen, "Resolve the incident first"),
            Refused::StillOwed(count) => {
                let tasks = if count == 1 { "1 task is".to_owned() } else { format!("{count} tasks are") };
                let cure = "close each with `task-done` or `task-not-needed` first";
                Self::new(Kind::StillOwed, format!("{tasks} still open; {cure}"))
            }
            Refused::AlreadyPurged { .. } => Self::new(Kind::AlreadyPurged, refused.to_string()),
            Refused::NotYetPurged(_) => Self::new(
                Kind::CannotRecord,
                "The purge was recorded. The keys will be destroyed as soon as the disk allows; until then, no one \
                 can see the sealed text",
            ),
            Refused::NoSession => Self::new(Kind::SignInFirst, "Sign in again"),
            Refused::NothingToTest => Self::new(Kind::NothingToTest, "Add `[daily_test]` to `wardbell.toml` and retry"),
            Refused::TestsUnrecorded { tests, .. } => {
                let tests: Vec<String> = tests.iter().map(ToString::to_string).collect();
                Self::new(
                    Kind::CannotRecord,
                    format!("The test messages were sent ({}); the results will be recorded later", tests.join(", ")),
                )
            }
            Refused::CannotRecord(_) => Self::new(Kind::CannotRecord, "Nothing was recorded; retry in a few seconds"),
            Refused::Unavailable => Self::new(Kind::Unavailable, "Retry in a few seconds"),
            Refused::NotKnownYet => Self::new(
                Kind::NotKnownYet,
                "Check the incident before you retry. You can safely send an incident again with the same `event_id`",
            ),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let (kind, already) = match refusal {
            Refusal::AlreadyAcknowledged { by, at, department } => {
                let (id, name) = (by.id().to_owned(), by.name().to_owned());
                let department = Some(department.to_string());
                (Kind::AlreadyAcknowledged, Some(Already { by: id, by_name: name, at: Some(at), department }))
            }
            Refusal::AlreadyResolved { by } => {
                let (id, name) = (by.id().to_owned(), by.name().to_owned());
                (Kind::AlreadyResolved, Some(Already { by: id, by_name: name, at: None, department: None }))
            }
            Refusal::NotItsDepartment(_) => (Kind::NotItsDepartment, None),
            Refusal::Involved => (Kind::Involved, None),
            Refusal::Left => (Kind::LeftRosters, None),
            Refusal::NotNow => (Kind::Unavailable, None),
            Refusal::NotWaiting => (Kind::NotWaiting, None),
            Refusal::NotHandedOver | Refusal::HandedOverAlready(_) => (Kind::NotHandedOver, None),
            Refusal::NobodyHasIt => (Kind::NobodyHasIt, None),
            Refusal::NotAskedToTakeOver => (Kind::NotAsked, None),
            Refusal::NotInTheList => (Kind::NotInTheList, None),
            Refusal::NotAllAcknowledged => (Kind::NotAllAcknowledged, None),
            Refusal::NotResolved => (Kind::NotResolved, None),
            Refusal::Purged { .. } => (Kind::AlreadyPurged, None),
            Refusal::OpenedByWardbell => (Kind::NotReopened, None),
            Refusal::Task(task) => (kind_of(&task), None),
            Refusal::Statement(statement) => (statements::kind_of(&statement), None),
            Refusal::EmptyNote | Refusal::NoteTooLong | Refusal::ReasonMissing => (Kind::BadNote, None),
        };
        Self { already: already.map(Box::new), ..Self::new(kind, detail) }
    }
}

fn kind_of(refusal: &TaskRefusal) -> Kind {
    match refusal {
        TaskRefusal::Unknown(_) => Kind::UnknownTask,
        TaskRefusal::Closed { .. } | TaskRefusal::Open(_) | TaskRefusal::NothingOwed => Kind::TaskClosed,
        TaskRefusal::NotTheirs(_) => Kind::Forbidden,
        TaskRefusal::ReasonMissing(_) => Kind::BadNote,
        TaskRefusal::WordsMissing
        | TaskRefusal::WordsTooLong
        | TaskRefusal::TooMany
        | TaskRefusal::UnknownDepartment(_)
        | TaskRefusal::NotInDepartment { .. } => Kind::BadTask,
    }
}
