//! Severity, ladder, and what raises or changes them.

use std::sync::Arc;

use crate::config::kinds::Line;
use crate::config::playbook::scope::{Scope, check_reach, lines, positive};
use crate::config::playbook::written::{WrittenAfterHours, WrittenPlaybook, WrittenPromotion, WrittenTrigger};
use crate::config::reader::Written;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::playbook::ladder::Ladder;
use crate::domain::playbook::{AfterHours, Promotion, Trigger};
use crate::domain::severity::Severity;

/// How the tracks of a playbook escalate.
pub(super) struct Climb {
    pub severity: Severity,
    pub ladder: Arc<Ladder>,
    pub promotions: Vec<Promotion>,
    pub after_hours: Option<AfterHours>,
}

pub(super) fn validate(written: &WrittenPlaybook, scope: &Scope<'_>) -> Option<Climb> {
    let severity = written.severity.as_ref();
    let ladder = match (&written.ladder, severity) {
        (Some(name), _) => named(name, scope),
        (None, Some(severity)) => scope.ladders.required_for(severity.value, &severity.spot, scope.context),
        (None, None) => None,
    };
    let own = Own { severity: severity.map(|severity| severity.value), ladder: ladder.as_deref() };
    let promotions: Vec<_> = written.promotions.iter().map(|one| promotion(one, &own, scope)).collect();
    let after_hours = written.after_hours.as_ref().map(|rules| after_hours(rules, written, scope));
    Some(Climb {
        severity: severity?.value,
        promotions: promotions.into_iter().collect::<Option<_>>()?,
        after_hours: match after_hours {
            Some(rules) => Some(rules?),
            None => None,
        },
        ladder: ladder?,
    })
}

/// The playbook's own severity and ladder, if they are known.
struct Own<'a> {
    severity: Option<Severity>,
    ladder: Option<&'a Ladder>,
}

fn named(name: &Written<Line>, scope: &Scope<'_>) -> Option<Arc<Ladder>> {
    let name = Written { value: name.value.0.clone(), spot: name.spot.clone() };
    scope.ladders.named(&name, scope.context)
}

fn promotion(written: &WrittenPromotion, own: &Own<'_>, scope: &Scope<'_>) -> Option<Promotion> {
    let when = written.when.as_ref().map(|when| trigger(when, scope));
    let ladder = written.ladder.as_ref().map(|name| named(name, scope));
    let raised = written.severity.as_ref().filter(|severity| own.severity.is_some_and(|own| severity.value > own));
    if let Some(severity) = raised.filter(|_| written.ladder.is_none()) {
        scope.ladders.required_for(severity.value, &severity.spot, scope.context);
    }
    check_change(written, ladder.as_ref().and_then(Option::as_deref), own, scope);
    let ladder = match ladder {
        Some(ladder) => Some(ladder?),
        None => None,
    };
    Some(Promotion { when: when?, severity: written.severity.as_ref().map(|severity| severity.value), ladder })
}

fn check_change(written: &WrittenPromotion, ladder: Option<&Ladder>, own: &Own<'_>, scope: &Scope<'_>) {
    let mistakes = scope.context.mistakes;
    if written.severity.is_none() && written.ladder.is_none() {
        let message = "this `[[promote]]` needs a `severity` or a `ladder`";
        return mistakes.error(Code::MissingKey, &written.spot, message);
    }
    if let (Some(severity), Some(own)) = (&written.severity, own.severity)
        && severity.value < own
    {
        let message = format!("a promotion cannot lower the severity, and this playbook's severity is `{own}`");
        return mistakes.error(Code::BadValue, &severity.spot, message);
    }
    let same_severity = written.severity.as_ref().is_none_or(|one| own.severity.is_some_and(|own| one.value == own));
    let same_ladder = match (&written.ladder, ladder, own.ladder) {
        (None, _, _) => true,
        (Some(_), Some(one), Some(own)) => one.name == own.name,
        _ => false,
    };
    if same_severity && same_ladder {
        let message = "this `[[promote]]` has no effect: its severity and ladder are the playbook's own";
        mistakes.error(Code::BadValue, &written.spot, message);
    }
}

fn trigger(written: &WrittenTrigger, scope: &Scope<'_>) -> Trigger {
    if written.is_empty {
        let message = "`when` needs `any_flag` or `reach_at_least`";
        scope.context.mistakes.error(Code::MissingKey, &written.spot, message);
    }
    check_reach(written.reach_at_least.as_ref(), scope.context);
    Trigger {
        any_flag: written.any_flag.as_ref().map(|list| lines(&list.items)).unwrap_or_default(),
        reach_at_least: written.reach_at_least.as_ref().map(|reach| reach.value),
    }
}

fn after_hours(written: &WrittenAfterHours, playbook: &WrittenPlaybook, scope: &Scope<'_>) -> Option<AfterHours> {
    let context = scope.context;
    let hold = written.hold.as_ref().filter(|hold| hold.value);
    if let Some(hold) = hold {
        check_hold(&hold.spot, playbook, scope);
    }
    if let Some(instead) = written.instead.as_ref().filter(|_| hold.is_none()) {
        let diagnostic = Diagnostic::error(Code::MissingKey, &instead.spot, "`instead` needs `hold = true`");
        context
            .mistakes
            .push(diagnostic.hint("`instead` has an effect only while the department's own track is on hold"));
    }
    let instead = written.instead.as_ref().map(|list| context.departments(&list.items)).unwrap_or_default();
    let ladder = written.ladder.as_ref().map(|name| named(name, scope));
    Some(AfterHours {
        acknowledge_within: positive("acknowledge_within", written.acknowledge_within.as_ref(), context),
        act_within: positive("act_within", written.act_within.as_ref(), context),
        ladder: match ladder {
            Some(ladder) => Some(ladder?),
            None => None,
        },
        hold: hold.is_some(),
        instead,
    })
}

fn check_hold(spot: &Spot, playbook: &WrittenPlaybook, scope: &Scope<'_>) {
    let context = scope.context;
    if playbook.severity.as_ref().is_some_and(|severity| severity.value == Severity::Critical) {
        let diagnostic = Diagnostic::error(Code::BadValue, spot, "critical incidents cannot be put on hold");
        context
            .mistakes
            .push(diagnostic.hint("remove `hold`, and use another `ladder` that pages someone who is awake"));
    }
    let mut listed: Vec<_> = playbook.departments.iter().flat_map(|list| &list.items).map(|one| &one.value).collect();
    listed.dedup();
    for department in listed {
        if context.departments.get(department).is_some_and(|facts| !facts.has_hours) {
            let message =
                format!("`hold` has no effect for `{department}`, whose roster has no hours; it is paged immediately");
            let diagnostic = Diagnostic::warning(Code::NeverHolds, spot, message);
            context.mistakes.push(diagnostic.hint("add `[hours]` to the roster, or remove `hold`"));
        }
    }
}
