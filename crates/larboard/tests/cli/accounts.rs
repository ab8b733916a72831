//! `larboard app` and `larboard user`, beside a running server and without one.

use crate::PATIENCE;
use crate::client::Client;
use crate::place::{CLIENT_ID, CLIENT_SECRET, EMAIL, PASSWORD, Place};

/// The credentials a command printed.
fn credentials(said: &str) -> (String, String) {
    let value = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{said}")).trim().to_owned()
    };
    (value("client id"), value("client secret"))
}

/// Waits until the server gives a token, or refuses it, as it should.
async fn comes_to(client: &Client, id: &str, secret: &str, status: u16) {
    let asking = async {
        while client.token(id, secret).await.status != status {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, asking).await;
    assert!(in_time.is_ok(), "{id} never got {status}");
}

#[tokio::test]
async fn apps_made_rotated_and_deleted_beside_a_running_server_are_so_for_it_too_on_sqlite() {
    apps_change(Place::sqlite()).await;
}

#[tokio::test]
async fn apps_made_rotated_and_deleted_beside_a_running_server_are_so_for_it_too_on_postgresql() {
    apps_change(Place::postgres()).await;
}

async fn apps_change(place: Place) {
    let server = place.serve().await;
    let client = Client::new(&server.url);
    let (id, secret) = credentials(&place.run(&["app", "create", "Our CI"]).await.said());
    assert!(id.len() == 32 && secret.len() >= 32, "{id} {secret}");
    comes_to(&client, &id, &secret, 200).await;
    let list = place.run(&["app", "list"]).await.said();
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(
        lines,
        [
            &format!("{CLIENT_ID}  Default app (default)"),
            &format!("{id}  Our CI")
        ]
    );

    let (same, rotated) = credentials(&place.run(&["app", "rotate", &id]).await.said());
    assert_eq!(same, id);
    assert_ne!(rotated, secret);
    comes_to(&client, &id, &rotated, 200).await;
    assert_eq!(
        client.token(&id, &secret).await.status,
        200,
        "the one before, for its grace"
    );

    let token = client.signed_in(&id, &rotated).await;
    assert_eq!(place.run(&["app", "delete", &id]).await.said(), "");
    comes_to(&client, &id, &rotated, 401).await;
    assert_eq!(
        token.get("/v1/organization").await.status,
        401,
        "its tokens are worth nothing any more"
    );
    let log = server
        .client()
        .await
        .get("/v1/audit-log?resources=app&limit=100")
        .await
        .good();
    let actions: Vec<_> = log["audits"]
        .as_array()
        .expect("events")
        .iter()
        .map(|event| event["action"].to_string())
        .collect();
    for action in ["CREATE", "UPDATE", "DELETE"] {
        assert!(actions.contains(&format!("{action:?}")), "{actions:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_second_change_in_the_same_moment_as_the_first_is_noticed_too() {
    let place = Place::sqlite();
    let server = place.serve().await;
    let client = Client::new(&server.url);
    // Twice over, so that the server has looked in between at whatever it looks at.
    for round in 0..2 {
        let (id, secret) = credentials(
            &place
                .run(&["app", "create", &format!("App {round}")])
                .await
                .said(),
        );
        comes_to(&client, &id, &secret, 200).await;
        same_moment(&place, &id);
        comes_to(&client, &id, &secret, 401).await;
    }
    server.stop().await;
}

/// Takes an app away in a way that leaves every time and every count as it was: as a change would that was made within the
/// same millisecond as the one before it.
fn same_moment(place: &Place, id: &str) {
    let path = place.data().join("larboard.db");
    let store = larboard_store::Store::open_sqlite(&path, larboard_store::SqliteOptions::default())
        .expect("the database");
    let id = id.to_owned();
    let changed = store.write_blocking(move |tx| {
        let mut row = larboard_store::apps::find(tx, &id)?.expect("the app");
        row.enabled = false;
        larboard_store::apps::update(tx, &row)?;
        larboard::directory::changed(tx)
    });
    changed.expect("a change");
    store.shutdown();
}

#[tokio::test]
async fn apps_that_are_not_there_and_the_default_one_are_refused_with_a_sentence() {
    let place = Place::sqlite();
    place.serve().await.stop().await;
    for verb in ["rotate", "delete"] {
        place
            .run(&["app", verb, "nobody"])
            .await
            .refused(&["no app", "\"nobody\""]);
    }
    place
        .run(&["app", "delete", CLIENT_ID])
        .await
        .refused(&["default app", "rotate"]);
    // The new secret of the default app signs from now on; unset, the variable does not put the old one back.
    let mut place = place;
    place.unset("BOOTSTRAP_CLIENT_SECRET");
    let (_, rotated) = credentials(&place.run(&["app", "rotate", CLIENT_ID]).await.said());
    let server = place.serve().await;
    let client = Client::new(&server.url);
    assert_eq!(client.token(CLIENT_ID, &rotated).await.status, 200);
    assert_eq!(
        client.token(CLIENT_ID, CLIENT_SECRET).await.status,
        200,
        "within its grace"
    );
    server.stop().await;
}

#[tokio::test]
async fn users_are_made_and_given_passwords_from_standard_input_on_both_databases() {
    for place in [Place::sqlite(), Place::postgres()] {
        let server = place.serve().await;
        let client = Client::new(&server.url);
        let words = [
            "user",
            "create",
            "Ada@example.test",
            "--first-name",
            "Ada",
            "--role",
            "Member",
        ];
        let said = place
            .run_with_input(&words, "first password\n")
            .await
            .said();
        assert!(
            said.starts_with("user_") && said.to_lowercase().contains("ada@example.test"),
            "{said}"
        );
        client_signs_in(&client, "ada@example.test", "first password", 200).await;
        let session = client.session("ada@example.test", "first password").await;
        assert_eq!(session.json()["user"]["role"], "Member");
        let cookie = session
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned();
        let signed_in = client.with("cookie", &cookie);
        assert_eq!(signed_in.get("/v1/auth/session").await.status, 200);

        let words = ["user", "set-password", "ada@EXAMPLE.test"];
        place
            .run_with_input(&words, "second password\r\n")
            .await
            .said();
        assert_eq!(
            client
                .session("ada@example.test", "second password")
                .await
                .status,
            200
        );
        assert_eq!(
            client
                .session("ada@example.test", "first password")
                .await
                .status,
            401
        );
        assert_eq!(
            signed_in.get("/v1/auth/session").await.status,
            401,
            "sessions of before have ended"
        );
        server.stop().await;
    }
}

/// A user made beside the server is known to it within seconds.
async fn client_signs_in(client: &Client, email: &str, password: &str, status: u16) {
    let asking = async {
        while client.session(email, password).await.status != status {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, asking).await.is_ok(),
        "{email} never got {status}"
    );
}

#[tokio::test]
async fn users_that_cannot_be_are_refused_with_a_sentence() {
    let place = Place::sqlite();
    place.serve().await.stop().await;
    let cases: [(&[&str], &str, &[&str]); 6] = [
        (
            &["user", "create", "no-address"],
            PASSWORD,
            &["\"no-address\"", "e-mail"],
        ),
        (&["user", "create", EMAIL], PASSWORD, &["already", EMAIL]),
        (&["user", "create", "a@b.test"], "short", &["8 characters"]),
        (
            &["user", "create", "a@b.test", "--role", "Owner"],
            PASSWORD,
            &["\"Owner\"", "Admin or Member"],
        ),
        (
            &["user", "set-password", "nobody@b.test"],
            PASSWORD,
            &["no user", "nobody@b.test"],
        ),
        (&["user", "set-password", EMAIL], "", &["8 characters"]),
    ];
    for (words, password, parts) in cases {
        place
            .run_with_input(words, &format!("{password}\n"))
            .await
            .refused(parts);
    }
}
