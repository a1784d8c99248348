//! What somebody is shown who is not signed in, or whose form is not taken.

use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Response};

use crate::web::app_state::AppState;
use crate::web::error::{Kind, Problem, SEE_OTHER};
use crate::web::message::message_page;
use crate::web::words::sentence;

/// The longest path that signing in leads back to.
const NEXT_MAX: usize = 200;

/// Opens another page; `place` is its path under that of `public_url`.
pub(in crate::web) fn redirect(app: &AppState, place: &str) -> Response {
    let mut response = SEE_OTHER.into_response();
    let place = HeaderValue::try_from(format!("{}{place}", app.path));
    // A place is checked when it comes in.
    response.headers_mut().insert(LOCATION, place.unwrap_or(HeaderValue::from_static("/")));
    response
}

/// Leads to the page for signing in, and from there back to the page that was wanted.
pub(in crate::web) fn redirect_to_sign_in(app: &AppState, wanted: &Uri) -> Response {
    let path = wanted.path();
    let path = path.strip_prefix(app.path.as_str()).filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let wanted = wanted.query().map_or(path.to_owned(), |query| format!("{path}?{query}"));
    match checked_next(&wanted) {
        Some(next) => {
            let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
            redirect(app, &format!("/sign-in?{query}"))
        }
        None => redirect(app, "/sign-in"),
    }
}

/// A path on this server, and nothing that a browser could take for another one.
pub(in crate::web) fn checked_next(next: &str) -> Option<&str> {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "/-_.~?&=%+".contains(one);
    let is_path = next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/sign-in");
    (is_path && next.len() <= NEXT_MAX && next.chars().all(is_plain)).then_some(next)
}

/// A form was sent without a session that lives.
pub(in crate::web) fn sign_in_first(app: &AppState) -> Response {
    let lead = [
        "Nothing was changed. Your session has ended.",
        "Sign in again in another tab. Then go back here and send the form again: what you wrote is still there.",
    ];
    page(app, &Problem::new(Kind::SignInFirst, ""), "Sign in first", &lead)
}

/// A form came from another site, or from a page of an earlier session.
pub(in crate::web) fn not_from_our_page(app: &AppState) -> Response {
    let lead =
        ["Nothing was changed. Go back, reload the page, and use its buttons.", "Other sites cannot send forms to us."];
    page(app, &Problem::new(Kind::Forbidden, ""), "This did not come from our page", &lead)
}

/// A page cannot be shown. What its reader may not see looks like what is not there.
pub(in crate::web) fn not_shown(app: &AppState, problem: &Problem) -> Response {
    let headline = match problem.kind {
        Kind::CannotRecord | Kind::Unavailable | Kind::NotKnownYet => "We cannot show this right now",
        Kind::Forbidden => "You do not have permission",
        _ => problem.title(),
    };
    page(app, problem, headline, &[&sentence(problem.detail())])
}

/// Any other problem of a form.
pub(in crate::web) fn problem_page(app: &AppState, problem: &Problem) -> Response {
    let headline = match problem.kind {
        Kind::CannotRecord | Kind::Unavailable => "We cannot do this right now",
        Kind::NotKnownYet => "We do not know yet whether this was recorded",
        Kind::TooManyTries => "Too many tries",
        Kind::NotSignedIn => "You are not signed in",
        Kind::Forbidden => "You do not have permission",
        _ => "Nothing was changed",
    };
    page(app, problem, headline, &[&sentence(problem.detail())])
}

fn page(app: &AppState, problem: &Problem, headline: &str, lead: &[&str]) -> Response {
    message_page(app, problem.status(), headline, lead, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_a_page_of_ours_alone() {
        for next in ["/board", "/incidents/7Q2K9MXD", "/board?status=open&drill=no", "/"] {
            assert_eq!(checked_next(next), Some(next));
        }
        let long = format!("/{}", "x".repeat(NEXT_MAX));
        for next in ["", "board", "//evil.example", "/\\evil.example", "https://evil.example", "/a b", "/sign-in/code"]
        {
            assert_eq!(checked_next(next), None, "{next}");
        }
        assert_eq!(checked_next(&long), None);
    }
}
