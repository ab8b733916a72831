//! Sessions of the portal. The token of a session is known to its browser alone; here is its SHA-256.

use crate::{Result, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `sessions`.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionRow {
    /// SHA-256 of the cookie's token.
    pub token_hash: Vec<u8>,
    /// Whose.
    pub user_id: String,
    /// What every change made with the cookie must repeat in a header.
    pub csrf_token: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// The session of a token hash that has not ended at `now`.
pub fn find(tx: &mut Tx<'_>, token_hash: &[u8], now: Timestamp) -> Result<Option<SessionRow>> {
    let row = tx.query_opt(
        "SELECT user_id, csrf_token, created_at, expires_at FROM sessions WHERE token_hash = $1 AND expires_at > $2",
        &args![token_hash.to_vec(), now],
    )?;
    row.map(|row| {
        Ok(SessionRow {
            token_hash: token_hash.to_vec(),
            user_id: row.text(0)?,
            csrf_token: row.text(1)?,
            created_at: row.time(2)?,
            expires_at: row.time(3)?,
        })
    })
    .transpose()
}

/// Begins a session.
pub fn insert(tx: &mut Tx<'_>, row: &SessionRow) -> Result<()> {
    tx.execute(
        "INSERT INTO sessions (token_hash, user_id, csrf_token, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        &args![&row.token_hash, &row.user_id, &row.csrf_token, row.created_at, row.expires_at],
    )?;
    Ok(())
}

/// Ends a session. Whether it was there.
pub fn delete(tx: &mut Tx<'_>, token_hash: &[u8]) -> Result<bool> {
    Ok(tx.execute(
        "DELETE FROM sessions WHERE token_hash = $1",
        &args![token_hash.to_vec()],
    )? == 1)
}

/// Ends every session of a user, as after a change of password.
pub fn delete_of_user(tx: &mut Tx<'_>, user_id: &str) -> Result<u64> {
    tx.execute("DELETE FROM sessions WHERE user_id = $1", &args![user_id])
}

/// Forgets sessions that have ended.
pub fn delete_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64> {
    tx.execute("DELETE FROM sessions WHERE expires_at <= $1", &args![now])
}
