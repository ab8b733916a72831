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

/// How far a database is with the migrations of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many it has.
    pub applied: usize,
    /// How many it lacks.
    pub missing: usize,
}

impl Store {
    /// Looks, and changes nothing. Blocks; not for async code.
    ///
    /// # Errors
    /// As [`Store::migrate`].
    pub fn standing(&self) -> Result<Standing> {
        self.read_blocking(|tx| {
            check_encoding(tx)?;
            let known = match has_record(tx)? {
                true => known(tx)?,
                false => Vec::new(),
            };
            check(&known, MIGRATIONS)?;
            let applied = known.len();
            Ok(Standing {
                applied,
                missing: MIGRATIONS.len().saturating_sub(applied),
            })
        })
    }

    /// Applies what is missing, all of it or nothing. Blocks; not for async code.
    ///
    /// # Errors
    /// [`StoreError::Migration`] if the database was migrated by a newer program, or by one whose
    /// migrations read differently.
    pub fn migrate(&self) -> Result<MigrationReport> {
        self.migrate_with(MIGRATIONS)
    }

    /// Brings an empty database to the schema that a backup with this [`record`] was made with, and no further.
    ///
    /// # Errors
    /// As [`Store::migrate`], and if the database is further already.
    pub fn migrate_to(&self, record: Vec<(String, String)>) -> Result<MigrationReport> {
        self.run_blocking(Mode::Locked, move |tx| {
            check(&record, MIGRATIONS)?;
            let has = |name: &str| record.iter().any(|(known, _)| known == name);
            if has_record(tx)? {
                for (name, _) in known(tx)? {
                    if !has(&name) {
                        return Err(StoreError::Migration(format!(
                            "The database has the migration {name} already, and the backup was made before it. \
                             Restore into a new database."
                        )));
                    }
                }
            }
            let wanted: Vec<Migration> = MIGRATIONS.iter().filter(|m| has(m.name)).cloned().collect();
            apply(tx, &wanted)
        })
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
    let known = known(tx)?;
    check(&known, migrations)?;
    check_encoding(tx)?;
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
    order_texts(tx)?;
    Ok(MigrationReport { applied })
}

/// Makes lists come in the same order on every database, whatever language it was made for: a migration writes TEXT, and
/// what would then be ordered by a language is ordered by its bytes.
fn order_texts(tx: &mut Tx<'_>) -> Result<()> {
    let Some(sql) = tx.dialect().texts_in_order_of_language() else {
        return Ok(());
    };
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for row in tx.query(sql, &[])? {
        let (table, column) = (row.text(0)?, row.text(1)?);
        match tables.last_mut() {
            Some((last, columns)) if *last == table => columns.push(column),
            _ => tables.push((table, vec![column])),
        }
    }
    for (table, columns) in tables {
        tx.execute_script(&tx.dialect().order_by_bytes(&table, &columns))?;
    }
    Ok(())
}

fn check_encoding(tx: &mut Tx<'_>) -> Result<()> {
    let Some(sql) = tx.dialect().encoding() else {
        return Ok(());
    };
    let encoding = tx.query_one(sql, &[])?.text(0)?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(StoreError::Migration(format!(
        "The database stores text as {encoding}, which has no room for every character. Make one with ENCODING 'UTF8'."
    )))
}

fn has_record(tx: &mut Tx<'_>) -> Result<bool> {
    let sql = tx.dialect().has_table();
    Ok(tx.query_one(sql, &args!["schema_migrations"])?.int(0)? > 0)
}

/// The names and checksums of the migrations that a migrated database has, in order: a backup keeps them.
///
/// # Errors
/// If the database fails or was never migrated.
pub fn record(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>> {
    known(tx)
}

fn known(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>> {
    let sql = "SELECT name, checksum FROM schema_migrations ORDER BY name";
    tx.query(sql, &[])?
        .iter()
        .map(|row| Ok((row.text(0)?, row.text(1)?)))
        .collect()
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
