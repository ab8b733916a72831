//! Starting: what the first start makes, what repeating it changes, what keeps a server from starting; and the commands that
//! print.

use crate::client::Client;
use crate::place::{CLIENT_ID, EMAIL, OTHER_KEY, PASSWORD, Place};
use std::path::PathBuf;

/// What a start printed before it served, without the line that says so.
fn made(said: &[String]) -> Vec<&str> {
    let lines = said.iter().map(String::as_str);
    lines
        .filter(|line| !line.starts_with("Larboard serves"))
        .collect()
}

#[tokio::test]
async fn credentials_set_by_variables_are_made_once_and_repeating_them_changes_nothing() {
    for mut place in [Place::sqlite(), Place::postgres()] {
        let server = place.serve().await;
        assert!(
            made(&server.said).concat().contains(CLIENT_ID),
            "{:?}",
            server.said
        );
        let client = server.client().await;
        let organization = client.get("/v1/organization").await.good();
        let log = client.get("/v1/audit-log?limit=1000").await.good();
        let session = Client::new(&server.url).session(EMAIL, PASSWORD).await;
        let cookie = session
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned();
        server.stop().await;

        let server = place.serve().await;
        assert_eq!(
            made(&server.said),
            [""; 0],
            "nothing was made and nothing is shown again"
        );
        let client = server.client().await;
        assert_eq!(client.get("/v1/organization").await.good(), organization);
        let again = client.get("/v1/audit-log?limit=1000").await.good();
        let count = |log: &serde_json::Value| log["audits"].as_array().map(Vec::len);
        assert_eq!(
            count(&again),
            count(&log).map(|count| count + 1),
            "only the sign-in"
        );
        let signed_in = Client::new(&server.url).with("cookie", &cookie);
        assert_eq!(
            signed_in.get("/v1/auth/session").await.status,
            200,
            "sessions go on"
        );
        server.stop().await;

        // Other values replace those of before.
        place.set("BOOTSTRAP_ADMIN_PASSWORD", "another long password");
        place.set(
            "BOOTSTRAP_CLIENT_SECRET",
            "another-secret-of-command-line-tests-123456",
        );
        let server = place.serve().await;
        let client = Client::new(&server.url);
        assert_eq!(client.session(EMAIL, PASSWORD).await.status, 401);
        assert_eq!(
            client.session(EMAIL, "another long password").await.status,
            200
        );
        assert_eq!(
            client
                .token(CLIENT_ID, "another-secret-of-command-line-tests-123456")
                .await
                .status,
            200
        );
        server.stop().await;
    }
}

#[tokio::test]
async fn credentials_that_nobody_set_are_made_up_and_shown_once() {
    let mut place = Place::sqlite();
    for key in [
        "CLIENT_ID",
        "CLIENT_SECRET",
        "ADMIN_EMAIL",
        "ADMIN_PASSWORD",
    ] {
        place.unset(&format!("BOOTSTRAP_{key}"));
    }
    let server = place.serve().await;
    let value = |name: &str| {
        let line = server
            .said
            .iter()
            .find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or_else(|| panic!("{:?}", server.said))
            .trim()
            .to_owned()
    };
    let (id, secret) = (value("client id"), value("client secret"));
    let (email, password) = (value("e-mail"), value("password"));
    assert!(secret.len() >= 32, "{secret}");
    let client = Client::new(&server.url);
    assert_eq!(client.token(&id, &secret).await.status, 200);
    assert_eq!(client.session(&email, &password).await.status, 200);
    server.stop().await;
    let server = place.serve().await;
    assert_eq!(made(&server.said), [""; 0]);
    assert_eq!(client.token(&id, &secret).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn what_keeps_a_server_from_starting_is_said_in_a_sentence() {
    let place = Place::sqlite().with("BOOTSTRAP_CLIENT_SECRET", "short");
    place.run(&["serve"]).await.refused(&["5 characters", "32"]);
    let mut place = Place::postgres();
    place.unset("MASTER_KEY");
    place
        .run(&["serve"])
        .await
        .refused(&["LARBOARD_MASTER_KEY", "openssl rand"]);
    let place = Place::sqlite().with(
        "DATABASE_URL",
        "postgres://nobody:hidden@127.0.0.1:1/nothing",
    );
    let refused = place.run(&["serve"]).await;
    assert!(!refused.err.contains("hidden"), "{refused:?}");
    refused.refused(&["cannot open the database", "cannot be reached"]);

    let mut place = Place::sqlite();
    let server = place.serve().await;
    place
        .run(&["serve"])
        .await
        .refused(&["another Larboard", "data"]);
    let other = Place::sqlite().with("LISTEN", &format!("127.0.0.1:{}", place.port));
    other
        .run(&["serve"])
        .await
        .refused(&["cannot listen", "--listen"]);
    server.stop().await;
    place.set("MASTER_KEY", OTHER_KEY);
    place.run(&["serve"]).await.refused(&["another master key"]);
}

#[tokio::test]
async fn a_configuration_file_is_read_and_a_key_it_does_not_know_is_named() {
    let mut place = Place::sqlite();
    place.unset("LISTEN");
    let file = place.write(
        "larboard.toml",
        &format!("listen = \"127.0.0.1:{}\"\nlog = \"warn\"\n", place.port),
    );
    place.set("CONFIG", &file);
    place.serve().await.stop().await;
    place.write("larboard.toml", "lisen = \"127.0.0.1:1\"\n");
    let refused = place.run(&["serve"]).await;
    assert!(
        !refused.ok && refused.err.contains("larboard.toml") && refused.err.contains("lisen"),
        "{refused:?}"
    );
    place.set("CONFIG", "/nowhere/larboard.toml");
    place
        .run(&["serve"])
        .await
        .refused(&["/nowhere/larboard.toml"]);
}

#[tokio::test]
async fn migrate_makes_the_schema_and_nothing_else_and_may_be_repeated() {
    for place in [Place::sqlite(), Place::postgres()] {
        for _ in 0..2 {
            assert_eq!(
                place.run(&["migrate"]).await.said(),
                "The database is up to date.\n"
            );
        }
        let server = place.serve().await;
        assert!(
            made(&server.said).concat().contains(CLIENT_ID),
            "the first start still makes its accounts"
        );
        server.stop().await;
    }
}

#[tokio::test]
async fn openapi_and_config_print_what_the_documents_hold() {
    let place = Place::sqlite();
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(repository.join(path)).expect("a document");
    let openapi = place.run(&["openapi"]).await.said();
    assert_eq!(openapi.trim_end(), read("docs/openapi.json").trim_end());
    let config = place.run(&["config"]).await.said();
    assert_eq!(
        config.trim_end(),
        read("crates/larboard/config.default.toml").trim_end()
    );
    assert!(!place.data().exists(), "printing touches nothing");
}
