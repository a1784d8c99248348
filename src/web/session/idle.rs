//! Ends sessions in which nobody has done anything for too long.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::person_id::PersonId;
use crate::domain::session::SessionEnd;
use crate::web::app_state::AppState;

/// A request of a session that was idle for too long is refused at once; this is how late the record says so.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long a session lasts without a request. One that an emergency code began is good for an hour, whatever is done
/// in it.
pub(in crate::web) fn idle_within(app: &AppState, person: &PersonId) -> Duration {
    const NEVER: Duration = Duration::from_secs(86_400);
    if person.is_emergency_code() { NEVER } else { app.idle() }
}

/// Runs until it is dropped.
pub(in crate::web) async fn watch(app: Arc<AppState>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let table = app.handle.sessions();
        let live: Vec<_> = table.all().map(|(session, live)| (*session, idle_within(&app, &live.person))).collect();
        let over = app.session.activity().idle(&live, app.session.up());
        for session in over {
            if let Some(live) = table.get(&session) {
                app.handle.end_session(live.person.clone(), session, SessionEnd::Idle, None).await;
            }
        }
    }
}
