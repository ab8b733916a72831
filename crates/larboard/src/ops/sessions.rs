//! Signing in to the portal: passwords, session tokens, and slowing down who guesses.

use super::audit::{Author, Change, named};
use super::{Failure, Outcome, users};
use crate::caller::{Caller, Identity, Role};
use crate::state::App;
use aws_lc_rs::digest::{SHA256, digest};
use larboard_core::refusal::{Code, Refusal};
use larboard_core::time::Timestamp;
use larboard_store::audit;
use larboard_store::sessions::{self, SessionRow};
use larboard_store::users::{UserRow, find_by_email};
use parking_lot::Mutex;
use serde_json::json;
use std::collections::HashMap;
use tokio::sync::Semaphore;

/// Failed attempts for one account before the next must wait.
const FREE_ATTEMPTS: u32 = 5;

/// The longest wait between attempts, in milliseconds.
const LONGEST_WAIT_MS: i64 = 15 * 60 * 1000;

/// Accounts whose failures are remembered.
const REMEMBERED: usize = 10_000;

/// What signing in needs besides the database.
pub struct Sessions {
    /// Password hashes computed at the same time; each takes 19 MiB.
    pub(super) hashing: Semaphore,
    failures: Mutex<HashMap<String, Failures>>,
}

struct Failures {
    count: u32,
    until: Timestamp,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            hashing: Semaphore::new(2),
            failures: Mutex::default(),
        }
    }
}

/// A session that has just begun.
pub struct Begun {
    /// The cookie's token.
    pub token: String,
    /// What every change must repeat in a header.
    pub csrf_token: String,
    /// Who signed in.
    pub user: UserRow,
}

impl Sessions {
    /// The session of a cookie, if it has not ended.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn find(&self, app: &App, token: &str) -> Outcome<Option<SessionRow>> {
        let (hash, now) = (hash(token), app.now());
        app.store
            .read_one(move |tx| Ok(sessions::find(tx, &hash, now)?))
            .await
    }

    /// Refuses an attempt that comes too soon after too many that failed.
    fn check_rate(&self, account: &str, now: Timestamp) -> Result<(), Refusal> {
        let failures = self.failures.lock();
        match failures.get(account) {
            Some(Failures { until, .. }) if *until > now => {
                let seconds = (until.as_millis() - now.as_millis() + 999) / 1000;
                Err(Refusal::new(
                    Code::RateLimited,
                    format!(
                        "Too many failed sign-ins for this account; try again in {seconds} seconds."
                    ),
                )
                .with_details(json!({ "retryAfterSeconds": seconds })))
            }
            _ => Ok(()),
        }
    }

    fn note_failure(&self, account: &str, now: Timestamp) {
        let mut failures = self.failures.lock();
        if failures.len() >= REMEMBERED {
            failures.retain(|_, failure| failure.until > now);
        }
        let entry = failures.entry(account.to_owned()).or_insert(Failures {
            count: 0,
            until: now,
        });
        entry.count = entry.count.saturating_add(1);
        if entry.count >= FREE_ATTEMPTS {
            // Doubles with every further failure: 1 s, 2 s, 4 s, … up to the longest wait.
            let wait = 1000_i64.saturating_mul(1 << (entry.count - FREE_ATTEMPTS).min(20));
            entry.until = now.plus_millis(wait.min(LONGEST_WAIT_MS));
        }
    }

    fn forget_failures(&self, account: &str) {
        self.failures.lock().remove(account);
    }
}

fn hash(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

/// Begins a session.
///
/// # Errors
/// `unauthorized`, the same for an unknown address and a wrong password; `rate_limited` after too many failures.
pub async fn begin(app: &App, email: &str, password: &str, address: &str) -> Outcome<Begun> {
    let account = email.to_lowercase();
    app.sessions.check_rate(&account, app.now())?;
    let user = {
        let email = account.clone();
        app.store
            .read_one(move |tx| Ok::<_, Failure>(find_by_email(tx, &email)?))
            .await?
    };
    let active = user.as_ref().is_some_and(|user| user.status != "Disabled");
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let matches = users::verify(app, stored, password.to_owned()).await;
    let now = app.now();
    match user {
        Some(user) if active && matches => {
            app.sessions.forget_failures(&account);
            let begun = Begun {
                token: app.ids.token(48),
                csrf_token: app.ids.token(32),
                user,
            };
            record(app, &begun, address, now).await?;
            if app.directory.load().find_user(&begun.user.id).is_none() {
                // A command made this user a moment ago, beside this process; the session shall work at once.
                super::bootstrap::reload(app).await;
            }
            Ok(begun)
        }
        _ => {
            app.sessions.note_failure(&account, now);
            refused(app, &account, address, now).await?;
            Err(Refusal::new(
                Code::Unauthorized,
                "The e-mail address or the password is wrong.",
            )
            .into())
        }
    }
}

async fn record(app: &App, begun: &Begun, address: &str, now: Timestamp) -> Outcome<()> {
    let lifetime = i64::try_from(app.config.session_lifetime.as_millis()).unwrap_or(i64::MAX);
    let row = SessionRow {
        token_hash: hash(&begun.token),
        user_id: begun.user.id.clone(),
        csrf_token: begun.csrf_token.clone(),
        created_at: now,
        expires_at: now.plus_millis(lifetime),
    };
    let caller = portal_caller(app, &begun.user, address);
    let (app_, email) = (app.clone(), begun.user.email.clone());
    app.store
        .write(move |tx| {
            sessions::insert(tx, &row)?;
            let event =
                Author::caller(&caller).event(app_.ids.as_ref(), now, "session", Change::Create);
            audit::append(tx, &named(event, "user", &email))?;
            Ok(())
        })
        .await
}

/// A failed sign-in is in the audit log too.
async fn refused(app: &App, account: &str, address: &str, now: Timestamp) -> Outcome<()> {
    let (app_, account, address) = (app.clone(), account.to_owned(), address.to_owned());
    app.store
        .write(move |tx| {
            let organization = app_.directory.load().organization.clone();
            let author = Author {
                origin: "UI",
                actor_id: "anonymous",
                actor: json!({ "orgId": &*organization, "userId": null }).to_string(),
                address: Some(&address),
            };
            let mut event = author.event(app_.ids.as_ref(), now, "session", Change::Create);
            event.status = "FAILURE".into();
            event.message = Some("The e-mail address or the password was wrong.".into());
            audit::append(tx, &named(event, "user", &account))?;
            Ok(())
        })
        .await
}

/// Ends a session.
///
/// # Errors
/// If the database fails.
pub async fn end(app: &App, caller: &Caller, token: &str) -> Outcome<()> {
    let (app_, caller, hash, now) = (app.clone(), caller.clone(), hash(token), app.now());
    app.store
        .write(move |tx| {
            if sessions::delete(tx, &hash)? {
                let event = Author::caller(&caller).event(
                    app_.ids.as_ref(),
                    now,
                    "session",
                    Change::Delete,
                );
                audit::append(
                    tx,
                    &named(event, "user", caller.email().unwrap_or_default()),
                )?;
            }
            Ok(())
        })
        .await
}

fn portal_caller(app: &App, user: &UserRow, address: &str) -> Caller {
    Caller {
        identity: Identity::User {
            id: user.id.clone(),
            email: user.email.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
        },
        role: Role::parse(&user.role).unwrap_or(Role::Member),
        organization: app.directory.load().organization.clone(),
        origin: "UI".into(),
        user_agent: String::new(),
        address: address.to_owned(),
        teams: app.directory.load().teams_of(&user.id),
        trace: String::new(),
    }
}
