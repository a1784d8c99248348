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

/// Every configured token, by hash.
pub struct Keyring {
    keys: Vec<(Digest, Holder)>,
    rejected: Rarely,
}

#[derive(Debug, Clone)]
pub struct Sender {
    pub name: SourceName,
    /// Whether incidents that need cleaning are refused instead.
    pub strictness: Strictness,
}

enum Holder {
    Source(Sender),
    Operator(OperatorName, Vec<Permission>),
}

impl Keyring {
    pub fn new(sources: &[SourceSettings], operators: &[OperatorSettings]) -> Self {
        let hash = |token: &secrecy::SecretString| Digest::of(token.expose_secret().as_bytes());
        let sources = sources.iter().map(|one| {
            (hash(&one.token), Holder::Source(Sender { name: one.name.clone(), strictness: one.strictness }))
        });
        let operators =
            operators.iter().map(|one| (hash(&one.token), Holder::Operator(one.name.clone(), one.may.clone())));
        let rejected = "a request had no valid token; check the token of the source or operator";
        Self { keys: sources.chain(operators).collect(), rejected: Rarely::new(rejected) }
    }

    /// The calling source.
    ///
    /// # Errors
    ///
    /// The token is unknown or belongs to an operator.
    pub fn source(&self, headers: &HeaderMap) -> Result<&Sender, Problem> {
        match self.holder(headers)? {
            Holder::Source(sender) => Ok(sender),
            Holder::Operator(..) => {
                Err(Problem::new(Kind::Forbidden, "This is an operator token. Use a source token to send heartbeats"))
            }
        }
    }

    /// The sender of an incident: a source, or an operator with permission to open incidents.
    ///
    /// # Errors
    ///
    /// The token is unknown or lacks the permission.
    pub fn sender(&self, headers: &HeaderMap) -> Result<Sender, Problem> {
        match self.holder(headers)? {
            Holder::Source(sender) => Ok(sender.clone()),
            Holder::Operator(..) => {
                let operator = self.operator(headers, Permission::Open)?;
                Ok(Sender { name: SourceName::of_operator(operator), strictness: Strictness::Lenient })
            }
        }
    }

    /// The calling operator, if permitted.
    ///
    /// # Errors
    ///
    /// The token is unknown, belongs to a source, or lacks the permission.
    pub fn operator(&self, headers: &HeaderMap, wanted: Permission) -> Result<&OperatorName, Problem> {
        match self.holder(headers)? {
            Holder::Operator(name, may) if may.iter().any(|one| *one == wanted || *one == Permission::Admin) => {
                Ok(name)
            }
            Holder::Operator(..) => Err(Problem::new(
                Kind::Forbidden,
                match wanted {
                    Permission::Read => "This operator needs `read` in `may`",
                    Permission::Act => "This operator needs `act` in `may`",
                    Permission::Open => "Use a source token to open incidents, or add `open` to this operator's `may`",
                    Permission::Admin => "This operator needs `admin` in `may`",
                },
            )),
            Holder::Source(_) => {
                Err(Problem::new(Kind::Forbidden, "This is a source token. Use an operator token to read or act"))
            }
        }
    }

    /// Compares against every hash, so that timing reveals nothing.
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
        Problem::new(Kind::Unauthorized, "Send `Authorization: Bearer` with a token from the configuration")
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}
