//! Whether the database answers, fits this program, this key and this clock.

use super::{Finding, Report, SKEW_MS};
use crate::config::{Config, Database};
use crate::directory::purpose;
use crate::keys::Keys;
use crate::system::SystemClock;
use larboard_core::time::{Clock, Timestamp};
use larboard_store::{PostgresOptions, SqliteOptions, Store, audit, organization};

/// Looks at the database, and at whether the key belongs to it.
pub(super) fn examine(config: &Config, key: Result<Option<Keys>, String>, report: &mut Report) {
    let store = match open(config) {
        Ok(Some(store)) => store,
        Ok(None) => {
            let none = "there is none yet; the first start makes it";
            return report.tell("database", Ok(none.into()));
        }
        Err(error) => return report.tell("database", Err(error)),
    };
    match schema(&store) {
        Ok((said, migrated)) => {
            report.tell("database", Ok(said));
            if migrated {
                if let Ok(key) = key {
                    report.tell("master key and database", belong_together(&store, key));
                }
                report.tell("clock and database", clocks(&store));
            }
        }
        Err(error) => report.tell("database", Err(error)),
    }
    store.shutdown();
}

/// The database, without making one: `None` if the first start would.
fn open(config: &Config) -> Result<Option<Store>, String> {
    let opened = match &config.database {
        Database::Sqlite => {
            let path = config.data.join("larboard.db");
            if !path.exists() {
                return Ok(None);
            }
            Store::open_sqlite(&path, SqliteOptions::default())
        }
        Database::Postgres(url) => {
            let options = PostgresOptions {
                threads: 1,
                ..PostgresOptions::default()
            };
            Store::open_postgres(url, options)
        }
    };
    opened.map(Some).map_err(|e| e.to_string())
}

/// What the schema is like, and whether there is one.
fn schema(store: &Store) -> Result<(String, bool), String> {
    let kind = store.kind();
    let standing = store.standing().map_err(|e| e.to_string())?;
    Ok(match (standing.applied, standing.missing) {
        (0, _) => (
            format!("{kind} answers; it is empty, and the first start fills it"),
            false,
        ),
        (_, 0) => (
            format!("{kind} answers, and its schema is up to date"),
            true,
        ),
        (_, missing) => (
            format!(
                "{kind} answers; the next start applies {missing} migrations, so back it up before"
            ),
            true,
        ),
    })
}

fn belong_together(store: &Store, key: Option<Keys>) -> Finding {
    let row = store
        .read_blocking(organization::find)
        .map_err(|e| format!("the organization cannot be read: {e}"))?;
    match (row, key) {
        (None, _) => Ok("the first start puts them together".into()),
        (Some(_), None) => Err(
            "the database holds data, but its key is not there: put the file master.key back into the data directory"
                .into(),
        ),
        (Some(row), Some(key)) => key
            .open(purpose::KEY_CHECK, &row.key_check)
            .map(|_| "they belong together".to_owned())
            .map_err(|_| "the database was written with another master key; start with that one".to_owned()),
    }
}

fn clocks(store: &Store) -> Finding {
    let before = SystemClock.now();
    let (theirs, newest) = store
        .read_blocking(|tx| {
            Ok::<_, larboard_store::StoreError>((tx.server_time()?, audit::find_newest_at(tx)?))
        })
        .map_err(|e| format!("the times of the database cannot be read: {e}"))?;
    compare(before, SystemClock.now(), theirs, newest)
}

/// Compares the clock, read before and after, with that of the server and with the newest change.
fn compare(
    before: Timestamp,
    after: Timestamp,
    theirs: Option<Timestamp>,
    newest: Option<Timestamp>,
) -> Finding {
    let advice = "set both with NTP: tokens, signatures and leases need the same time everywhere";
    if let Some(theirs) = theirs {
        let (early, late) = (
            theirs.as_millis() - after.as_millis(),
            before.as_millis() - theirs.as_millis(),
        );
        let skew = early.max(late);
        if skew > SKEW_MS {
            let word = if early > late { "behind" } else { "ahead of" };
            return Err(format!(
                "this machine's clock is {} s {word} the database server's; {advice}",
                skew / 1000
            ));
        }
    }
    if let Some(newest) = newest {
        let ahead = newest.as_millis() - after.as_millis();
        if ahead > SKEW_MS {
            return Err(format!(
                "the newest change is of {newest}, {} s in the future of this machine's clock; {advice}",
                ahead / 1000
            ));
        }
    }
    Ok("they agree".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn clocks_that_differ_are_said_to_with_their_difference() {
        let says = |theirs, newest| compare(at(100_000), at(101_000), theirs, newest);
        assert!(says(Some(at(104_000)), Some(at(99_000))).is_ok());
        assert!(says(None, None).is_ok());
        let sentence = says(Some(at(161_000)), None).expect_err("a clock behind");
        assert!(
            sentence.contains("60 s behind the database server's"),
            "{sentence}"
        );
        let sentence = says(Some(at(40_000)), None).expect_err("a clock ahead");
        assert!(
            sentence.contains("60 s ahead of the database server's"),
            "{sentence}"
        );
        let sentence = says(None, Some(at(111_000))).expect_err("a change of the future");
        assert!(sentence.contains("10 s in the future"), "{sentence}");
    }
}
