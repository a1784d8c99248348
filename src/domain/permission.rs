//! What each principal may do. The only place that decides it.

use crate::domain::principal::Principal;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Read incidents and who is on call.
    Read,
    /// Acknowledge, decline, escalate, resolve, add notes.
    Act,
    /// Open incidents.
    Open,
    /// Report that it is alive.
    Heartbeat,
    /// Change how the daemon runs, destroy text, and do everything that an operator may.
    Admin,
}

impl Permission {
    /// The word in an operator's `may`; sources have theirs without asking.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Act => "act",
            Self::Open => "open",
            Self::Heartbeat => "heartbeat",
            Self::Admin => "admin",
        }
    }
}

/// Whether a principal may do something. `granted` is what the configuration gives an operator.
pub fn may(principal: &Principal, granted: &[Permission], wanted: Permission) -> bool {
    match principal {
        Principal::Source { .. } => matches!(wanted, Permission::Open | Permission::Heartbeat),
        Principal::Operator { .. } => {
            let is_granted = granted.contains(&wanted) || granted.contains(&Permission::Admin);
            is_granted && wanted != Permission::Heartbeat
        }
        // What somebody may do behind a page's link depends on the page: the incident's decision says it.
        Principal::LinkHolder { .. } => false,
        Principal::Daemon => wanted == Permission::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(principal: &Principal, granted: &[Permission], allowed: &[Permission]) {
        let all = [Permission::Read, Permission::Act, Permission::Open, Permission::Heartbeat, Permission::Admin];
        let may: Vec<Permission> = all.into_iter().filter(|wanted| may(principal, granted, *wanted)).collect();
        assert_eq!(may, allowed, "{principal:?} {granted:?}");
    }

    #[test]
    fn each_principal_may_do_this_and_no_more() {
        use Permission::{Act, Admin, Heartbeat, Open, Read};
        let operator = Principal::Operator { operator: "desk".parse().unwrap() };
        check(&operator, &[], &[]);
        check(&operator, &[Read], &[Read]);
        check(&operator, &[Act, Open], &[Act, Open]);
        check(&operator, &[Heartbeat], &[]);
        check(&operator, &[Admin], &[Read, Act, Open, Admin]);
        let source = Principal::Source { source: "desk".parse().unwrap() };
        check(&source, &[], &[Open, Heartbeat]);
        check(&source, &[Admin], &[Open, Heartbeat]);
        let liaison = "m-rivera".parse().unwrap();
        let roster = "privacy".parse().unwrap();
        check(&Principal::LinkHolder { liaison, name: "M. Rivera".into(), roster }, &[Admin], &[]);
        check(&Principal::Daemon, &[], &[Open]);
    }
}
