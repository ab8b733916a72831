//! The OpenAPI document: a frame here, operations beside their handlers, envelopes of replies in `openapi/schema.rs`, exact
//! schemas in `openapi/contract.rs`, and what every operation shares in `openapi/operation.rs`.

mod contract;
mod operation;
pub mod schema;

pub use contract::*;
pub use schema::*;

use serde_json::Value;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

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
pub fn document() -> Value {
    let (_, document) = super::routes::table().split_for_parts();
    finished(&document)
}

/// The document with what all operations share and with the exact schemas.
pub fn finished(document: &OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    for (path, method, operation) in operations(&mut document) {
        operation::share(&path, &method, operation);
    }
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        for (name, schema) in contract::components()
            .into_iter()
            .chain(operation::refusals())
        {
            schemas.insert(name.to_owned(), schema);
        }
        schemas.sort_keys();
    }
    mark_extensions(&mut document);
    document
}

/// Every operation with its path and method.
fn operations(document: &mut Value) -> impl Iterator<Item = (String, String, &mut Value)> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    paths.into_iter().flatten().flat_map(|(path, item)| {
        let methods = item.as_object_mut().into_iter().flatten();
        methods.map(move |(method, operation)| (path.clone(), method.clone(), operation))
    })
}

/// Marks what says of itself that it is ours.
fn mark_extensions(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let ours = map.get("description").and_then(Value::as_str);
            if ours.is_some_and(|text| text.starts_with("Ours")) {
                map.insert("x-larboard-extension".into(), true.into());
            }
            map.values_mut().for_each(mark_extensions);
        }
        Value::Array(items) => items.iter_mut().for_each(mark_extensions),
        _ => {}
    }
}

/// The document as text, indented, with a final line break: the form that is checked in.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
}
