//! The stream of the organization: what happened, in a few words, for lists and toasts. It carries no diffs: whoever wants
//! more asks the API, which knows what the caller may see.

use super::Frame;
use super::frame::{event, keep_alive};
use crate::state::App;
use futures_util::Stream;
use larboard_store::audit::{self, EventRow};
use serde_json::json;
use std::ops::RangeInclusive;
use std::time::Duration;
use tokio::sync::broadcast::Sender;
use tokio::sync::broadcast::error::RecvError;

/// What happened, and who may hear of it.
#[derive(Clone)]
struct Happening {
    frame: Frame,
    /// Sign-ins, secrets, apps and the like are for administrators.
    everyone: bool,
}

pub(super) struct Events(Sender<Happening>);

impl Default for Events {
    fn default() -> Self {
        Self(Sender::new(1024))
    }
}

impl Events {
    pub(super) fn watchers(&self) -> usize {
        self.0.receiver_count()
    }

    /// Reads each of these events once and sends it to every watcher.
    pub(super) async fn push(&self, app: &App, seqs: RangeInclusive<i64>) {
        for seq in seqs {
            if self.0.receiver_count() == 0 {
                return;
            }
            self.push_one(app, seq).await;
        }
    }

    async fn push_one(&self, app: &App, seq: i64) {
        match app.store.read_one(move |tx| audit::find_at(tx, seq)).await {
            Ok(Some(row)) => {
                let everyone = matches!(
                    row.resource_type.as_ref(),
                    "entity" | "run" | "action" | "blueprint" | "scorecard"
                );
                let _ = self.0.send(Happening {
                    frame: event("audit", Some(seq), &encode(&row)),
                    everyone,
                });
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(
                ?error,
                seq,
                "an event could not be read for the live stream"
            ),
        }
    }
}

fn encode(row: &EventRow) -> String {
    json!({
        "identifier": row.id,
        "resourceType": row.resource_type,
        "action": row.action,
        "status": row.status,
        "at": row.at,
        "origin": row.origin,
        "context": { "blueprint": row.blueprint, "entity": row.entity, "runId": row.run_id, "action": row.action_identifier },
    })
    .to_string()
}

/// The organization's stream for a caller; an administrator also hears of accounts and secrets.
pub fn watch(app: &App, administrator: bool) -> impl Stream<Item = Frame> + Send + use<> {
    let updates = app.live.events.0.subscribe();
    // The first frame makes headers go out at once and tells the client that it is connected.
    let hello = event("ready", None, "{}");
    futures_util::stream::unfold(
        (app.clone(), updates, Some(hello)),
        move |(app, mut updates, hello)| async move {
            if let Some(hello) = hello {
                return Some((hello, (app, updates, None)));
            }
            loop {
                let frame = tokio::select! {
                    update = updates.recv() => match update {
                        Ok(happening) if happening.everyone || administrator => happening.frame,
                        Ok(_) => continue,
                        // The client is told to look again at everything it shows.
                        Err(RecvError::Lagged(_)) => event("resync", None, "{}"),
                        Err(RecvError::Closed) => return None,
                    },
                    () = app.stopping.cancelled() => return None,
                    () = tokio::time::sleep(Duration::from_secs(15)) => keep_alive(),
                };
                return Some((frame, (app, updates, None)));
            }
        },
    )
}
