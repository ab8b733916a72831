//! Rows to test with: the smallest of each noun, and where it matters one with every field filled.

use crate::{at, change};
use larboard_core::run::{JsonText, NewRun, Run, Source, Status};
use larboard_store::actions::ActionRow;
use larboard_store::apps::AppRow;
use larboard_store::audit::EventRow;
use larboard_store::blueprints::{self, BlueprintRow};
use larboard_store::deliveries::DeliveryRow;
use larboard_store::entities::{self, EntityRow};
use larboard_store::users::UserRow;
use larboard_store::{Store, runs};

/// Text that a careless encoding, a `LIKE` or a format string would spoil.
pub(crate) const AWKWARD: &str = "50%_\\ 'x' \"y\" {z} $1 ? \u{1F6F3} é\u{301}\r\n\t";

/// An open run of the action `deploy` with nothing but what it must have.
pub(crate) fn run(id: &str, created: i64) -> Run {
    Run::start(NewRun {
        id: id.into(),
        action: "deploy".into(),
        blueprint: None,
        entity: None,
        source: Source::Api,
        properties: JsonText::trusted("{}"),
        raw_properties: None,
        required_approval: JsonText::trusted("false"),
        needs_approval: false,
        payload: None,
        synchronized: false,
        agent: false,
        created_by: "user_1".into(),
        impersonated_by: None,
        created_at: at(created),
    })
}

/// An ended run with every column filled.
pub(crate) fn full_run(id: &str) -> Run {
    let text = |text: &str| Some(JsonText::trusted(text));
    Run {
        blueprint: Some("service".into()),
        entity: Some("checkout".into()),
        status: Status::Success,
        status_label: Some(AWKWARD.into()),
        source: Source::Automation,
        // The order of keys and the way a number is written survive, because JSON is kept as text.
        properties: JsonText::trusted(r#"{"z":1.50,"a":"\u00e9","é":[]}"#),
        raw_properties: text(r#"{"z":"1.50"}"#),
        required_approval: JsonText::trusted(r#"{"type":"ANY"}"#),
        approval: text(r#"{"state":"APPROVED"}"#),
        link: text(r#"["https://ci.example/1"]"#),
        summary: Some("# Done".into()),
        message: text(r#"{"step":null}"#),
        payload: text(r#"{"type":"WEBHOOK"}"#),
        response: text(r#"{"status":200}"#),
        external_run_id: Some("ci-77".into()),
        synchronized: true,
        agent: true,
        updated_at: at(20),
        updated_by: "app_1".into(),
        impersonated_by: Some("app_2".into()),
        ended_at: Some(at(30)),
        log_count: 7,
        ..run(id, 10)
    }
}

/// Makes runs that are there before a test begins.
pub(crate) async fn with_runs(store: &Store, rows: &[Run]) {
    let rows = rows.to_vec();
    change(store, move |tx| {
        rows.iter().try_for_each(|row| runs::insert(tx, row))
    })
    .await;
}

/// A blueprint with a title and no icon.
pub(crate) fn blueprint(identifier: &str, created: i64) -> BlueprintRow {
    BlueprintRow {
        identifier: identifier.into(),
        title: Some(format!("Title of {identifier}")),
        icon: None,
        doc: r#"{"title":"x","schema":{"properties":{}}}"#.into(),
        revision: 1,
        created_at: at(created),
        created_by: "user_1".into(),
        updated_at: at(created),
        updated_by: "user_1".into(),
    }
}

/// Makes blueprints that are there before a test begins.
pub(crate) async fn with_blueprints(store: &Store, identifiers: &[&str]) {
    let rows: Vec<_> = identifiers.iter().map(|name| blueprint(name, 1)).collect();
    change(store, move |tx| {
        rows.iter().try_for_each(|row| blueprints::insert(tx, row))
    })
    .await;
}

/// An entity without properties.
pub(crate) fn entity(blueprint: &str, identifier: &str) -> EntityRow {
    EntityRow {
        blueprint: blueprint.into(),
        identifier: identifier.into(),
        title: Some(format!("Title of {identifier}")),
        icon: None,
        team: "[]".into(),
        properties: "{}".into(),
        relations: "{}".into(),
        data_source: "curl/8".into(),
        created_at: at(5),
        created_by: "user_1".into(),
        updated_at: at(5),
        updated_by: "user_1".into(),
    }
}

/// Makes entities that are there before a test begins.
pub(crate) async fn with_entities(store: &Store, keys: &[(&str, &str)]) {
    let rows: Vec<_> = keys.iter().map(|(of, name)| entity(of, name)).collect();
    change(store, move |tx| {
        rows.iter().try_for_each(|row| entities::insert(tx, row))
    })
    .await;
}

/// A self-service action that is bound to no blueprint.
pub(crate) fn action(identifier: &str, created: i64) -> ActionRow {
    ActionRow {
        identifier: identifier.into(),
        id: format!("action_{identifier}"),
        title: Some(format!("Title of {identifier}")),
        icon: Some("Deploy".into()),
        blueprint: None,
        trigger_type: "self-service".into(),
        operation: Some("CREATE".into()),
        legacy_blueprint: None,
        doc: r#"{"trigger":{},"invocationMethod":{}}"#.into(),
        revision: 1,
        created_at: at(created),
        created_by: "user_1".into(),
        updated_at: at(created),
        updated_by: "user_1".into(),
    }
}

/// An app that has never been rotated.
pub(crate) fn app(id: &str, created: i64) -> AppRow {
    AppRow {
        id: id.into(),
        name: format!("Name of {id}"),
        secret_enc: vec![0, 1, 254, 255],
        previous_secret_enc: None,
        previous_until: None,
        is_default: false,
        enabled: true,
        created_at: at(created),
        updated_at: at(created),
    }
}

/// A user who cannot sign in with a password yet.
pub(crate) fn user(id: &str, email: &str, created: i64) -> UserRow {
    UserRow {
        id: id.into(),
        email: email.into(),
        first_name: "Zoë".into(),
        last_name: "O'Hara".into(),
        role: "Member".into(),
        status: "Invited".into(),
        password_hash: None,
        created_at: at(created),
        updated_at: at(created),
    }
}

/// A pending delivery that nobody has leased.
pub(crate) fn delivery(id: &str, run_id: &str, due: i64) -> DeliveryRow {
    DeliveryRow {
        id: id.into(),
        run_id: run_id.into(),
        state: "PENDING".into(),
        method: "POST".into(),
        url: "https://ci.example/hook?token=***".into(),
        destination: "https://ci.example:443".into(),
        request_enc: Some(vec![0, 200]),
        due_at: at(due),
        window_end: at(100_000),
        lease_owner: None,
        lease_until: None,
        attempts: 0,
        created_at: at(1),
        updated_at: at(1),
    }
}

/// A change of a secret, the event with the fewest fields.
pub(crate) fn event(id: &str, when: i64) -> EventRow {
    EventRow {
        id: id.into(),
        at: at(when),
        resource_type: "secret".into(),
        action: "UPDATE".into(),
        status: "SUCCESS".into(),
        origin: "API".into(),
        actor_id: "user_1".into(),
        actor: r#"{"userId":"user_1"}"#.into(),
        address: None,
        blueprint: None,
        entity: None,
        run_id: None,
        action_identifier: None,
        before: None,
        after: None,
        additional: None,
        message: None,
    }
}
