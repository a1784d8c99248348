//! A form that a signed-in person sent from one of our pages.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::response::Response;
use subtle::ConstantTimeEq;

use crate::domain::digest::Digest;
use crate::inbound::input_error::InputError;
use crate::web::app_state::AppState;
use crate::web::error::{Kind, Problem};
use crate::web::session::pages;
use crate::web::session::signed_in::{self, SignedIn};
use crate::web::{body, origin};

/// The name of the field with the session's form token.
pub const FORM_TOKEN: &str = "form_token";

/// Its fields, without the form token, in order.
pub struct SignedForm {
    pub who: SignedIn,
    pub fields: Vec<(String, String)>,
}

impl SignedForm {
    /// The value of a field; `None` if it is not there.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest<Arc<AppState>> for SignedForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<AppState>) -> Result<Self, Response> {
        if !origin::is_same_origin(request.headers(), &app.public_url) {
            return Err(pages::not_from_our_page(app));
        }
        let who = signed_in::find(app, request.headers(), signed_in::Request::OfPerson);
        let who = who.ok_or_else(|| pages::sign_in_first(app))?;
        let mut fields = fields(request).await.map_err(|problem| pages::problem_page(app, &problem))?;
        let token = fields.iter().position(|(key, _)| key == FORM_TOKEN).map(|at| fields.remove(at).1);
        let hash = |token: &str| Digest::of(token.as_bytes());
        let is_right =
            token.is_some_and(|token| hash(&token).as_bytes().ct_eq(hash(&who.form_token).as_bytes()).into());
        if is_right { Ok(Self { who, fields }) } else { Err(pages::not_from_our_page(app)) }
    }
}

/// The fields of a form.
///
/// # Errors
///
/// It is not a form, too long, or too slow.
pub(in crate::web) async fn fields(request: Request) -> Result<Vec<(String, String)>, Problem> {
    if !body::is_type(request.headers(), "application/x-www-form-urlencoded") {
        return Err(Problem::new(Kind::WrongType, "Use the buttons on the page"));
    }
    let bytes = body::read(request.into_body(), body::FORM_MAX, body::ONE_WITHIN).await?;
    let not_ours = |_| Problem::input_error(InputError::new("", "bad-value", "Use the buttons on the page"));
    serde_urlencoded::from_bytes(&bytes).map_err(not_ours)
}
