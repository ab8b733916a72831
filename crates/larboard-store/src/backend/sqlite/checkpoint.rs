//! Copying the log back into the database file, beside the writer. A commit appends to the log; from time to time what the
//! log holds goes to its place in the file, with a sync of its own. The writer would do nothing else meanwhile.

use super::link;
use crate::backend::error::Result;
use crossbeam_channel as channel;
use rusqlite::hooks::Wal;
use rusqlite::{Connection, ErrorCode};

/// Pages of the log (4096 bytes each) at which it is copied, and again each time it has grown by as many. A log that only
/// starts anew after many pages copies a page that changes often once.
const STEP: i32 = 4_000;

/// Pages (some 130 MB) at which the writer copies the rest itself. The log can start anew only when nothing is left to copy,
/// which under steady writing does not happen by itself. It is soon after a step: while the other thread is at that one,
/// the writer is refused and goes on, so that what is left for it is only what was written meanwhile.
const MOST: i32 = 8 * STEP + STEP / 8;

const FAILED: &str = "the log of the database could not be copied into it";

/// Has `writer` ask for a copy whenever its log has grown enough. Returns where it asks.
pub(super) fn ask_from(writer: &mut Connection) -> Result<channel::Receiver<()>> {
    let (ask, asked) = channel::bounded(1);
    let mut next = STEP;
    let hook = move |log: &mut Wal, pages: i32| {
        if pages < next - STEP {
            next = STEP;
        }
        if pages >= MOST {
            // The transaction is committed whatever comes of this.
            match log.checkpoint() {
                // The other thread is at it.
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
                Err(error) => tracing::warn!(%error, "{FAILED}"),
                Ok(()) => {}
            }
        } else if pages >= next {
            next = pages + STEP;
            // If it is copying already, it goes on with the next step.
            let _ = ask.try_send(());
        }
        Ok(())
    };
    writer.wal_hook(Some(hook)).map_err(link::error)?;
    Ok(asked)
}

/// Copies whenever the writer asks, until it is gone.
pub(super) fn serve(conn: &Connection, asked: &channel::Receiver<()>) {
    for () in asked {
        // Copies what no reader still needs as it was, and waits for nobody.
        let copied = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = copied {
            tracing::warn!(%error, "{FAILED}");
        }
    }
}
