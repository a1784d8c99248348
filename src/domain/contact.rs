//! How people are reached: channels, each person's list of contacts, and the one rule for when two contacts are the
//! same.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::label::lower;
use crate::domain::wait::Wait;

/// The properties of a channel, apart from how its provider sends.
struct Facts {
    /// Used in files and responses.
    word: &'static str,
    /// Used in sentences.
    in_words: &'static str,
    /// The name of a person's contact for the channel.
    contact: &'static str,
    /// What a contact consists of.
    address: &'static str,
    /// What a test message says its arrival proves.
    proof: &'static str,
    /// What the daemon reports if the channel is not set up.
    off: &'static str,
    /// Whether its addresses identify people in an incident's `involved`.
    names_owners: bool,
}

/// Declares each channel once, so that [`ChannelKind::ALL`] and all of its facts are always complete.
macro_rules! channels {
    ($($(#[$doc:meta])* $name:ident: $facts:expr;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum ChannelKind {
            $($(#[$doc])* $name,)*
        }

        impl ChannelKind {
            /// In the default paging order, used for people without their own.
            pub const ALL: [Self; [$(Self::$name),*].len()] = [$(Self::$name),*];

            const fn facts(self) -> Facts {
                match self {
                    $(Self::$name => $facts,)*
                }
            }
        }
    };
}

channels! {
    Email: Facts {
        word: "email",
        in_words: "email",
        contact: "email",
        address: "address",
        proof: "e-mail works",
        off: "no pages are sent by email",
        names_owners: true,
    };
    Sms: Facts {
        word: "sms",
        in_words: "SMS",
        contact: "phone",
        address: "number",
        proof: "text messages work",
        off: "no pages are sent by text message",
        names_owners: false,
    };
}

impl ChannelKind {
    /// Used in files and responses.
    pub const fn word(self) -> &'static str {
        self.facts().word
    }

    /// Used in sentences.
    pub const fn in_words(self) -> &'static str {
        self.facts().in_words
    }

    /// The name of a person's contact for the channel.
    pub const fn contact_word(self) -> &'static str {
        self.facts().contact
    }

    /// What a contact consists of: a number or an address.
    pub const fn address_word(self) -> &'static str {
        self.facts().address
    }

    /// What the arrival of a test message proves.
    pub const fn proof(self) -> &'static str {
        self.facts().proof
    }

    /// Identifies a contact by this channel where its address need not be.
    pub fn hash_of(self, address: &str) -> Digest {
        Digest::of(format!("contact {self} {}", lower(address)).as_bytes())
    }

    /// What the daemon reports if the channel is not set up.
    pub const fn when_off(self) -> &'static str {
        self.facts().off
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadChannel;

impl fmt::Display for BadChannel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = ChannelKind::ALL.map(|channel| format!("`{channel}`"));
        write!(out, "a channel is {}", words.join(" or "))
    }
}

impl std::error::Error for BadChannel {}

impl FromStr for ChannelKind {
    type Err = BadChannel;
    fn from_str(text: &str) -> Result<Self, BadChannel> {
        Self::ALL.into_iter().find(|channel| channel.word() == text).ok_or(BadChannel)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub channel: ChannelKind,
    /// As in the roster: an email address, or a number such as `+13125550101` (E.164).
    pub address: String,
    /// The delay before a page uses this contact; `None` if the person's own order leaves it out, so that no page uses
    /// it.
    pub order: Option<Wait>,
}

impl Contact {
    /// A contact that pages use immediately.
    pub fn at_once(channel: ChannelKind, address: impl Into<String>) -> Self {
        Self { channel, address: address.into(), order: Some(Wait::ZERO) }
    }

    /// The form of the address used for comparison.
    pub fn key(&self) -> Cow<'_, str> {
        lower(&self.address)
    }

    /// Whether a message to one also reaches the other, over any channel.
    pub fn is_same(&self, other: &Self) -> bool {
        if self.address.is_ascii() && other.address.is_ascii() {
            self.address.eq_ignore_ascii_case(&other.address)
        } else {
            self.key() == other.key()
        }
    }
}

/// All contacts of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contacts {
    /// At most one per channel: first those that pages use, in the person's own order.
    by_channel: Vec<Contact>,
    /// Other addresses that reach the person, in order. Pages use those of a channel after its first one.
    further: Vec<Further>,
}

/// Another address that reaches a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Further {
    pub kind: FurtherKind,
    pub address: String,
}

/// What a further address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FurtherKind {
    /// Another number for text messages.
    Sms,
    /// A number to call.
    Voice,
    /// A topic for push messages.
    Push,
    Pager,
}

impl FurtherKind {
    pub const ALL: [Self; 4] = [Self::Sms, Self::Voice, Self::Push, Self::Pager];

    /// Those that are keys of their own in files.
    pub const KEYS: [Self; 3] = [Self::Voice, Self::Push, Self::Pager];

    /// Used in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Push => "push",
            Self::Pager => "pager",
        }
    }

    /// The channel that reaches it, if there is one.
    pub fn channel(self) -> Option<ChannelKind> {
        ChannelKind::ALL.into_iter().find(|channel| channel.word() == self.word())
    }

    /// The name of a person's contact of this kind.
    pub const fn contact_word(self) -> &'static str {
        match self {
            Self::Sms => "further phone",
            Self::Voice => "phone for calls",
            Self::Push => "push topic",
            Self::Pager => "pager",
        }
    }
}

impl Contacts {
    pub fn iter(&self) -> std::slice::Iter<'_, Contact> {
        self.by_channel.iter()
    }

    /// The same with further addresses that reach the person.
    #[must_use]
    pub fn with_further(self, further: Vec<Further>) -> Self {
        Self { further, ..self }
    }

    /// The further addresses of a kind, in order.
    pub fn further(&self, kind: FurtherKind) -> impl Iterator<Item = &str> {
        self.further.iter().filter(move |further| further.kind == kind).map(|further| further.address.as_str())
    }

    /// The addresses for a channel in the order in which a page tries them: each one after the one before has refused it.
    pub fn in_turn(&self, channel: ChannelKind) -> impl Iterator<Item = &str> {
        let further = self.further.iter().filter(move |further| further.kind.channel() == Some(channel));
        let first = self.of(channel).map(|contact| contact.address.as_str());
        first.into_iter().chain(further.map(|further| further.address.as_str()))
    }

    /// All addresses in the form used for comparison, also those that no page uses.
    pub fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let further = self.further.iter().map(|further| lower(&further.address));
        self.by_channel.iter().map(Contact::key).chain(further)
    }

    pub fn of(&self, channel: ChannelKind) -> Option<&Contact> {
        self.by_channel.iter().find(|contact| contact.channel == channel)
    }

    /// The contacts that pages use, each with its delay after the page is made.
    pub fn in_order(&self) -> impl Iterator<Item = (&Contact, Wait)> {
        self.by_channel.iter().filter_map(|contact| Some((contact, contact.order?)))
    }

    /// Those whose channel is set up. If there are none, the person cannot be reached.
    pub fn reachable<'a>(&'a self, set_up: &[ChannelKind]) -> impl Iterator<Item = (&'a Contact, Wait)> {
        self.in_order().filter(move |(contact, _)| set_up.contains(&contact.channel))
    }

    /// The addresses that identify the person in an incident's `involved`, in the form used for comparison.
    pub fn names(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.by_channel.iter().filter(|contact| contact.channel.facts().names_owners).map(Contact::key)
    }

    /// Whether a page to one person also reaches the other.
    pub fn share_any(&self, others: &Self) -> bool {
        let share_any = || self.by_channel.iter().any(|one| others.by_channel.iter().any(|other| one.is_same(other)));
        let share_further = || self.keys().any(|key| others.keys().any(|other| key == other));
        share_any() || (!(self.further.is_empty() && others.further.is_empty()) && share_further())
    }

    /// Whether both have contacts, and the same one for every channel.
    pub fn share_all(&self, others: &Self) -> bool {
        let is_same = |channel| match (self.of(channel), others.of(channel)) {
            (Some(one), Some(other)) => one.is_same(other),
            (None, None) => true,
            _ => false,
        };
        !self.by_channel.is_empty() && ChannelKind::ALL.into_iter().all(is_same)
    }
}

impl FromIterator<Contact> for Contacts {
    /// Keeps the first contact for each channel.
    fn from_iter<I: IntoIterator<Item = Contact>>(contacts: I) -> Self {
        let mut all = Self::default();
        for contact in contacts {
            if all.of(contact.channel).is_none() {
                all.by_channel.push(contact);
            }
        }
        all.by_channel.sort_by_key(|contact| contact.order.is_none());
        all
    }
}

impl<'a> IntoIterator for &'a Contacts {
    type Item = &'a Contact;
    type IntoIter = std::slice::Iter<'a, Contact>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(email: Option<&str>, sms: Option<&str>) -> Contacts {
        let email = email.map(|address| Contact::at_once(ChannelKind::Email, address));
        email.into_iter().chain(sms.map(|address| Contact::at_once(ChannelKind::Sms, address))).collect()
    }

    #[test]
    fn the_words_of_a_channel_are_read_as_they_are_written() {
        for channel in ChannelKind::ALL {
            assert_eq!(channel.word().parse(), Ok(channel));
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.word());
        }
        assert!(BadChannel.to_string().starts_with("a channel is `email` or `sms`"));
    }

    #[test]
    fn one_person_is_reached_where_another_is_by_any_address_that_they_have_in_common() {
        let number = Some("+13125550101");
        for (one, other, any, all) in [
            (person(Some("A@x.example"), None), person(Some("a@X.example"), None), true, true),
            (person(Some("Ä@x.example"), None), person(Some("ä@x.example"), None), true, true),
            (person(Some("a@x.example"), number), person(Some("b@x.example"), number), true, false),
            (person(Some("a@x.example"), number), person(Some("a@x.example"), None), true, false),
            (person(Some("a@x.example"), None), person(None, number), false, false),
            (person(None, None), person(None, None), false, false),
        ] {
            let found = [one.share_any(&other), other.share_any(&one), one.share_all(&other), other.share_all(&one)];
            assert_eq!(found, [any, any, all, all], "{one:?} {other:?}");
        }
    }

    #[test]
    fn pages_use_what_is_in_the_persons_order_and_set_up() {
        let unused = Contact { order: None, ..Contact::at_once(ChannelKind::Email, "a@x.example") };
        let used = Contact::at_once(ChannelKind::Sms, "+13125550101");
        let contacts = Contacts::from_iter([unused, used]);
        let reached =
            |set_up: &[ChannelKind]| contacts.reachable(set_up).map(|(contact, _)| contact.channel).collect::<Vec<_>>();
        assert_eq!(reached(&ChannelKind::ALL), [ChannelKind::Sms]);
        assert_eq!(reached(&[ChannelKind::Email]), []);
        assert_eq!(contacts.iter().next().map(|contact| contact.channel), Some(ChannelKind::Sms), "in order of use");
        assert_eq!(contacts.names().collect::<Vec<_>>(), ["a@x.example"], "also where no page goes");
    }
}
