//! Severity, ladder, and what raises or changes them.

use std::sync::Arc;

use crate::config::playbook::raw::{RawAfterHours, RawPlaybook, RawPromotion, RawTrigger};
use crate::config::playbook::scope::{Scope, check_reach, lines, positive};
use crate::config::reader::Spanned;
use crate::config::value_types::Line;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::playbook::ladder::Ladder;
use crate::domain::playbook::{AfterHours, Promotion, Trigger};
use crate::domain::severity::Severity;

/// How the tracks of a playbook escalate.
pub(super) struct Escalation {
    pub severity: Severity,
    pub ladder: Arc<Ladder>,
    pub promotions: Vec<Promotion>,
    pub after_hours: Option<AfterHours>,
}

pub(super) fn validate(raw: &RawPlaybook, scope: &Scope<'_>) -> Option<Escalation> {
    let severity = raw.severity.as_ref();
    let ladder = match (&raw.ladder, severity) {
        (Some(name), _) => named(name, scope),
        (None, Some(severity)) => scope.ladders.required_for(severity.value, &severity.spot, scope.context),
        (None, None) => None,
    };
    let own = Own { severity: severity.map(|severity| severity.value), ladder: ladder.as_deref() };
    let promotions: Vec<_> = raw.promotions.iter().map(|one| promotion(one, &own, scope)).collect();
    let after_hours = raw.after_hours.as_ref().map(|rules| after_hours(rules, raw, scope));
    Some(Escalation {
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

fn named(name: &Spanned<Line>, scope: &Scope<'_>) -> Option<Arc<Ladder>> {
    let name = Spanned { value: name.value.0.clone(), spot: name.spot.clone() };
    scope.ladders.named(&name, scope.context)
}

fn promotion(raw: &RawPromotion, own: &Own<'_>, scope: &Scope<'_>) -> Option<Promotion> {
    let when = raw.when.as_ref().map(|when| trigger(when, scope));
    let ladder = raw.ladder.as_ref().map(|name| named(name, scope));
    let raised = raw.severity.as_ref().filter(|severity| own.severity.is_some_and(|own| severity.value > own));
    if let Some(severity) = raised.filter(|_| raw.ladder.is_none()) {
        scope.ladders.required_for(severity.value, &severity.spot, scope.context);
    }
    check_change(raw, ladder.as_ref().and_then(Option::as_deref), own, scope);
    let ladder = match ladder {
        Some(ladder) => Some(ladder?),
        None => None,
    };
    Some(Promotion { when: when?, severity: raw.severity.as_ref().map(|severity| severity.value), ladder })
}

fn check_change(raw: &RawPromotion, ladder: Option<&Ladder>, own: &Own<'_>, scope: &Scope<'_>) {
    let diagnostics = scope.context.diagnostics;
    if !raw.has_change {
        let message = "this `[[promote]]` needs a `severity` or a `ladder`";
        return diagnostics.error(Code::MissingKey, &raw.spot, message);
    }
    if let (Some(severity), Some(own)) = (&raw.severity, own.severity)
        && severity.value < own
    {
        let message = format!("a promotion cannot lower the severity, and this playbook's severity is `{own}`");
        return diagnostics.error(Code::BadValue, &severity.spot, message);
    }
    if raw.severity.is_none() && raw.ladder.is_none() {
        return;
    }
    let same_severity = raw.severity.as_ref().is_none_or(|one| own.severity.is_some_and(|own| one.value == own));
    let same_ladder = match (&raw.ladder, ladder, own.ladder) {
        (None, _, _) => true,
        (Some(_), Some(one), Some(own)) => one.name == own.name,
        _ => false,
    };
    if same_severity && same_ladder {
        let message = "this `[[promote]]` has no effect: its severity and ladder are the playbook's own";
        diagnostics.error(Code::BadValue, &raw.spot, message);
    }
}

fn trigger(raw: &RawTrigger, scope: &Scope<'_>) -> Trigger {
    if raw.is_empty {
        let message = "`when` needs `any_flag` or `reach_at_least`";
        scope.context.diagnostics.error(Code::MissingKey, &raw.spot, message);
    }
    check_reach(raw.reach_at_least.as_ref(), scope.context);
    Trigger {
        any_flag: raw.any_flag.as_ref().map(|list| lines(&list.items)).unwrap_or_default(),
        reach_at_least: raw.reach_at_least.as_ref().map(|reach| reach.value),
    }
}

fn after_hours(raw: &RawAfterHours, playbook: &RawPlaybook, scope: &Scope<'_>) -> Option<AfterHours> {
    let context = scope.context;
    let hold = raw.hold.as_ref().filter(|hold| hold.value);
    if let Some(hold) = hold {
        check_hold(&hold.spot, playbook, scope);
    }
    if let Some(instead) = raw.instead.as_ref().filter(|_| hold.is_none()) {
        let diagnostic = Diagnostic::error(Code::MissingKey, &instead.spot, "`instead` needs `hold = true`");
        context
            .diagnostics
            .push(diagnostic.hint("`instead` has an effect only while the department's own track is on hold"));
    }
    let instead = raw.instead.as_ref().map(|list| context.departments(&list.items)).unwrap_or_default();
    let ladder = raw.ladder.as_ref().map(|name| named(name, scope));
    Some(AfterHours {
        acknowledge_within: positive("acknowledge_within", raw.acknowledge_within.as_ref(), context),
        act_within: positive("act_within", raw.act_within.as_ref(), context),
        ladder: match ladder {
            Some(ladder) => Some(ladder?),
            None => None,
        },
        hold: hold.is_some(),
        instead,
    })
}

fn check_hold(spot: &Spot, playbook: &RawPlaybook, scope: &Scope<'_>) {
    let context = scope.context;
    if playbook.severity.as_ref().is_some_and(|severity| severity.value == Severity::Critical) {
        let diagnostic = Diagnostic::error(Code::BadValue, spot, "critical incidents cannot be put on hold");
        context
            .diagnostics
            .push(diagnostic.hint("remove `hold`, and use another `ladder` that pages someone who is awake"));
    }
    let mut listed: Vec<_> = playbook.departments.iter().flat_map(|list| &list.items).map(|one| &one.value).collect();
    listed.dedup();
    for department in listed {
        if context.departments.get(department).is_some_and(|facts| !facts.has_hours) {
            let message =
                format!("`hold` has no effect for `{department}`, whose roster has no hours; it is paged immediately");
            let diagnostic = Diagnostic::warning(Code::NeverHolds, spot, message);
            context.diagnostics.push(diagnostic.hint("add `[hours]` to the roster, or remove `hold`"));
        }
    }
}
