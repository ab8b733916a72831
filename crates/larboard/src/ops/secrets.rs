//! Changes of secrets. A value comes in, is sealed, and never goes out again but into a rendered request. A change is
//! answered once this process strikes the new value out of whatever it is sent.

use super::Outcome;
use super::audit::{Author, Change, named};
use super::bootstrap::reload;
use crate::caller::Caller;
use crate::directory::purpose;
use crate::state::App;
use larboard_core::fields::Fields;
use larboard_core::refusal::Refusal;
use larboard_store::secrets::SecretRow;
use larboard_store::{StoreError, Tx, audit, secrets};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The body of a POST (facts/actions.md 8.2).
pub struct NewSecret {
    name: String,
    value: String,
    description: Option<String>,
}

impl NewSecret {
    /// Reads it strictly.
    ///
    /// # Errors
    /// `invalid_request` naming the key.
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "")?;
        fields.only(&["secretName", "secretValue", "description"])?;
        let name = fields.string("secretName")?;
        if name.is_empty()
            || name.len() > 100
            || !name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        {
            return Err(Refusal::invalid_request(format!(
                "\"secretName\" is {name:?}; use 1 to 100 letters, digits, hyphens and underscores."
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            value: fields.string("secretValue")?.to_owned(),
            description: description(&fields)?,
        })
    }
}

/// The body of a PATCH.
pub struct SecretPatch {
    value: Option<String>,
    description: Option<String>,
}

impl SecretPatch {
    /// Reads it strictly; both keys are optional.
    ///
    /// # Errors
    /// `invalid_request` naming the key.
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "")?;
        fields.only(&["secretValue", "description"])?;
        Ok(Self {
            value: fields.find_string("secretValue")?.map(str::to_owned),
            description: description(&fields)?,
        })
    }
}

fn description(fields: &Fields<'_>) -> Result<Option<String>, Refusal> {
    let description = fields.find_string("description")?;
    if let Some(text) = description
        && text.chars().count() > 200
    {
        return Err(Refusal::invalid_request(format!(
            "\"description\" has {} characters; it may have at most 200.",
            text.chars().count()
        )));
    }
    Ok(description.map(str::to_owned))
}

/// What may be seen of a secret.
pub fn shape(row: &SecretRow) -> Value {
    let mut value = json!({ "secretName": row.name });
    if let (Some(description), Some(map)) = (&row.description, value.as_object_mut()) {
        map.insert("description".into(), json!(description));
    }
    if let Some(map) = value.as_object_mut() {
        map.insert("createdAt".into(), json!(row.created_at));
        map.insert("updatedAt".into(), json!(row.updated_at));
    }
    value
}

/// Makes a secret.
///
/// # Errors
/// `identifier_taken`.
pub async fn create(app: &App, caller: &Caller, new: NewSecret) -> Outcome<SecretRow> {
    let now = app.now();
    let row = SecretRow {
        value_enc: app.keys.seal(purpose::SECRET, new.value.as_bytes()),
        name: new.name,
        description: new.description,
        created_at: now,
        created_by: caller.id().to_owned(),
        updated_at: now,
        updated_by: caller.id().to_owned(),
    };
    let (app_, caller) = (app.clone(), caller.clone());
    let made = app
        .store
        .write(move |tx| {
            if secrets::find(tx, &row.name)?.is_some() {
                return Err(taken(&row.name).into());
            }
            match secrets::insert(tx, &row) {
                Err(StoreError::Unique { .. }) => return Err(taken(&row.name).into()),
                other => other?,
            }
            append(tx, &app_, &caller, Change::Create, None, Some(&row))?;
            Ok::<_, super::Failure>(row.clone())
        })
        .await?;
    reload(app).await;
    Ok(made)
}

/// Changes value or description.
///
/// # Errors
/// `not_found`.
pub async fn update(
    app: &App,
    caller: &Caller,
    name: &str,
    patch: SecretPatch,
) -> Outcome<SecretRow> {
    let sealed = patch
        .value
        .map(|value| app.keys.seal(purpose::SECRET, value.as_bytes()));
    let (app_, caller, name, now) = (app.clone(), caller.clone(), name.to_owned(), app.now());
    let changed = app
        .store
        .write(move |tx| {
            let before = secrets::find(tx, &name)?.ok_or_else(|| not_found(&name))?;
            let mut after = before.clone();
            after.updated_at = now;
            after.updated_by = caller.id().to_owned();
            if let Some(sealed) = &sealed {
                after.value_enc.clone_from(sealed);
            }
            if let Some(description) = &patch.description {
                // An empty description clears it (facts/addenda.md).
                after.description = Some(description.clone()).filter(|text| !text.is_empty());
            }
            secrets::update(tx, &after)?;
            append(
                tx,
                &app_,
                &caller,
                Change::Update,
                Some(&before),
                Some(&after),
            )?;
            Ok::<_, super::Failure>(after)
        })
        .await?;
    reload(app).await;
    Ok(changed)
}

/// Deletes a secret.
///
/// # Errors
/// `not_found`.
pub async fn delete(app: &App, caller: &Caller, name: &str) -> Outcome<()> {
    let (app, caller, name) = (app.clone(), caller.clone(), name.to_owned());
    app.clone()
        .store
        .write(move |tx| {
            let before = secrets::find(tx, &name)?.ok_or_else(|| not_found(&name))?;
            secrets::delete(tx, &name)?;
            append(tx, &app, &caller, Change::Delete, Some(&before), None)
        })
        .await
}

/// Every secret's value by name, for rendering a request. The caller must not keep it.
///
/// # Errors
/// If the database fails or a value was sealed with another master key.
pub fn values(tx: &mut Tx<'_>, app: &App) -> Outcome<BTreeMap<String, String>> {
    secrets::list(tx)?
        .into_iter()
        .map(|row| {
            Ok((
                row.name,
                app.keys.open_text(purpose::SECRET, &row.value_enc)?,
            ))
        })
        .collect()
}

/// The refusal of an unknown secret.
pub fn not_found(name: &str) -> Refusal {
    Refusal::not_found(format!("There is no secret {name:?}."))
}

fn taken(name: &str) -> Refusal {
    Refusal::identifier_taken(format!(
        "There is a secret {name:?} already; PATCH it or choose another name."
    ))
}

fn append(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    change: Change,
    before: Option<&SecretRow>,
    after: Option<&SecretRow>,
) -> Outcome<()> {
    let mut event = Author::caller(caller).event(app.ids.as_ref(), app.now(), "secret", change);
    event.before = before.map(|row| shape(row).to_string());
    event.after = after.map(|row| shape(row).to_string());
    let name = before
        .or(after)
        .map(|row| row.name.clone())
        .unwrap_or_default();
    audit::append(tx, &named(event, "secret", &name))?;
    crate::directory::changed(tx)?;
    Ok(())
}
