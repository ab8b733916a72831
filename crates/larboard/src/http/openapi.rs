//! The OpenAPI document: a frame here, operations beside their handlers, and the shapes of bodies and replies in
//! `openapi/schema.rs`. What every operation shares (credentials, refusals, the body limit) is added to all at once.

pub mod schema;

pub use schema::*;

use larboard_core::refusal::Code;
use serde_json::json;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref,
    RefOr, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

/// The document without its operations.
pub fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Larboard")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "A self-hosted developer portal: software catalog, self-service actions and a live record of every run. \
             It speaks Port's HTTP API; operations marked `x-larboard-extension` are Larboard's own.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme(
            "bearer",
            SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
        )
        .schema(Refused::name(), Refused::schema())
        .build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new(
            "bearer",
            Vec::<String>::new(),
        )]))
        .build()
}

/// The document as it is served and checked in.
pub fn document() -> OpenApi {
    let (_, mut document) = super::routes::table().split_for_parts();
    finish(&mut document);
    document
}

/// Adds what all operations share.
pub fn finish(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Patch, &mut item.patch),
            (HttpMethod::Delete, &mut item.delete),
        ] {
            if let Some(operation) = operation {
                share(path, &method, operation);
            }
        }
    }
}

fn share(path: &str, method: &HttpMethod, operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        // The specification asks for a description even where the operation's own says it all.
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = success(status).to_owned();
        }
    }
    let mut statuses = vec![500, 503];
    if path.starts_with("/v1/") {
        statuses.extend([400, 404, 422]);
        if operation.request_body.is_some() {
            statuses.push(413);
        }
        if path == "/v1/auth/session" {
            statuses.extend([401, 403, 429]);
        } else {
            statuses.extend([401, 403]);
        }
        if matches!(
            method,
            HttpMethod::Post | HttpMethod::Put | HttpMethod::Patch
        ) {
            statuses.push(409);
        }
    }
    for status in statuses {
        let codes: Vec<&str> = Code::ALL
            .iter()
            .filter(|code| code.status() == status)
            .map(|code| code.as_str())
            .collect();
        let response = ResponseBuilder::new()
            .description(format!("Refused: {}.", codes.join(", ")))
            .content(
                "application/json",
                ContentBuilder::new()
                    .schema(Some(Ref::from_schema_name(Refused::name())))
                    .build(),
            )
            .build();
        operation
            .responses
            .responses
            .entry(status.to_string())
            .or_insert(RefOr::T(response));
    }
}

/// What a successful status means for a reader of the document.
fn success(status: &str) -> &'static str {
    match status {
        "201" => "Made.",
        "202" => "Accepted; it is stored and will be delivered.",
        "207" => "Some items were refused.",
        _ => "Done.",
    }
}

/// The document as text, indented, with a final line break: the form that is checked in.
pub fn text() -> String {
    let value = serde_json::to_value(document()).unwrap_or_else(|_| json!({}));
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}
