//! People: an address belongs to one of them, however it is spelled.

use crate::samples::user;
use crate::{at, change, look, race, refusal, violated};
use larboard_store::testing::on_both_databases;
use larboard_store::users::{self, UserRow};
use larboard_store::{Result, Tx};

#[test]
fn a_user_reads_back_as_written_and_the_list_is_oldest_first() {
    on_both_databases(|store| async move {
        let full = UserRow {
            role: "Admin".into(),
            status: "Active".into(),
            password_hash: Some("$argon2id$v=19$m=19456".into()),
            updated_at: at(9),
            ..user("user_c", "c@example.com", 5)
        };
        let rows = [
            full.clone(),
            user("user_b", "b@example.com", 5),
            user("user_d", "d@example.com", 4),
        ];
        let written = rows.clone();
        change(&store, move |tx| {
            written.iter().try_for_each(|row| users::insert(tx, row))
        })
        .await;
        assert_eq!(
            look(&store, |tx| users::find(tx, "user_c")).await,
            Some(full)
        );
        assert_eq!(look(&store, |tx| users::find(tx, "user_e")).await, None);
        let [c, b, d] = rows;
        assert_eq!(look(&store, users::list).await, [d, b, c]);
    });
}

#[test]
fn an_address_is_found_however_it_is_spelled_and_kept_in_small_letters() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            users::insert(tx, &user("user_1", "Zoë.O'Hara@EXAMPLE.com", 1))
        })
        .await;
        let expected = user("user_1", "zoë.o'hara@example.com", 1);
        for spelling in ["zoë.o'hara@example.com", "ZOË.O'HARA@Example.Com"] {
            let found = look(&store, move |tx| users::find_by_email(tx, spelling)).await;
            assert_eq!(found.as_ref(), Some(&expected), "{spelling}");
        }
        let found = look(&store, |tx| users::find_by_email(tx, "zo%@example.com")).await;
        assert_eq!(found, None);
    });
}

#[test]
fn an_address_and_an_id_are_taken_once() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            users::insert(tx, &user("user_1", "a@example.com", 1))
        })
        .await;
        let error = refusal(&store, |tx| {
            users::insert(tx, &user("user_2", "A@example.com", 2))
        })
        .await;
        assert_eq!(violated(&error), "users_email");
        let error = refusal(&store, |tx| {
            users::insert(tx, &user("user_1", "b@example.com", 2))
        })
        .await;
        assert_eq!(violated(&error), "users_pkey");
        assert_eq!(look(&store, users::list).await.len(), 1);
    });
}

#[test]
fn one_of_many_that_take_the_same_address_succeeds() {
    on_both_databases(|store| async move {
        let made = race(&store, 12, |number| {
            let email = ["a@example.com", "A@EXAMPLE.COM"][(number % 2) as usize];
            let row = user(&format!("user_{number}"), email, number);
            move |tx: &mut Tx<'_>| users::insert(tx, &row)
        })
        .await;
        let taken = |end: &&Result<()>| matches!(end, Err(e) if violated(e) == "users_email");
        assert_eq!(made.iter().filter(|end| end.is_ok()).count(), 1);
        assert_eq!(made.iter().filter(taken).count(), 11, "{made:?}");
    });
}

#[test]
fn a_password_is_written_for_one_user() {
    on_both_databases(|store| async move {
        change(&store, |tx| {
            users::insert(tx, &user("user_1", "a@example.com", 1))?;
            users::insert(tx, &user("user_2", "b@example.com", 1))
        })
        .await;
        assert!(
            change(&store, |tx| users::set_password(
                tx,
                "user_1",
                "$argon2id$new",
                at(8)
            ))
            .await
        );
        assert!(
            !change(&store, |tx| users::set_password(
                tx,
                "user_3",
                "$argon2id$new",
                at(8)
            ))
            .await
        );
        let expected = [
            UserRow {
                password_hash: Some("$argon2id$new".into()),
                updated_at: at(8),
                ..user("user_1", "a@example.com", 1)
            },
            user("user_2", "b@example.com", 1),
        ];
        assert_eq!(look(&store, users::list).await, expected);
    });
}

#[test]
fn an_update_keeps_the_password_and_the_address_and_a_deletion_happens_once() {
    on_both_databases(|store| async move {
        let before = UserRow {
            password_hash: Some("$argon2id$old".into()),
            ..user("user_1", "a@example.com", 1)
        };
        let row = before.clone();
        change(&store, move |tx| users::insert(tx, &row)).await;
        let after = UserRow {
            first_name: "Ada".into(),
            last_name: "Lovelace".into(),
            role: "Admin".into(),
            status: "Disabled".into(),
            updated_at: at(9),
            ..before
        };
        let row = UserRow {
            email: "other@example.com".into(),
            password_hash: None,
            ..after.clone()
        };
        assert!(change(&store, move |tx| users::update(tx, &row)).await);
        assert_eq!(
            look(&store, |tx| users::find(tx, "user_1")).await,
            Some(after)
        );
        assert!(change(&store, |tx| users::delete(tx, "user_1")).await);
        assert!(!change(&store, |tx| users::delete(tx, "user_1")).await);
    });
}
