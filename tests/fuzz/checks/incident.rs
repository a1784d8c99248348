//! One incident as JSON: what is accepted is kept as it is, and what is refused is told without a word of it.

use serde_json::Value;
use wardbell::config::settings::Strictness;
use wardbell::domain::incident::Incoming;
use wardbell::inbound::input_error::{INPUT_ERRORS_MAX, InputError};
use wardbell::inbound::wardbell::incident::decode;
use wardbell::web::body::ONE_MAX;
use wardbell::web::error::Problem;

use super::web::Web;

/// Stands in the texts of the seeds where protected words would: no error may hold it.
pub const MARKER: &str = "Ann Q";

/// What a source says in these is for people who have signed in, and for nobody else.
const PROTECTED: [&str; 4] = ["summary", "url", "author", "labels"];

/// Shorter texts may stand in any sentence by chance.
const TELLING: usize = 24;

pub fn check(bytes: &[u8]) {
    let result = decode(bytes, Strictness::Lenient).map(|accepted| (accepted.incoming, accepted.warnings));
    match &result {
        Ok((incoming, warnings)) => {
            kept(incoming);
            assert!(warnings.len() <= INPUT_ERRORS_MAX, "{} warnings", warnings.len());
        }
        Err(mistakes) => told(bytes, mistakes),
    }
    let (reply, opened) = Web::get().hand_in("application/json", bytes);
    let answer: Value = serde_json::from_slice(&reply.body).expect("an answer is JSON");
    if bytes.len() > ONE_MAX {
        assert_eq!((reply.status, opened.len()), (413, 0), "what is too long is not read");
    } else if let Ok((incoming, _)) = result {
        assert_eq!((reply.status, opened.len()), (202, 1), "what can be read is accepted: {answer}");
        assert!(opened[0] == incoming, "the engine gets what was read");
    } else {
        assert_eq!((reply.status, opened.len()), (400, 0), "what cannot be read is refused: {answer}");
        assert!(answer["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "with its reasons");
    }
    silent(bytes, &String::from_utf8_lossy(&reply.body));
}

/// The record and a source that sends it again see the same.
fn kept(incoming: &Incoming) {
    let json = serde_json::to_vec(incoming).expect("an incident has a JSON form");
    let recorded: Incoming = serde_json::from_slice(&json).expect("the record can be read again");
    assert!(recorded == *incoming, "the record says what came in");
    let again = decode(&json, Strictness::Strict);
    assert!(again.is_ok_and(|again| again.incoming == *incoming), "it is accepted again, without a warning");
}

fn told(bytes: &[u8], mistakes: &[InputError]) {
    assert!((1..=INPUT_ERRORS_MAX).contains(&mistakes.len()) || bytes.is_empty(), "{} mistakes", mistakes.len());
    for mistake in mistakes {
        assert!(mistake.field.is_empty() || mistake.field.starts_with('/'), "a JSON pointer: {}", mistake.field);
        assert!(!mistake.code.is_empty() && !mistake.message.is_empty());
    }
    silent(bytes, &String::from_utf8_lossy(&Problem::invalid(mistakes.to_vec()).to_json(None)));
}

/// Nothing of what is protected stands in an answer. What else stands in the post may: an unknown key is named.
pub fn silent(bytes: &[u8], answer: &str) {
    let Ok(Value::Object(sent)) = serde_json::from_slice(bytes) else {
        assert!(!answer.contains(MARKER), "an answer repeats what was sent");
        return;
    };
    let (mut protected, mut beside) = (vec![MARKER], Vec::new());
    for (key, value) in &sent {
        let found = if PROTECTED.contains(&key.as_str()) { &mut protected } else { &mut beside };
        found.push(key);
        strings(value, found);
    }
    for text in protected.into_iter().filter(|text| text.len() >= TELLING || *text == MARKER) {
        let repeats = answer.contains(text) && !beside.iter().any(|beside| beside.contains(text));
        assert!(!repeats, "an answer repeats what was sent");
    }
}

/// All texts and keys in a value.
fn strings<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => values.iter().for_each(|value| strings(value, found)),
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            found.push(key);
            strings(value, found);
        }),
        _ => {}
    }
}
