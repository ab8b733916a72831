//! Databases of former releases, frozen beside this file: this program upgrades each, loses no row of it, and ends with the
//! same schema as a new database has. That their data is also served is shown by the product's tests.

use larboard_store::testing::TestDatabase;
use larboard_store::{Arg, Result, Store};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// By table: its columns and how many rows it has.
type Contents = BTreeMap<String, (Vec<String>, usize)>;

fn releases() -> Vec<PathBuf> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/releases");
    let entries = directory.read_dir().expect("the frozen releases");
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect()
}

fn dump(release: &std::path::Path, kind: &str) -> String {
    let path = release.join(format!("{kind}.sql"));
    std::fs::read_to_string(path).expect("a frozen database")
}

fn contents(store: &Store) -> Contents {
    let read = store.read_blocking(|tx| {
        let mut contents = Contents::new();
        for table in tx.tables()? {
            let mut rows = 0;
            let mut columns = tx.columns(&table)?;
            columns.sort();
            tx.dump_table(&table, &mut |_: Vec<Arg>| rows += 1)?;
            contents.insert(table, (columns, rows));
        }
        Ok::<_, larboard_store::StoreError>(contents)
    });
    read.expect("a readable database")
}

fn migrations(store: &Store) -> Vec<String> {
    let names = store.read_blocking(|tx| {
        let rows = tx.query("SELECT name FROM schema_migrations ORDER BY name", &[])?;
        rows.iter()
            .map(|row| row.text(0))
            .collect::<Result<Vec<_>>>()
    });
    names.expect("the applied migrations")
}

fn is_upgraded(old: &Store, new: &Store) {
    let before = contents(old);
    let applied_before = migrations(old);
    assert!(
        before.values().map(|(_, rows)| rows).sum::<usize>() > 30,
        "the story of a release is in it"
    );
    let applied = old.migrate().expect("an upgrade").applied;
    let mut all = applied_before;
    all.extend(applied);
    assert_eq!(all, migrations(new), "the migrations of a new database");
    let after = contents(old);
    for (table, (_, rows)) in &before {
        let kept = after.get(table).map(|(_, rows)| rows);
        assert!(
            kept.is_some_and(|kept| kept >= rows),
            "{table} had {rows} rows and has {kept:?}"
        );
    }
    let schema = |contents: Contents| -> BTreeMap<String, Vec<String>> {
        contents
            .into_iter()
            .map(|(table, (columns, _))| (table, columns))
            .collect()
    };
    assert_eq!(schema(after), schema(contents(new)));
}

#[test]
fn the_database_of_every_former_release_is_upgraded_without_losing_a_row() {
    let releases = releases();
    assert!(!releases.is_empty());
    for release in releases {
        let sqlite = TestDatabase::sqlite_of(&dump(&release, "sqlite"));
        is_upgraded(&sqlite.store(), &TestDatabase::sqlite().store());
        let locale = "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' ENCODING 'UTF8'";
        let postgres = TestDatabase::postgres_of(locale, &dump(&release, "postgres"));
        is_upgraded(&postgres.store(), &TestDatabase::postgres().store());
    }
}
