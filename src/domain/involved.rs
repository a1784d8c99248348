//! The people an incident names as involved, looked up by hash so that the number of names does not matter.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::id::IncidentId;
use crate::domain::label::lower;
use crate::domain::roster::Liaison;

/// The most names per incident that are in no roster. The largest hospitals have a few thousand people in their
/// rosters, and no post names more than a handful. Names that are in a roster are always kept, so this limit never
/// leads to paging an involved person.
pub const UNKNOWN_NAMES_MAX: usize = 1_000;

/// The prefix of a name that is in no roster and recorded as a hash.
const HASHED: &str = "sha256:";

/// Hexadecimal digits kept of each hash: 128 bits.
const HASH_DIGITS: usize = 32;

/// Ids and email addresses of people who must not be paged, each once. People who are in no roster are stored as
/// hashes. Cheap to clone.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Box<str>>", into = "Vec<Box<str>>")]
pub struct Involved(Option<Arc<Names>>);

#[derive(Debug, Clone, Default)]
struct Names {
    written: Vec<Box<str>>,
    /// What identifies a person, in lower case: ids, names and addresses.
    keys: HashSet<Box<str>>,
    /// The same as hashes, for people whose names are protected.
    hashes: HashSet<Box<str>>,
    /// The incident that salts the hashes.
    salt: Option<IncidentId>,
}

/// An incident that names no one.
pub static NOBODY: Involved = Involved(None);

impl Involved {
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |names| names.written.len())
    }

    /// The names as received.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|names| &names.written).map(AsRef::as_ref)
    }

    /// Whether the name identifies no one beyond the people already named.
    pub fn contains(&self, name: &str) -> bool {
        match parse_hashed(name) {
            Some((_, mut hashes)) => {
                self.0.as_ref().is_some_and(|names| hashes.all(|hash| names.hashes.contains(hash)))
            }
            None => !self.is_empty() && keys_of(name).iter().all(|key| self.has_key(key)),
        }
    }

    pub fn add(&mut self, name: &str) {
        if self.contains(name) {
            return;
        }
        let names = Arc::make_mut(self.0.get_or_insert_default());
        names.written.push(name.into());
        match parse_hashed(name) {
            Some((incident, hashes)) => {
                names.salt = Some(incident);
                names.hashes.extend(hashes.map(Box::from));
            }
            None => names.keys.extend(keys_of(name).into_iter().map(Box::from)),
        }
    }

    /// Whether a person is named, by id or address.
    pub fn names(&self, liaison: &Liaison) -> bool {
        let mut names = std::iter::once(lower(liaison.id.as_str())).chain(liaison.contacts.names());
        !self.is_empty() && names.any(|name| self.has_key(&name))
    }

    /// Whether a lower-case id or address is among the names.
    pub fn has_key(&self, key: &str) -> bool {
        let has_hash = |names: &Names| names.salt.is_some_and(|salt| names.hashes.contains(&*hash(salt, key)));
        self.0.as_ref().is_some_and(|names| names.keys.contains(key) || has_hash(names))
    }
}

/// The recorded form of a name that is in no roster. It is unreadable, but a person who later joins a roster under that
/// name is still recognized. Each incident has its own hashes, so incidents cannot be compared. The hash has no key:
/// anyone who has the record can test whether a given name is in it, even after a purge.
pub fn hashed(incident: IncidentId, name: &str) -> String {
    let mut hashes = keys_of(name).map(|key| hash(incident, &key)).to_vec();
    hashes.dedup();
    format!("{HASHED}{incident}:{}", hashes.join(":"))
}

pub fn is_hashed(name: &str) -> bool {
    parse_hashed(name).is_some()
}

fn parse_hashed(name: &str) -> Option<(IncidentId, impl Iterator<Item = &str>)> {
    let (incident, hashes) = name.strip_prefix(HASHED)?.split_once(':')?;
    let is_hash = |hash: &str| hash.len() == HASH_DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let incident = incident.parse().ok().filter(|_| hashes.split(':').all(is_hash))?;
    Some((incident, hashes.split(':')))
}

fn hash(incident: IncidentId, key: &str) -> String {
    let mut hash = Digest::of(format!("wardbell involved {incident} {key}").as_bytes()).to_string();
    hash.truncate(HASH_DIGITS);
    hash
}

impl PartialEq for Involved {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: AsRef<str>> FromIterator<T> for Involved {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let mut involved = Self::default();
        names.into_iter().for_each(|name| involved.add(name.as_ref()));
        involved
    }
}

impl From<Vec<Box<str>>> for Involved {
    fn from(names: Vec<Box<str>>) -> Self {
        names.into_iter().collect()
    }
}

impl From<Involved> for Vec<Box<str>> {
    fn from(involved: Involved) -> Self {
        involved.iter().map(Box::from).collect()
    }
}

/// What a name can match in a roster: an id or a full name, or the address in `j.chen@mercy.example`,
/// `mailto:j.chen@mercy.example` or `June Chen <j.chen@mercy.example>`.
pub fn keys_of(name: &str) -> [Cow<'_, str>; 2] {
    [full_name(name), lower(address_in(name))]
}

/// The address or id, without the text around it.
pub fn address_in(name: &str) -> &str {
    let inner = name.rsplit_once('<').map_or(name, |(_, rest)| rest.trim_end().trim_end_matches('>'));
    inner.trim().trim_start_matches("mailto:")
}

/// A full name in the form used for comparison: lower case, single spaces.
pub fn full_name(name: &str) -> Cow<'_, str> {
    let mut words = name.split(' ');
    let is_plain = words.all(|word| !word.is_empty() && !word.contains(char::is_whitespace));
    if is_plain {
        lower(name)
    } else {
        lower(&name.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_however_it_is_written() {
        let mut involved = Involved::default();
        for name in ["j-chen", "J-Chen", "June Chen <J.Chen@mercy.example>", "j.chen@mercy.example", "j-chen"] {
            involved.add(name);
        }
        assert_eq!(involved.iter().collect::<Vec<_>>(), ["j-chen", "June Chen <J.Chen@mercy.example>"]);
        let written = serde_json::to_string(&involved).unwrap();
        assert_eq!(written, r#"["j-chen","June Chen <J.Chen@mercy.example>"]"#);
        assert_eq!(serde_json::from_str::<Involved>(&written).unwrap(), involved);
        assert!(!involved.contains("m-rivera") && involved.has_key("j.chen@mercy.example"));
    }

    #[test]
    fn a_name_that_is_recorded_as_a_hash_is_recognized_and_not_read() {
        let id = IncidentId::from_random(7);
        let mut involved: Involved =
            [hashed(id, "Joy  Park <J.Park@mercy.example>"), "m-rivera".to_owned()].iter().collect();
        let written = serde_json::to_string(&involved).unwrap();
        assert!(!written.to_lowercase().contains("park") && written.contains("m-rivera"), "{written}");
        for involved in [&involved, &serde_json::from_str(&written).unwrap()] {
            assert!(involved.has_key("j.park@mercy.example") && involved.has_key("m-rivera"));
            assert!(involved.contains("Joy Park <j.park@mercy.example>") && !involved.contains("joy park"));
            assert!(!involved.has_key("j.parks@mercy.example"));
        }
        involved.add(&hashed(id, "Joy Park <j.park@mercy.example>"));
        assert_eq!(involved.len(), 2, "each once");
        assert_ne!(hashed(id, "Joy Park"), hashed(IncidentId::from_random(8), "Joy Park"));
        // A name that only looks like a hash is a plain name.
        for name in ["sha256:", "sha256:7Q2K9MXD:", "sha256:7Q2K9MXD:00ff", "sha256 of a name"] {
            assert!(!is_hashed(name), "{name}");
        }
        assert!(is_hashed(&hashed(id, "x")));
    }

    #[test]
    fn nobody_involved_takes_no_more_room_than_a_pointer() {
        assert_eq!(size_of::<Involved>(), size_of::<usize>());
        assert!(Involved::from(Vec::new()).is_empty());
    }
}
