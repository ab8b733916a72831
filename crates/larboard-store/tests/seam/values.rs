//! Values keep their meaning on both databases.

use crate::{insert, with_counters};
use larboard_core::time::Timestamp;
use larboard_store::dialect::{is_named, like_pattern};
use larboard_store::testing::{TestDatabase, on_both_databases, run};
use larboard_store::{Arg, Result, StoreError, args};

#[test]
fn every_kind_of_value_comes_back_as_it_went_in() {
    on_both_databases(|store| async move {
        let (bytes, boolean) = match store.kind() {
            "sqlite" => ("BLOB", "INTEGER"),
            _ => ("BYTEA", "BOOLEAN"),
        };
        let read = store.write(move |tx| {
            tx.execute(
                &format!("CREATE TABLE v (i BIGINT, r DOUBLE PRECISION, b {boolean}, t TEXT, x {bytes}, j TEXT, n TEXT)"),
                &[],
            )?;
            let json = Arg::json(r#"{"b":1,"a":[true]}"#);
            let at = Timestamp::from_millis(1_670_417_632_916);
            tx.execute(
                "INSERT INTO v (i, r, b, t, x, j, n) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                &args![at, 0.1, true, "ü'$1", vec![0_u8, 255], json, None::<String>],
            )?;
            let row = tx.query_one("SELECT i, r, b, t, x, j, n FROM v", &[])?;
            assert_eq!(row.time(0)?, at);
            assert_eq!(row.int(0)?, at.as_millis());
            assert!((row.real(1)? - 0.1).abs() < f64::EPSILON);
            assert!(row.bool(2)?);
            assert_eq!(row.text(3)?, "ü'$1");
            assert_eq!(row.bytes(4)?, [0, 255]);
            assert_eq!(row.json(5)?, r#"{"b":1,"a":[true]}"#);
            assert_eq!(row.opt_text(6)?, None);
            assert!(matches!(row.text(6), Err(StoreError::Data(_))));
            assert!(matches!(row.int(7), Err(StoreError::Data(_))));
            assert!(matches!(row.int(3), Err(StoreError::Data(_))));
            let all = "i = $1 AND b = $2 AND x = $3";
            let args = args![at, true, vec![0_u8, 255]];
            let found = tx.query_opt(&format!("SELECT i FROM v WHERE {all}"), &args)?;
            Ok::<_, StoreError>(found.is_some())
        });
        assert!(read.await.expect("the values"));
    });
}

#[test]
fn arguments_are_bound_by_number_and_not_by_order_of_appearance() {
    on_both_databases(|store| async move {
        let row = store.read_one(|tx| {
            tx.query_one(
                "SELECT CAST($2 AS TEXT), CAST($1 AS TEXT)",
                &args!["one", "two"],
            )
        });
        let row = row.await.expect("a row");
        assert_eq!(
            (row.text(0).unwrap(), row.text(1).unwrap()),
            ("two".into(), "one".into())
        );
    });
}

#[test]
fn text_with_a_nul_character_is_refused_before_it_reaches_the_database() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        let refused = store.write(|tx| insert(tx, "a\0b", 1)).await;
        assert!(matches!(refused, Err(StoreError::Data(_))), "{refused:?}");
    });
}

#[test]
fn a_wrong_number_of_arguments_is_an_error_and_not_a_panic() {
    on_both_databases(|store| async move {
        for given in 0..3_i64 {
            let args: Vec<Arg> = (0..given).map(Arg::from).collect();
            let result = store.read_one(move |tx| tx.query("SELECT CAST($1 AS BIGINT)", &args));
            assert_eq!(result.await.is_ok(), given == 1);
        }
    });
}

#[test]
fn a_named_unique_constraint_has_the_same_name_on_both_databases() {
    on_both_databases(|store| async move {
        let user = "INSERT INTO users (id, email, first_name, last_name, role, status, created_at, \
                    updated_at) VALUES ($1, $2, '', '', '', '', 0, 0)";
        store
            .write(move |tx| tx.execute(user, &args!["a", "x@y.z"]))
            .await
            .expect("a user");
        let same_email = store
            .write(move |tx| tx.execute(user, &args!["b", "x@y.z"]))
            .await;
        assert!(matches!(
            same_email,
            Err(StoreError::Unique {
                constraint: "users_email"
            })
        ));
        let same_id = store
            .write(move |tx| tx.execute(user, &args!["a", "q@y.z"]))
            .await;
        assert!(matches!(
            same_id,
            Err(StoreError::Unique {
                constraint: "users_pkey"
            })
        ));
    });
}

#[test]
fn every_unique_index_of_the_schema_has_one_name_for_both_databases() {
    run(TestDatabase::sqlite(), |database| async move {
        let store = database.store();
        let unnamed = store.read(|tx| {
            let mut unnamed = Vec::new();
            let sql = "SELECT t.name, i.name FROM sqlite_schema t, pragma_index_list(t.name) i \
                       WHERE t.type = 'table' AND i.\"unique\" = 1 AND i.origin <> 'pk'";
            for index in tx.query(sql, &[])? {
                let (table, index) = (index.text(0)?, index.text(1)?);
                let sql = "SELECT name FROM pragma_index_info($1) ORDER BY seqno";
                let columns: Result<Vec<String>> = tx
                    .query(sql, &args![&index])?
                    .iter()
                    .map(|row| row.text(0))
                    .collect();
                let columns: Vec<String> = columns?
                    .iter()
                    .map(|column| format!("{table}.{column}"))
                    .collect();
                if !is_named(&columns.join(", ")) {
                    unnamed.push(columns.join(", "));
                }
            }
            Ok::<_, StoreError>(unnamed)
        });
        let unnamed = unnamed.await.expect("the schema");
        assert!(
            unnamed.is_empty(),
            "CONSTRAINTS of dialect.rs lacks {unnamed:?}"
        );
    });
}

#[test]
fn sums_nulls_and_searches_read_the_same_on_both_databases() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        let read = store.write(|tx| {
            insert(tx, "50% Off_a", 40)?;
            insert(tx, "500 offxa", 2)?;
            let sum =
                "SELECT CAST(SUM(value) AS BIGINT) FROM counters WHERE CAST($1 AS TEXT) IS NULL";
            assert_eq!(tx.query_one(sum, &[Arg::Null])?.int(0)?, 42);
            let like = tx.dialect().contains("name", "$1");
            let search = format!("SELECT name FROM counters WHERE {like}");
            let found = tx.query(&search, &args![like_pattern("% oFF_")])?;
            assert_eq!(found.len(), 1);
            let lease = format!(
                "SELECT name FROM counters ORDER BY name DESC LIMIT 1{}",
                tx.dialect().for_update_skip_locked()
            );
            assert_eq!(tx.query_one(&lease, &[])?.text(0)?, "500 offxa");
            found[0].text(0)
        });
        assert_eq!(read.await.expect("the rows"), "50% Off_a");
    });
}

#[test]
fn a_sum_without_a_cast_is_named_as_the_mistake_it_is_on_postgres() {
    run(TestDatabase::postgres(), |database| async move {
        let store = database.store();
        with_counters(&store).await;
        store.write(|tx| insert(tx, "a", 1)).await.expect("a row");
        let sum = store
            .read_one(|tx| tx.query("SELECT SUM(value) FROM counters", &[]))
            .await;
        let Err(StoreError::Data(sentence)) = sum else {
            panic!("accepted: {sum:?}")
        };
        assert!(sentence.contains("CAST"), "{sentence}");
    });
}

#[test]
fn an_unknown_unique_constraint_is_still_a_unique_violation() {
    on_both_databases(|store| async move {
        let refused = store.write(|tx| {
            tx.execute(
                "CREATE TABLE odd (a BIGINT, b BIGINT, CONSTRAINT odd_ab UNIQUE (a, b))",
                &[],
            )?;
            tx.execute("INSERT INTO odd (a, b) VALUES (1, 2), (1, 2)", &[])
        });
        assert!(matches!(refused.await, Err(StoreError::Unique { .. })));
    });
}

#[test]
fn a_large_result_is_handed_over_row_by_row() {
    on_both_databases(|store| async move {
        let sql = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n \
                   WHERE i < 200000) SELECT i FROM n";
        let (count, stopped) = store
            .read(move |tx| {
                let mut count = 0;
                tx.query_each(sql, &[], &mut |_| {
                    count += 1;
                    Ok(())
                })?;
                let mut stopped = 0;
                let early: Result<()> = tx.savepoint(|tx| {
                    tx.query_each(sql, &[], &mut |row| {
                        stopped = row.int(0)?;
                        if stopped == 10 {
                            Err(StoreError::Missing)
                        } else {
                            Ok(())
                        }
                    })
                });
                assert!(matches!(early, Err(StoreError::Missing)));
                Ok::<_, StoreError>((count, stopped))
            })
            .await
            .expect("the rows");
        assert_eq!((count, stopped), (200_000, 10));
    });
}

#[test]
fn a_prepared_statement_survives_a_change_of_its_table() {
    on_both_databases(|store| async move {
        with_counters(&store).await;
        store.write(|tx| insert(tx, "a", 1)).await.expect("a row");
        for column in ["x", "y", "z"] {
            for _ in 0..8 {
                let all = store.read(|tx| tx.query("SELECT * FROM counters", &[]));
                assert_eq!(all.await.expect("rows").len(), 1);
                let one = store.read_one(|tx| tx.query("SELECT * FROM counters", &[]));
                assert_eq!(one.await.expect("rows").len(), 1);
            }
            let sql = format!("ALTER TABLE counters ADD COLUMN {column} BIGINT");
            store
                .write(move |tx| tx.execute(&sql, &[]))
                .await
                .expect("a column");
        }
    });
}
