//! Action runs: one row each, which outlives the action, the blueprint and the entity it names.

use crate::{Arg, Notice, Result, Row, StoreError, Tx, args};
use larboard_core::run::{JsonText, Run, Source, Status};
use larboard_core::time::Timestamp;

/// What a run refers to, as it stands now; absent once deleted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunContext {
    /// Title of the blueprint's document, if the blueprint exists.
    pub blueprint: Option<Reference>,
    /// Title and icon of the entity, if it exists.
    pub entity: Option<Reference>,
    /// Title and icon of the action, if it exists.
    pub action: Option<Reference>,
}

/// Title and icon of something that exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reference {
    /// Its title.
    pub title: Option<String>,
    /// Its icon.
    pub icon: Option<String>,
}

const COLUMNS: &str = "r.id, r.action, r.blueprint, r.entity, r.status, r.status_label, r.source, r.properties, \
    r.raw_properties, r.required_approval, r.approval, r.link, r.summary, r.message, r.payload, r.response, \
    r.external_run_id, r.synchronized, r.agent, r.created_at, r.created_by, r.updated_at, r.updated_by, \
    r.impersonated_by, r.ended_at, r.log_count";

const WIDTH: usize = 26;

/// A run and what it refers to in one look-up by keys.
const WITH_CONTEXT: &str = "b.title, b.icon, b.identifier, e.title, e.icon, e.identifier, a.title, a.icon, a.identifier \
    FROM runs r \
    LEFT JOIN blueprints b ON b.identifier = r.blueprint \
    LEFT JOIN entities e ON e.blueprint = r.blueprint AND e.identifier = r.entity \
    LEFT JOIN actions a ON a.identifier = r.action";

fn read(row: &Row) -> Result<Run> {
    Ok(Run {
        id: row.text(0)?,
        action: row.text(1)?,
        blueprint: row.opt_text(2)?,
        entity: row.opt_text(3)?,
        status: status(row, 4)?,
        status_label: row.opt_text(5)?,
        source: Source::parse(&row.text(6)?).ok_or_else(|| unknown("source"))?,
        properties: JsonText::trusted(row.json(7)?),
        raw_properties: row.opt_json(8)?.map(JsonText::trusted),
        required_approval: JsonText::trusted(row.json(9)?),
        approval: row.opt_json(10)?.map(JsonText::trusted),
        link: row.opt_json(11)?.map(JsonText::trusted),
        summary: row.opt_text(12)?,
        message: row.opt_json(13)?.map(JsonText::trusted),
        payload: row.opt_json(14)?.map(JsonText::trusted),
        response: row.opt_json(15)?.map(JsonText::trusted),
        external_run_id: row.opt_text(16)?,
        synchronized: row.bool(17)?,
        agent: row.bool(18)?,
        created_at: row.time(19)?,
        created_by: row.text(20)?,
        updated_at: row.time(21)?,
        updated_by: row.text(22)?,
        impersonated_by: row.opt_text(23)?,
        ended_at: row.opt_time(24)?,
        log_count: row.int(25)?,
        claim: None,
    })
}

fn status(row: &Row, at: usize) -> Result<Status> {
    Status::parse(&row.text(at)?).ok_or_else(|| unknown("status"))
}

fn unknown(column: &str) -> StoreError {
    StoreError::Data(format!(
        "a run has a {column} that this version does not know"
    ))
}

fn read_reference(row: &Row, at: usize) -> Result<Option<Reference>> {
    if row.opt_text(at + 2)?.is_none() {
        return Ok(None);
    }
    Ok(Some(Reference {
        title: row.opt_text(at)?,
        icon: row.opt_text(at + 1)?,
    }))
}

fn read_with_context(row: &Row) -> Result<(Run, RunContext)> {
    Ok((read(row)?, read_context(row, WIDTH)?))
}

fn read_context(row: &Row, at: usize) -> Result<RunContext> {
    Ok(RunContext {
        blueprint: read_reference(row, at)?,
        entity: read_reference(row, at + 3)?,
        action: read_reference(row, at + 6)?,
    })
}

/// The run of an id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Run>> {
    tx.find_with(
        &format!("SELECT {COLUMNS} FROM runs r WHERE r.id = $1"),
        &args![id],
        read,
    )
}

/// The run of an id and what it refers to.
pub fn find_with_context(tx: &mut Tx<'_>, id: &str) -> Result<Option<(Run, RunContext)>> {
    let sql = format!("SELECT {COLUMNS}, {WITH_CONTEXT} WHERE r.id = $1");
    tx.find_with(&sql, &args![id], read_with_context)
}

/// What a run refers to, of a run that is at hand.
pub fn get_context(tx: &mut Tx<'_>, id: &str) -> Result<RunContext> {
    let sql = format!("SELECT {WITH_CONTEXT} WHERE r.id = $1");
    tx.find_with(&sql, &args![id], |row| read_context(row, 0))?
        .ok_or(StoreError::Missing)
}

fn json(text: Option<&JsonText>) -> Arg<'_> {
    text.map(|text| Arg::json(text.as_str())).into()
}

/// Makes a run.
pub fn insert(tx: &mut Tx<'_>, row: &Run) -> Result<()> {
    tx.execute(
        "INSERT INTO runs (id, action, blueprint, entity, status, status_label, source, properties, raw_properties, \
         required_approval, approval, link, summary, message, payload, response, external_run_id, synchronized, agent, \
         created_at, created_by, updated_at, updated_by, impersonated_by, ended_at, log_count) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
         $23, $24, $25, $26)",
        &args![
            &row.id,
            &row.action,
            &row.blueprint,
            &row.entity,
            row.status.as_str(),
            &row.status_label,
            row.source.as_str(),
            json(Some(&row.properties)),
            json(row.raw_properties.as_ref()),
            json(Some(&row.required_approval)),
            json(row.approval.as_ref()),
            json(row.link.as_ref()),
            &row.summary,
            json(row.message.as_ref()),
            json(row.payload.as_ref()),
            json(row.response.as_ref()),
            &row.external_run_id,
            row.synchronized,
            row.agent,
            row.created_at,
            &row.created_by,
            row.updated_at,
            &row.updated_by,
            &row.impersonated_by,
            row.ended_at,
            row.log_count
        ],
    )?;
    Ok(())
}

/// Writes what can change of a run that has not ended. `false` if it has ended meanwhile or is not there: nothing is
/// changed then, so that a run ends once.
pub fn update_open(tx: &mut Tx<'_>, row: &Run) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE runs SET status = $2, status_label = $3, entity = $4, approval = $5, link = $6, summary = $7, message = $8, \
         response = $9, external_run_id = $10, updated_at = $11, updated_by = $12, ended_at = $13 \
         WHERE id = $1 AND ended_at IS NULL",
        &args![
            &row.id,
            row.status.as_str(),
            &row.status_label,
            &row.entity,
            json(row.approval.as_ref()),
            json(row.link.as_ref()),
            &row.summary,
            json(row.message.as_ref()),
            json(row.response.as_ref()),
            &row.external_run_id,
            row.updated_at,
            &row.updated_by,
            row.ended_at
        ],
    )?;
    if changed == 1 {
        tx.notify(Notice::Run(row.id.clone()));
    }
    Ok(changed == 1)
}

/// Takes the next number in the log of a run that has not ended; `None` if it has ended or is not there.
pub fn claim_log_seq(tx: &mut Tx<'_>, id: &str) -> Result<Option<i64>> {
    let update = "UPDATE runs SET log_count = log_count + 1 WHERE id = $1 AND ended_at IS NULL";
    let look = "SELECT log_count FROM runs WHERE id = $1";
    let seq = tx.update_number(update, "log_count", look, &args![id])?;
    if seq.is_some() {
        tx.notify(Notice::Run(id.to_owned()));
    }
    Ok(seq)
}

/// What binding an entity to a run depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// How far the run is.
    pub status: Status,
    /// Whether it has its entity already.
    pub has_entity: bool,
}

/// What binding an entity to the run of an id depends on, without the rest of the run, which may be long.
pub fn find_binding(tx: &mut Tx<'_>, id: &str) -> Result<Option<Binding>> {
    tx.find_with(
        "SELECT status, entity IS NOT NULL FROM runs WHERE id = $1",
        &args![id],
        |row| {
            Ok(Binding {
                status: status(row, 0)?,
                has_entity: row.bool(1)?,
            })
        },
    )
}

/// Follows an entity to its new identifier.
pub fn rename_entity(tx: &mut Tx<'_>, blueprint: &str, from: &str, to: &str) -> Result<u64> {
    tx.execute(
        "UPDATE runs SET entity = $3 WHERE blueprint = $1 AND entity = $2",
        &args![blueprint, from, to],
    )
}

/// Follows a blueprint to its new identifier.
pub fn rename_blueprint(tx: &mut Tx<'_>, from: &str, to: &str) -> Result<u64> {
    tx.execute(
        "UPDATE runs SET blueprint = $2 WHERE blueprint = $1",
        &args![from, to],
    )
}

/// Which runs to list; all conditions hold at once.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this action.
    pub action: Option<String>,
    /// Of this blueprint.
    pub blueprint: Option<String>,
    /// About this entity.
    pub entity: Option<String>,
    /// Started by this user or machine.
    pub created_by: Option<String>,
    /// With the backend's id.
    pub external_run_id: Option<String>,
    /// In any of these states.
    pub statuses: Vec<String>,
    /// From any of these sources.
    pub sources: Vec<String>,
    /// Only open runs, or only ended ones.
    pub open: Option<bool>,
    /// Only runs older than this one, by creation and id.
    pub before: Option<(Timestamp, String)>,
}

/// Runs that pass the filter with what they refer to, newest first.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, limit: i64) -> Result<Vec<(Run, RunContext)>> {
    let mut sql = format!("SELECT {COLUMNS}, {WITH_CONTEXT} WHERE 1 = 1");
    let mut bound: Vec<Arg> = Vec::new();
    for (column, value) in [
        ("action", &filter.action),
        ("blueprint", &filter.blueprint),
        ("entity", &filter.entity),
        ("created_by", &filter.created_by),
        ("external_run_id", &filter.external_run_id),
    ] {
        if let Some(value) = value {
            bound.push(Arg::from(value));
            sql.push_str(&format!(" AND r.{column} = ${}", bound.len()));
        }
    }
    for (column, values) in [("status", &filter.statuses), ("source", &filter.sources)] {
        if !values.is_empty() {
            let first = bound.len();
            bound.extend(values.iter().map(Arg::from));
            let places: Vec<String> = (first + 1..=bound.len()).map(|n| format!("${n}")).collect();
            sql.push_str(&format!(" AND r.{column} IN ({})", places.join(", ")));
        }
    }
    match filter.open {
        Some(true) => sql.push_str(" AND r.ended_at IS NULL"),
        Some(false) => sql.push_str(" AND r.ended_at IS NOT NULL"),
        None => {}
    }
    if let Some((created_at, id)) = &filter.before {
        bound.push(Arg::from(*created_at));
        bound.push(Arg::from(id));
        sql.push_str(&format!(
            " AND (r.created_at, r.id) < (${}, ${})",
            bound.len() - 1,
            bound.len()
        ));
    }
    bound.push(Arg::from(limit));
    sql.push_str(&format!(
        " ORDER BY r.created_at DESC, r.id DESC LIMIT ${}",
        bound.len()
    ));
    tx.query_with(&sql, &bound, read_with_context)
}
