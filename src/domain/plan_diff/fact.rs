//! One difference between two plans.

use std::fmt::Display;

/// One difference between two plans; at least one side is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about, such as `phone of Maria Rivera`.
    pub what: String,
    /// The old value, if any. [`WITHHELD`] replaces a contact, here and below.
    pub before: Option<String>,
    /// The new value, if any.
    pub after: Option<String>,
}

/// Replaces a contact that is not shown.
pub const WITHHELD: &str = "(not shown)";

/// Whether to show people's phone numbers and addresses: many people read the differences in pull requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contacts {
    /// Show only that they differ.
    Withheld,
    /// Show them as in the files.
    Shown,
}

impl Contacts {
    /// The difference between two contacts, if any.
    pub fn changed(self, what: String, before: Option<&str>, after: Option<&str>) -> Option<Fact> {
        let fact = changed(what, before, after)?;
        let told = |contact: Option<String>| match self {
            Self::Withheld => contact.map(|_| WITHHELD.to_owned()),
            Self::Shown => contact,
        };
        Some(Fact { before: told(fact.before), after: told(fact.after), ..fact })
    }
}

/// The difference between two values, if any.
pub fn changed<T: PartialEq + Display>(what: impl Into<String>, before: Option<T>, after: Option<T>) -> Option<Fact> {
    let text = |value: Option<T>| value.map(|value| value.to_string());
    (before != after).then(|| Fact { what: what.into(), before: text(before), after: text(after) })
}

/// What was added to and removed from a list, one by one, ignoring order.
pub fn items(what: &str, before: &[String], after: &[String]) -> Vec<Fact> {
    let (gone, new) = unmatched(before, after, |before, after| before == after);
    let gone = gone.into_iter().map(|one| Fact { what: what.into(), before: Some(one.clone()), after: None });
    let new = new.into_iter().map(|one| Fact { what: what.into(), before: None, after: Some(one.clone()) });
    gone.chain(new).collect()
}

/// What remains of two lists after pairing equal elements.
pub fn unmatched<'a, T>(before: &'a [T], after: &'a [T], is_same: impl Fn(&T, &T) -> bool) -> (Vec<&'a T>, Vec<&'a T>) {
    let mut new: Vec<&T> = after.iter().collect();
    let mut gone = Vec::new();
    for one in before {
        match new.iter().position(|other| is_same(one, other)) {
            Some(position) => drop(new.remove(position)),
            None => gone.push(one),
        }
    }
    (gone, new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_element_is_paired_once() {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let told = |before: &str, after: &str| {
            let facts = items("x", &list(before), &list(after)).into_iter();
            facts.map(|fact| (fact.before.unwrap_or_default(), fact.after.unwrap_or_default())).collect::<Vec<_>>()
        };
        assert_eq!(told("a b", "b a"), []);
        assert_eq!(told("a a b", "a c"), [("a", ""), ("b", ""), ("", "c")].map(|(x, y)| (x.into(), y.into())));
        assert_eq!(changed("x", Some(1), Some(1)), None);
        assert_eq!(changed("x", Some(1), None).unwrap().before.as_deref(), Some("1"));
    }
}
