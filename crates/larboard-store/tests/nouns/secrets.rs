//! Secrets: sealed values by name.

use crate::samples::AWKWARD;
use crate::{at, change, look, refusal, violated};
use larboard_store::secrets::{self, SecretRow};
use larboard_store::testing::on_both_databases;

fn secret(name: &str) -> SecretRow {
    SecretRow {
        name: name.into(),
        value_enc: (0..=255).collect(),
        description: None,
        created_at: at(1),
        created_by: "user_1".into(),
        updated_at: at(1),
        updated_by: "user_1".into(),
    }
}

fn changed(name: &str) -> SecretRow {
    SecretRow {
        value_enc: vec![0],
        description: Some(AWKWARD.into()),
        updated_at: at(8),
        updated_by: "app_1".into(),
        ..secret(name)
    }
}

#[test]
fn a_secret_reads_back_as_it_was_written_and_the_list_is_by_name() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            ["b", "A", "_", "a"]
                .iter()
                .try_for_each(|name| secrets::insert(tx, &secret(name)))?;
            secrets::insert(tx, &changed("c"))
        })
        .await;
        assert_eq!(
            look(&store, |tx| secrets::find(tx, "b")).await,
            Some(secret("b"))
        );
        assert_eq!(look(&store, |tx| secrets::find(tx, "B")).await, None);
        let expected = [
            secret("A"),
            secret("_"),
            secret("a"),
            secret("b"),
            changed("c"),
        ];
        assert_eq!(look(&store, secrets::list).await, expected);
    });
}

#[test]
fn a_name_is_taken_once() {
    on_both_databases(|store| async move {
        change(&store, |tx| secrets::insert(tx, &secret("a"))).await;
        let error = refusal(&store, |tx| secrets::insert(tx, &changed("a"))).await;
        assert_eq!(violated(&error), "secrets_pkey");
        assert_eq!(look(&store, secrets::list).await, [secret("a")]);
    });
}

#[test]
fn an_update_writes_value_and_description_and_says_whether_it_was_there() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            secrets::insert(tx, &secret("a"))?;
            secrets::insert(tx, &secret("b"))
        })
        .await;
        let row = SecretRow {
            created_at: at(99),
            created_by: "nobody".into(),
            ..changed("a")
        };
        assert!(change(&store, move |tx| secrets::update(tx, &row)).await);
        assert!(!change(&store, |tx| secrets::update(tx, &changed("c"))).await);
        assert_eq!(
            look(&store, secrets::list).await,
            [changed("a"), secret("b")]
        );
    });
}

#[test]
fn deleting_says_whether_it_was_there() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            secrets::insert(tx, &secret("a"))?;
            secrets::insert(tx, &secret("b"))
        })
        .await;
        assert!(change(&store, |tx| secrets::delete(tx, "a")).await);
        assert!(!change(&store, |tx| secrets::delete(tx, "a")).await);
        assert_eq!(look(&store, secrets::list).await, [secret("b")]);
    });
}
