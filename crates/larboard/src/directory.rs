//! Who may sign in: the organization, its apps and its users, kept in memory so that checking a token costs no query.
//! And what must never be shown: every secret, ready to be struck out of foreign text.
//!
//! The database is the truth: the directory is read again after every change to it, on every replica.

use crate::caller::{Caller, Identity, Role};
use crate::keys::Keys;
use crate::ops::Outcome;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use larboard_core::blueprint::system;
use larboard_core::scrub::Scrubber;
use larboard_core::time::Timestamp;
use larboard_store::{Notice, Tx, apps, entity_teams, organization, revisions, secrets, users};
use std::collections::HashMap;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The name of the notice that makes every replica read the directory again.
pub const NOTICE: &str = "directory";

/// Marks the directory as changed, in the transaction that changes an app, a user or a secret: every process reads it again.
///
/// # Errors
/// If the database fails.
pub fn changed(tx: &mut Tx<'_>) -> larboard_store::Result<()> {
    tx.notify(Notice::Reload(NOTICE.to_owned()));
    revisions::advance(tx, NOTICE)
}

/// How often the directory was changed.
///
/// # Errors
/// If the database fails.
pub fn revision(tx: &mut Tx<'_>) -> larboard_store::Result<i64> {
    revisions::count(tx, NOTICE)
}

/// Purposes that sealed columns are bound to.
pub mod purpose {
    /// `apps.secret_enc` and `apps.previous_secret_enc`.
    pub const APP_SECRET: &str = "apps.secret";
    /// `organizations.key_check`.
    pub const KEY_CHECK: &str = "organizations.key_check";
    /// `secrets.value_enc`.
    pub const SECRET: &str = "secrets.value";
    /// `deliveries.request_enc`.
    pub const REQUEST: &str = "deliveries.request";
}

/// The teams of each user, by user id: those that own the user's entity.
fn teams(
    tx: &mut Tx<'_>,
    users_by_email: &HashMap<String, String>,
) -> Outcome<HashMap<String, Arc<[String]>>> {
    let mut teams: HashMap<String, Vec<String>> = HashMap::new();
    for (entity, team) in entity_teams::list_of_blueprint(tx, system::USER)? {
        if let Some(id) = users_by_email.get(&entity.to_lowercase()) {
            teams.entry(id.clone()).or_default().push(team);
        }
    }
    Ok(teams
        .into_iter()
        .map(|(id, teams)| (id, teams.into()))
        .collect())
}

/// What [`purpose::KEY_CHECK`] seals.
pub const KEY_CHECK: &[u8] = b"larboard";

/// An app that may ask for tokens.
pub struct App {
    /// Its name.
    pub name: String,
    /// Disabled apps are refused, their tokens too.
    pub enabled: bool,
    secret: Zeroizing<String>,
    previous: Option<(Zeroizing<String>, Timestamp)>,
}

impl App {
    /// Whether `secret` is this app's, or its previous one within the grace of a rotation. Takes constant time.
    pub fn knows(&self, secret: &str, now: Timestamp) -> bool {
        let current = verify_slices_are_equal(self.secret.as_bytes(), secret.as_bytes()).is_ok();
        let previous = self.previous.as_ref().is_some_and(|(old, until)| {
            verify_slices_are_equal(old.as_bytes(), secret.as_bytes()).is_ok() & (now < *until)
        });
        current | previous
    }
}

/// A user who may sign in.
pub struct User {
    /// E-mail address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Role.
    pub role: Role,
    /// Disabled users are refused.
    pub active: bool,
}

/// The directory at one moment.
pub struct Directory {
    /// The organization's id.
    pub organization: Arc<str>,
    /// The changes it holds: a process that hears of no notices compares it with [`revision`].
    pub revision: i64,
    /// The secret of the default app, which signs outgoing webhooks.
    pub signing_secret: Zeroizing<String>,
    /// Strikes every secret of the organization and of its apps out of what others send.
    pub scrubber: Arc<Scrubber>,
    apps: HashMap<String, App>,
    users: HashMap<String, User>,
    users_by_email: HashMap<String, String>,
    teams: HashMap<String, Arc<[String]>>,
}

impl Directory {
    /// Reads the directory. The secrets that `former` knew are struck out as well: a backend may still send one back
    /// after it was replaced.
    ///
    /// # Errors
    /// If the database fails, holds no organization, or was written with another master key.
    pub fn read(tx: &mut Tx<'_>, keys: &Keys, former: Option<&Self>) -> Outcome<Self> {
        let organization = organization::get(tx)?;
        let mut directory = Self {
            organization: organization.id.into(),
            revision: revision(tx)?,
            signing_secret: Zeroizing::default(),
            scrubber: Arc::default(),
            apps: HashMap::new(),
            users: HashMap::new(),
            users_by_email: HashMap::new(),
            teams: HashMap::new(),
        };
        for row in apps::list(tx)? {
            let secret = Zeroizing::new(keys.open_text(purpose::APP_SECRET, &row.secret_enc)?);
            let previous = match (&row.previous_secret_enc, row.previous_until) {
                (Some(sealed), Some(until)) => Some((
                    Zeroizing::new(keys.open_text(purpose::APP_SECRET, sealed)?),
                    until,
                )),
                _ => None,
            };
            if row.is_default {
                directory.signing_secret = secret.clone();
            }
            directory.apps.insert(
                row.id,
                App {
                    name: row.name,
                    enabled: row.enabled,
                    secret,
                    previous,
                },
            );
        }
        directory.scrubber = scrubber(tx, keys, &directory.apps, former)?;
        for row in users::list(tx)? {
            directory
                .users_by_email
                .insert(row.email.to_lowercase(), row.id.clone());
            let role = Role::parse(&row.role).unwrap_or(Role::Member);
            let user = User {
                email: row.email,
                first_name: row.first_name,
                last_name: row.last_name,
                role,
                active: row.status != "Disabled",
            };
            directory.users.insert(row.id, user);
        }
        directory.teams = teams(tx, &directory.users_by_email)?;
        Ok(directory)
    }

    /// Strikes out these secrets besides those of the directory.
    pub fn scrubber_with(&self, secrets: &[String]) -> Arc<Scrubber> {
        if self.scrubber.knows(secrets) {
            return self.scrubber.clone();
        }
        let known = self.scrubber.values().cloned();
        Arc::new(Scrubber::of(known.chain(secrets.iter().cloned())))
    }

    /// The app of a client id.
    pub fn find_app(&self, client_id: &str) -> Option<&App> {
        self.apps.get(client_id)
    }

    /// The user of an id.
    pub fn find_user(&self, id: &str) -> Option<&User> {
        self.users.get(id)
    }

    /// The user of an e-mail address, in any capitals.
    pub fn find_user_by_email(&self, email: &str) -> Option<(&str, &User)> {
        let id = self.users_by_email.get(&email.to_lowercase())?;
        self.users.get(id).map(|user| (id.as_str(), user))
    }

    /// Identifiers of the teams a user is in; machines are in none.
    pub fn teams_of(&self, subject: &str) -> Arc<[String]> {
        self.teams.get(subject).cloned().unwrap_or_default()
    }

    /// The identity and role of a subject: a user id or a client id that may act now.
    pub fn identify(&self, subject: &str) -> Option<(Identity, Role)> {
        if let Some(app) = self.apps.get(subject) {
            return app.enabled.then(|| {
                (
                    Identity::Machine {
                        id: subject.to_owned(),
                        name: app.name.clone(),
                    },
                    Role::Admin,
                )
            });
        }
        let user = self.users.get(subject).filter(|user| user.active)?;
        Some((
            Identity::User {
                id: subject.to_owned(),
                email: user.email.clone(),
                first_name: user.first_name.clone(),
                last_name: user.last_name.clone(),
            },
            user.role,
        ))
    }

    /// The same caller acting for another user (`run_as`); `None` if there is no such active user.
    pub fn impersonate(&self, caller: &Caller, email: &str) -> Option<Caller> {
        let (id, _) = self.find_user_by_email(email)?;
        let (identity, role) = self.identify(id)?;
        Some(Caller {
            identity,
            role,
            teams: self.teams_of(id),
            ..caller.clone()
        })
    }
}

/// Replaced secrets that are remembered, so that a program that rotates one all day does not fill the memory.
const REMEMBERED: usize = 10_000;

fn scrubber(
    tx: &mut Tx<'_>,
    keys: &Keys,
    apps: &HashMap<String, App>,
    former: Option<&Directory>,
) -> Outcome<Arc<Scrubber>> {
    let mut values: Vec<String> = Vec::new();
    for app in apps.values() {
        values.push(app.secret.to_string());
        values.extend(app.previous.iter().map(|(secret, _)| secret.to_string()));
    }
    for row in secrets::list(tx)? {
        values.push(keys.open_text(purpose::SECRET, &row.value_enc)?);
    }
    if let Some(former) = former.map(|directory| &directory.scrubber) {
        if former.knows(&values) && former.values().count() <= REMEMBERED {
            // Making a scrubber costs far more than reading the rest, which changes more often.
            return Ok(former.clone());
        }
        values.extend(former.values().take(REMEMBERED).cloned());
    }
    Ok(Arc::new(Scrubber::of(values)))
}
