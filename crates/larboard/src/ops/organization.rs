//! Changes of the organization.

mod rules;

use super::Outcome;
use super::audit::{Author, Change, named};
use crate::caller::Caller;
use crate::state::App;
use larboard_core::contract::{Components, Object, anything, pattern, text, texts};
use larboard_core::refusal::Refusal;
use larboard_store::organization::OrganizationRow;
use larboard_store::{audit, organization};
use serde_json::{Map, Value, json};

/// Keys of the API's organization besides `name`, kept as they come (facts/catalog.md 6.4).
const KNOWN: &[&str] = &[
    "settings",
    "announcement",
    "supportUserPermission",
    "supportUserTTL",
    "supportUserExpiresAt",
    "isOnboarded",
    "toolSelectionProvisioning",
];

/// The schemas of the organization and of the bodies that change it.
pub fn contract() -> Components {
    let known = |object: Object| rules::add_to(object).may("supportUserExpiresAt", anything());
    // What the server adds is tolerated in a body, which may be the reply of a GET.
    let body = || {
        known(Object::closed())
            .may("id", anything())
            .may("featureFlags", anything())
    };
    let name = || pattern(r"\S");
    let shown = Object::closed()
        .must("id", pattern("^org_[A-Za-z0-9]{16}$"))
        .must("name", text())
        .must("featureFlags", texts());
    vec![
        ("Organization", known(shown).build()),
        ("OrganizationBody", body().must("name", name()).build()),
        ("OrganizationPatchBody", body().may("name", name()).build()),
    ]
}

/// How a body is applied.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// PUT: what the body lacks is gone; `name` is required.
    Replace,
    /// PATCH: what the body lacks stays.
    Merge,
}

/// Applies a PUT or PATCH and returns the organization as it then is.
///
/// # Errors
/// `invalid_request` for unknown keys and mistyped values.
pub async fn update(
    app: &App,
    caller: &Caller,
    body: Value,
    mode: Mode,
) -> Outcome<OrganizationRow> {
    let change = Body::parse(&body, mode)?;
    let (app_, caller, now) = (app.clone(), caller.clone(), app.now());
    app.store
        .write(move |tx| {
            let before = organization::get(tx)?;
            let mut settings: Map<String, Value> = match mode {
                Mode::Replace => Map::new(),
                Mode::Merge => serde_json::from_str(&before.settings)?,
            };
            for (key, value) in &change.rest {
                match (settings.get_mut(key), value) {
                    (Some(Value::Object(old)), Value::Object(new)) if mode == Mode::Merge => {
                        old.extend(new.clone());
                    }
                    _ => {
                        settings.insert(key.clone(), value.clone());
                    }
                }
            }
            let name = change.name.clone().unwrap_or_else(|| before.name.clone());
            let text = Value::Object(settings).to_string();
            organization::update(tx, &before.id, &name, &text, now)?;
            let after = OrganizationRow {
                name,
                settings: text,
                updated_at: now,
                ..before.clone()
            };
            if (&before.name, &before.settings) != (&after.name, &after.settings) {
                let mut event = Author::caller(&caller).event(
                    app_.ids.as_ref(),
                    now,
                    "organization",
                    Change::Update,
                );
                event.before = Some(shape(&before).to_string());
                event.after = Some(shape(&after).to_string());
                audit::append(tx, &named(event, "organization", &after.id))?;
            }
            Ok(after)
        })
        .await
}

/// The organization as the API shows it: the feature flags that clients look for stay off (facts/routes.md).
pub fn shape(row: &OrganizationRow) -> Value {
    let mut value = json!({ "id": row.id, "name": row.name, "featureFlags": [] });
    if let (Some(map), Ok(Value::Object(rest))) =
        (value.as_object_mut(), serde_json::from_str(&row.settings))
    {
        map.extend(rest);
    }
    value
}

struct Body {
    name: Option<String>,
    rest: Map<String, Value>,
}

impl Body {
    fn parse(body: &Value, mode: Mode) -> Result<Self, Refusal> {
        let Value::Object(map) = body else {
            return Err(Refusal::invalid_request("The body must be a JSON object."));
        };
        let mut rest = map.clone();
        let name = match rest.shift_remove("name") {
            None if mode == Mode::Replace => {
                return Err(Refusal::invalid_request(
                    "\"name\" is missing; a PUT needs the organization's name.",
                ));
            }
            None => None,
            Some(Value::String(name)) if !name.trim().is_empty() => Some(name),
            Some(other) => {
                return Err(Refusal::invalid_request(format!(
                    "\"name\" is {other}; it must be a text that is not empty."
                )));
            }
        };
        // Clients send the reply of a GET back, so what the server adds is tolerated and left out.
        for added in ["id", "featureFlags"] {
            rest.shift_remove(added);
        }
        if let Some(unknown) = rest.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(Refusal::invalid_request(format!(
                "{unknown:?} is not known here; the keys are name, {}.",
                KNOWN.join(", ")
            )));
        }
        rules::check(&rest)?;
        Ok(Self { name, rest })
    }
}
