//! Changes of apps, the machine credentials. A secret is shown when it is made, and never again.

use super::Outcome;
use super::audit::{Author, Change, named};
use super::bootstrap::reload;
use crate::caller::Caller;
use crate::directory::purpose;
use crate::state::App;
use larboard_core::refusal::Refusal;
use larboard_core::time::Timestamp;
use larboard_store::apps::{self, AppRow};
use larboard_store::{Tx, audit};
use serde_json::{Value, json};

/// An app and the secret that is shown this once.
pub struct Issued {
    /// The app.
    pub row: AppRow,
    /// Its secret.
    pub secret: String,
}

/// An app as the API shows it, without its secret.
pub fn shape(row: &AppRow) -> Value {
    json!({ "id": row.id, "name": row.name, "enabled": row.enabled, "createdAt": row.created_at, "updatedAt": row.updated_at })
}

/// An app with the secret that is shown this once, in the order of facts/actions.md 8.1.
pub fn shape_issued(issued: &Issued) -> Value {
    json!({
        "id": issued.row.id,
        "name": issued.row.name,
        "enabled": issued.row.enabled,
        "secret": issued.secret,
        "createdAt": issued.row.created_at,
        "updatedAt": issued.row.updated_at,
    })
}

/// A row of a new app.
pub fn new_row(
    app: &App,
    name: &str,
    client_id: &str,
    secret: &str,
    is_default: bool,
    now: Timestamp,
) -> AppRow {
    AppRow {
        id: client_id.to_owned(),
        name: name.to_owned(),
        secret_enc: app.keys.seal(purpose::APP_SECRET, secret.as_bytes()),
        previous_secret_enc: None,
        previous_until: None,
        is_default,
        enabled: true,
        created_at: now,
        updated_at: now,
    }
}

/// Makes an app.
///
/// # Errors
/// If the database fails.
pub async fn create(app: &App, caller: &Caller, name: &str) -> Outcome<Issued> {
    let secret = app.ids.token(64);
    let row = new_row(app, name, &app.ids.token(32), &secret, false, app.now());
    let (app_, caller, stored) = (app.clone(), caller.clone(), row.clone());
    app.store
        .write(move |tx| {
            apps::insert(tx, &stored)?;
            append(
                tx,
                &app_,
                &Author::caller(&caller),
                Change::Create,
                None,
                Some(&stored),
                None,
            )
        })
        .await?;
    reload(app).await;
    Ok(Issued { row, secret })
}

/// Gives an app another name.
///
/// # Errors
/// `not_found`.
pub async fn rename(app: &App, caller: &Caller, id: &str, name: &str) -> Outcome<AppRow> {
    let name = name.to_owned();
    change(app, caller, id, None, move |row, _| {
        row.name.clone_from(&name)
    })
    .await
}

/// Gives an app a new secret; the one before authenticates for the configured grace, and signs nothing any more.
///
/// # Errors
/// `not_found`.
pub async fn rotate(app: &App, caller: &Caller, id: &str) -> Outcome<Issued> {
    let secret = app.ids.token(64);
    let sealed = app.keys.seal(purpose::APP_SECRET, secret.as_bytes());
    let grace = i64::try_from(app.config.secret_grace.as_millis()).unwrap_or(i64::MAX);
    let row = change(
        app,
        caller,
        id,
        Some("The secret was rotated."),
        move |row, now| {
            row.previous_secret_enc = Some(std::mem::replace(&mut row.secret_enc, sealed.clone()));
            row.previous_until = Some(now.plus_millis(grace));
        },
    )
    .await?;
    Ok(Issued { row, secret })
}

/// Deletes an app; its tokens stop working at once.
///
/// # Errors
/// `not_found`; `invalid_request` for the default app, whose secret signs webhooks.
pub async fn delete(app: &App, caller: &Caller, id: &str) -> Outcome<()> {
    let (app_, caller, id) = (app.clone(), caller.clone(), id.to_owned());
    app.store
        .write(move |tx| {
            let before = apps::find(tx, &id)?.ok_or_else(|| not_found(&id))?;
            if before.is_default {
                return Err(Refusal::invalid_request(
                    "This is the default app, whose secret signs outgoing webhooks; rotate its secret instead.",
                )
                .into());
            }
            apps::delete(tx, &id)?;
            let author = Author::caller(&caller);
            append(tx, &app_, &author, Change::Delete, Some(&before), None, None)
        })
        .await?;
    reload(app).await;
    Ok(())
}

async fn change(
    app: &App,
    caller: &Caller,
    id: &str,
    message: Option<&'static str>,
    apply: impl Fn(&mut AppRow, Timestamp) + Send + 'static,
) -> Outcome<AppRow> {
    let (app_, caller, id, now) = (app.clone(), caller.clone(), id.to_owned(), app.now());
    let row = app
        .store
        .write(move |tx| {
            let before = apps::find(tx, &id)?.ok_or_else(|| not_found(&id))?;
            let mut after = before.clone();
            after.updated_at = now;
            apply(&mut after, now);
            apps::update(tx, &after)?;
            append(
                tx,
                &app_,
                &Author::caller(&caller),
                Change::Update,
                Some(&before),
                Some(&after),
                message,
            )?;
            Ok::<_, super::Failure>(after)
        })
        .await?;
    reload(app).await;
    Ok(row)
}

fn not_found(id: &str) -> Refusal {
    Refusal::not_found(format!("There is no app with the client id {id:?}."))
}

/// Writes down a change of an app, and tells every process that the directory is another.
pub(super) fn append(
    tx: &mut Tx<'_>,
    app: &App,
    author: &Author<'_>,
    change: Change,
    before: Option<&AppRow>,
    after: Option<&AppRow>,
    message: Option<&str>,
) -> Outcome<()> {
    let mut event = author.event(app.ids.as_ref(), app.now(), "app", change);
    event.before = before.map(|row| shape(row).to_string());
    event.after = after.map(|row| shape(row).to_string());
    event.message = message.map(str::to_owned);
    let id = before
        .or(after)
        .map(|row| row.id.clone())
        .unwrap_or_default();
    audit::append(tx, &named(event, "app", &id))?;
    crate::directory::changed(tx)?;
    Ok(())
}
