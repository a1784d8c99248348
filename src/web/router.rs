//! The routes.

use std::sync::Arc;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{get, post};

use crate::web::app_state::{App, AppState};
use crate::web::error::{Kind, Problem};
use crate::web::open_form::{desk, report};
use crate::web::pages::{own, policies, routes, statement_routes};
use crate::web::session::{emergency, sign_in, sign_out};
use crate::web::{
    access, act, calendar, card, compact, home, ingest, link, oncall, openapi, probe, purge, read, reload,
    test_channels,
};

/// All routes, at `/` and under the path of `public_url`, because a proxy may or may not strip it.
pub fn router(app: App) -> Router {
    routes_of(Arc::new(AppState::new(app)))
}

pub(in crate::web) fn routes_of(app: Arc<AppState>) -> Router {
    let mut router = routes();
    if !app.path.is_empty() {
        router = router.nest(&app.path, routes()).route(&format!("{}/", app.path), get(home::home));
    }
    let unknown = || async { Problem::new(Kind::UnknownRoute, "Check the URL").into_response() };
    let wrong =
        || async { Problem::new(Kind::WrongMethod, "Use a method listed in the `Allow` header").into_response() };
    router.fallback(unknown).method_not_allowed_fallback(wrong).with_state(app)
}

fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/", get(home::home))
        .route("/board", get(routes::board))
        .route("/incidents/new", get(desk::show).post(desk::open))
        .route("/incidents/{id}", get(routes::incident).post(routes::act))
        .route("/incidents/{id}/statements", post(statement_routes::begin))
        .route("/incidents/{id}/statements/{number}", get(statement_routes::show).post(statement_routes::act))
        .route("/incidents/{id}/statements/{number}/text", get(statement_routes::text))
        .route("/approvals", get(statement_routes::approvals))
        .route("/incidents/{id}/post", get(routes::leaving))
        .route("/on-call", get(routes::on_call))
        .route("/policies", get(policies::list))
        .route("/policies/{name}", get(policies::one))
        .route("/me", get(own::me).post(own::act))
        .route("/api/v1/incidents", post(ingest::ingest).get(read::list))
        .route("/api/v1/incidents/{id}", get(read::one))
        .route("/api/v1/incidents/{id}/actions", post(act::act))
        .route("/api/v1/heartbeat", post(ingest::heartbeat))
        .route("/api/v1/incidents/{id}/purge", post(purge::purge))
        .route("/api/v1/sessions", get(access::sessions))
        .route("/api/v1/sessions/end", post(access::end))
        .route("/api/v1/access", get(access::access))
        .route("/api/v1/emergency-codes", get(access::list_codes).post(access::make_codes))
        .route("/api/v1/emergency-codes/revoke", post(access::revoke_codes))
        .route("/api/v1/oncall", get(oncall::oncall))
        .route("/api/v1/openapi.json", get(openapi::openapi))
        .route("/api/v1/reload", post(reload::reload))
        .route("/api/v1/compact", post(compact::compact))
        .route("/api/v1/test-channels", post(test_channels::test_channels))
        // Mail programs add a slash, too, and more after it.
        .route("/a/{*token}", get(link::show).post(link::press))
        .route("/report/{token}", get(report::show).post(report::send))
        .route("/calendar/{*file}", get(calendar::feed))
        // Where a page's `../wardbell.vcf` leads when the page's address ends with a slash.
        .route("/a/wardbell.vcf", get(card::card))
        .route("/wardbell.vcf", get(card::card))
        .route("/sign-in", get(sign_in::show).post(sign_in::ask))
        .route("/sign-in/code", get(sign_in::show_code).post(sign_in::enter))
        .route("/sign-in/emergency", post(emergency::enter))
        .route("/sign-out", post(sign_out::sign_out))
        .route("/healthz", get(probe::healthz))
        .route("/readyz", get(probe::readyz))
        .route("/metrics", get(probe::metrics))
}
