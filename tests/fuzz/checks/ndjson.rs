//! Many incidents, one a line: each line is answered for itself, in order.

use serde_json::Value;
use wardbell::config::settings::Strictness;
use wardbell::inbound::wardbell::incident::decode;
use wardbell::web::body::ONE_MAX;

use super::incident::{MARKER, silent};
use super::web::Web;

pub fn check(bytes: &[u8]) {
    let (reply, opened) = Web::get().hand_in("application/x-ndjson", bytes);
    assert_eq!(reply.status, 200);
    let body = String::from_utf8(reply.body).expect("answers are text");
    assert!(!body.contains(MARKER), "an answer repeats what was sent");
    let sent = bytes.split(|byte| *byte == b'\n').zip(1_u64..).filter(|(line, _)| !line.trim_ascii().is_empty());
    let (mut answers, mut opened) = (body.lines(), opened.into_iter());
    for (line, number) in sent {
        let answer = answers.next().expect("each line has an answer");
        silent(line, answer);
        let answer: Value = serde_json::from_str(answer).expect("an answer is JSON");
        let wanted = if line.len() > ONE_MAX {
            413
        } else if let Ok(accepted) = decode(line, Strictness::Lenient) {
            assert!(
                opened.next().is_some_and(|one| one == accepted.incoming),
                "the engine gets what was read, in order"
            );
            202
        } else {
            400
        };
        assert_eq!(answer["status"], wanted, "line {number}: {answer}");
        assert!(wanted == 202 || answer["line"] == number, "line {number}: {answer}");
    }
    assert!(answers.next().is_none() && opened.next().is_none(), "and nothing else is answered or opened");
}
