//! Text comes in the order of its bytes, whatever language a database was made for, so that lists are the same everywhere.

use larboard_store::testing::TestDatabase;
use larboard_store::{Result, Store, StoreError, args, entities};

/// Identifiers that languages order in other ways than their bytes.
const IDENTIFIERS: &[&str] = &[
    "apple", "Apple", "Zebra", "zebra", "a-b", "a_b", "ab", "a.b", "éclair", "eclair", "Éclair",
    "ß", "ss", "10", "9", "ä", "z",
];

/// How a PostgreSQL database may have been created. The third orders by the rules of Unicode, as most operators' do.
const LOCALES: &[&str] = &[
    "LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8'",
    "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' ENCODING 'UTF8'",
    "LOCALE_PROVIDER icu ICU_LOCALE 'und' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' ENCODING 'UTF8'",
];

fn by_bytes() -> Vec<String> {
    let mut sorted: Vec<String> = IDENTIFIERS.iter().map(|text| (*text).to_owned()).collect();
    sorted.sort();
    sorted
}

fn fill(store: &Store) {
    store.migrate().expect("a migrated database");
    let filled = store.write_blocking(|tx| {
        tx.execute(
            "INSERT INTO blueprints (identifier, doc, revision, created_at, created_by, updated_at, updated_by) \
             VALUES ('service', '{}', 1, 0, '', 0, '')",
            &[],
        )?;
        IDENTIFIERS.iter().try_for_each(|identifier| {
            tx.execute(
                "INSERT INTO entities (blueprint, identifier, team, properties, relations, data_source, created_at, \
                 created_by, updated_at, updated_by) VALUES ('service', $1, '[]', '{}', '{}', '', 0, '', 0, '')",
                &args![*identifier],
            )
            .map(drop)
        })
    });
    filled.expect("entities");
}

/// All entities, three a page, each page asked for with the last identifier of the one before.
fn paged(store: &Store) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    loop {
        let last = all.last().cloned();
        let page = store
            .read_blocking(move |tx| entities::list_after(tx, "service", last.as_deref(), 3))
            .expect("a page");
        if page.is_empty() {
            return all;
        }
        all.extend(page.into_iter().map(|row| row.identifier));
    }
}

#[test]
fn lists_are_in_the_order_of_bytes_on_sqlite_and_on_postgresql_with_any_locale() {
    let mut databases = vec![TestDatabase::sqlite()];
    databases.extend(
        LOCALES
            .iter()
            .map(|locale| TestDatabase::postgres_of(locale, "")),
    );
    for database in databases {
        let store = database.store();
        fill(&store);
        assert_eq!(paged(&store), by_bytes(), "{}", store.kind());
    }
}

#[test]
fn every_column_of_text_has_that_order_including_those_of_tables_that_hold_rows_already() {
    let database = TestDatabase::postgres_of(
        LOCALES[2],
        "CREATE TABLE parents (a TEXT PRIMARY KEY, b TEXT, c BIGINT);
         CREATE TABLE children (a TEXT NOT NULL REFERENCES parents (a) ON UPDATE CASCADE, d TEXT NOT NULL, PRIMARY KEY (a, d));
         CREATE INDEX children_d ON children (d, a) WHERE d <> '';
         INSERT INTO parents VALUES ('Zebra', 'x', 1), ('apple', NULL, 2);
         INSERT INTO children VALUES ('Zebra', 'y'), ('apple', 'z');",
    );
    let store = database.store();
    store.migrate().expect("a migrated database");
    let rows = store.write_blocking(|tx| {
        let left = tx.query(
            "SELECT table_name::text FROM information_schema.columns \
             WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'",
            &[],
        )?;
        assert!(left.is_empty(), "{} columns were left out", left.len());
        // The key still leads from one table to the other.
        tx.execute("UPDATE parents SET a = 'Yak' WHERE a = 'Zebra'", &[])?;
        let rows = tx.query("SELECT a FROM children ORDER BY a", &[])?;
        rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()
    });
    assert_eq!(rows.expect("rows"), ["Yak", "apple"]);
    let broken =
        store.write_blocking(|tx| tx.execute("INSERT INTO children VALUES ('nobody', 'x')", &[]));
    assert!(matches!(broken, Err(StoreError::ForeignKey)), "{broken:?}");
    assert!(store.migrate().expect("up to date").applied.is_empty());
}

#[test]
fn a_database_that_has_no_room_for_every_character_is_refused_with_a_sentence() {
    let database = TestDatabase::postgres_of("LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'LATIN1'", "");
    let refused = database.store().migrate();
    let Err(StoreError::Migration(sentence)) = refused else {
        panic!("accepted: {refused:?}")
    };
    assert!(
        sentence.contains("LATIN1") && sentence.contains("ENCODING 'UTF8'"),
        "{sentence}"
    );
}
