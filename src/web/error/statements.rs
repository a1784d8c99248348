//! Which problem a refusal about a statement is.

use crate::domain::escalation::statements::input::StatementRefusal;
use crate::web::error::Kind;

pub fn kind_of(refusal: &StatementRefusal) -> Kind {
    match refusal {
        StatementRefusal::Unknown(_) | StatementRefusal::NotInPlaybook { .. } => Kind::UnknownStatement,
        StatementRefusal::Conflict { .. } | StatementRefusal::Superseded(_) => Kind::StatementConflict,
        StatementRefusal::Used(_)
        | StatementRefusal::Withdrawn(_)
        | StatementRefusal::ApprovedInAdvance
        | StatementRefusal::Submitted
        | StatementRefusal::ChangesAsked
        | StatementRefusal::Approved
        | StatementRefusal::NotSubmitted
        | StatementRefusal::AlreadyApproved(_)
        | StatementRefusal::NotApproved => Kind::StatementState,
        StatementRefusal::PeopleOnly
        | StatementRefusal::SignInFirst
        | StatementRefusal::NotItsApproval(_)
        | StatementRefusal::NotAnApprover
        | StatementRefusal::OwnWords => Kind::NotAnApprover,
        StatementRefusal::NotFilled(_)
        | StatementRefusal::Empty
        | StatementRefusal::TooLong { .. }
        | StatementRefusal::Unchanged(_)
        | StatementRefusal::HasBlanks
        | StatementRefusal::ReasonMissing
        | StatementRefusal::NoteMissing
        | StatementRefusal::PlaceMissing
        | StatementRefusal::WordsTooLong
        | StatementRefusal::InTheFuture
        | StatementRefusal::TooMany
        | StatementRefusal::TooManyVersions => Kind::BadStatement,
    }
}
