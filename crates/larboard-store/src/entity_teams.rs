//! Which teams own which entities, as rows: what renaming and deleting a team, and the members of a team, are read from.

use crate::{Result, StoreError, Tx, args};

/// Writes the teams of an entity over those it had. A team named twice counts once.
pub fn replace(tx: &mut Tx<'_>, blueprint: &str, entity: &str, teams: &[String]) -> Result<()> {
    tx.execute(
        "DELETE FROM entity_teams WHERE blueprint = $1 AND entity = $2",
        &args![blueprint, entity],
    )?;
    insert(tx, blueprint, entity, teams)
}

/// Writes the teams of an entity that has none yet. A team named twice counts once.
pub fn insert(tx: &mut Tx<'_>, blueprint: &str, entity: &str, teams: &[String]) -> Result<()> {
    for (place, team) in teams.iter().enumerate() {
        if teams.iter().position(|other| other == team) == Some(place) {
            tx.execute(
                "INSERT INTO entity_teams (blueprint, entity, team) VALUES ($1, $2, $3)",
                &args![blueprint, entity, team],
            )?;
        }
    }
    Ok(())
}

/// Writes the rows of every entity that has teams, for a database whose entities were written before there were rows.
pub fn fill(tx: &mut Tx<'_>) -> Result<()> {
    let sql = "SELECT blueprint, identifier, team FROM entities WHERE team <> '[]'";
    let rows = tx.query(sql, &[])?;
    for row in rows {
        let teams: Vec<String> = serde_json::from_str(&row.json(2)?)
            .map_err(|error| StoreError::data(format!("a list of teams is none: {error}")))?;
        replace(tx, &row.text(0)?, &row.text(1)?, &teams)?;
    }
    Ok(())
}

/// The entities a team owns, as blueprint and identifier, in a stable order.
pub fn list_owned(tx: &mut Tx<'_>, team: &str) -> Result<Vec<(String, String)>> {
    tx.query(
        "SELECT blueprint, entity FROM entity_teams WHERE team = $1 ORDER BY blueprint, entity",
        &args![team],
    )?
    .iter()
    .map(|row| Ok((row.text(0)?, row.text(1)?)))
    .collect()
}

/// Every entity of a blueprint with each team that owns it, in a stable order.
pub fn list_of_blueprint(tx: &mut Tx<'_>, blueprint: &str) -> Result<Vec<(String, String)>> {
    tx.query(
        "SELECT entity, team FROM entity_teams WHERE blueprint = $1 ORDER BY entity, team",
        &args![blueprint],
    )?
    .iter()
    .map(|row| Ok((row.text(0)?, row.text(1)?)))
    .collect()
}
