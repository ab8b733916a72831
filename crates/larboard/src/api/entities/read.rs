//! Reading entities. A list is not paged in Port, so it is streamed page by page from the database, in constant memory.

use crate::http::auth::Can;
use crate::http::auth::permission::ReadEntities;
use crate::http::openapi::{AnyEntityReply, CountReply, EntitiesReply};
use crate::http::query::Query;
use crate::http::reply::Reply;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::computed::{Computer, Memory};
use crate::ops::entities::{self as ops, not_found};
use crate::ops::scorecards::results;
use crate::ops::{Failure, Outcome};
use crate::state::App;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use larboard_core::entity::{Entity, Selection, View};
use larboard_store::{Tx, entities};
use serde_json::Map;
use std::collections::HashMap;

/// Entities read and encoded at once.
const PAGE: usize = 200;

/// What the query of a read asks.
#[derive(Clone)]
pub(super) struct Wish {
    pub(super) selection: Selection,
    pub(super) exclude_calculated: bool,
    titles: bool,
    identifiers: bool,
}

impl Wish {
    /// Whether entities are shown whole and from themselves alone: titles of others change without the entity.
    pub(super) fn is_plain(&self) -> bool {
        self.selection == Selection::default()
            && !self.exclude_calculated
            && !self.titles
            && !self.identifiers
    }

    /// The same wish with another selection.
    pub(super) fn with(self, selection: Selection) -> Self {
        Self { selection, ..self }
    }

    pub(super) fn of(query: &Query) -> Self {
        Self {
            selection: Selection::new(query.list("include"), query.list("exclude")),
            exclude_calculated: query.flag("exclude_calculated_properties"),
            titles: query.flag("attach_title_to_relation"),
            identifiers: query.flag("attach_identifier_to_title_mirror_properties"),
        }
    }

    /// Appends an entity as JSON. `memory` is shared by the entities of a transaction.
    pub(super) fn write(
        &self,
        app: &App,
        tx: &mut Tx<'_>,
        memory: &mut Memory,
        entity: &Entity,
        compiled: &CompiledBlueprint,
        out: &mut Vec<u8>,
    ) -> Outcome<()> {
        let inherited;
        let entity = if compiled.blueprint.inherits_team() {
            let mut computer = Computer::with(app, tx, std::mem::take(memory));
            inherited = computer.owned(entity, compiled)?;
            *memory = computer.into_memory();
            &*inherited
        } else {
            entity
        };
        let titles = if self.titles {
            titles(tx, entity, compiled)?
        } else {
            HashMap::new()
        };
        let find = |blueprint: &str, identifier: &str| {
            titles
                .get(&(blueprint.to_owned(), identifier.to_owned()))
                .cloned()
        };
        let mut computed = if self.exclude_calculated || !compiled.schema.has_computed() {
            Map::new()
        } else {
            let mut computer = Computer::with(app, tx, std::mem::take(memory));
            // Conditions of scorecards may stand on what is not shown itself.
            let measured = self.selection.shows("scorecards") && !compiled.scorecards.is_empty();
            let wanted = |name: &str| measured || self.selection.shows_in("properties", name);
            let values = computer.values_of(entity, compiled, &wanted)?;
            *memory = computer.into_memory();
            values
        };
        let scorecards = if self.selection.shows("scorecards") {
            // Conditions may stand on computed values that are not shown.
            let known =
                (!self.exclude_calculated && !memory.stands_on_results()).then_some(&computed);
            results::of(app, tx, entity, compiled, known)?
        } else {
            None
        };
        if self.identifiers {
            let mut computer = Computer::with(app, tx, std::mem::take(memory));
            computer.attach_identifiers(entity, compiled, &mut computed)?;
            *memory = computer.into_memory();
        }
        let view = View {
            selection: self.selection.clone(),
            exclude_calculated: self.exclude_calculated,
            computed: Some(&computed),
            scorecards: scorecards.as_ref(),
            titles: self.titles.then_some(&find),
            only_values: false,
        };
        Ok(serde_json::to_writer(
            out,
            &view.of(entity, &compiled.schema),
        )?)
    }
}

fn titles(
    tx: &mut Tx<'_>,
    entity: &Entity,
    compiled: &CompiledBlueprint,
) -> Outcome<HashMap<(String, String), String>> {
    let mut titles = HashMap::new();
    for (_, _, blueprint, identifier) in entity.links(&compiled.schema) {
        if let Some(row) = entities::find(tx, blueprint, identifier)? {
            titles.insert(
                (blueprint.to_owned(), identifier.to_owned()),
                row.title.unwrap_or(row.identifier),
            );
        }
    }
    Ok(titles)
}

/// Reads an entity.
#[utoipa::path(get, path = "/v1/blueprints/{blueprint}/entities/{entity}", tag = "Entities",
    params(("blueprint", description = "Identifier"), ("entity", description = "Identifier"),
        ("include" = Option<Vec<String>>, Query, description = "Only these keys"),
        ("exclude" = Option<Vec<String>>, Query, description = "Not these keys"),
        ("exclude_calculated_properties" = Option<bool>, Query, description = "Leave computed values out"),
        ("attach_title_to_relation" = Option<bool>, Query, description = "Show relations with titles"),
        ("attach_identifier_to_title_mirror_properties" = Option<bool>, Query, description = "Show mirrored titles with identifiers")),
    responses((status = 200, body = AnyEntityReply)))]
pub async fn get(
    State(app): State<App>,
    _: Can<ReadEntities>,
    Path((blueprint, identifier)): Path<(String, String)>,
    query: Query,
) -> Result<Reply, Failure> {
    let wish = Wish::of(&query);
    let app_ = app.clone();
    let body = app
        .store
        .read(move |tx| {
            let compiled = app_
                .catalog
                .blueprint_in(tx, &blueprint)?
                .ok_or_else(|| crate::ops::blueprints::not_found(&blueprint))?;
            let entity = ops::get(&app_, tx, &blueprint, &identifier)?
                .ok_or_else(|| not_found(&blueprint, &identifier))?;
            let mut body = br#"{"ok":true,"entity":"#.to_vec();
            let mut memory = Memory::default();
            wish.write(&app_, tx, &mut memory, &entity, &compiled, &mut body)?;
            body.push(b'}');
            Ok::<_, Failure>(body)
        })
        .await?;
    Ok(Reply::raw(axum::http::StatusCode::OK, body))
}

/// Reads an entity, by the short path that guides use.
#[utoipa::path(get, path = "/v1/entities/{blueprint}/{entity}", tag = "Entities",
    params(("blueprint", description = "Identifier"), ("entity", description = "Identifier"),
        ("include" = Option<Vec<String>>, Query, description = "Only these keys"),
        ("exclude" = Option<Vec<String>>, Query, description = "Not these keys"),
        ("exclude_calculated_properties" = Option<bool>, Query, description = "Leave computed values out"),
        ("attach_title_to_relation" = Option<bool>, Query, description = "Show relations with titles"),
        ("attach_identifier_to_title_mirror_properties" = Option<bool>, Query, description = "Show mirrored titles with identifiers")),
    responses((status = 200, body = AnyEntityReply)))]
pub async fn get_short(
    app: State<App>,
    can: Can<ReadEntities>,
    path: Path<(String, String)>,
    query: Query,
) -> Result<Reply, Failure> {
    get(app, can, path, query).await
}

/// Counts the entities of a blueprint.
#[utoipa::path(get, path = "/v1/blueprints/{blueprint}/entities-count", tag = "Entities", params(("blueprint", description = "Identifier")),
    responses((status = 200, body = CountReply)))]
pub async fn count(
    State(app): State<App>,
    _: Can<ReadEntities>,
    Path(blueprint): Path<String>,
) -> Result<Reply, Failure> {
    let app_ = app.clone();
    let count = app
        .store
        .read(move |tx| {
            crate::ops::blueprints::check_exists(tx, &blueprint)?;
            ops::count(&app_, tx, &blueprint)
        })
        .await?;
    Ok(Reply::ok("count", &count))
}

/// Reads every entity of a blueprint, by identifier.
#[utoipa::path(get, path = "/v1/blueprints/{blueprint}/entities", tag = "Entities",
    params(("blueprint", description = "Identifier"),
        ("include" = Option<Vec<String>>, Query, description = "Only these keys"),
        ("exclude" = Option<Vec<String>>, Query, description = "Not these keys"),
        ("exclude_calculated_properties" = Option<bool>, Query, description = "Leave computed values out"),
        ("attach_title_to_relation" = Option<bool>, Query, description = "Show relations with titles"),
        ("attach_identifier_to_title_mirror_properties" = Option<bool>, Query, description = "Show mirrored titles with identifiers")),
    responses((status = 200, body = EntitiesReply)))]
pub async fn list(
    State(app): State<App>,
    _: Can<ReadEntities>,
    Path(blueprint): Path<String>,
    query: Query,
) -> Result<Response, Failure> {
    let mut listing = Listing {
        app,
        blueprint,
        wish: Wish::of(&query),
        after: None,
        first: true,
        done: false,
    };
    // The first page is read before the reply begins, so that a failure can still be answered as one.
    let first = listing.next().await?;
    let rest = futures_util::stream::unfold(listing, |mut listing| async move {
        if listing.done {
            return None;
        }
        let page = listing
            .next()
            .await
            .map_err(|failure| std::io::Error::other(format!("{failure:?}")));
        listing.done |= page.is_err();
        Some((page, listing))
    });
    // Fused, because compressing a reply asks once more after its end.
    let pages = futures_util::stream::iter([Ok(first)]).chain(rest).fuse();
    let mut response = Response::new(Body::from_stream(pages));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    Ok(response)
}

struct Listing {
    app: App,
    blueprint: String,
    wish: Wish,
    after: Option<String>,
    first: bool,
    done: bool,
}

impl Listing {
    async fn next(&mut self) -> Outcome<Bytes> {
        let (blueprint, after, wish) = (
            self.blueprint.clone(),
            self.after.clone(),
            self.wish.clone(),
        );
        let (starts, app_) = (self.first, self.app.clone());
        let (body, last, full) = self
            .app
            .store
            .read(move |tx| {
                let compiled = app_
                    .catalog
                    .blueprint_in(tx, &blueprint)?
                    .ok_or_else(|| crate::ops::blueprints::not_found(&blueprint))?;
                let rows = ops::list_after(&app_, tx, &blueprint, after.as_deref(), PAGE)?;
                let full = rows.len() == PAGE;
                let last = rows.last().map(|row| row.entity.identifier.clone());
                let mut body = Vec::with_capacity(rows.len() * 512);
                if starts {
                    body.extend_from_slice(br#"{"ok":true,"entities":["#);
                }
                let mut memory = Memory::default();
                for (position, row) in rows.into_iter().enumerate() {
                    if position > 0 || !starts {
                        body.push(b',');
                    }
                    wish.write(&app_, tx, &mut memory, &row.entity, &compiled, &mut body)?;
                }
                if !full {
                    body.extend_from_slice(b"]}");
                }
                Ok::<_, Failure>((body, last, full))
            })
            .await?;
        self.first = false;
        self.done = !full;
        self.after = last.or_else(|| self.after.take());
        Ok(body.into())
    }
}
