//! The extractor that turns a request into its [`Caller`]; it refuses requests without a valid token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::web::app_state::AppState;
use crate::web::auth::Caller;
use crate::web::error::Problem;

impl FromRequestParts<Arc<AppState>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> Result<Self, Problem> {
        app.keyring.caller(&parts.headers).cloned()
    }
}
