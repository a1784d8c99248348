//! Who cannot sign in, and whether anyone watches over access.

use crate::config::coverage::walk::Walk;
use crate::diagnostic::{Code, Diagnostic, Spot};
use crate::domain::permission::Permission;
use crate::domain::person::Person;

/// Everything that keeps a liaison from signing in, or an access from being noticed.
pub fn find(walk: &Walk<'_>) -> Vec<Diagnostic> {
    let people = walk.plan.people();
    let listed = people.all().filter(|person| !person.entries.is_empty());
    let mut findings: Vec<Diagnostic> = nobody_audits(walk).into_iter().collect();
    findings.extend(listed.filter_map(|person| cannot_sign_in(walk, person)));
    findings
}

fn nobody_audits(walk: &Walk<'_>) -> Option<Diagnostic> {
    let plan = walk.plan;
    let audits = |person: &Person| person.grants.may_somewhere(Permission::Audit);
    if plan.access.members.is_empty() || plan.people().all().any(audits) {
        return None;
    }
    let spot = walk.texts.key(&walk.texts.main, &[&["group", "0", "name"]]);
    let message = "no one has `audit`, so no one is told when an emergency code is used";
    let hint = "add `audit` to the `may` of a group whose people watch over access";
    Some(Diagnostic::warning(Code::NobodyAudits, &spot, message).hint(hint))
}

/// A person who could be sent a code, if the address were theirs alone.
fn cannot_sign_in(walk: &Walk<'_>, person: &Person) -> Option<Diagnostic> {
    let people = walk.plan.people();
    let mut contacts = person.contacts.iter().filter(|one| walk.plan.channels.contains(&one.channel)).peekable();
    contacts.peek()?;
    if contacts.any(|contact| people.is_of_one(&contact.address)) {
        return None;
    }
    let message = format!("{} cannot sign in: every contact of theirs is also another person's", name(person));
    let hint = "give them an email address or a number of their own";
    Some(Diagnostic::warning(Code::CannotSignIn, &place(walk, person)?, message).hint(hint))
}

fn name(person: &Person) -> String {
    format!("`{}`", person.entries.first().map_or(person.id.as_str(), |entry| entry.liaison.as_str()))
}

fn place(walk: &Walk<'_>, person: &Person) -> Option<Spot> {
    let entry = person.entries.first()?;
    let liaison = walk.plan.rosters.get(&entry.roster)?.liaison(&entry.liaison)?;
    Some(walk.texts.line(&liaison.place))
}
