//! A form that a signed-in person sent from one of our pages.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::response::Response;

use crate::web::app_state::AppState;
use crate::web::session::own_form::OwnForm;
use crate::web::session::pages;
use crate::web::session::signed_in::{self, SignedIn};

/// The name of the field with the session's form token.
pub const FORM_TOKEN: &str = "form_token";

pub struct SignedForm {
    pub who: SignedIn,
    form: OwnForm,
}

impl SignedForm {
    /// The value of a field; `None` if it is not there.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.form.field(name)
    }
}

impl FromRequest<Arc<AppState>> for SignedForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<AppState>) -> Result<Self, Response> {
        let form = OwnForm::from_request(request, app).await?;
        let who = signed_in::find(app, &form.headers, signed_in::Request::OfPerson);
        let who = who.ok_or_else(|| pages::sign_in_first(app))?;
        if form.field(FORM_TOKEN).is_some_and(|token| who.has_form_token(token)) {
            Ok(Self { who, form })
        } else {
            Err(pages::not_from_our_page(app))
        }
    }
}
