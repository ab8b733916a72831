//! People: making them and their passwords. Passwords are hashed with argon2, off the request threads and few at a time,
//! because hashing takes memory and time on purpose.

pub mod invite;

use super::audit::{Author, Change, named};
use super::bootstrap::reload;
use super::{Failure, Outcome};
use crate::caller::Caller;
use crate::state::App;
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use larboard_core::id::Kind;
use larboard_core::refusal::Refusal;
use larboard_store::users::{self, UserRow};
use larboard_store::{StoreError, audit, sessions};
use serde_json::{Value, json};

/// What is known of a user to be made.
pub struct NewUser<'a> {
    /// E-mail address.
    pub email: &'a str,
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
    /// `Admin` or `Member`.
    pub role: &'a str,
    /// Password, if they may sign in with one.
    pub password: Option<&'a str>,
}

/// A user as the API shows one.
pub fn shape(row: &UserRow) -> Value {
    json!({
        "id": row.id, "email": row.email, "firstName": row.first_name, "lastName": row.last_name, "role": row.role,
        "status": row.status, "createdAt": row.created_at, "updatedAt": row.updated_at,
    })
}

/// Makes a user. Without a caller it is the server itself that does, at the first start or from the command line.
///
/// # Errors
/// `invalid_request` for an address that is none, `identifier_taken` for one in use.
pub async fn insert(app: &App, caller: Option<&Caller>, new: NewUser<'_>) -> Outcome<UserRow> {
    check_email(new.email)?;
    let password_hash = match new.password {
        Some(password) => Some(hash(app, password).await?),
        None => None,
    };
    let now = app.now();
    let row = UserRow {
        id: app.ids.id(Kind::User),
        email: new.email.to_lowercase(),
        first_name: new.first_name.to_owned(),
        last_name: new.last_name.to_owned(),
        role: new.role.to_owned(),
        status: "Active".to_owned(),
        password_hash,
        created_at: now,
        updated_at: now,
    };
    let (app_, caller, stored) = (app.clone(), caller.cloned(), row.clone());
    app.store
        .write(move |tx| {
            match users::insert(tx, &stored) {
                Err(StoreError::Unique { .. }) => {
                    return Err(Refusal::identifier_taken(format!(
                        "There is a user {:?} already.",
                        stored.email
                    ))
                    .into());
                }
                other => other?,
            }
            let organization = app_.directory.load().organization.clone();
            let author = caller
                .as_ref()
                .map_or_else(|| Author::server(&organization), Author::caller);
            let mut event = author.event(app_.ids.as_ref(), now, "user", Change::Create);
            event.after = Some(shape(&stored).to_string());
            audit::append(tx, &named(event, "user", &stored.email))?;
            super::people::mirror(tx, &app_, &author, &stored, now)?;
            crate::directory::changed(tx)?;
            Ok::<_, Failure>(())
        })
        .await?;
    reload(app).await;
    Ok(row)
}

pub(super) fn check_email(email: &str) -> Result<(), Refusal> {
    let fits = email.len() <= 254
        && email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        })
        && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    if fits {
        Ok(())
    } else {
        Err(Refusal::invalid_request(format!(
            "{email:?} is no e-mail address; use one like ada@example.test."
        )))
    }
}

/// Gives a user a new password and ends their sessions.
///
/// # Errors
/// If the database fails.
pub async fn set_password(app: &App, id: &str, password: &str) -> Outcome<bool> {
    let hash = hash(app, password).await?;
    let (app_, id, now) = (app.clone(), id.to_owned(), app.now());
    app.store
        .write(move |tx| {
            let Some(user) = users::find(tx, &id)? else {
                return Ok(false);
            };
            users::set_password(tx, &id, &hash, now)?;
            sessions::delete_of_user(tx, &id)?;
            let organization = app_.directory.load().organization.clone();
            let mut event =
                Author::server(&organization).event(app_.ids.as_ref(), now, "user", Change::Update);
            event.message = Some("The password was changed.".into());
            audit::append(tx, &named(event, "user", &user.email))?;
            Ok(true)
        })
        .await
}

/// The PHC string of a password.
async fn hash(app: &App, password: &str) -> Outcome<String> {
    if password.chars().count() < 8 {
        return Err(Refusal::invalid_request(
            "The password has fewer than 8 characters; use a longer one.",
        )
        .into());
    }
    let mut salt = [0_u8; 16];
    app.ids.fill(&mut salt);
    let password = password.to_owned();
    let _turn = app
        .sessions
        .hashing
        .acquire()
        .await
        .map_err(|e| Failure::Internal(e.to_string()))?;
    tokio::task::spawn_blocking(move || {
        let salt = SaltString::encode_b64(&salt).map_err(|e| e.to_string())?;
        Argon2::default()
            .hash_password(password.as_bytes(), &salt)
            .map(|hash| hash.to_string())
            .map_err(|e| e.to_string())
    })
    .await
    .map_err(|e| Failure::Internal(e.to_string()))?
    .map_err(Failure::Internal)
}

/// Whether a password is the one of a stored hash. Without a hash the same work is done for nothing, so that the time it
/// takes does not tell who has an account.
pub async fn verify(app: &App, stored: Option<String>, password: String) -> bool {
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bGFyYm9hcmQtbm9ib2R5$3oyZ7bVbHFzrLXiG5N1bXfBB7tCgB3zYh5X6lq7Vd2s";
    let Ok(_turn) = app.sessions.hashing.acquire().await else {
        return false;
    };
    let known = stored.is_some();
    let matches = tokio::task::spawn_blocking(move || {
        let stored = stored.unwrap_or_else(|| NOBODY.to_owned());
        PasswordHash::new(&stored).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        })
    })
    .await
    .unwrap_or(false);
    known && matches
}
