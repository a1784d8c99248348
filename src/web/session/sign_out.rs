//! `POST /sign-out`: ends the session, whatever the disk does.

use axum::extract::State;
use axum::response::Response;

use crate::domain::session::{SessionEnd, SessionInput};
use crate::web::app_state::Shared;
use crate::web::session::cookies::Cookie;
use crate::web::session::pages::redirect;
use crate::web::session::signed_form::SignedForm;

pub(in crate::web) async fn sign_out(State(app): Shared, form: SignedForm) -> Response {
    let (person, session) = (form.who.person, form.who.session);
    app.session.activity().end(session);
    let end = SessionInput::End { session: Some(session), why: SessionEnd::SignedOut, by: None };
    if app.handle.session(person.clone(), end).await.is_err() {
        app.handle.end_session(person, session, SessionEnd::SignedOut, None).await;
    }
    let mut response = redirect(&app, "/sign-in?signed-out=yes");
    app.session.cookies.clear(&mut response, Cookie::Session);
    response
}
