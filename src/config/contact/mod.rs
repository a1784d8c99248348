//! Contact addresses of people, keyed by channel name.

pub mod address;

use schemars::{Schema, json_schema};
use serde_json::{Map, Value};
use toml::de::DeValue;

use crate::config::contact::address::{EmailAddress, PhoneNumber, Token};
use crate::config::reader::{Spanned, Table, Value as RawValue};
use crate::config::value_types::{Read, Wrong, one_or_many, text};
use crate::diagnostic::{Code, Spot};
use crate::domain::contact::{ChannelKind, Further, FurtherKind};

/// A contact in a file.
#[derive(Clone)]
pub struct RawContact {
    pub channel: ChannelKind,
    pub address: String,
    pub spot: Spot,
}

/// The contacts of one table, in the order of the channels.
#[derive(Default)]
pub struct RawContacts {
    pub valid: Vec<RawContact>,
    /// The channels with an address in the file, valid or not.
    pub channels: Vec<ChannelKind>,
    /// Numbers after the first one, and addresses that no page uses.
    pub further: Vec<Spanned<Further>>,
    /// Their keys in the file, valid or not.
    further_keys: Vec<FurtherKind>,
}

impl RawContacts {
    /// The contacts of a person: with several numbers, and with those that no page uses.
    pub fn read_person(table: &mut Table<'_>) -> Self {
        let mut contacts = Self::default();
        contacts.read_channels(table, Numbers::Several);
        for kind in FurtherKind::KEYS {
            let Some(value) = table.value(kind.word()) else { continue };
            contacts.further_keys.push(kind);
            if let Some(Spanned { value: address, spot }) = (form_of_further(kind).one)(&value) {
                contacts.further.push(Spanned { value: Further { kind, address }, spot });
            }
        }
        contacts
    }

    /// Counts misspelled keys as those that are probably meant, so that these are not reported as missing, too.
    pub fn note_typos(&mut self, table: &Table<'_>) {
        let meant = ChannelKind::ALL.into_iter().filter(|channel| table.has(channel.word()));
        let missing: Vec<_> = meant.filter(|channel| !self.channels.contains(channel)).collect();
        self.channels.extend(missing);
        self.channels.sort_unstable();
    }

    /// One contact for each channel.
    pub fn read(table: &mut Table<'_>) -> Self {
        let mut contacts = Self::default();
        contacts.read_channels(table, Numbers::One);
        contacts
    }

    fn read_channels(&mut self, table: &mut Table<'_>, numbers: Numbers) {
        for channel in ChannelKind::ALL {
            let Some(value) = table.value(channel.word()) else { continue };
            self.channels.push(channel);
            let values = match (channel, numbers) {
                (ChannelKind::Sms, Numbers::Several) => value.one_or_many(),
                _ => vec![value],
            };
            let all: Vec<_> = values.iter().filter_map(|value| (form_of(channel).one)(value)).collect();
            for (number, Spanned { value: address, spot }) in all.into_iter().enumerate() {
                if self.has(&address) {
                    table.diagnostics().error(Code::BadValue, &spot, "this person already has this number");
                } else if number == 0 {
                    self.valid.push(RawContact { channel, address, spot });
                } else {
                    self.further.push(Spanned { value: Further { kind: FurtherKind::Sms, address }, spot });
                }
            }
        }
    }

    fn has(&self, address: &str) -> bool {
        self.valid.iter().any(|one| one.address == address)
            || self.further.iter().any(|one| one.value.address == address)
    }

    /// Adds those of the other for every key that this one does not have.
    pub fn complete(&mut self, other: &Self) {
        let missing: Vec<_> =
            other.channels.iter().copied().filter(|channel| !self.channels.contains(channel)).collect();
        let missing_further: Vec<_> =
            other.further_keys.iter().copied().filter(|kind| !self.further_keys.contains(kind)).collect();
        self.valid.extend(other.valid.iter().filter(|one| missing.contains(&one.channel)).cloned());
        self.further.extend(
            other
                .further
                .iter()
                .filter(|one| match one.value.kind {
                    FurtherKind::Sms => missing.contains(&ChannelKind::Sms),
                    kind => missing_further.contains(&kind),
                })
                .cloned(),
        );
        self.channels.extend(missing);
        self.channels.sort_unstable();
        self.further_keys.extend(missing_further);
    }

    pub fn of(&self, channel: ChannelKind) -> Option<&RawContact> {
        self.valid.iter().find(|contact| contact.channel == channel)
    }
}

/// How many numbers for text messages there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    One,
    Several,
}

/// An address in a group: an email address or a phone number.
#[derive(Debug, Clone)]
pub struct GroupAddress {
    channel: ChannelKind,
    address: String,
}

/// The address and the channel that reaches it.
pub fn of_group(one: &GroupAddress) -> (ChannelKind, String) {
    (one.channel, one.address.clone())
}

impl Read for GroupAddress {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        if text(value, label)?.contains('@') {
            let address = EmailAddress::read(value, label)?;
            return Ok(Self { channel: ChannelKind::Email, address: address.into() });
        }
        let number = PhoneNumber::read(value, label).map_err(|wrong| Wrong {
            message: format!("{label} must be an email address or a phone number such as `+13125550101`"),
            ..wrong
        })?;
        Ok(Self { channel: ChannelKind::Sms, address: number.into() })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": r"@|^\+[0-9]{7,15}$", "examples": ["s.ng@mercy.example"] })
    }
}

/// Adds the contact keys of a person to the schema.
pub fn add_keys_of_person(schema: &mut Schema) {
    add_keys(schema, |channel| form_of(channel).of_person);
    let Some(Value::Object(properties)) = schema.ensure_object().get_mut("properties") else { return };
    let sms = one_or_many::<PhoneNumber>(form_of(ChannelKind::Sms).of_person);
    properties.insert(ChannelKind::Sms.word().to_owned(), sms.to_value());
    for kind in FurtherKind::KEYS {
        let form = form_of_further(kind);
        let mut key = (form.schema)();
        key.insert("description".to_owned(), form.of_person.into());
        properties.insert(kind.word().to_owned(), key.to_value());
    }
}

/// Adds the contact keys of a test recipient to the schema.
pub fn add_keys_of_test(schema: &mut Schema) {
    add_keys(schema, of_test);
}

fn add_keys(schema: &mut Schema, describe: fn(ChannelKind) -> &'static str) {
    let properties = schema.ensure_object().entry("properties").or_insert_with(|| Map::new().into());
    let Value::Object(properties) = properties else { return };
    for channel in ChannelKind::ALL {
        let form = form_of(channel);
        let mut key = (form.schema)();
        key.insert("description".to_owned(), describe(channel).into());
        properties.insert(channel.word().to_owned(), key.to_value());
    }
}

/// How the addresses of a channel look.
struct AddressForm {
    one: fn(&RawValue<'_>) -> Option<Spanned<String>>,
    schema: fn() -> Schema,
    /// The description of the key for a person.
    of_person: &'static str,
}

fn form_of(channel: ChannelKind) -> AddressForm {
    match channel {
        ChannelKind::Email => {
            AddressForm { one: one::<EmailAddress>, schema: EmailAddress::schema, of_person: "Email address." }
        }
        ChannelKind::Sms => AddressForm {
            one: one::<PhoneNumber>,
            schema: PhoneNumber::schema,
            of_person: "Mobile number: `+`, country code, and number, without spaces; one, or several in order.",
        },
    }
}

/// The description of the key for a test recipient.
fn of_test(channel: ChannelKind) -> &'static str {
    match channel {
        ChannelKind::Email => "Email address for the test message.",
        ChannelKind::Sms => "Phone number for the test message.",
    }
}

fn form_of_further(kind: FurtherKind) -> AddressForm {
    match kind {
        FurtherKind::Sms => form_of(ChannelKind::Sms),
        FurtherKind::Voice => AddressForm {
            one: one::<PhoneNumber>,
            schema: PhoneNumber::schema,
            of_person: "Number to call: `+`, country code, and number, without spaces.",
        },
        FurtherKind::Push => {
            AddressForm { one: one::<Token>, schema: Token::schema, of_person: "Topic for push messages." }
        }
        FurtherKind::Pager => AddressForm { one: one::<Token>, schema: Token::schema, of_person: "Pager number." },
    }
}

fn one<T: Read + Into<String>>(value: &RawValue<'_>) -> Option<Spanned<String>> {
    let address = value.read::<T>()?;
    Some(Spanned { value: address.value.into(), spot: address.spot })
}
