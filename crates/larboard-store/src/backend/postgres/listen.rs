//! The listening thread: turns the server's notifications into notices of this process.
//!
//! What is sent while it is not connected is lost, so every new connection begins with `Everything`.

use super::Target;
use super::session::CHANNEL;
use crate::backend::error::{Result, StoreError};
use crate::backend::notice::Notice;
use crate::backend::store::Hub;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use postgres::Client;
use postgres::fallible_iterator::FallibleIterator;
use std::time::Duration;

/// How often the end of the store is looked for.
const GLANCE: Duration = Duration::from_millis(100);
/// After so many glances without a notification the connection is tried out.
const QUIET: u32 = 150;

/// Serves until the store closes. The result of the first connection goes to `ready`.
pub(super) fn serve(
    target: &Target,
    hub: &Hub,
    closing: &Receiver<()>,
    ready: &Sender<Result<()>>,
) {
    let mut client = match connect(target) {
        Ok(client) => client,
        Err(error) => return drop(ready.send(Err(error))),
    };
    drop(ready.send(Ok(())));
    loop {
        if listen(&mut client, hub, closing).is_ok() {
            return;
        }
        tracing::warn!("the connection that listens for notices was lost");
        let Some(again) = reconnect(target, closing) else {
            return;
        };
        client = again;
        hub.tell(vec![Notice::Everything]);
    }
}

fn connect(target: &Target) -> Result<Client> {
    let mut client = target.connect()?;
    client
        .batch_execute(&format!("LISTEN {CHANNEL}"))
        .map_err(|error| StoreError::Unavailable(super::link::sentence(&error)))?;
    Ok(client)
}

/// Tries until it succeeds; `None` once the store closes.
fn reconnect(target: &Target, closing: &Receiver<()>) -> Option<Client> {
    let mut pause = Duration::from_millis(50);
    loop {
        match connect(target) {
            Ok(client) => return Some(client),
            Err(error) => tracing::warn!(%error, "still not listening for notices"),
        }
        if closing.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            return None;
        }
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

/// Passes notifications on. Ends well when the store closes, and with an error when the connection
/// does.
fn listen(client: &mut Client, hub: &Hub, closing: &Receiver<()>) -> Result<(), postgres::Error> {
    let mut quiet = 0;
    while closing.try_recv() != Err(TryRecvError::Disconnected) {
        let arrived = client.notifications().timeout_iter(GLANCE).next()?;
        quiet = if arrived.is_some() { 0 } else { quiet + 1 };
        if let Some(notification) = arrived {
            hub.tell(notification.payload().lines().map(Notice::decode).collect());
        }
        if quiet >= QUIET {
            client.is_valid(Duration::from_secs(5))?;
            quiet = 0;
        }
    }
    Ok(())
}
