//! What each principal may do. The only place that decides it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::id::DepartmentId;
use crate::domain::principal::Principal;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Read incidents and who is on call: for programs, which see everything then.
    Read,
    /// See incidents without what was posted.
    See,
    /// See what was posted.
    SeeProtected,
    /// Acknowledge, decline, escalate, resolve, add notes.
    Act,
    /// Open incidents.
    Open,
    /// Write statements.
    Draft,
    /// Approve statements.
    Approve,
    /// Read reports.
    Report,
    /// Learn who has seen what.
    Audit,
    /// Report that it is alive.
    Heartbeat,
    /// Change how the daemon runs, and end sessions. An operator with it may also destroy text, and do everything else.
    Admin,
}

impl Permission {
    /// The word in `may` of an operator or a group; sources have theirs without asking.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::See => "see",
            Self::SeeProtected => "see-protected",
            Self::Act => "act",
            Self::Open => "open",
            Self::Draft => "draft",
            Self::Approve => "approve",
            Self::Report => "report",
            Self::Audit => "audit",
            Self::Heartbeat => "heartbeat",
            Self::Admin => "admin",
        }
    }
}

/// Whether a program may do something. `granted` is what the configuration gives an operator.
pub fn may(principal: &Principal, granted: &[Permission], wanted: Permission) -> bool {
    match principal {
        Principal::Source { .. } => matches!(wanted, Permission::Open | Permission::Heartbeat),
        Principal::Operator { .. } => {
            let sees = matches!(wanted, Permission::See | Permission::SeeProtected);
            let is_granted = granted.contains(&wanted)
                || granted.contains(&Permission::Admin)
                || sees && granted.contains(&Permission::Read);
            // Only people approve.
            is_granted && !matches!(wanted, Permission::Heartbeat | Permission::Approve)
        }
        // What somebody may do behind a page's link depends on the page: the incident's decision says it. What a person
        // may do depends on the incident: their `Grants` say it.
        Principal::LinkHolder { .. } | Principal::Person { .. } => false,
        Principal::Daemon => wanted == Permission::Open,
    }
}

/// `[[group]]`: permissions for some people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub may: BTreeSet<Permission>,
    /// The role at the identity provider whose holders belong to it.
    pub claim: Option<String>,
    /// `None` for all departments.
    pub departments: Option<BTreeSet<DepartmentId>>,
}

/// What a liaison may do for incidents in which one of their departments has a track.
const OF_LIAISON: [Permission; 4] = [Permission::See, Permission::SeeProtected, Permission::Act, Permission::Draft];

/// What an emergency code allows, for all incidents.
const OF_EMERGENCY_CODE: [Permission; 5] =
    [Permission::See, Permission::SeeProtected, Permission::Act, Permission::Open, Permission::Draft];

/// What a person may do, and for which departments.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    groups: Vec<Arc<Group>>,
    /// The departments whose rosters list the person.
    departments: BTreeSet<DepartmentId>,
}

impl Grants {
    /// What somebody may do without a group: a liaison of these departments.
    pub fn of_liaison(departments: impl IntoIterator<Item = DepartmentId>) -> Self {
        Self { groups: Vec::new(), departments: departments.into_iter().collect() }
    }

    /// What somebody with an emergency code may do.
    pub fn of_emergency_code() -> Self {
        let may = OF_EMERGENCY_CODE.into_iter().collect();
        let group = Group { name: "emergency-code".to_owned(), may, claim: None, departments: None };
        Self { groups: vec![Arc::new(group)], departments: BTreeSet::new() }
    }

    pub fn add(&mut self, group: Arc<Group>) {
        if !self.groups.iter().any(|known| known.name == group.name) {
            self.groups.push(group);
        }
    }

    /// The groups that the person belongs to.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().map(AsRef::as_ref)
    }

    /// Whether they may do it for at least one department.
    pub fn may_somewhere(&self, wanted: Permission) -> bool {
        let as_liaison = !self.departments.is_empty() && implies(&OF_LIAISON, wanted);
        as_liaison || self.groups.iter().any(|group| group.gives(wanted))
    }

    /// Whether they may do it for all departments.
    pub fn may_everywhere(&self, wanted: Permission) -> bool {
        self.groups.iter().any(|group| group.departments.is_none() && group.gives(wanted))
    }

    /// Whether they may do it for an incident with tracks for these departments.
    pub fn may_for<'a>(&self, wanted: Permission, tracks: impl IntoIterator<Item = &'a DepartmentId>) -> bool {
        let tracks: Vec<&DepartmentId> = tracks.into_iter().collect();
        let has_track = |departments: &BTreeSet<DepartmentId>| tracks.iter().any(|track| departments.contains(*track));
        let as_liaison = implies(&OF_LIAISON, wanted) && has_track(&self.departments);
        let of_group = |group: &Arc<Group>| group.gives(wanted) && group.departments.as_ref().is_none_or(has_track);
        as_liaison || self.groups.iter().any(of_group)
    }
}

impl Group {
    fn gives(&self, wanted: Permission) -> bool {
        let may: Vec<Permission> = self.may.iter().copied().collect();
        implies(&may, wanted)
    }
}

/// Who may act on an incident, or see what was posted, sees the incident.
fn implies(may: &[Permission], wanted: Permission) -> bool {
    let sees = [Permission::SeeProtected, Permission::Act, Permission::Draft, Permission::Approve];
    may.contains(&wanted) || wanted == Permission::See && may.iter().any(|one| sees.contains(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::principal::SignInMethod;

    const ALL: [Permission; 11] = [
        Permission::Read,
        Permission::See,
        Permission::SeeProtected,
        Permission::Act,
        Permission::Open,
        Permission::Draft,
        Permission::Approve,
        Permission::Report,
        Permission::Audit,
        Permission::Heartbeat,
        Permission::Admin,
    ];

    #[track_caller]
    fn check(principal: &Principal, granted: &[Permission], allowed: &[Permission]) {
        let may: Vec<Permission> = ALL.into_iter().filter(|wanted| may(principal, granted, *wanted)).collect();
        assert_eq!(may, allowed, "{principal:?} {granted:?}");
    }

    #[test]
    fn each_principal_may_do_this_and_no_more() {
        use Permission::{Act, Admin, Audit, Draft, Heartbeat, Open, Read, Report, See, SeeProtected};
        let operator = Principal::Operator { operator: "desk".parse().unwrap() };
        check(&operator, &[], &[]);
        check(&operator, &[Read], &[Read, See, SeeProtected]);
        check(&operator, &[Act, Open], &[Act, Open]);
        check(&operator, &[Heartbeat], &[]);
        check(&operator, &[Audit], &[Audit]);
        check(&operator, &[Admin], &[Read, See, SeeProtected, Act, Open, Draft, Report, Audit, Admin]);
        let source = Principal::Source { source: "desk".parse().unwrap() };
        check(&source, &[], &[Open, Heartbeat]);
        check(&source, &[Admin], &[Open, Heartbeat]);
        let liaison = "m-rivera".parse().unwrap();
        let roster = "privacy".parse().unwrap();
        check(&Principal::LinkHolder { liaison, name: "M. Rivera".into(), roster }, &[Admin], &[]);
        let person = "m-rivera".parse().unwrap();
        check(
            &Principal::Person {
                person,
                name: "M. Rivera".into(),
                how: SignInMethod::Code,
                listed: None,
                also: Vec::new(),
            },
            &[Admin],
            &[],
        );
        check(&Principal::Daemon, &[], &[Open]);
    }

    fn department(name: &str) -> DepartmentId {
        name.parse().unwrap()
    }

    fn group(may: &[Permission], departments: Option<&str>) -> Arc<Group> {
        let departments = departments.map(|one| BTreeSet::from([department(one)]));
        let name = format!("{may:?}{departments:?}");
        Arc::new(Group { name, may: may.iter().copied().collect(), claim: None, departments })
    }

    /// What they may do for an incident of the department `privacy`, in all, and for all departments.
    #[track_caller]
    fn check_grants(grants: &Grants, on_privacy: &[Permission], somewhere: &[Permission], everywhere: &[Permission]) {
        let track = [department("legal"), department("privacy")];
        let granted = |may: &dyn Fn(Permission) -> bool| ALL.into_iter().filter(|one| may(*one)).collect::<Vec<_>>();
        assert_eq!(granted(&|wanted| grants.may_for(wanted, &track)), on_privacy, "for privacy");
        assert_eq!(granted(&|wanted| grants.may_somewhere(wanted)), somewhere, "somewhere");
        assert_eq!(granted(&|wanted| grants.may_everywhere(wanted)), everywhere, "everywhere");
    }

    #[test]
    fn a_liaison_may_act_where_their_department_has_a_track_and_a_group_where_it_says() {
        use Permission::{Act, Admin, Approve, Audit, Draft, Open, See, SeeProtected};
        let of_liaison = [See, SeeProtected, Act, Draft];
        let mut privacy = Grants::of_liaison([department("privacy")]);
        check_grants(&privacy, &of_liaison, &of_liaison, &[]);
        let billing = Grants::of_liaison([department("billing")]);
        check_grants(&billing, &[], &of_liaison, &[]);
        check_grants(&Grants::default(), &[], &[], &[]);
        privacy.add(group(&[Audit], None));
        check_grants(
            &privacy,
            &[See, SeeProtected, Act, Draft, Audit],
            &[See, SeeProtected, Act, Draft, Audit],
            &[Audit],
        );
        let mut board = Grants::default();
        board.add(group(&[Act], None));
        check_grants(&board, &[See, Act], &[See, Act], &[See, Act]);
        let mut billing = Grants::default();
        billing.add(group(&[SeeProtected, Open], Some("billing")));
        check_grants(&billing, &[], &[See, SeeProtected, Open], &[]);
        billing.add(group(&[Approve], Some("privacy")));
        check_grants(&billing, &[See, Approve], &[See, SeeProtected, Open, Approve], &[]);
        let mut admin = Grants::default();
        admin.add(group(&[Admin], None));
        check_grants(&admin, &[Admin], &[Admin], &[Admin]);
        let emergency = Grants::of_emergency_code();
        let all = [See, SeeProtected, Act, Open, Draft];
        check_grants(&emergency, &all, &all, &all);
    }
}
