//! People who sign in to the portal.

use crate::{Result, Row, Tx, args};
use larboard_core::time::Timestamp;

/// A row of `users`.
#[derive(Clone, Debug, PartialEq)]
pub struct UserRow {
    /// `user_…`
    pub id: String,
    /// The address they sign in with; unique.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// `Admin` or `Member`.
    pub role: String,
    /// `Active`, `Invited`, `Staged` or `Disabled`.
    pub status: String,
    /// The argon2 hash of the password, in PHC form; none for those who cannot sign in with one.
    pub password_hash: Option<String>,
    /// When made.
    pub created_at: Timestamp,
    /// When last changed.
    pub updated_at: Timestamp,
}

const COLUMNS: &str =
    "id, email, first_name, last_name, role, status, password_hash, created_at, updated_at";

fn read(row: &Row) -> Result<UserRow> {
    Ok(UserRow {
        id: row.text(0)?,
        email: row.text(1)?,
        first_name: row.text(2)?,
        last_name: row.text(3)?,
        role: row.text(4)?,
        status: row.text(5)?,
        password_hash: row.opt_text(6)?,
        created_at: row.time(7)?,
        updated_at: row.time(8)?,
    })
}

/// Every user, oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<UserRow>> {
    tx.query_with(
        &format!("SELECT {COLUMNS} FROM users ORDER BY created_at, id"),
        &[],
        read,
    )
}

/// The user of an id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<UserRow>> {
    tx.find_with(
        &format!("SELECT {COLUMNS} FROM users WHERE id = $1"),
        &args![id],
        read,
    )
}

/// The user of an e-mail address, which is stored in lower case.
pub fn find_by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<UserRow>> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE email = $1");
    tx.find_with(&sql, &args![email.to_lowercase()], read)
}

/// Makes a user.
///
/// # Errors
/// [`crate::StoreError::Unique`] if the address is taken.
pub fn insert(tx: &mut Tx<'_>, row: &UserRow) -> Result<()> {
    tx.execute(
        "INSERT INTO users (id, email, first_name, last_name, role, status, password_hash, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            &row.id,
            row.email.to_lowercase(),
            &row.first_name,
            &row.last_name,
            &row.role,
            &row.status,
            &row.password_hash,
            row.created_at,
            row.updated_at
        ],
    )?;
    Ok(())
}

/// Writes what is known of a user over what was, but for the password. Whether the user was there.
pub fn update(tx: &mut Tx<'_>, row: &UserRow) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE users SET first_name = $2, last_name = $3, role = $4, status = $5, updated_at = $6 WHERE id = $1",
        &args![&row.id, &row.first_name, &row.last_name, &row.role, &row.status, row.updated_at],
    )?;
    Ok(changed == 1)
}

/// Deletes a user and ends their sessions. Whether they were there.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    Ok(tx.execute("DELETE FROM users WHERE id = $1", &args![id])? == 1)
}

/// Writes a password hash. Whether the user was there.
pub fn set_password(tx: &mut Tx<'_>, id: &str, hash: &str, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1";
    Ok(tx.execute(sql, &args![id, hash, now])? == 1)
}
