//! The event stream: appended to by every write, read by the audit log, a run's affected entities and live updates.
//! Nothing here changes or removes an event.

use crate::backend::{Later, Rows};
use crate::{Arg, Result, Row, Tx, args};
use larboard_core::time::Timestamp;
use std::borrow::Cow;

/// A row of `audit_events`. JSON columns are text.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    /// `event_…`
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// `entity`, `blueprint`, `run`, `action`, …
    pub resource_type: Cow<'static, str>,
    /// `CREATE`, `UPDATE`, `DELETE`, …
    pub action: Cow<'static, str>,
    /// `SUCCESS` or `FAILURE`.
    pub status: Cow<'static, str>,
    /// `UI`, `API`, `AUTOMATION` or an integration.
    pub origin: String,
    /// User id or client id.
    pub actor_id: String,
    /// `trigger.by` as the API shows it.
    pub actor: String,
    /// The address the request came from.
    pub address: Option<String>,
    /// Of an entity, a run or an action: its blueprint.
    pub blueprint: Option<String>,
    /// Of an entity: its identifier; of a run: the entity it is about.
    pub entity: Option<String>,
    /// The run it belongs to.
    pub run_id: Option<String>,
    /// Of an action or a run: the action's identifier.
    pub action_identifier: Option<String>,
    /// The resource before.
    pub before: Option<String>,
    /// The resource after.
    pub after: Option<String>,
    /// More to know, such as the identifier of a resource that has no column.
    pub additional: Option<String>,
    /// Why it failed.
    pub message: Option<String>,
}

const COLUMNS: &str = "seq, id, at, resource_type, action, status, origin, actor_id, actor, address, blueprint, entity, \
                       run_id, action_identifier, before, after, additional, message";

fn read(row: &Row) -> Result<(i64, EventRow)> {
    Ok((
        row.int(0)?,
        EventRow {
            id: row.text(1)?,
            at: row.time(2)?,
            resource_type: row.text(3)?.into(),
            action: row.text(4)?.into(),
            status: row.text(5)?.into(),
            origin: row.text(6)?,
            actor_id: row.text(7)?,
            actor: row.json(8)?,
            address: row.opt_text(9)?,
            blueprint: row.opt_text(10)?,
            entity: row.opt_text(11)?,
            run_id: row.opt_text(12)?,
            action_identifier: row.opt_text(13)?,
            before: row.opt_json(14)?,
            after: row.opt_json(15)?,
            additional: row.opt_json(16)?,
            message: row.opt_text(17)?,
        },
    ))
}

static EVENTS: Later = Later::new(
    Rows::new(
        "INSERT INTO audit_events (id, at, resource_type, action, status, origin, actor_id, actor, address, blueprint, \
         entity, run_id, action_identifier, before, after, additional, message)",
        17,
        // All but the id, the action, the entity, and what was and is.
        &[1, 2, 4, 5, 6, 7, 8, 9, 11, 12, 15, 16],
        "",
    ),
    true,
);

fn values(event: EventRow) -> Vec<Arg<'static>> {
    let json = |text: Option<String>| text.map(Arg::json);
    args![
        event.id,
        event.at,
        event.resource_type,
        event.action,
        event.status,
        event.origin,
        event.actor_id,
        Arg::json(event.actor),
        event.address,
        event.blueprint,
        event.entity,
        event.run_id,
        event.action_identifier,
        json(event.before),
        json(event.after),
        json(event.additional),
        event.message
    ]
    .into()
}

/// Appends an event and tells the live streams of every replica once it is committed. Returns its place in the stream.
pub fn append(tx: &mut Tx<'_>, event: &EventRow) -> Result<i64> {
    tx.insert_now(&EVENTS, &values(event.clone()))
}

/// [`append`] at the end of the transaction, together with the others of it. Whatever is appended later follows it.
pub fn append_later(tx: &mut Tx<'_>, event: EventRow) -> Result<()> {
    tx.insert_later(&EVENTS, values(event))
}

/// Of an event's place in the stream, the bits that number it within its block (migration 0016).
const BLOCK_BITS: u32 = 16;

/// Which events to list; all conditions hold at once.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// One event.
    pub id: Option<String>,
    /// Events of an entity.
    pub entity: Option<String>,
    /// Events of a blueprint or of what belongs to it.
    pub blueprint: Option<String>,
    /// Events of a run and of the entities changed with it.
    pub run_id: Option<String>,
    /// Any of these origins.
    pub origins: Vec<String>,
    /// Any of these resource types.
    pub resources: Vec<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Not after.
    pub to: Option<Timestamp>,
    /// `CREATE`, `UPDATE`, …
    pub action: Option<String>,
    /// `SUCCESS` or `FAILURE`.
    pub status: Option<String>,
    /// Only events older than this place in the stream.
    pub before_seq: Option<i64>,
}

/// Events that pass the filter, newest first, with their places in the stream.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, limit: i64) -> Result<Vec<(i64, EventRow)>> {
    tx.write_waiting()?;
    // What has an index of its own needs no other.
    if filter.entity.is_some() && filter.id.is_none() && filter.run_id.is_none() {
        return list_of_entity(tx, filter, limit);
    }
    let mut bound = Vec::new();
    let conditions = filter.conditions(&mut bound);
    bound.push(Arg::from(limit));
    let place = bound.len();
    let sql = format!(
        "SELECT {COLUMNS} FROM audit_events WHERE 1 = 1{conditions} ORDER BY seq DESC LIMIT ${place}"
    );
    tx.query_with(&sql, &bound, read)
}

/// [`list`] by way of the index of blocks: the newest block first, then twice as many at a time, so that there are few
/// statements where an entity has few events and few events to sort where it has many.
fn list_of_entity(tx: &mut Tx<'_>, filter: &Filter, limit: i64) -> Result<Vec<(i64, EventRow)>> {
    let newest = tx
        .query_one("SELECT MAX(seq) FROM audit_events", &[])?
        .opt_int(0)?;
    let Some(newest) = newest else {
        return Ok(Vec::new());
    };
    let last = filter
        .before_seq
        .map_or(newest, |seq| newest.min(seq.saturating_sub(1)));
    let (mut high, mut blocks) = (last >> BLOCK_BITS, 1);
    let mut found = Vec::new();
    while high >= 0 {
        let wanted = limit - found.len() as i64;
        if wanted <= 0 {
            break;
        }
        let low = (high - blocks + 1).max(0);
        let mut bound: Vec<Arg> = args![high, low, wanted].into();
        let conditions = filter.conditions(&mut bound);
        let sql = format!(
            "WITH RECURSIVE blocks (block) AS (SELECT CAST($1 AS BIGINT) + 0 UNION ALL SELECT block - 1 FROM blocks WHERE block > $2) \
             SELECT {COLUMNS} FROM blocks CROSS JOIN audit_events WHERE (seq >> {BLOCK_BITS}) = block{conditions} \
             ORDER BY block DESC, seq DESC LIMIT $3"
        );
        found.extend(tx.query_with(&sql, &bound, read)?);
        (high, blocks) = (low - 1, blocks * 2);
    }
    Ok(found)
}

impl Filter {
    /// What follows a condition of a WHERE clause; binds after what is bound.
    fn conditions<'a>(&'a self, bound: &mut Vec<Arg<'a>>) -> String {
        let mut sql = String::new();
        let mut condition = |text: &str, value| {
            bound.push(value);
            sql.push_str(&format!(" AND {text} ${}", bound.len()));
        };
        for (text, value) in [
            ("id =", &self.id),
            ("entity =", &self.entity),
            ("blueprint =", &self.blueprint),
            ("run_id =", &self.run_id),
            ("action =", &self.action),
            ("status =", &self.status),
        ] {
            if let Some(value) = value {
                condition(text, Arg::from(value));
            }
        }
        if let Some(from) = self.from {
            condition("at >=", Arg::from(from));
        }
        if let Some(to) = self.to {
            condition("at <=", Arg::from(to));
        }
        if let Some(seq) = self.before_seq {
            condition("seq <", Arg::from(seq));
        }
        for (column, values) in [
            ("origin", &self.origins),
            ("resource_type", &self.resources),
        ] {
            if !values.is_empty() {
                let first = bound.len();
                bound.extend(values.iter().map(Arg::from));
                let places: Vec<String> =
                    (first + 1..=bound.len()).map(|n| format!("${n}")).collect();
                sql.push_str(&format!(" AND {column} IN ({})", places.join(", ")));
            }
        }
        sql
    }
}

/// When the newest event happened.
pub fn find_newest_at(tx: &mut Tx<'_>) -> Result<Option<Timestamp>> {
    tx.write_waiting()?;
    tx.query_opt("SELECT at FROM audit_events ORDER BY seq DESC LIMIT 1", &[])?
        .map(|row| row.time(0))
        .transpose()
}

/// The event at a place in the stream.
pub fn find_at(tx: &mut Tx<'_>, seq: i64) -> Result<Option<EventRow>> {
    tx.write_waiting()?;
    let sql = format!("SELECT {COLUMNS} FROM audit_events WHERE seq = $1");
    Ok(tx
        .query_opt(&sql, &args![seq])?
        .as_ref()
        .map(read)
        .transpose()?
        .map(|(_, event)| event))
}
