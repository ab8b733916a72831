//! Brings a database to the schema of this program, once, even if several replicas start together.
//!
//! It goes forward only, and touches nothing of a database that a newer program has migrated.

use crate::args;
use crate::backend::{Mode, Result, Store, StoreError, Tx};

/// The schema of this program: `migrations/*.sql` in the order of their names.
const MIGRATIONS: &[Migration] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// One file of the schema.
#[derive(Clone, Debug)]
pub struct Migration {
    /// Its file name without `.sql`. Names order migrations.
    pub name: &'static str,
    /// Its statements, with the placeholders of `dialect.rs`.
    pub sql: &'static str,
}

/// What a migration did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationReport {
    /// The migrations applied now, in order; empty if the database was up to date.
    pub applied: Vec<String>,
}

impl Store {
    /// Applies what is missing, all of it or nothing. Blocks; not for async code.
    ///
    /// # Errors
    /// [`StoreError::Migration`] if the database was migrated by a newer program, or by one whose
    /// migrations read differently.
    pub fn migrate(&self) -> Result<MigrationReport> {
        self.migrate_with(MIGRATIONS)
    }

    /// Like [`Store::migrate`], with other migrations than the program's own.
    pub fn migrate_with(&self, migrations: &'static [Migration]) -> Result<MigrationReport> {
        self.run_blocking(Mode::Locked, move |tx| apply(tx, migrations))
    }
}

fn apply(tx: &mut Tx<'_>, migrations: &[Migration]) -> Result<MigrationReport> {
    if let Some(lock) = tx.dialect().migration_lock() {
        tx.query(lock, &[])?;
    }
    tx.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, checksum TEXT NOT NULL)",
        &[],
    )?;
    let mut known = Vec::new();
    for row in tx.query(
        "SELECT name, checksum FROM schema_migrations ORDER BY name",
        &[],
    )? {
        known.push((row.text(0)?, row.text(1)?));
    }
    check(&known, migrations)?;
    let mut applied = Vec::new();
    for migration in migrations {
        if known.iter().any(|(name, _)| name == migration.name) {
            continue;
        }
        let sql = tx.dialect().fill(migration.sql)?;
        tx.execute_script(&sql)?;
        tx.execute(
            "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)",
            &args![migration.name, checksum(migration.sql)],
        )?;
        applied.push(migration.name.to_owned());
    }
    Ok(MigrationReport { applied })
}

fn check(known: &[(String, String)], migrations: &[Migration]) -> Result<()> {
    for (name, sum) in known {
        let Some(ours) = migrations.iter().find(|m| m.name == name) else {
            return Err(StoreError::Migration(format!(
                "This database was migrated by a newer Larboard: it has the migration {name}, which \
                 this program does not know. Run that version or a later one, or restore a backup."
            )));
        };
        if checksum(ours.sql) != *sum {
            return Err(StoreError::Migration(format!(
                "The migration {name} of this program differs from the one this database was \
                 migrated with. Run the version that migrated it, or one released after it."
            )));
        }
    }
    Ok(())
}

/// FNV-1a, 64 bits: tells a changed file from an unchanged one; it is no defence against forgery.
fn checksum(sql: &str) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in sql.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("{hash:016x}")
}

/// Tells one schema of the program from another, for test databases that are copied.
#[cfg(feature = "testing")]
pub(crate) fn fingerprint() -> String {
    let texts: Vec<&str> = MIGRATIONS.iter().flat_map(|m| [m.name, m.sql]).collect();
    checksum(&texts.concat())
}
