//! What the first start makes: the organization, an administrator and the default app. Repeating it changes nothing but
//! what the operator set anew.

use super::apps::{append, new_row};
use super::audit::{Author, Change};
use super::users::{self, NewUser};
use super::{Failure, Outcome};
use crate::directory::{Directory, KEY_CHECK, purpose};
use crate::keys::Keys;
use crate::state::App;
use larboard_core::id::{IdSource, Kind};
use larboard_core::time::Timestamp;
use larboard_store::organization::OrganizationRow;
use larboard_store::{Store, apps, organization, users as user_rows};
use std::sync::Arc;

/// Who made what is there from the start.
const SERVER: &str = "larboard";

/// Credentials made at the first start, to be shown once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Client id and secret of the default app.
    pub app: Option<(String, String)>,
    /// E-mail address and password of the administrator.
    pub administrator: Option<(String, String)>,
}

/// Makes the organization if it is not there, and checks that the master key is the one it was made with.
///
/// # Errors
/// If the database fails or was written with another master key.
pub async fn organization(
    store: &Store,
    keys: &Keys,
    ids: &Arc<dyn IdSource>,
    name: &str,
    now: Timestamp,
) -> Outcome<Directory> {
    let (keys, ids, name) = (keys.clone(), ids.clone(), name.to_owned());
    store
        .write(move |tx| {
            match organization::find(tx)? {
                Some(row) => {
                    keys.open(purpose::KEY_CHECK, &row.key_check).map_err(|_| {
                        Failure::Internal(
                            "the database was written with another master key; start with that one, or restore it beside the data"
                                .into(),
                        )
                    })?;
                }
                None => organization::insert(
                    tx,
                    &OrganizationRow {
                        id: ids.id(Kind::Organization),
                        name: name.clone(),
                        settings: "{}".into(),
                        key_check: keys.seal(purpose::KEY_CHECK, KEY_CHECK),
                        created_at: now,
                        updated_at: now,
                    },
                )?,
            }
            super::pages::ensure_home(tx, SERVER, now)?;
            super::blueprints::ensure_system(tx, SERVER, now)?;
            super::people::ensure_entities(tx, SERVER, now)?;
            super::scorecards::entities::ensure(tx)?;
            super::blueprints::relate_results(tx, None, now)?;
            Directory::read(tx, &keys, None)
        })
        .await
}

/// Makes the default app and the first administrator if they are not there, with the credentials the operator set or new
/// ones; credentials that are set replace those of before.
///
/// # Errors
/// If the database fails.
pub async fn accounts(app: &App) -> Outcome<Made> {
    let set = app.config.bootstrap.clone();
    let email = set
        .admin_email
        .clone()
        .unwrap_or_else(|| "admin@larboard.local".into());
    let password = set
        .admin_password
        .clone()
        .unwrap_or_else(|| app.ids.token(20));
    // Hashed only if it will be used: hashing is slow on purpose, and every start comes by here.
    let wanted = {
        let email = email.clone();
        app.store
            .read(move |tx| {
                Ok::<_, Failure>((
                    user_rows::find_by_email(tx, &email)?,
                    !user_rows::list(tx)?.is_empty(),
                ))
            })
            .await?
    };
    let administrator = match wanted {
        (Some(row), _) => match &set.admin_password {
            Some(password)
                if !users::verify(app, row.password_hash.clone(), password.clone()).await =>
            {
                users::set_password(app, &row.id, password).await?;
                None
            }
            _ => None,
        },
        (None, true) if set.admin_email.is_none() => None,
        (None, _) => {
            let new = NewUser {
                email: &email,
                first_name: "Admin",
                last_name: "",
                role: "Admin",
                password: Some(&password),
            };
            users::insert(app, None, new).await?;
            Some((email, password))
        }
    };
    Ok(Made {
        app: default_app(app).await?,
        administrator,
    })
}

async fn default_app(app: &App) -> Outcome<Option<(String, String)>> {
    let set = app.config.bootstrap.clone();
    let (fresh_id, fresh_secret, now, app_) =
        (app.ids.token(32), app.ids.token(64), app.now(), app.clone());
    let made = app
        .store
        .write(move |tx| {
            let organization = app_.directory.load().organization.clone();
            let author = Author::server(&organization);
            let existing = apps::list(tx)?.into_iter().find(|row| row.is_default);
            let same_id =
                |row: &apps::AppRow| set.client_id.as_ref().is_none_or(|id| *id == row.id);
            let made = match existing {
                Some(mut row) if same_id(&row) => {
                    let Some(secret) = &set.client_secret else {
                        return Ok(None);
                    };
                    let current = app_.keys.open_text(purpose::APP_SECRET, &row.secret_enc)?;
                    if current == *secret {
                        return Ok(None);
                    }
                    let before = row.clone();
                    row.secret_enc = app_.keys.seal(purpose::APP_SECRET, secret.as_bytes());
                    row.updated_at = now;
                    apps::update(tx, &row)?;
                    let why = Some("The server was started with another secret.");
                    let (before, after) = (Some(&before), Some(&row));
                    append(tx, &app_, &author, Change::Update, before, after, why)?;
                    None
                }
                other => {
                    if let Some(mut old) = other {
                        let before = old.clone();
                        old.is_default = false;
                        apps::update(tx, &old)?;
                        let why = Some("The server was started with another default app.");
                        let (before, after) = (Some(&before), Some(&old));
                        append(tx, &app_, &author, Change::Update, before, after, why)?;
                    }
                    let id = set.client_id.clone().unwrap_or_else(|| fresh_id.clone());
                    let secret = set
                        .client_secret
                        .clone()
                        .unwrap_or_else(|| fresh_secret.clone());
                    let row = new_row(&app_, "Default app", &id, &secret, true, now);
                    apps::insert(tx, &row)?;
                    append(tx, &app_, &author, Change::Create, None, Some(&row), None)?;
                    Some((id, secret))
                }
            };
            Ok::<_, Failure>(made)
        })
        .await?;
    reload(app).await;
    Ok(made)
}

/// Reads the directory again after a change to it.
pub async fn reload(app: &App) {
    // One after the other: a reading that began before a change and ends after that change was read would bring back, for
    // example, an app that was deleted.
    let _reading = app.directory_reading.lock().await;
    let (keys, former) = (app.keys.clone(), app.directory.load_full());
    let read = app
        .store
        .read(move |tx| Directory::read(tx, &keys, Some(&former)))
        .await;
    match read {
        Ok(directory) => {
            crate::log::strike_out(directory.scrubber.clone());
            app.directory.store(Arc::new(directory));
        }
        Err(error) => tracing::error!(
            ?error,
            "the directory of users and apps could not be read again; the last one stays"
        ),
    }
}
