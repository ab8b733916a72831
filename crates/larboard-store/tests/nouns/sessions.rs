//! Sessions: they end at their moment, by hand, and with their user.

use crate::samples::user;
use crate::{at, change, look, refusal, violated};
use larboard_store::sessions::{self, SessionRow};
use larboard_store::testing::on_both_databases;
use larboard_store::{Store, StoreError, args, users};

fn session(number: u8, user_id: &str, expires: i64) -> SessionRow {
    SessionRow {
        token_hash: vec![number; 32],
        user_id: user_id.into(),
        csrf_token: format!("csrf-{number}"),
        created_at: at(1),
        expires_at: at(expires),
    }
}

/// `user_1` with sessions 1 and 2, which end at 100 and 200, and `user_2` with session 3, which ends at 200.
async fn with(store: &Store) {
    change(store, |tx| {
        users::insert(tx, &user("user_1", "a@example.com", 1))?;
        users::insert(tx, &user("user_2", "b@example.com", 1))?;
        sessions::insert(tx, &session(1, "user_1", 100))?;
        sessions::insert(tx, &session(2, "user_1", 200))?;
        sessions::insert(tx, &session(3, "user_2", 200))
    })
    .await;
}

/// The numbers of the sessions that are good at an instant.
async fn good(store: &Store, now: i64) -> Vec<u8> {
    let mut numbers = Vec::new();
    for number in 0..5 {
        let found = look(store, move |tx| sessions::find(tx, &[number; 32], at(now))).await;
        if found.is_some() {
            numbers.push(number);
        }
    }
    numbers
}

#[test]
fn a_session_reads_back_until_the_moment_it_ends() {
    on_both_databases(|store| async move {
        with(&store).await;
        let found = look(&store, |tx| sessions::find(tx, &[1; 32], at(99))).await;
        assert_eq!(found, Some(session(1, "user_1", 100)));
        assert_eq!(good(&store, 99).await, [1, 2, 3]);
        assert_eq!(good(&store, 100).await, [2, 3]);
        assert_eq!(
            look(&store, |tx| sessions::find(tx, &[1; 31], at(99))).await,
            None
        );
        assert_eq!(
            look(&store, |tx| sessions::find(tx, &[], at(99))).await,
            None
        );
    });
}

#[test]
fn a_token_is_used_once_and_a_session_belongs_to_a_user_who_is_there() {
    on_both_databases(|store| async move {
        with(&store).await;
        let error = refusal(&store, |tx| {
            sessions::insert(tx, &session(1, "user_2", 300))
        })
        .await;
        assert_eq!(violated(&error), "sessions_pkey");
        let error = refusal(&store, |tx| {
            sessions::insert(tx, &session(4, "user_3", 300))
        })
        .await;
        assert!(matches!(error, StoreError::ForeignKey), "{error:?}");
        assert_eq!(good(&store, 150).await, [2, 3]);
    });
}

#[test]
fn signing_out_ends_one_session_and_a_new_password_all_of_a_user() {
    on_both_databases(|store| async move {
        with(&store).await;
        assert!(change(&store, |tx| sessions::delete(tx, &[1; 32])).await);
        assert!(!change(&store, |tx| sessions::delete(tx, &[1; 32])).await);
        assert_eq!(good(&store, 50).await, [2, 3]);
        change(&store, |tx| {
            sessions::insert(tx, &session(4, "user_1", 200))
        })
        .await;
        assert_eq!(
            change(&store, |tx| sessions::delete_of_user(tx, "user_1")).await,
            2
        );
        assert_eq!(good(&store, 50).await, [3]);
        assert_eq!(
            change(&store, |tx| sessions::delete_of_user(tx, "user_1")).await,
            0
        );
    });
}

#[test]
fn what_has_ended_is_forgotten_and_nothing_else() {
    on_both_databases(|store| async move {
        with(&store).await;
        assert_eq!(
            change(&store, |tx| sessions::delete_expired(tx, at(99))).await,
            0
        );
        assert_eq!(
            change(&store, |tx| sessions::delete_expired(tx, at(100))).await,
            1
        );
        assert_eq!(good(&store, 50).await, [2, 3]);
    });
}

#[test]
fn sessions_go_with_their_user() {
    on_both_databases(|store| async move {
        with(&store).await;
        let sql = "DELETE FROM users WHERE id = $1";
        change(&store, move |tx| tx.execute(sql, &args!["user_1"])).await;
        assert_eq!(good(&store, 50).await, [3]);
    });
}
