//! Emergency codes: printed in advance, for when mail, directory and phones are down. Each is good once, for an hour.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use axum::extract::State;
use axum::response::Response;
use subtle::ConstantTimeEq;

use crate::domain::access_message::{AccessMessage, AccessNews};
use crate::domain::digest::Digest;
use crate::domain::link::LinkToken;
use crate::domain::permission::Permission;
use crate::domain::person::Person;
use crate::domain::person_id::PersonId;
use crate::domain::principal::SignInMethod;
use crate::domain::session::{EmergencyHash, SignInProof};
use crate::domain::wait::Wait;
use crate::engine::protocol::access_mail::AccessMail;
use crate::engine::protocol::refused::SignInFailedFor;
use crate::web::app_state::{AppState, Shared};
use crate::web::error::{Kind, Problem};
use crate::web::session::client::Client;
use crate::web::session::own_form::OwnForm;
use crate::web::session::pages::problem_page;
use crate::web::session::sign_in::{FIRST_PAGE, begin, local, too_many};

/// How long a session lasts that an emergency code began.
const LONGEST: Wait = Wait::minutes(60);

/// How long a message about it is worth sending.
const NEWS_GOOD_FOR: std::time::Duration = std::time::Duration::from_secs(60 * 60);

/// A reason in a few sentences.
const REASON_MAX: usize = 500;

const UNKNOWN_ADDRESS: &str = "We do not know this address, or more than one person has it. Go back and enter another work \
                               email address or phone number of yours. You can still use the code";

const WRONG: &str = "That code is not valid. Each emergency code works only once. Check the code, or use the next one";

/// Somebody enters an emergency code, and says who they are and why.
pub(in crate::web) async fn enter(State(app): Shared, client: Client, form: OwnForm) -> Response {
    if !app.session.may_try(&client.counted_as()) {
        return too_many(&app);
    }
    let field = |name| form.field(name).map_or("", str::trim);
    let reason: String = field("reason").chars().filter(|one| !one.is_control()).take(REASON_MAX).collect();
    let refused = |detail: &'static str| problem_page(&app, &Problem::new(Kind::NotSignedIn, detail));
    if reason.is_empty() || field("address").is_empty() {
        return refused("Go back, and write who you are and why you need the code");
    }
    let Some((person, number)) = owner(&app, field("code")).await else {
        app.handle.metrics().sign_in_failed(SignInFailedFor::EmergencyCode);
        app.session.note_wrong_emergency_code();
        return refused(WRONG);
    };
    // Only now, because whoever has no code learns nothing of addresses.
    let plan = app.handle.plan();
    let Some((user, _)) = plan.people().at_address(field("address")) else {
        app.handle.metrics().sign_in_failed(SignInFailedFor::EmergencyCode);
        tracing::warn!(
            number,
            "emergency code {number} was entered with an address that is unknown or shared; the code can still be used"
        );
        return refused(UNKNOWN_ADDRESS);
    };
    let proof = SignInProof {
        reason: Some(reason),
        used_by: Some(user.id.clone()),
        marks: user.marks(),
        ..SignInProof::new(format!("{} (emergency code {number})", user.name), SignInMethod::EmergencyCode)
    };
    match begin(&app, &form.headers, &client, (person, proof), LONGEST).await {
        Ok(response) => {
            tracing::warn!(number, "emergency code {number} was used to sign in");
            tell(&app, number, user);
            response(FIRST_PAGE)
        }
        Err(problem) if problem.kind == Kind::SignInFirst => refused(WRONG),
        Err(problem) => problem_page(&app, &problem),
    }
}

/// The unused code that was typed, `3-ABCD-…`: its number says which hash to compare, because comparing takes a while.
async fn owner(app: &Arc<AppState>, typed: &str) -> Option<(PersonId, u32)> {
    let (number, secret) = typed.split_once('-')?;
    let number: u32 = number.trim().parse().ok()?;
    let person = PersonId::of_emergency_code(number);
    let known = app.handle.sessions().emergency_code(&person)?.kept;
    let secret = plain(secret);
    let turn = app.session.hashing().await?;
    let found = tokio::task::spawn_blocking(move || {
        let found = hash(&secret, known.salt);
        drop(turn);
        found
    });
    let found = found.await.ok().flatten()?;
    let is_right: bool = found.as_bytes().ct_eq(known.hash.as_bytes()).into();
    is_right.then_some((person, number))
}

/// Argon2id with 19 MiB, twice: slow enough that a copy of the record is of no use.
fn hash(secret: &str, salt: Digest) -> Option<Digest> {
    const KIB: u32 = 19 * 1_024;
    let params = Params::new(KIB, 2, 1, Some(32)).ok()?;
    let mut out = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(secret.as_bytes(), salt.as_bytes(), &mut out).ok()?;
    Some(Digest::from_bytes(out))
}

/// As people type what is printed: in either case, with or without hyphens.
fn plain(secret: &str) -> String {
    secret.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// A new secret, as it is printed, and its hash. `None` if it cannot be hashed.
pub(in crate::web) fn make(random: [u8; 32]) -> Option<(String, EmergencyHash)> {
    let (secret, salt) = random.split_at(16);
    let secret = LinkToken::encode(&secret[..10]).reveal().to_owned();
    let salt = Digest::of(salt);
    let kept = EmergencyHash { salt, hash: hash(&secret, salt)? };
    let groups: Vec<&str> = [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|range| secret.get(range)).collect();
    Some((groups.join("-").to_ascii_uppercase(), kept))
}

/// Everybody with `audit` learns of it at once, by every channel that they have, and so does the person whose address was
/// entered.
fn tell(app: &Arc<AppState>, number: u32, user: &Person) {
    let plan = app.handle.plan();
    let at = local(app, std::time::Duration::ZERO);
    let audits = |person: &Person| person.grants.may_somewhere(Permission::Audit);
    let told = plan.people().all().filter(|person| audits(person) || person.id == user.id);
    let contacts = told.flat_map(|person| person.contacts.iter().map(move |contact| (person, contact)));
    let reachable = contacts.filter(|(_, contact)| plan.channels.contains(&contact.channel));
    let mails = reachable.map(|(person, contact)| AccessMail {
        to: contact.address.clone(),
        message: AccessMessage {
            hospital: plan.hospital.clone(),
            channel: contact.channel,
            about: if person.id == user.id {
                AccessNews::EmergencyCodeInYourName { number, at: at.clone() }
            } else {
                AccessNews::EmergencyCodeUsed { number, at: at.clone(), by: user.name.clone() }
            },
            written_at: (app.now)(),
            number: app.session.number(),
        },
        good_for: NEWS_GOOD_FOR,
        tests: None,
    });
    let (mails, handle): (Vec<_>, _) = (mails.collect(), app.handle.clone());
    if !plan.people().all().any(|person| audits(person) && person.id != user.id) {
        tracing::error!(
            number,
            "emergency code {number} was used, and no one else has `audit` to be told; give a second person `audit` in a `[[group]]`"
        );
    }
    tokio::spawn(async move {
        for mail in mails {
            handle.send_access_mail(mail).await;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_printed_in_groups_and_only_its_hash_is_kept() {
        let (printed, kept) = make([7; 32]).unwrap();
        assert!(printed.len() == 19 && printed.matches('-').count() == 3, "{printed}");
        let typed = plain(&printed.to_lowercase().replace('-', " "));
        assert_eq!(hash(&typed, kept.salt), Some(kept.hash));
        assert_ne!(hash("another", kept.salt), Some(kept.hash));
        assert_ne!(make([8; 32]).unwrap().0, printed);
    }
}
