//! `larboard demo`: a server with the walkthrough seeded and a sample backend beside it, so that a newcomer presses one
//! button and watches a run live.

use super::serve::{announce, listen, stop_on_signal};
use super::{runtime, say};
use crate::caller::{Caller, Identity, Role};
use crate::config::Settings;
use crate::invoke::AllowList;
use crate::ops::{Failure, actions, blueprints, entities, scorecards};
use crate::start::{StartError, assemble, lock_data, open_store, run as run_server};
use crate::state::App;
use crate::system::{SystemClock, SystemIds};
use clap::Args;
use larboard_core::action::Action;
use larboard_core::entity::{EntityWrite, Verb};
use larboard_core::refusal::Code;
use larboard_core::scorecard::Scorecard;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::process::{Child, Command};

#[derive(Args)]
pub(super) struct Arguments {
    /// The sample backend, a Python program.
    #[arg(long, default_value = "examples/backend/backend.py")]
    backend: PathBuf,
    /// Port of the sample backend.
    #[arg(long, default_value_t = 4701)]
    backend_port: u16,
}

const EMAIL: &str = "admin@example.test";
const PASSWORD: &str = "larboard-demo";
const CLIENT_ID: &str = "larboard-demo-client";
const CLIENT_SECRET: &str = "larboard-demo-secret-not-for-production";

pub(super) fn run(settings: Settings, arguments: &Arguments) -> Result<ExitCode, StartError> {
    let defaults = Settings {
        data: Some(PathBuf::from(".demo")),
        bootstrap_client_id: Some(CLIENT_ID.into()),
        bootstrap_client_secret: Some(CLIENT_SECRET.into()),
        bootstrap_admin_email: Some(EMAIL.into()),
        bootstrap_admin_password: Some(PASSWORD.into()),
        log: Some("warn".into()),
        ..Settings::default()
    };
    let mut config = settings
        .or(defaults)
        .resolve()
        .map_err(|e| StartError(e.to_string()))?;
    let _telemetry = crate::log::start(&config)?;
    // The sample backend listens on this machine alone.
    let allowed = AllowList::parse("127.0.0.1/32").map_err(StartError)?;
    if config.webhook_allow == AllowList::default() {
        config.webhook_allow = allowed;
    }
    let _lock = lock_data(&config)?;
    let store = open_store(&config)?;
    runtime()?.block_on(async {
        let listener = listen(&config).await?;
        let (app, made) = assemble(config, store, Arc::new(SystemClock), Arc::new(SystemIds)).await?;
        seed(&app, arguments.backend_port).await?;
        stop_on_signal(app.clone())?;
        let mut backend = start_backend(&app, arguments)?;
        announce(&app, &made);
        say(&format!("Sign in as {EMAIL} with the password {PASSWORD}, press \"Create microservice\" and watch the run."));
        let served = run_server(app, listener).await;
        let _ = backend.kill().await;
        served
    })?;
    Ok(ExitCode::SUCCESS)
}

fn start_backend(app: &App, arguments: &Arguments) -> Result<Child, StartError> {
    // Its own complaint would be lost among the server's lines, and runs would wait for ever. The usual reason is the
    // backend of a demo that was killed.
    let port = arguments.backend_port;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|e| {
        StartError(format!(
            "the sample backend cannot listen on port {port}: {e}; stop what does, or choose another with --backend-port"
        ))
    })?;
    if !arguments.backend.exists() {
        return Err(StartError(format!(
            "there is no sample backend {}; start the demo in the repository, or name it with --backend",
            arguments.backend.display()
        )));
    }
    let bootstrap = &app.config.bootstrap;
    Command::new("python3")
        .arg(&arguments.backend)
        .arg("--port")
        .arg(arguments.backend_port.to_string())
        .env("LARBOARD_URL", &app.config.public_url)
        .env(
            "CLIENT_ID",
            bootstrap.client_id.as_deref().unwrap_or(CLIENT_ID),
        )
        .env(
            "CLIENT_SECRET",
            bootstrap.client_secret.as_deref().unwrap_or(CLIENT_SECRET),
        )
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| {
            StartError(format!(
                "cannot start the sample backend {}: {e}",
                arguments.backend.display()
            ))
        })
}

/// Makes the walkthrough's blueprint, its two actions, a few entities and a scorecard, unless they are there.
async fn seed(app: &App, backend_port: u16) -> Result<(), StartError> {
    let caller = Caller {
        identity: Identity::Machine {
            id: CLIENT_ID.into(),
            name: "Demo".into(),
        },
        role: Role::Admin,
        organization: app.directory.load().organization.clone(),
        origin: "API".into(),
        user_agent: "larboard-demo".into(),
        address: String::new(),
        teams: Arc::default(),
        trace: String::new(),
    };
    for blueprint in blueprints_of_demo() {
        ignore_taken(
            blueprints::create(app, &caller, blueprint, true)
                .await
                .map(drop),
        )?;
    }
    let url = format!("http://127.0.0.1:{backend_port}/");
    for (legacy, body) in actions_of_demo(&url) {
        let action = if legacy {
            Action::parse_legacy("microservice", &body)
        } else {
            Action::parse_today(&body)
        };
        ignore_taken(
            actions::create(app, &caller, action.map_err(Failure::from)?)
                .await
                .map(drop),
        )?;
    }
    for (blueprint, body) in entities_of_demo() {
        let compiled = entities::blueprint(app, blueprint).await?;
        let write = EntityWrite::parse(body, Verb::Post).map_err(Failure::from)?;
        let (intent, options) = (entities::Intent::Create, entities::Options::default());
        let written = entities::apply(app, &caller, &compiled, write, intent, options).await;
        ignore_taken(written.map(drop))?;
    }
    let scorecard = Scorecard::parse(scorecard_of_demo()).map_err(Failure::from)?;
    ignore_taken(
        scorecards::create(app, &caller, "microservice", scorecard)
            .await
            .map(drop),
    )
}

fn ignore_taken(result: Result<(), Failure>) -> Result<(), StartError> {
    match result {
        Err(Failure::Refused(refusal)) if refusal.code == Code::IdentifierTaken => Ok(()),
        other => other.map_err(StartError::from),
    }
}

fn blueprints_of_demo() -> Vec<Value> {
    vec![
        json!({
            "identifier": "domain", "title": "Domain", "icon": "Folder",
            "schema": { "properties": { "owner": { "type": "string", "format": "email", "title": "Owner" } } },
        }),
        json!({
            "identifier": "microservice", "title": "Service", "icon": "Microservice",
            "description": "A service of our platform",
            "schema": { "properties": {
                "region": { "type": "string", "title": "Region" },
                "language": { "type": "string", "title": "Language", "enum": ["Rust", "Go", "Python", "TypeScript"] },
                "url": { "type": "string", "format": "url", "title": "Address" },
                "replicas": { "type": "number", "title": "Replicas", "minimum": 0 },
            }, "required": [] },
            "relations": { "domain": { "title": "Domain", "target": "domain", "required": false, "many": false } },
            "mirrorProperties": { "domainOwner": { "title": "Domain owner", "path": "domain.owner" } },
        }),
    ]
}

fn scorecard_of_demo() -> Value {
    let rule = |identifier: &str, title: &str, level: &str, condition: Value| {
        json!({ "identifier": identifier, "title": title, "level": level,
            "query": { "combinator": "and", "conditions": [condition] } })
    };
    json!({ "identifier": "production_readiness", "title": "Production readiness", "rules": [
        rule("in_a_domain", "Belongs to a domain", "Bronze", json!({ "relation": "domain", "operator": "isNotEmpty" })),
        rule("runs_twice", "Runs at least twice", "Silver", json!({ "property": "replicas", "operator": ">=", "value": 2 })),
        rule("has_address", "Has an address", "Gold", json!({ "property": "url", "operator": "isNotEmpty" })),
    ] })
}

fn actions_of_demo(url: &str) -> Vec<(bool, Value)> {
    let regions = json!(["eu-west-1", "eu-central-1", "us-east-1"]);
    vec![
        (
            true,
            json!({
                "identifier": "create_microservice", "title": "Create microservice", "icon": "Microservice",
                "description": "A new service with its repository and pipeline",
                "userInputs": { "properties": {
                    "name": { "type": "string", "title": "Service name", "pattern": "^[a-z][a-z0-9-]*$", "maxLength": 40 },
                    "region": { "type": "string", "title": "Cloud region", "enum": regions, "default": "eu-west-1" },
                }, "required": ["name"] },
                "invocationMethod": { "type": "WEBHOOK", "url": url },
                "trigger": "CREATE",
            }),
        ),
        (
            true,
            json!({
                "identifier": "deploy_microservice", "title": "Deploy microservice", "icon": "Deployment",
                "description": "Roll the service out to an environment",
                "userInputs": { "properties": {
                    "environment": { "type": "string", "title": "Environment", "enum": ["staging", "production"], "default": "staging" },
                    "replicas": { "type": "number", "title": "Replicas", "minimum": 1, "maximum": 20 },
                }, "required": ["environment"] },
                "invocationMethod": { "type": "WEBHOOK", "url": url },
                "trigger": "DAY-2",
            }),
        ),
        (
            false,
            json!({
                "identifier": "report_incident", "title": "Report an incident", "icon": "Alert",
                "description": "Tell the people on call, with a body of our own",
                "trigger": { "type": "self-service", "operation": "CREATE", "actionCardButtonText": "Report",
                    "userInputs": { "properties": {
                        "summary": { "type": "string", "title": "What happened" },
                        "severity": { "type": "string", "title": "Severity", "enum": ["low", "medium", "high"], "default": "low" },
                        "details": { "type": "string", "format": "multi-line", "title": "Details" },
                    }, "required": ["summary"], "order": ["summary", "severity", "details"] } },
                "invocationMethod": { "type": "WEBHOOK", "url": url, "headers": { "RUN_ID": "{{ .run.id }}" },
                    "body": { "runId": "{{ .run.id }}", "action": "{{ .action.identifier }}", "inputs": "{{ .inputs }}",
                        "by": "{{ .trigger.by.user.email }}", "text": "Incident ({{ .inputs.severity }}): {{ .inputs.summary }}" } },
            }),
        ),
    ]
}

fn entities_of_demo() -> Vec<(&'static str, Value)> {
    vec![
        (
            "domain",
            json!({ "identifier": "shop", "title": "Shop", "properties": { "owner": "shop@example.test" } }),
        ),
        (
            "microservice",
            json!({
                "identifier": "checkout", "title": "Checkout",
                "properties": { "region": "eu-west-1", "language": "Rust", "url": "https://checkout.example.test", "replicas": 3 },
                "relations": { "domain": "shop" },
            }),
        ),
        (
            "microservice",
            json!({
                "identifier": "catalog", "title": "Catalog",
                "properties": { "region": "eu-central-1", "language": "Go", "replicas": 2 }, "relations": { "domain": "shop" },
            }),
        ),
        (
            "microservice",
            json!({
                "identifier": "reviews", "title": "Reviews",
                "properties": { "region": "eu-west-1", "language": "Rust", "replicas": 1 }, "relations": { "domain": "shop" },
            }),
        ),
    ]
}
