//! Who is calling: bearer tokens of sources and operators, compared in constant time, and what each may do.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::config::settings::{OperatorSettings, SourceSettings, Strictness};
use crate::domain::digest::Digest;
use crate::domain::id::SourceName;
use crate::domain::permission::{Permission, may};
use crate::domain::principal::Principal;
use crate::web::error::{Kind, Problem};
use crate::web::rarely::Rarely;

/// Every configured token, by hash.
pub struct Keyring {
    keys: Vec<(Digest, Caller)>,
    /// The tokens in the links of sources' forms.
    forms: Vec<(Digest, Caller)>,
    rejected: Rarely,
}

/// Who sent a request.
#[derive(Debug, Clone)]
pub struct Caller {
    pub principal: Principal,
    /// What the configuration gives an operator.
    granted: Vec<Permission>,
    /// The source that its incidents come from.
    pub source: SourceName,
    /// Whether incidents that need cleaning are refused instead.
    pub strictness: Strictness,
}

impl Caller {
    /// Somebody who has signed in, and may open incidents by the form.
    pub fn of_person(principal: Principal) -> Self {
        Self { principal, granted: Vec::new(), source: SourceName::form(), strictness: Strictness::Lenient }
    }

    /// Who it is, if permitted.
    ///
    /// # Errors
    ///
    /// It may not do that.
    pub fn require(&self, wanted: Permission) -> Result<&Principal, Problem> {
        if may(&self.principal, &self.granted, wanted) {
            Ok(&self.principal)
        } else {
            Err(Problem::new(Kind::Forbidden, denied(&self.principal, wanted)))
        }
    }
}

fn denied(principal: &Principal, wanted: Permission) -> &'static str {
    match (principal, wanted) {
        (Principal::Source { .. }, _) => "This is a source token. Use an operator token to read or act",
        (_, Permission::Heartbeat) => "This is an operator token. Use a source token to send heartbeats",
        (_, Permission::Read) => "This operator needs `read` in `may`",
        (_, Permission::Act) => "This operator needs `act` in `may`",
        (_, Permission::Open) => "Use a source token to open incidents, or add `open` to this operator's `may`",
        (_, Permission::See | Permission::SeeProtected) => "This operator needs `read` in `may`",
        (_, Permission::Audit) => "This operator needs `audit` in `may`",
        (_, Permission::Draft | Permission::Approve | Permission::Report) => "This is for people who sign in",
        (_, Permission::Admin) => "This operator needs `admin` in `may`",
    }
}

impl Keyring {
    pub fn new(sources: &[SourceSettings], operators: &[OperatorSettings]) -> Self {
        let hash = |token: &SecretString| Digest::of(token.expose_secret().as_bytes());
        let of_source = |one: &SourceSettings| {
            let (source, strictness) = (one.name.clone(), one.strictness);
            let principal = Principal::Source { source: source.clone() };
            Caller { principal, granted: Vec::new(), source, strictness }
        };
        // A person cannot mend what a strict source refuses of a program.
        let of_form = |source| Caller { strictness: Strictness::Lenient, ..of_source(source) };
        let forms = sources.iter().filter_map(|one| Some((hash(one.form_token.as_ref()?), of_form(one)))).collect();
        let sources = sources.iter().map(|one| (hash(&one.token), of_source(one)));
        let operators = operators.iter().map(|one| {
            let (source, strictness) = (SourceName::of_operator(&one.name), Strictness::Lenient);
            let principal = Principal::Operator { operator: one.name.clone() };
            (hash(&one.token), Caller { principal, granted: one.may.clone(), source, strictness })
        });
        let rejected = "a request had no valid token; check the token of the source or operator";
        Self { keys: sources.chain(operators).collect(), forms, rejected: Rarely::new(rejected) }
    }

    /// The caller with this token. Compares against every hash, so that timing reveals nothing.
    ///
    /// # Errors
    ///
    /// There is no token, or it is unknown.
    pub fn caller(&self, headers: &HeaderMap) -> Result<&Caller, Problem> {
        let token = bearer(headers).ok_or_else(|| self.reject())?;
        find(&self.keys, token).ok_or_else(|| self.reject())
    }

    /// The source whose form has this token in its link, compared in the same way.
    pub fn of_form(&self, token: &str) -> Option<&Caller> {
        find(&self.forms, token.as_bytes())
    }

    fn reject(&self) -> Problem {
        self.rejected.warn();
        Problem::new(Kind::Unauthorized, "Send `Authorization: Bearer` with a token from the configuration")
    }
}

fn find<'a>(keys: &'a [(Digest, Caller)], token: &[u8]) -> Option<&'a Caller> {
    let hash = Digest::of(token);
    let mut found = None;
    for (known, caller) in keys {
        if known.as_bytes().ct_eq(hash.as_bytes()).into() {
            found = Some(caller);
        }
    }
    found
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}
