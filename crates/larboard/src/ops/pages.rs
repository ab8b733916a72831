//! Pages of the portal: changing them, who may read them, and what happens to them when their blueprint changes.

use super::audit::{Author, Change, named};
use super::blueprints::Mode;
use super::{Failure, Outcome, sidebar};
use crate::caller::Caller;
use crate::state::App;
use larboard_core::blueprint::{Blueprint, Stamps};
use larboard_core::page::{self, Page};
use larboard_core::permission;
use larboard_core::refusal::Refusal;
use larboard_core::time::Timestamp;
use larboard_store::pages::{self, PageRow};
use larboard_store::{StoreError, Tx, audit, blueprints};
use serde_json::{Value, json};

/// A page as the API shows it.
///
/// # Errors
/// If the stored document is no page.
pub fn shape(row: &PageRow, compact: bool) -> Outcome<Value> {
    Ok(Page::from_stored(&row.doc)?.render(&stamps(row), compact))
}

fn stamps(row: &PageRow) -> Stamps {
    Stamps {
        created_at: row.created_at,
        created_by: row.created_by.clone(),
        updated_at: row.updated_at,
        updated_by: row.updated_by.clone(),
    }
}

fn row(page: &Page, permissions: Option<String>, stamps: &Stamps) -> PageRow {
    PageRow {
        identifier: page.identifier().to_owned(),
        kind: page.kind().to_owned(),
        blueprint: page.blueprint().map(str::to_owned),
        doc: page.to_text(),
        permissions,
        created_at: stamps.created_at,
        created_by: stamps.created_by.clone(),
        updated_at: stamps.updated_at,
        updated_by: stamps.updated_by.clone(),
    }
}

/// What a page allows: what was said of it, or else everyone reads it and administrators change it.
///
/// # Errors
/// If what is stored is no JSON.
pub fn permissions(row: &PageRow) -> Outcome<Value> {
    Ok(match &row.permissions {
        Some(text) => serde_json::from_str(text)?,
        None => json!({
            "read": { "users": [], "roles": ["Admin", "Member"], "teams": [] },
            "update": { "users": [], "roles": ["Admin"], "teams": [] },
        }),
    })
}

/// Whether the caller may `read` or `update` a page. Administrators and machines may do both.
///
/// # Errors
/// If what is stored is no JSON.
pub fn allows(row: &PageRow, caller: &Caller, what: &str) -> Outcome<bool> {
    if caller.is_admin() {
        return Ok(true);
    }
    let block = permissions(row)?.get(what).cloned().unwrap_or_default();
    Ok(permission::names(&block, &caller.asker()))
}

/// The pages a caller may read, oldest first.
///
/// # Errors
/// If the database fails.
pub fn list(tx: &mut Tx<'_>, caller: &Caller) -> Outcome<Vec<PageRow>> {
    let mut readable = Vec::new();
    for row in pages::list(tx)? {
        if allows(&row, caller, "read")? {
            readable.push(row);
        }
    }
    Ok(readable)
}

/// A page that the caller may `read` or `update`.
///
/// # Errors
/// `not_found`, `missing_permissions`.
pub fn get(tx: &mut Tx<'_>, caller: &Caller, identifier: &str, what: &str) -> Outcome<PageRow> {
    let row = pages::find(tx, identifier)?.ok_or_else(|| not_found(identifier))?;
    if allows(&row, caller, what)? {
        return Ok(row);
    }
    Err(Refusal::missing_permissions(format!(
        "You may not {what} the page {identifier:?}; ask an administrator for the permission."
    ))
    .into())
}

fn not_found(identifier: &str) -> Refusal {
    Refusal::not_found(format!(
        "There is no page {identifier:?}. GET /v1/pages lists those there are."
    ))
}

/// Makes a page.
///
/// # Errors
/// What is wrong with the body, `identifier_taken`, `not_found` for an unknown blueprint, parent or predecessor.
pub async fn create(app: &App, caller: &Caller, body: Value) -> Outcome<PageRow> {
    let page = Page::create(body)?;
    let (app_, caller, now) = (app.clone(), caller.clone(), app.now());
    app.store
        .write(move |tx| {
            check(tx, &page)?;
            let row = row(&page, None, &Stamps::new(now, caller.id()));
            sidebar::check_free(tx, &row.identifier)?;
            pages::insert(tx, &row)?;
            append(tx, &app_, &caller, Change::Create, None, Some(&row), now)?;
            Ok::<_, Failure>(row)
        })
        .await
}

/// Applies a PUT or PATCH.
///
/// # Errors
/// As for [`create`], `not_found`, `missing_permissions`.
pub async fn update(
    app: &App,
    caller: &Caller,
    identifier: &str,
    body: Value,
    mode: Mode,
) -> Outcome<PageRow> {
    let change = change(app, caller, identifier, move |page| {
        let after = match mode {
            Mode::Replace => page.replace(body.clone())?,
            Mode::Merge => page.patch(body.clone())?,
        };
        Ok((after, ()))
    });
    Ok(change.await?.0)
}

/// Applies a change to the document of a page; what the change returns besides is handed back.
///
/// # Errors
/// What the change refuses, and as for [`update`].
pub async fn change<T: Send + 'static>(
    app: &App,
    caller: &Caller,
    identifier: &str,
    apply: impl Fn(&Page) -> Result<(Page, T), Refusal> + Send + 'static,
) -> Outcome<(PageRow, T)> {
    let (app_, caller, id, now) = (
        app.clone(),
        caller.clone(),
        identifier.to_owned(),
        app.now(),
    );
    app.store
        .write(move |tx| {
            let before = get(tx, &caller, &id, "update")?;
            let (new, besides) = apply(&Page::from_stored(&before.doc)?)?;
            check(tx, &new)?;
            let stamps = stamps(&before).rewritten(now, caller.id());
            let after = row(&new, before.permissions.clone(), &stamps);
            if after.identifier != before.identifier {
                sidebar::check_free(tx, &after.identifier)?;
                sidebar::follow(tx, &before.identifier, Some(&after.identifier), None)?;
            }
            pages::update(tx, &before.identifier, &after)?;
            if before.doc != after.doc {
                append(
                    tx,
                    &app_,
                    &caller,
                    Change::Update,
                    Some(&before),
                    Some(&after),
                    now,
                )?;
            }
            Ok::<_, Failure>((after, besides))
        })
        .await
}

/// Deletes a page.
///
/// # Errors
/// `not_found`; `invalid_request` for the home page and for entity pages, which go with their blueprint.
pub async fn delete(app: &App, caller: &Caller, identifier: &str) -> Outcome<()> {
    let (app_, caller, id, now) = (
        app.clone(),
        caller.clone(),
        identifier.to_owned(),
        app.now(),
    );
    app.store
        .write(move |tx| {
            let before = pages::find(tx, &id)?.ok_or_else(|| not_found(&id))?;
            let why = match before.kind.as_str() {
                "entity" => "Entity pages cannot be deleted; they go with their blueprint.",
                "home" => "The home page cannot be deleted.",
                _ => return remove(tx, &app_, &caller, &before, now),
            };
            Err(Refusal::invalid_request(why).into())
        })
        .await
}

/// Writes down who may read and change a page.
///
/// # Errors
/// What is wrong with the body, `not_found`.
pub async fn set_permissions(
    app: &App,
    caller: &Caller,
    identifier: &str,
    body: Value,
) -> Outcome<Value> {
    let (app_, caller, id, now) = (
        app.clone(),
        caller.clone(),
        identifier.to_owned(),
        app.now(),
    );
    app.store
        .write(move |tx| {
            let row = pages::find(tx, &id)?.ok_or_else(|| not_found(&id))?;
            let before = permissions(&row)?;
            let after = permission::patch_page(&before, body.clone())?;
            let changed = PageRow {
                permissions: Some(after.to_string()),
                ..row
            };
            pages::update(tx, &id, &changed)?;
            if before != after {
                let author = Author::caller(&caller);
                let mut event = author.event(app_.ids.as_ref(), now, "page", Change::Update);
                event.before = Some(json!({ "permissions": before }).to_string());
                event.after = Some(json!({ "permissions": after }).to_string());
                audit::append(tx, &named(event, "page", &id))?;
            }
            Ok::<_, Failure>(after)
        })
        .await
}

/// What a page names must be there.
fn check(tx: &mut Tx<'_>, page: &Page) -> Outcome<()> {
    if let Some(blueprint) = page.blueprint()
        && blueprints::find_revision(tx, blueprint)?.is_none()
    {
        return Err(super::blueprints::not_found(blueprint).into());
    }
    sidebar::check_place(tx, page.identifier(), page.parent(), page.after_item())
}

/// The pages a new blueprint comes with: the one of its entities, and the one of its catalog if asked for and free.
pub(super) fn of_new_blueprint(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    blueprint: &Blueprint,
    with_catalog: bool,
    now: Timestamp,
) -> Outcome<()> {
    let mut made = vec![Page::entity_of(blueprint)];
    if with_catalog {
        made.push(Page::catalog_of(blueprint));
    }
    for page in made {
        if sidebar::is_free(tx, page.identifier())? {
            let row = row(&page, None, &Stamps::new(now, caller.id()));
            pages::insert(tx, &row)?;
            append(tx, app, caller, Change::Create, None, Some(&row), now)?;
        }
    }
    Ok(())
}

/// Pages that name a blueprint follow it to its new identifier; those made for it get the name they would have now.
pub(super) fn of_renamed_blueprint(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    from: &str,
    to: &str,
    now: Timestamp,
) -> Outcome<()> {
    for before in pages::list(tx)? {
        let old = Page::from_stored(&before.doc)?;
        let mut page = old.clone().following_blueprint(from, to);
        if page == old {
            continue;
        }
        let made = [
            (page::entity_page(from), page::entity_page(to)),
            (page::catalog_page(from), page::catalog_page(to)),
        ];
        let of_it = before.blueprint.as_deref() == Some(from);
        let renamed = made
            .iter()
            .find(|(old, _)| of_it && *old == before.identifier);
        if let Some((_, name)) = renamed
            && sidebar::is_free(tx, name)?
        {
            sidebar::follow(tx, &before.identifier, Some(name), None)?;
            page = page.with("identifier", Some(name));
        }
        let stamps = stamps(&before).rewritten(now, caller.id());
        let after = row(&page, before.permissions.clone(), &stamps);
        pages::update(tx, &before.identifier, &after)?;
        append(
            tx,
            app,
            caller,
            Change::Update,
            Some(&before),
            Some(&after),
            now,
        )?;
    }
    Ok(())
}

/// Pages go with their blueprint.
pub(super) fn of_deleted_blueprint(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    blueprint: &str,
    now: Timestamp,
) -> Outcome<()> {
    for row in pages::list_of_blueprint(tx, blueprint)? {
        if matches!(row.kind.as_str(), "entity" | "blueprint-entities") {
            remove(tx, app, caller, &row, now)?;
        }
    }
    Ok(())
}

fn remove(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    row: &PageRow,
    now: Timestamp,
) -> Outcome<()> {
    let page = Page::from_stored(&row.doc)?;
    sidebar::follow(tx, &row.identifier, page.after_item(), page.parent())?;
    pages::delete(tx, &row.identifier)?;
    append(tx, app, caller, Change::Delete, Some(row), None, now)
}

/// Makes the home page if it is not there.
///
/// # Errors
/// If the database fails.
pub fn ensure_home(tx: &mut Tx<'_>, by: &str, now: Timestamp) -> Result<(), StoreError> {
    if pages::find(tx, page::HOME)?.is_none() {
        pages::insert(tx, &row(&Page::home(), None, &Stamps::new(now, by)))?;
    }
    Ok(())
}

fn append(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    change: Change,
    before: Option<&PageRow>,
    after: Option<&PageRow>,
    now: Timestamp,
) -> Outcome<()> {
    let text = |row: &PageRow| shape(row, false).map(|value| value.to_string());
    let mut event = Author::caller(caller).event(app.ids.as_ref(), now, "page", change);
    event.before = before.map(text).transpose()?;
    event.after = after.map(text).transpose()?;
    let id = after.or(before).map(|row| row.identifier.as_str());
    audit::append(tx, &named(event, "page", id.unwrap_or_default()))?;
    Ok(())
}
