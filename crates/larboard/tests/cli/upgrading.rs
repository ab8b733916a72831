//! Databases of former releases, served by this binary: their credentials, secrets, catalog, runs and audit log are there,
//! and they are worked on. That no row is lost is shown by the store's tests.

use crate::backend::backend;
use crate::client::Client;
use crate::place::Place;
use larboard_store::testing::TestDatabase;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

// As in scripts/freeze.py.
const MASTER_KEY: &str = "ZnJvemVuLWZyb3plbi1mcm96ZW4tZnJvemVuLWtleSE=";
const CLIENT: (&str, &str) = ("load-client", "load-client-secret-of-forty-characters-0");
const ADMINISTRATOR: (&str, &str) = ("admin@frozen.test", "a frozen password");

fn releases() -> Vec<PathBuf> {
    let directory =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../larboard-store/tests/releases");
    let entries = directory.read_dir().expect("the frozen releases");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.is_dir()).collect()
}

fn place(release: &Path, kind: &str) -> Place {
    let dump =
        std::fs::read_to_string(release.join(format!("{kind}.sql"))).expect("a frozen database");
    let mut place = Place::on(match kind {
        "sqlite" => TestDatabase::sqlite_of(&dump),
        _ => TestDatabase::postgres_of(
            "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' ENCODING 'UTF8'",
            &dump,
        ),
    });
    place.set("MASTER_KEY", MASTER_KEY);
    for key in [
        "CLIENT_ID",
        "CLIENT_SECRET",
        "ADMIN_EMAIL",
        "ADMIN_PASSWORD",
    ] {
        place.unset(&format!("BOOTSTRAP_{key}"));
    }
    place
}

fn texts(list: &Value, key: &str) -> Vec<String> {
    let items = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    items
        .iter()
        .map(|item| item[key].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn the_database_of_every_former_release_is_served_on_both_databases() {
    for release in releases() {
        for kind in ["sqlite", "postgres"] {
            is_served(&place(&release, kind)).await;
        }
    }
}

async fn is_served(place: &Place) {
    let server = place.serve().await;
    assert_eq!(
        server.said.len(),
        1,
        "nothing was made anew: {:?}",
        server.said
    );
    let anonymous = Client::new(&server.url);
    assert_eq!(
        anonymous
            .session(ADMINISTRATOR.0, ADMINISTRATOR.1)
            .await
            .status,
        200
    );
    let client = anonymous.signed_in(CLIENT.0, CLIENT.1).await;

    let entities = client
        .get("/v1/blueprints/microservice/entities")
        .await
        .good();
    let mut identifiers = texts(&entities["entities"], "identifier");
    identifiers.sort();
    assert_eq!(identifiers, ["Zebra", "apple", "éclair"]);
    let entity = client
        .get("/v1/blueprints/microservice/entities/%C3%A9clair")
        .await
        .good();
    assert_eq!(
        entity["entity"]["relations"],
        json!({ "domain": "shop", "uses": ["apple", "Zebra"] })
    );
    let domain = client.get("/v1/blueprints/domain").await.good();
    assert_eq!(domain["blueprint"]["title"], "Domaine \"ä€𝄞\"");

    let runs = client.get("/v1/actions/runs?limit=100").await.good();
    let run = |action: &str| {
        let runs = runs["runs"].as_array().expect("runs");
        let run = runs
            .iter()
            .find(|run| run["action"]["identifier"] == action || run["action"] == action);
        run.unwrap_or_else(|| panic!("no run of {action}: {runs:?}"))
            .clone()
    };
    let (ended, going_on) = (run("deploy"), run("create_microservice"));
    assert_eq!(
        (&ended["status"], &ended["summary"]),
        (&json!("SUCCESS"), &json!("**done**"))
    );
    let path = |run: &Value| {
        format!(
            "/v1/actions/runs/{}",
            run["id"].as_str().unwrap_or_default()
        )
    };
    let logs = client.get(&format!("{}/logs", path(&ended))).await.good();
    let mut messages = texts(&logs["runLogs"], "message");
    messages.sort();
    assert_eq!(messages, ["one \\ two ' three\n\tfour", "the end"]);
    let affected = format!(
        "/v1/audit-log?run_id={}&resources=entity",
        ended["id"].as_str().unwrap_or_default()
    );
    assert_eq!(
        texts(
            &client.get(&affected).await.good()["audits"],
            "resourceType"
        ),
        ["entity"]
    );

    // The run that was under way goes on, and a new one is sent with the old secret.
    let end = json!({ "message": "finished by a later release", "terminationStatus": "SUCCESS" });
    client
        .post(&format!("{}/logs", path(&going_on)), end)
        .await
        .good();
    let mut backend = backend(None).await;
    let mut action = client.get("/v1/actions/deploy").await.good()["action"].clone();
    action["invocationMethod"]["url"] = json!(format!("http://{}/hook", backend.address));
    for stamp in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
        action.as_object_mut().expect("an action").remove(stamp);
    }
    client
        .call(Method::PUT, "/v1/actions/deploy", Some(action))
        .await
        .good();
    client
        .post(
            "/v1/actions/deploy/runs",
            json!({ "properties": { "n": 2 } }),
        )
        .await
        .good();
    assert_eq!(
        backend.next().await.header("authorization"),
        Some("frozen-secret-value")
    );
    server.stop().await;
}
