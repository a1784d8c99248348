//! The operations about who is signed in and who has seen what.

use serde_json::json;

use crate::domain::permission::Permission;
use crate::web::access::{AccessOut, Codes, CodesWanted, EndWanted, Ended, Made, RevokeWanted, Revoked, Sessions};
use crate::web::error::{FINE, Kind};
use crate::web::openapi::operation::{Body, Operation, of};
use crate::web::openapi::operations::{BODY, JSON, WRITE, answer, operation, query};

pub fn operations() -> [Operation; 6] {
    [sessions(), end_sessions(), access(), emergency_codes(), make_emergency_codes(), revoke_emergency_codes()]
}

fn sessions() -> Operation {
    let example = json!({ "sessions": [{
        "person": "m-rivera", "name": "Maria Rivera", "how": "code", "from": "203.0.113.9",
        "since": "2026-12-03T08:04:11.120Z", "until": "2026-12-03T20:04:11.120Z",
    }] });
    let answer = answer(FINE, "By person", of::<Sessions>, example);
    let path = ("get", "/api/v1/sessions");
    operation(path, "listSessions", "Who is signed in", Some(Permission::Audit), answer)
}

fn end_sessions() -> Operation {
    let ended = answer(FINE, "They have ended", of::<Ended>, json!({ "ended": 1 }));
    let path = ("post", "/api/v1/sessions/end");
    let operation = operation(path, "endSessions", "End a person's sessions", Some(Permission::Admin), ended);
    let body = vec![Body { media_type: JSON, schema: of::<EndWanted>, example: json!({ "person": "m-rivera" }) }];
    Operation { body, problems: [&BODY[..], &WRITE].concat(), ..operation }
}

fn access() -> Operation {
    let example = json!({ "more": false, "access": [{
        "seq": 812, "at": "2026-12-03T08:06:40.002Z", "person": "m-rivera", "type": "protected-shown",
        "incident": "7Q2K9MXD",
    }] });
    let found = answer(FINE, "Sign-ins, failures, and what was shown, in order", of::<AccessOut>, example);
    let parameters = vec![
        query("incident", "Only what was shown of this one", json!({ "type": "string", "examples": ["7Q2K9MXD"] })),
        query("person", "Only this person", json!({ "type": "string", "examples": ["m-rivera"] })),
        query("from", "Not before", json!({ "type": "string", "format": "date-time" })),
    ];
    let path = ("get", "/api/v1/access");
    let operation = operation(path, "access", "Who has seen what", Some(Permission::Audit), found);
    Operation { parameters, problems: vec![Kind::Invalid, Kind::Unavailable], ..operation }
}

fn emergency_codes() -> Operation {
    let example = json!({ "codes": [{
        "code": "emergency-code:4821", "made_at": "2026-12-03T08:04:11.120Z", "made_by": "social-desk",
    }] });
    let answer = answer(FINE, "Those that are good, without what is printed", of::<Codes>, example);
    let path = ("get", "/api/v1/emergency-codes");
    operation(path, "listEmergencyCodes", "List emergency codes", Some(Permission::Admin), answer)
}

fn make_emergency_codes() -> Operation {
    let example = json!({ "codes": [{ "number": 4821, "code": "4821-k3v9-x7k2-m4q8-t6wz" }] });
    let made = answer(FINE, "To print; no other answer ever has them", of::<Made>, example);
    let path = ("post", "/api/v1/emergency-codes");
    let operation = operation(path, "makeEmergencyCodes", "Make emergency codes", Some(Permission::Admin), made);
    let body = vec![Body { media_type: JSON, schema: of::<CodesWanted>, example: json!({ "count": 5 }) }];
    Operation { body, problems: [&BODY[..], &WRITE].concat(), ..operation }
}

fn revoke_emergency_codes() -> Operation {
    let revoked = answer(FINE, "They are good no longer", of::<Revoked>, json!({ "numbers": [4821] }));
    let path = ("post", "/api/v1/emergency-codes/revoke");
    let operation = operation(path, "revokeEmergencyCodes", "Revoke emergency codes", Some(Permission::Admin), revoked);
    let body = vec![Body { media_type: JSON, schema: of::<RevokeWanted>, example: json!({ "numbers": [4821] }) }];
    Operation { body, problems: [&BODY[..], &WRITE].concat(), ..operation }
}
