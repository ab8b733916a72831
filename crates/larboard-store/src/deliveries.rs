//! The outbox: invocations to be sent, who is sending them, and every attempt made.
//!
//! A row is leased, sent outside any transaction, and settled. A lease that runs out may be taken by anyone, so a
//! delivery can be sent twice when its sender dies: at least once, never lost.

use crate::{Arg, Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `deliveries`.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryRow {
    /// `dlv_…`, which the receiver sees and may drop repeats by.
    pub id: String,
    /// The run it invokes.
    pub run_id: String,
    /// `PENDING`, `SUCCEEDED`, `FAILED` or `CANCELLED`.
    pub state: String,
    /// HTTP method.
    pub method: String,
    /// The target with secrets struck out.
    pub url: String,
    /// Scheme, host and port.
    pub destination: String,
    /// The sealed request, until it cannot be sent again.
    pub request_enc: Option<Vec<u8>>,
    /// When the next attempt is due.
    pub due_at: Timestamp,
    /// When trying ends.
    pub window_end: Timestamp,
    /// Who is sending it now.
    pub lease_owner: Option<String>,
    /// Until when it is theirs alone.
    pub lease_until: Option<Timestamp>,
    /// Attempts made.
    pub attempts: i64,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A row of `delivery_attempts`.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptRow {
    /// From 1.
    pub number: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The status answered, if there was an answer.
    pub status_code: Option<i64>,
    /// What went wrong, if there was none.
    pub error: Option<String>,
    /// The start of the answer's body.
    pub response_excerpt: Option<String>,
}

const COLUMNS: &str = "id, run_id, state, method, url, destination, request_enc, due_at, window_end, lease_owner, lease_until, attempts, \
                       created_at, updated_at";

fn read(row: &Row) -> Result<DeliveryRow> {
    Ok(DeliveryRow {
        id: row.text(0)?,
        run_id: row.text(1)?,
        state: row.text(2)?,
        method: row.text(3)?,
        url: row.text(4)?,
        destination: row.text(5)?,
        request_enc: row.opt_bytes(6)?,
        due_at: row.time(7)?,
        window_end: row.time(8)?,
        lease_owner: row.opt_text(9)?,
        lease_until: row.opt_time(10)?,
        attempts: row.int(11)?,
        created_at: row.time(12)?,
        updated_at: row.time(13)?,
    })
}

/// Puts an invocation into the outbox, in the transaction of its run.
pub fn insert(tx: &mut Tx<'_>, row: &DeliveryRow) -> Result<()> {
    tx.execute(
        "INSERT INTO deliveries (id, run_id, state, method, url, destination, request_enc, due_at, window_end, \
         lease_owner, lease_until, attempts, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        &args![
            &row.id,
            &row.run_id,
            &row.state,
            &row.method,
            &row.url,
            &row.destination,
            &row.request_enc,
            row.due_at,
            row.window_end,
            &row.lease_owner,
            row.lease_until,
            row.attempts,
            row.created_at,
            row.updated_at
        ],
    )?;
    Ok(())
}

/// Leases up to `limit` due deliveries that nobody is sending, oldest due first, leaving out the destinations that are
/// `busy` already.
pub fn claim_due(
    tx: &mut Tx<'_>,
    lease: &Lease<'_>,
    busy: &[String],
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let skip_locked = tx.dialect().for_update_skip_locked();
    let mut bound = args![lease.owner, lease.until, lease.now, limit].to_vec();
    let mut elsewhere = String::new();
    if !busy.is_empty() {
        let places: Vec<String> = (5..5 + busy.len()).map(|n| format!("${n}")).collect();
        elsewhere = format!("AND destination NOT IN ({})", places.join(", "));
        bound.extend(busy.iter().map(Arg::from));
    }
    let sql = format!(
        "UPDATE deliveries SET lease_owner = $1, lease_until = $2, updated_at = $3 WHERE id IN \
         (SELECT id FROM deliveries WHERE state = 'PENDING' AND due_at <= $3 AND (lease_until IS NULL OR lease_until <= $3) \
          {elsewhere} ORDER BY due_at, id LIMIT $4 {skip_locked}) RETURNING {COLUMNS}"
    );
    let mut claimed = tx
        .query(&sql, &bound)?
        .iter()
        .map(read)
        .collect::<Result<Vec<_>>>()?;
    claimed.sort_by(|a, b| (a.due_at, &a.id).cmp(&(b.due_at, &b.id)));
    Ok(claimed)
}

/// Who takes deliveries, when, and until when they are theirs alone.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// The process.
    pub owner: &'a str,
    /// The present instant.
    pub now: Timestamp,
    /// When the lease runs out.
    pub until: Timestamp,
}

/// When the next delivery becomes due or free, of those that are neither leased nor due yet.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    let row = tx.query_one(
        "SELECT MIN(CASE WHEN lease_until IS NOT NULL AND lease_until > due_at THEN lease_until ELSE due_at END) \
         FROM deliveries WHERE state = 'PENDING'",
        &[],
    )?;
    row.opt_time(0)
}

/// Frees one lease without an attempt.
pub fn give_back(tx: &mut Tx<'_>, id: &str, owner: &str) -> Result<()> {
    let sql = "UPDATE deliveries SET lease_owner = NULL, lease_until = NULL WHERE id = $1 AND lease_owner = $2";
    tx.execute(sql, &args![id, owner])?;
    Ok(())
}

/// Frees every lease of a process that stops.
pub fn release(tx: &mut Tx<'_>, owner: &str) -> Result<u64> {
    tx.execute(
        "UPDATE deliveries SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $1",
        &args![owner],
    )
}

/// Frees every lease: at the start of the one process of an embedded database, whose predecessor may have died.
pub fn release_all(tx: &mut Tx<'_>) -> Result<u64> {
    tx.execute("UPDATE deliveries SET lease_owner = NULL, lease_until = NULL WHERE lease_owner IS NOT NULL", &[])
}

/// Records an attempt. The number 0 stands for the next one, counted from what is recorded: a sender that lost its lease may
/// have recorded one meanwhile.
pub fn insert_attempt(tx: &mut Tx<'_>, delivery_id: &str, row: &AttemptRow) -> Result<()> {
    let sql = format!("{INSERT_ATTEMPT}{}", attempt_values(0));
    tx.execute(&sql, &attempt_args(delivery_id, row))?;
    Ok(())
}

const INSERT_ATTEMPT: &str = "INSERT INTO delivery_attempts \
    (delivery_id, number, started_at, duration_ms, status_code, error, response_excerpt) VALUES ";

/// The values of an attempt, bound after so many others.
fn attempt_values(after: usize) -> String {
    let [id, number, started, took, status, error, excerpt] =
        std::array::from_fn(|column| after + column + 1);
    format!(
        "(${id}, COALESCE(${number}, (SELECT COALESCE(MAX(number), 0) + 1 FROM delivery_attempts WHERE delivery_id = ${id})), \
         ${started}, ${took}, ${status}, ${error}, ${excerpt})"
    )
}

fn attempt_args<'a>(delivery_id: &'a str, row: &'a AttemptRow) -> [Arg<'a>; 7] {
    args![
        delivery_id,
        Some(row.number).filter(|number| *number > 0),
        row.started_at,
        row.duration_ms,
        row.status_code,
        &row.error,
        &row.response_excerpt
    ]
}

/// Rows of one statement.
const AT_ONCE: usize = 16;

/// Records an attempt for each of some deliveries and settles as `SUCCEEDED` those of them that `owner` still leases and
/// nobody has cancelled.
pub fn succeed_all(
    tx: &mut Tx<'_>,
    done: &[(String, AttemptRow)],
    owner: &str,
    now: Timestamp,
) -> Result<()> {
    for some in done.chunks(AT_ONCE) {
        let mut bound = Vec::with_capacity(some.len() * 7);
        for (id, row) in some {
            bound.extend(attempt_args(id, row));
        }
        let values: Vec<String> = (0..some.len()).map(|row| attempt_values(row * 7)).collect();
        tx.execute(&format!("{INSERT_ATTEMPT}{}", values.join(", ")), &bound)?;
        let places: Vec<String> = (3..3 + some.len())
            .map(|place| format!("${place}"))
            .collect();
        let sql = format!(
            "UPDATE deliveries SET state = 'SUCCEEDED', attempts = attempts + 1, request_enc = NULL, lease_owner = NULL, \
             lease_until = NULL, updated_at = $2 WHERE lease_owner = $1 AND state = 'PENDING' AND id IN ({})",
            places.join(", ")
        );
        let mut bound = args![owner, now].to_vec();
        bound.extend(some.iter().map(|(id, _)| Arg::from(id)));
        tx.execute(&sql, &bound)?;
    }
    Ok(())
}

/// Settles a leased delivery after its attempt: it becomes `state` and, unless it will be tried again at `due_at`, forgets
/// its request. Returns `false` if the lease was lost or the delivery cancelled meanwhile; nothing is changed then.
pub fn settle(
    tx: &mut Tx<'_>,
    id: &str,
    owner: &str,
    state: &str,
    due_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool> {
    let changed = match due_at {
        Some(due_at) => tx.execute(
            "UPDATE deliveries SET due_at = $3, attempts = attempts + 1, lease_owner = NULL, lease_until = NULL, \
             updated_at = $4 WHERE id = $1 AND lease_owner = $2 AND state = 'PENDING'",
            &args![id, owner, due_at, now],
        )?,
        None => tx.execute(
            "UPDATE deliveries SET state = $3, attempts = attempts + 1, request_enc = NULL, lease_owner = NULL, \
             lease_until = NULL, updated_at = $4 WHERE id = $1 AND lease_owner = $2 AND state = 'PENDING'",
            &args![id, owner, state, now],
        )?,
    };
    Ok(changed == 1)
}

/// Cancels what is still pending of a run that has ended. How many.
pub fn cancel_of_run(tx: &mut Tx<'_>, run_id: &str, now: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE deliveries SET state = 'CANCELLED', request_enc = NULL, lease_owner = NULL, lease_until = NULL, \
         updated_at = $2 WHERE run_id = $1 AND state = 'PENDING'",
        &args![run_id, now],
    )
}

/// The deliveries of a run, oldest first, each with its attempts.
pub fn list_of_run(tx: &mut Tx<'_>, run_id: &str) -> Result<Vec<(DeliveryRow, Vec<AttemptRow>)>> {
    let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE run_id = $1 ORDER BY created_at, id");
    let rows = tx
        .query(&sql, &args![run_id])?
        .iter()
        .map(read)
        .collect::<Result<Vec<_>>>()?;
    rows.into_iter()
        .map(|row| Ok((row.clone(), attempts(tx, &row.id)?)))
        .collect()
}

/// How many deliveries are pending, and when the oldest of them was accepted.
pub fn backlog(tx: &mut Tx<'_>) -> Result<(i64, Option<Timestamp>)> {
    let row = tx.query_one(
        "SELECT COUNT(*), MIN(created_at) FROM deliveries WHERE state = 'PENDING'",
        &[],
    )?;
    Ok((row.int(0)?, row.opt_time(1)?))
}

fn attempts(tx: &mut Tx<'_>, delivery_id: &str) -> Result<Vec<AttemptRow>> {
    let rows = tx.query(
        "SELECT number, started_at, duration_ms, status_code, error, response_excerpt FROM delivery_attempts \
         WHERE delivery_id = $1 ORDER BY number",
        &args![delivery_id],
    )?;
    let read = |row: &Row| {
        Ok(AttemptRow {
            number: row.int(0)?,
            started_at: row.time(1)?,
            duration_ms: row.int(2)?,
            status_code: row.opt_int(3)?,
            error: row.opt_text(4)?,
            response_excerpt: row.opt_text(5)?,
        })
    };
    rows.iter().map(read).collect()
}
