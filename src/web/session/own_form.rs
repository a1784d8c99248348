//! A form that was sent from one of our pages.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::response::Response;

use crate::inbound::input_error::InputError;
use crate::web::app_state::AppState;
use crate::web::error::{Kind, Problem};
use crate::web::form_text::form_text;
use crate::web::session::pages;
use crate::web::{body, origin};

pub struct OwnForm {
    pub headers: HeaderMap,
    /// In order.
    pub fields: Vec<(String, String)>,
}

impl OwnForm {
    /// The value of a field; `None` if it is not there.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The same with room for all that was posted.
pub struct LongForm(pub OwnForm);

impl FromRequest<Arc<AppState>> for OwnForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<AppState>) -> Result<Self, Response> {
        Self::read(request, app, body::FORM_MAX).await
    }
}

impl FromRequest<Arc<AppState>> for LongForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<AppState>) -> Result<Self, Response> {
        OwnForm::read(request, app, body::ONE_MAX).await.map(Self)
    }
}

impl OwnForm {
    async fn read(request: Request, app: &Arc<AppState>, limit: usize) -> Result<Self, Response> {
        if !origin::is_same_origin(request.headers(), &app.public_url) {
            return Err(pages::not_from_our_page(app));
        }
        let headers = request.headers().clone();
        let fields = fields(request, limit).await.map_err(|problem| pages::problem_page(app, &problem))?;
        Ok(Self { headers, fields })
    }
}

/// # Errors
///
/// It is not a form, too long, or too slow.
async fn fields(request: Request, limit: usize) -> Result<Vec<(String, String)>, Problem> {
    if !body::is_type(request.headers(), "application/x-www-form-urlencoded") {
        return Err(Problem::new(Kind::WrongType, "Use the buttons on the page"));
    }
    let bytes = body::read(request.into_body(), limit, body::ONE_WITHIN).await?;
    let not_ours = |_| Problem::input_error(InputError::new("", "bad-value", "Use the buttons on the page"));
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).map_err(not_ours)?;
    Ok(fields.into_iter().map(|(name, text)| (name, form_text(&text))).collect())
}
