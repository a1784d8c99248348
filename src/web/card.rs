//! `GET /wardbell.vcf`: the contact that people allow to bypass Do Not Disturb. It is public and holds no secret.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};

use crate::web::app_state::Shared;
use crate::web::error::{Kind, Problem};

pub(in crate::web) async fn card(State(app): Shared) -> Result<Response, Problem> {
    if app.senders.is_empty() {
        return Err(Problem::new(Kind::UnknownRoute, "There is no contact card because no channel is set up"));
    }
    let text = app.senders.to_vcard(&app.handle.plan().hospital);
    let headers = [
        (CONTENT_TYPE, "text/vcard; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"wardbell.vcf\""),
        (CACHE_CONTROL, "public, max-age=3600"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, text).into_response())
}
