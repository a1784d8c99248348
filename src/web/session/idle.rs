//! Ends sessions in which nobody has done anything for too long.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::session::SessionEnd;
use crate::web::app_state::AppState;

/// A request of a session that was idle for too long is refused at once; this is how late the record says so.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Runs until it is dropped.
pub(in crate::web) async fn watch(app: Arc<AppState>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let table = app.handle.sessions();
        let limited = table.all().filter(|(_, live)| !live.person.is_emergency_code());
        let live: Vec<_> = limited.map(|(session, _)| *session).collect();
        let idle = app.idle();
        let over = app.session.activity().idle(&live, app.session.up(), idle);
        for session in over {
            if let Some(live) = table.get(&session) {
                app.handle.end_session(live.person.clone(), session, SessionEnd::Idle).await;
            }
        }
    }
}
