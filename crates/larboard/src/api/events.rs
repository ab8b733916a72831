//! Following the organization live, for lists and toasts. Ours.

use crate::http::auth::Can;
use crate::http::auth::permission::SignedIn;
use crate::http::stream::EventStream;
use crate::live;
use crate::state::App;
use axum::extract::State;

/// Streams what happens: an `audit` frame for every change the caller may hear of, in a few words and without diffs;
/// `resync` if some were missed.
#[utoipa::path(get, path = "/v1/events", tag = "Events", responses((status = 200, body = String, content_type = "text/event-stream")),
    extensions(("x-larboard-extension" = json!(true))))]
pub async fn events(State(app): State<App>, can: Can<SignedIn>) -> EventStream {
    EventStream::of(live::organization::watch(&app, can.caller.is_admin()))
}
