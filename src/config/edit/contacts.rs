//! The contacts of a person who is added, and of the people in `people.toml`.

use std::borrow::Cow;

use toml::de::DeValue;
use toml_edit::{Document, Item, TableLike, Value};

use crate::config::contact::address::{EmailAddress, PhoneNumber, Token, is_e164};
use crate::config::edit::error::NotEditable;
use crate::config::edit::people::{NewPerson, rows};
use crate::config::value_types::{Line, Read};
use crate::diagnostic::Code;
use crate::domain::id::LiaisonId;
use crate::domain::label::lower;

/// Something about a person that a file would not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadDetail(String);

/// Checks what is written about a person as a file is checked. Errors name the options of the command line.
///
/// # Errors
///
/// A value is not valid.
pub fn check(person: &NewPerson) -> Result<(), BadDetail> {
    if let Some(name) = &person.name {
        read::<Line>("--name", name)?;
    }
    if let Some(email) = &person.email {
        read::<EmailAddress>("--email", email)?;
    }
    person.sms.iter().try_for_each(|number| read::<PhoneNumber>("--sms", number))?;
    if let Some(number) = person.sms.iter().enumerate().find(|(index, one)| person.sms[..*index].contains(one)) {
        return Err(BadDetail(format!("`--sms` has {} twice: leave one of them out", number.1)));
    }
    if let Some(voice) = &person.voice {
        read::<PhoneNumber>("--voice", voice)?;
    }
    for (option, value) in [("--push", &person.push), ("--pager", &person.pager)] {
        if let Some(value) = value {
            read::<Token>(option, value)?;
        }
    }
    Ok(())
}

fn read<T: Read>(option: &str, text: &str) -> Result<(), BadDetail> {
    let value = DeValue::String(Cow::Borrowed(text));
    let Err(wrong) = T::read(&value, &format!("`{option}`")) else { return Ok(()) };
    let hint = match wrong.code {
        Code::BadPhoneNumber => Some(number_hint(option, text)),
        Code::SmsGatewayAddress => Some("give the phone number with `--sms`, and a mailbox with `--email`".to_owned()),
        _ => wrong.hint,
    };
    Err(BadDetail(match hint {
        Some(hint) => format!("{}: {hint}", wrong.message),
        None => wrong.message,
    }))
}

/// The number as it should be typed, as far as it can be known.
fn number_hint(option: &str, text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let whole = format!("+{digits}");
    if is_e164(&whole) && (text.trim_start().starts_with('+') || digits.starts_with('1')) {
        return format!("write `{option} {whole}`");
    }
    let american = format!("+1{digits}");
    if is_e164(&american) && !digits.starts_with(['0', '1']) && !text.contains('+') {
        return format!("if it is a number of the United States or Canada, write `{option} {american}`");
    }
    format!("write `+`, the country code, and the number, such as `{option} +13125550101`")
}

/// The key of the first contact that is among `keys`, which are in lower case.
pub fn shared<'a>(person: &NewPerson, keys: impl IntoIterator<Item = Cow<'a, str>>) -> Option<&'static str> {
    let keys: Vec<_> = keys.into_iter().collect();
    contacts(person).find(|(_, address)| keys.contains(&lower(address))).map(|(key, _)| key)
}

/// A person in `people.toml`.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: LiaisonId,
    pub name: String,
    /// All addresses and numbers, in lower case.
    pub keys: Vec<String>,
    /// The line of the entry.
    pub line: usize,
}

/// The people in the text of a valid `people.toml`.
///
/// # Errors
///
/// The text is not TOML.
pub fn listed(text: &str) -> Result<Vec<Listed>, NotEditable> {
    let document = Document::parse(text).map_err(|error| NotEditable::Syntax(error.message().to_owned()))?;
    let of = |table: &dyn TableLike| {
        let word = |key: &str| table.get(key).and_then(Item::as_str);
        let numbers = table.get(SMS).and_then(Item::as_array);
        let numbers = numbers.into_iter().flatten().filter_map(Value::as_str);
        let others = KEYS.into_iter().filter_map(word);
        let keys = numbers.chain(others).map(|address| lower(address).into_owned()).collect();
        let line = text[..table.key("id")?.span()?.start].matches('\n').count() + 1;
        Some(Listed { id: word("id")?.parse().ok()?, name: word("name")?.to_owned(), keys, line })
    };
    Ok(rows(document.as_table(), "person").into_iter().filter_map(|row| of(row.table)).collect())
}

const SMS: &str = "sms";

/// The keys of all contacts.
const KEYS: [&str; 5] = ["email", SMS, "voice", "push", "pager"];

/// All contacts, each with its key.
fn contacts(person: &NewPerson) -> impl Iterator<Item = (&'static str, &str)> {
    let one = [("email", &person.email), ("voice", &person.voice), ("push", &person.push), ("pager", &person.pager)];
    let one = one.into_iter().filter_map(|(key, address)| Some((key, address.as_deref()?)));
    one.chain(person.sms.iter().map(|number| (SMS, number.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(sms: &[&str]) -> NewPerson {
        let sms = sms.iter().map(|number| (*number).to_owned()).collect();
        let id = "a".parse().unwrap();
        NewPerson { id, name: None, email: None, sms, sms_consent: None, voice: None, push: None, pager: None }
    }

    #[test]
    fn a_wrong_number_is_answered_with_the_right_one() {
        for (typed, right) in [
            ("(312) 555-0139", "if it is a number of the United States or Canada, write `--sms +13125550139`"),
            ("1-312-555-0139", "write `--sms +13125550139`"),
            ("+44 20 7946 0000", "write `--sms +442079460000`"),
            ("0312", "write `+`, the country code, and the number, such as `--sms +13125550101`"),
        ] {
            let told = check(&person(&[typed])).unwrap_err().to_string();
            assert_eq!(told, format!("`--sms` is not a complete international number: {right}"));
        }
        assert!(check(&person(&["+13125550139", "+13125550139"])).unwrap_err().to_string().contains("twice"));
        let pager = NewPerson { pager: Some("55 01".to_owned()), ..person(&[]) };
        assert!(check(&pager).unwrap_err().to_string().starts_with("`--pager` must have 1 to 64 letters"));
    }

    #[test]
    fn the_people_of_the_common_file_are_known_with_all_their_contacts() {
        let text =
            "# x\n[[person]]\nid = \"a\"\nname = \"Ann\"\nsms = [\"+13125550101\", \"+13125550102\"]\npager = \"55\"\n";
        let all = listed(text).unwrap();
        assert_eq!((all.len(), all[0].id.as_str(), all[0].name.as_str(), all[0].line), (1, "a", "Ann", 3));
        assert_eq!(all[0].keys, ["+13125550101", "+13125550102", "55"]);
        let keys = || all[0].keys.iter().map(|key| Cow::Borrowed(key.as_str()));
        assert_eq!(shared(&person(&["+13125550102"]), keys()), Some("sms"));
        assert_eq!(shared(&person(&["+13125550103"]), keys()), None);
    }
}
