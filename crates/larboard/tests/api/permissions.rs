//! Who may do what: every operation of the OpenAPI document, without credentials and as a member. An operation that is
//! in none of the tables below fails the test, so that a new route has to say whom it is for.

use crate::client::{Client, Reply, send};
use crate::harness::on_both_databases;
use larboard::http::openapi;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Anyone may ask, without credentials.
const PUBLIC: &[&str] = &[
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "POST /v1/auth/access_token",
    "POST /v1/auth/session",
];

/// Whoever has credentials may ask.
const MEMBERS: &[&str] = &[
    "GET /v1/auth/session",
    "DELETE /v1/auth/session",
    "GET /v1/organization",
    "GET /v1/blueprints",
    "GET /v1/blueprints/{blueprint}",
    "GET /v1/blueprints/{blueprint}/entities",
    "GET /v1/blueprints/{blueprint}/entities/{entity}",
    "GET /v1/blueprints/{blueprint}/entities-count",
    "POST /v1/entities/search",
    "POST /v1/blueprints/{blueprint}/entities/search",
    "POST /v1/blueprints/entities/datasource-entities",
    "GET /v1/data-sources",
    "GET /v1/auth/permissions",
    "POST /v1/entities/aggregate",
    "POST /v1/entities/aggregate-over-time",
    "POST /v1/entities/properties-history",
    "POST /v1/blueprints/{blueprint}/entities/search/count",
    "POST /v1/blueprints/{blueprint}/entities/group",
    "POST /v1/blueprints/{blueprint}/entities/top-search",
    "GET /v1/scorecards",
    "GET /v1/blueprints/{blueprint}/scorecards",
    "GET /v1/blueprints/{blueprint}/scorecards/{scorecard}",
    "GET /v1/blueprints/system/{blueprint}/structure",
    "GET /v1/teams",
    "GET /v1/teams/{name}",
    "GET /v1/users",
    "GET /v1/users/{email}",
    "GET /v1/entities/{blueprint}/{entity}",
    "POST /v1/actions/runs/{run}/logs/ndjson",
    "GET /v1/migrations",
    "GET /v1/migrations/{migration}",
    "GET /v1/pages",
    "GET /v1/pages/{page}",
    "PUT /v1/pages/{page}",
    "PATCH /v1/pages/{page}",
    "POST /v1/pages/{page}/widgets",
    "PATCH /v1/pages/{page}/widgets/{widget}",
    "DELETE /v1/pages/{page}/widgets/{widget}",
    "GET /v1/sidebars/{sidebar}",
    "POST /v1/blueprints/{blueprint}/entities",
    "PUT /v1/blueprints/{blueprint}/entities/{entity}",
    "PATCH /v1/blueprints/{blueprint}/entities/{entity}",
    "DELETE /v1/blueprints/{blueprint}/entities/{entity}",
    "POST /v1/blueprints/{blueprint}/entities/bulk",
    "POST /v1/blueprints/{blueprint}/bulk/entities/delete",
    "POST /v1/blueprints/{blueprint}/bulk/entities/ndjson",
    "GET /v1/actions",
    "GET /v1/actions/{action}",
    "GET /v1/blueprints/{blueprint}/actions",
    "GET /v1/blueprints/{blueprint}/actions/{action}",
    "POST /v1/actions/{action}/runs",
    "POST /v1/blueprints/{blueprint}/actions/{action}/runs",
    "POST /v1/blueprints/{blueprint}/entities/{entity}/actions/{action}/runs",
    "GET /v1/actions/runs",
    "GET /v1/actions/runs/{run}",
    "PATCH /v1/actions/runs/{run}",
    "PATCH /v1/actions/runs/{run}/approval",
    "POST /v1/actions/runs/{run}/logs",
    "GET /v1/actions/runs/{run}/logs",
    "GET /v1/actions/runs/{run}/logging",
    "GET /v1/actions/runs/{run}/events",
    "GET /v1/actions/runs/{run}/deliveries",
    "GET /v1/audit-log",
    "POST /v1/jq/evaluate",
    "GET /v1/events",
];

/// Administrators and machines only.
const ADMINS: &[&str] = &[
    "PUT /v1/organization",
    "PATCH /v1/organization",
    "GET /v1/organization/secrets",
    "POST /v1/organization/secrets",
    "GET /v1/organization/secrets/{name}",
    "PATCH /v1/organization/secrets/{name}",
    "DELETE /v1/organization/secrets/{name}",
    "GET /v1/apps",
    "POST /v1/apps",
    "PUT /v1/apps/{id}",
    "DELETE /v1/apps/{id}",
    "POST /v1/apps/{id}/rotate-secret",
    "POST /v1/blueprints",
    "PUT /v1/blueprints/{blueprint}",
    "PATCH /v1/blueprints/{blueprint}",
    "DELETE /v1/blueprints/{blueprint}",
    "PATCH /v1/blueprints/{blueprint}/datasource/bulk",
    "POST /v1/scorecards",
    "POST /v1/blueprints/{blueprint}/scorecards",
    "PUT /v1/blueprints/{blueprint}/scorecards",
    "PUT /v1/blueprints/{blueprint}/scorecards/{scorecard}",
    "PATCH /v1/blueprints/{blueprint}/scorecards/{scorecard}",
    "DELETE /v1/blueprints/{blueprint}/scorecards/{scorecard}",
    "POST /v1/teams",
    "PUT /v1/teams/{name}",
    "PATCH /v1/teams/{name}",
    "DELETE /v1/teams/{name}",
    "POST /v1/users/invite",
    "PATCH /v1/users/{email}",
    "DELETE /v1/users/{email}",
    "DELETE /v1/blueprints/{blueprint}/all-entities",
    "POST /v1/migrations",
    "POST /v1/migrations/{migration}/cancel",
    "PATCH /v1/blueprints/{blueprint}/properties/{property}/rename",
    "PATCH /v1/blueprints/{blueprint}/mirror/{mirror}/rename",
    "PATCH /v1/blueprints/{blueprint}/relations/{relation}/rename",
    "GET /v1/blueprints/{blueprint}/permissions",
    "PATCH /v1/blueprints/{blueprint}/permissions",
    "POST /v1/pages",
    "DELETE /v1/pages/{page}",
    "GET /v1/pages/{page}/permissions",
    "PATCH /v1/pages/{page}/permissions",
    "POST /v1/sidebars/{sidebar}/folders",
    "PATCH /v1/sidebars/{sidebar}/folders/{folder}",
    "DELETE /v1/sidebars/{sidebar}/folders/{folder}",
    "POST /v1/actions",
    "PUT /v1/actions/{action}",
    "DELETE /v1/actions/{action}",
    "POST /v1/blueprints/{blueprint}/actions",
    "PUT /v1/blueprints/{blueprint}/actions",
    "PUT /v1/blueprints/{blueprint}/actions/{action}",
    "DELETE /v1/blueprints/{blueprint}/actions/{action}",
];

/// An operation of the document.
struct Operation {
    /// Such as `GET /v1/blueprints/{blueprint}`.
    name: String,
    /// Marked as needing no credentials.
    public: bool,
    /// Takes a body.
    body: bool,
}

fn operations() -> Vec<Operation> {
    let document = openapi::document();
    let paths = document["paths"].as_object().expect("paths").clone();
    let mut found = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            found.push(Operation {
                name: format!("{} {path}", method.to_uppercase()),
                public: operation.get("security") == Some(&json!([{}])),
                body: operation.get("requestBody").is_some(),
            });
        }
    }
    found
}

/// Asks an operation with made-up names. Of a stream that lets the caller in only the head is read: it would not end.
async fn try_it(client: &Client, operation: &Operation) -> Reply {
    let (method, path) = operation.name.split_once(' ').expect("a method and a path");
    let path: String = path
        .split('/')
        .map(|part| if part.starts_with('{') { "some" } else { part })
        .collect::<Vec<_>>()
        .join("/");
    // The whole audit log is for administrators; what concerns one thing is for everyone.
    let path = path.replace("/v1/audit-log", "/v1/audit-log?identifier=some");
    let request = client.request(method, &path);
    let request = if operation.body {
        request.json(&json!({}))
    } else {
        request
    };
    if path == "/v1/events" {
        let response = request.send().await.expect("a reply");
        if response.status() == 200 {
            return Reply {
                asked: operation.name.clone(),
                status: 200,
                headers: response.headers().clone(),
                text: String::new(),
                body: Value::Null,
            };
        }
        return send(client.request(method, &path)).await;
    }
    send(request).await
}

#[test]
fn every_operation_is_in_exactly_one_table() {
    let known: Vec<&str> = [PUBLIC, MEMBERS, ADMINS].concat();
    let once: BTreeSet<&str> = known.iter().copied().collect();
    assert_eq!(once.len(), known.len(), "an operation is in two tables");
    let operations = operations();
    let documented: BTreeSet<&str> = operations.iter().map(|o| o.name.as_str()).collect();
    assert_eq!(documented, once);
    let public: BTreeSet<&str> = operations
        .iter()
        .filter(|operation| operation.public)
        .map(|operation| operation.name.as_str())
        .collect();
    assert_eq!(public, PUBLIC.iter().copied().collect());
}

#[test]
fn no_operation_answers_a_caller_without_credentials() {
    on_both_databases(async |server| {
        let anonymous = server.anonymous();
        for operation in operations().iter().filter(|o| !o.public) {
            let message = try_it(&anonymous, operation)
                .await
                .refused(401, "unauthorized");
            assert!(message.ends_with('.'), "{}: {message}", operation.name);
        }
    });
}

#[test]
fn a_member_is_refused_what_is_for_administrators_and_nothing_else() {
    on_both_databases(async |server| {
        let member = server.member().await;
        for operation in operations() {
            // It would end the session that the others need; its own test is among the sign-in ones.
            if operation.name == "DELETE /v1/auth/session" || operation.public {
                continue;
            }
            let reply = try_it(&member, &operation).await;
            if ADMINS.contains(&operation.name.as_str()) {
                let message = reply.refused(403, "missing_permissions");
                assert!(
                    message.contains("role Admin"),
                    "{}: {message}",
                    operation.name
                );
            } else {
                assert!(
                    reply.status != 401 && reply.status != 403 && reply.status < 500,
                    "{} answers a member {}: {}",
                    operation.name,
                    reply.status,
                    reply.text
                );
            }
        }
    });
}

#[test]
fn an_administrator_and_a_machine_are_refused_nothing() {
    on_both_databases(async |server| {
        for client in [server.admin().await, server.machine()] {
            for operation in operations() {
                if operation.name.ends_with(" /v1/auth/session") || operation.public {
                    continue;
                }
                let reply = try_it(&client, &operation).await;
                assert!(
                    reply.status != 401 && reply.status != 403 && reply.status < 500,
                    "{} answers {}: {}",
                    operation.name,
                    reply.status,
                    reply.text
                );
            }
        }
    });
}
