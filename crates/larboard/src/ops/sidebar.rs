//! The sidebar: its folders, and the places of pages and folders in it.

use super::audit::{Author, Change, named};
use super::{Failure, Outcome, pages as page_ops};
use crate::caller::Caller;
use crate::state::App;
use larboard_core::blueprint::Stamps;
use larboard_core::page::Page;
use larboard_core::refusal::Refusal;
use larboard_core::sidebar::{Folder, Item, arrange, check_nesting};
use larboard_core::time::Timestamp;
use larboard_store::sidebar_folders::{self, FolderRow};
use larboard_store::{Tx, audit, pages};
use serde_json::{Value, json};

/// The one sidebar there is.
pub const CATALOG: &str = "catalog";

/// Refuses every sidebar but [`CATALOG`].
///
/// # Errors
/// `not_found`.
pub fn check_exists(sidebar: &str) -> Result<(), Refusal> {
    if sidebar == CATALOG {
        return Ok(());
    }
    Err(Refusal::not_found(format!(
        "There is no sidebar {sidebar:?}; there is \"catalog\"."
    )))
}

/// The sidebar as the caller sees it.
///
/// # Errors
/// If the database fails.
pub fn shape(tx: &mut Tx<'_>, caller: &Caller) -> Outcome<Value> {
    let mut items: Vec<Item> = folders(tx)?
        .into_iter()
        .map(|folder| Item {
            identifier: folder.identifier,
            title: folder.title,
            parent: folder.parent,
            after: folder.after,
            kind: "folder",
        })
        .collect();
    for row in page_ops::list(tx, caller)? {
        let page = Page::from_stored(&row.doc)?;
        if page.in_sidebar() {
            items.push(Item {
                identifier: page.identifier().to_owned(),
                title: page.title().to_owned(),
                parent: page.parent().map(str::to_owned),
                after: page.after_item().map(str::to_owned),
                kind: "page",
            });
        }
    }
    let items: Vec<Value> = arrange(items)
        .into_iter()
        .map(|item| {
            let mut shown =
                json!({ "identifier": item.identifier, "title": item.title, "sidebar": CATALOG });
            for (key, value) in [("after", item.after), ("parent", item.parent)] {
                if let Some(value) = value {
                    shown[key] = value.into();
                }
            }
            shown["sidebarType"] = item.kind.into();
            shown
        })
        .collect();
    Ok(json!({ "identifier": CATALOG, "items": items }))
}

/// Makes a folder.
///
/// # Errors
/// What is wrong with the body, `identifier_taken`, `not_found` for an unknown parent or predecessor.
pub async fn create_folder(app: &App, caller: &Caller, body: Value) -> Outcome<Folder> {
    let folder = Folder::create(body)?;
    let (app_, caller, now) = (app.clone(), caller.clone(), app.now());
    app.store
        .write(move |tx| {
            check_free(tx, &folder.identifier)?;
            check(tx, &folder)?;
            sidebar_folders::insert(tx, &row(&folder, &Stamps::new(now, caller.id())))?;
            append(tx, &app_, &caller, Change::Create, None, Some(&folder), now)?;
            Ok::<_, Failure>(folder.clone())
        })
        .await
}

/// Changes a folder.
///
/// # Errors
/// As for [`create_folder`], `not_found`.
pub async fn update_folder(
    app: &App,
    caller: &Caller,
    identifier: &str,
    body: Value,
) -> Outcome<Folder> {
    let (app_, caller, id, now) = (
        app.clone(),
        caller.clone(),
        identifier.to_owned(),
        app.now(),
    );
    app.store
        .write(move |tx| {
            let (before, stamps) = get(tx, &id)?;
            let after = before.patch(body.clone())?;
            if after.identifier != before.identifier {
                check_free(tx, &after.identifier)?;
                let name = Some(after.identifier.as_str());
                follow(tx, &before.identifier, name, name)?;
            }
            let row = row(&after, &stamps.rewritten(now, caller.id()));
            sidebar_folders::update(tx, &before.identifier, &row)?;
            check(tx, &after)?;
            if before != after {
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
            Ok::<_, Failure>(after)
        })
        .await
}

/// Deletes a folder; what is in it moves to where the folder was.
///
/// # Errors
/// `not_found`.
pub async fn delete_folder(app: &App, caller: &Caller, identifier: &str) -> Outcome<()> {
    let (app_, caller, id, now) = (
        app.clone(),
        caller.clone(),
        identifier.to_owned(),
        app.now(),
    );
    app.store
        .write(move |tx| {
            let (before, _) = get(tx, &id)?;
            follow(tx, &id, before.after.as_deref(), before.parent.as_deref())?;
            sidebar_folders::delete(tx, &id)?;
            append(tx, &app_, &caller, Change::Delete, Some(&before), None, now)
        })
        .await
}

/// Refuses an identifier that a page or folder has: they share the sidebar.
pub(super) fn check_free(tx: &mut Tx<'_>, identifier: &str) -> Outcome<()> {
    if is_free(tx, identifier)? {
        return Ok(());
    }
    Err(Refusal::identifier_taken(format!(
        "There is a page or folder {identifier:?} already; choose another identifier."
    ))
    .into())
}

pub(super) fn is_free(tx: &mut Tx<'_>, identifier: &str) -> Outcome<bool> {
    Ok(pages::find(tx, identifier)?.is_none()
        && folders(tx)?
            .iter()
            .all(|folder| folder.identifier != identifier))
}

/// Refuses a parent that is no folder, and a predecessor that is neither page nor folder.
pub(super) fn check_place(
    tx: &mut Tx<'_>,
    identifier: &str,
    parent: Option<&str>,
    after: Option<&str>,
) -> Outcome<()> {
    if parent.is_none() && after.is_none() {
        return Ok(());
    }
    let folders = folders(tx)?;
    let is_folder = |identifier: &str| folders.iter().any(|f| f.identifier == identifier);
    if let Some(parent) = parent.filter(|parent| !is_folder(parent)) {
        return Err(Refusal::not_found(format!(
            "\"parent\" is {parent:?}; there is no such folder. POST /v1/sidebars/catalog/folders makes one."
        ))
        .into());
    }
    let Some(after) = after else { return Ok(()) };
    if after == identifier {
        return Err(Refusal::invalid_request(format!(
            "\"after\" is {after:?}; it cannot come after itself."
        ))
        .into());
    }
    if !is_folder(after) && pages::find(tx, after)?.is_none() {
        return Err(Refusal::not_found(format!(
            "\"after\" is {after:?}; there is no such page or folder."
        ))
        .into());
    }
    Ok(())
}

/// What came after an item now comes after `after`, and what was in it is now in `parent`.
pub(super) fn follow(
    tx: &mut Tx<'_>,
    item: &str,
    after: Option<&str>,
    parent: Option<&str>,
) -> Outcome<()> {
    let replaced = |value: Option<&str>, by: Option<&str>| match value {
        Some(value) if value == item => by.map(str::to_owned),
        other => other.map(str::to_owned),
    };
    for row in sidebar_folders::list(tx)? {
        let followed = FolderRow {
            after: replaced(row.after.as_deref(), after),
            parent: replaced(row.parent.as_deref(), parent),
            ..row.clone()
        };
        if followed != row {
            sidebar_folders::update(tx, &row.identifier, &followed)?;
        }
    }
    for row in pages::list(tx)? {
        let page = Page::from_stored(&row.doc)?;
        let followed = page
            .clone()
            .with("after", replaced(page.after_item(), after).as_deref())
            .with("parent", replaced(page.parent(), parent).as_deref());
        if followed != page {
            let followed = pages::PageRow {
                doc: followed.to_text(),
                ..row
            };
            pages::update(tx, &followed.identifier.clone(), &followed)?;
        }
    }
    Ok(())
}

fn check(tx: &mut Tx<'_>, folder: &Folder) -> Outcome<()> {
    let (parent, after) = (folder.parent.as_deref(), folder.after.as_deref());
    check_place(tx, &folder.identifier, parent, after)?;
    let mut others = folders(tx)?;
    others.retain(|other| other.identifier != folder.identifier);
    Ok(check_nesting(folder, &others)?)
}

fn folders(tx: &mut Tx<'_>) -> Outcome<Vec<Folder>> {
    Ok(sidebar_folders::list(tx)?.iter().map(folder).collect())
}

fn get(tx: &mut Tx<'_>, identifier: &str) -> Outcome<(Folder, Stamps)> {
    let rows = sidebar_folders::list(tx)?;
    let Some(row) = rows.iter().find(|row| row.identifier == identifier) else {
        return Err(Refusal::not_found(format!("There is no folder {identifier:?}.")).into());
    };
    let stamps = Stamps {
        created_at: row.created_at,
        created_by: row.created_by.clone(),
        updated_at: row.updated_at,
        updated_by: row.updated_by.clone(),
    };
    Ok((folder(row), stamps))
}

fn folder(row: &FolderRow) -> Folder {
    Folder {
        identifier: row.identifier.clone(),
        title: row.title.clone(),
        parent: row.parent.clone(),
        after: row.after.clone(),
    }
}

fn row(folder: &Folder, stamps: &Stamps) -> FolderRow {
    FolderRow {
        identifier: folder.identifier.clone(),
        title: folder.title.clone(),
        parent: folder.parent.clone(),
        after: folder.after.clone(),
        created_at: stamps.created_at,
        created_by: stamps.created_by.clone(),
        updated_at: stamps.updated_at,
        updated_by: stamps.updated_by.clone(),
    }
}

fn append(
    tx: &mut Tx<'_>,
    app: &App,
    caller: &Caller,
    change: Change,
    before: Option<&Folder>,
    after: Option<&Folder>,
    now: Timestamp,
) -> Outcome<()> {
    let mut event = Author::caller(caller).event(app.ids.as_ref(), now, "folder", change);
    event.before = before.map(|folder| folder.render().to_string());
    event.after = after.map(|folder| folder.render().to_string());
    let id = after.or(before).map(|folder| folder.identifier.as_str());
    audit::append(tx, &named(event, "folder", id.unwrap_or_default()))?;
    Ok(())
}
