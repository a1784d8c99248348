//! Who is calling: bearer tokens of sources and operators, compared in constant time.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use crate::config::settings::{OperatorSettings, Permission, SourceSettings, Strictness};
use crate::domain::digest::Digest;
use crate::domain::id::{OperatorName, SourceName};
use crate::web::error::{Kind, Problem};
use crate::web::rarely::Rarely;

/// Every token that is known, by its hash.
pub struct Keyring {
    keys: Vec<(Digest, Holder)>,
    rejected: Rarely,
}

/// A source that sends incidents.
#[derive(Debug, Clone)]
pub struct Sender {
    /// What the record calls it.
    pub name: SourceName,
    /// Whether what would be cleaned refuses its incidents.
    pub strictness: Strictness,
}

enum Holder {
    Source(Sender),
    Operator(OperatorName, Vec<Permission>),
}

impl Keyring {
    /// A keyring of what the configuration names.
    pub fn new(sources: &[SourceSettings], operators: &[OperatorSettings]) -> Self {
        let hash = |token: &secrecy::SecretString| Digest::of(token.expose_secret().as_bytes());
        let sources = sources.iter().map(|one| {
            (hash(&one.token), Holder::Source(Sender { name: one.name.clone(), strictness: one.strictness }))
        });
        let operators =
            operators.iter().map(|one| (hash(&one.token), Holder::Operator(one.name.clone(), one.may.clone())));
        let rejected = "a request came without a valid token: check the token of the source or operator";
        Self { keys: sources.chain(operators).collect(), rejected: Rarely::new(rejected) }
    }

    /// The source that calls.
    ///
    /// # Errors
    ///
    /// No token that is known, or an operator's.
    pub fn source(&self, headers: &HeaderMap) -> Result<&Sender, Problem> {
        match self.holder(headers)? {
            Holder::Source(sender) => Ok(sender),
            Holder::Operator(..) => Err(Problem::new(
                Kind::Forbidden,
                "this is an operator's token; heartbeats come from a `[[source]]` with its own",
            )),
        }
    }

    /// Who hands in an incident: a source, or an operator who may, as a source of its own.
    ///
    /// # Errors
    ///
    /// No token that is known, or one of an operator who may not.
    pub fn sender(&self, headers: &HeaderMap) -> Result<Sender, Problem> {
        match self.holder(headers)? {
            Holder::Source(sender) => Ok(sender.clone()),
            Holder::Operator(..) => {
                let operator = self.operator(headers, Permission::Open)?;
                Ok(Sender { name: SourceName::of_operator(operator), strictness: Strictness::Lenient })
            }
        }
    }

    /// The operator that calls, who may do this.
    ///
    /// # Errors
    ///
    /// No token that is known, a source's, or one that does not allow this.
    pub fn operator(&self, headers: &HeaderMap, wanted: Permission) -> Result<&OperatorName, Problem> {
        match self.holder(headers)? {
            Holder::Operator(name, may) if may.iter().any(|one| *one == wanted || *one == Permission::Admin) => {
                Ok(name)
            }
            Holder::Operator(..) => Err(Problem::new(
                Kind::Forbidden,
                match wanted {
                    Permission::Read => "the operator needs `read` under `may`",
                    Permission::Act => "the operator needs `act` under `may`",
                    Permission::Open => {
                        "the operator needs `open` under `may` to hand in incidents; a `[[source]]` has a token for that"
                    }
                    Permission::Admin => "the operator needs `admin` under `may`",
                },
            )),
            Holder::Source(_) => Err(Problem::new(
                Kind::Forbidden,
                "this is a source's token; reading and acting is for an `[[operator]]` with its own",
            )),
        }
    }

    /// All hashes are compared whichever fits, so that the time tells nothing.
    fn holder(&self, headers: &HeaderMap) -> Result<&Holder, Problem> {
        let token = bearer(headers).ok_or_else(|| self.reject())?;
        let hash = Digest::of(token);
        let mut found = None;
        for (known, holder) in &self.keys {
            if known.as_bytes().ct_eq(hash.as_bytes()).into() {
                found = Some(holder);
            }
        }
        found.ok_or_else(|| self.reject())
    }

    fn reject(&self) -> Problem {
        self.rejected.warn();
        Problem::new(Kind::Unauthorized, "send `Authorization: Bearer` and a token that the configuration names")
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}
