//! Searching: in one blueprint page by page, over all of them in one streamed reply, and by data source.

use super::read::Wish;
use crate::http::auth::Can;
use crate::http::auth::permission::ReadEntities;
use crate::http::body::Json;
use crate::http::openapi::{DataSourceReply, EntityPageReply, SearchReply};
use crate::http::query::Query as Parameters;
use crate::http::reply::Reply;
use crate::ops::catalog_cache::CompiledBlueprint;
use crate::ops::computed::Memory;
use crate::ops::search::{self, Found, Question, bad_cursor, contexts};
use crate::ops::{Failure, Outcome};
use crate::state::App;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use futures_util::StreamExt;
use larboard_core::entity::Selection;
use larboard_core::fields::Fields;
use larboard_core::refusal::Refusal;
use larboard_core::search::{Attribute, Check, Dialect, Filter, Query, Test};
use larboard_core::time::Timestamp;
use larboard_store::Tx;
use serde_json::{Value, json};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Entities a page has unless asked otherwise, and at most (facts/catalog.md 3.2).
const PAGE: usize = 200;
const LARGEST_PAGE: usize = 1000;
/// The most entities of a page by data source (facts/catalog.md 2.8).
const LARGEST_SOURCE_PAGE: usize = 5000;
/// Entities read and encoded at once in a streamed reply.
const CHUNK: usize = 500;

/// Finds entities of a blueprint, page by page.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/entities/search", tag = "Search",
    params(("blueprint", description = "Identifier"),
        ("attach_title_to_relation" = Option<bool>, Query, description = "Show relations with titles"),
        ("attach_identifier_to_title_mirror_properties" = Option<bool>, Query, description = "Show mirrored titles with identifiers")),
    request_body = crate::http::openapi::SearchBody, responses((status = 200, body = EntityPageReply)))]
pub async fn in_blueprint(
    State(app): State<App>,
    can: Can<ReadEntities>,
    Path(blueprint): Path<String>,
    parameters: Parameters,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let fields = Fields::of(&body, "")?;
    fields.only(&["query", "include", "exclude", "limit", "from"])?;
    let query = query_of(&fields)?;
    let limit = limit(&fields, PAGE, LARGEST_PAGE)?;
    let (include, exclude) = (
        read_list(&fields, "include")?,
        read_list(&fields, "exclude")?,
    );
    let digest = digest(&blueprint, body.get("query"));
    let after = match fields.find_string("from")? {
        None => None,
        Some(from) => Some(read_cursor(from, digest)?),
    };
    let contexts = contexts::of(&app, &can.caller).await?;
    let question = Question {
        blueprint,
        filter: Arc::new(query.resolve(&contexts)),
        after,
        limit,
    };
    let (app_, base) = (app.clone(), Wish::of(&parameters));
    let keep = include.is_empty() && exclude.is_empty() && base.is_plain();
    let shown = search::show(
        &app,
        question,
        keep,
        move |tx, memory, entity, compiled, out| {
            let select =
                |names: &[String]| names.iter().map(|name| path_of(name, compiled)).collect();
            let wish = base
                .clone()
                .with(Selection::new(select(&include), select(&exclude)));
            wish.write(&app_, tx, memory, entity, compiled, out)
        },
    )
    .await?;
    let mut body = Vec::with_capacity(shown.text.len() + 128);
    body.extend_from_slice(br#"{"ok":true,"entities":["#);
    body.extend_from_slice(&shown.text);
    body.push(b']');
    if let Some(next) = &shown.next {
        body.extend_from_slice(format!(r#","next":"{}""#, cursor(next, digest)).as_bytes());
    }
    body.push(b'}');
    Ok(Reply::raw(StatusCode::OK, body))
}

/// The query of a body; without one everything is meant.
pub(super) fn query_of(fields: &Fields<'_>) -> Result<Query, Refusal> {
    match fields.find("query").filter(|query| !query.is_null()) {
        None => Ok(Query::everything()),
        Some(query) => Query::parse(query, "query", Dialect::Blueprint),
    }
}

pub(super) fn read_list(fields: &Fields<'_>, key: &str) -> Result<Vec<String>, Refusal> {
    let names = fields.find_strings(key)?.unwrap_or_default();
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// Names in a body are bare: of a property, of a relation, or of a meta-property with its `$`. What scorecards say is named
/// as in a query, unless a property has that name.
pub(super) fn path_of(name: &str, compiled: &CompiledBlueprint) -> String {
    if name.starts_with('$') || name.contains('.') {
        name.to_owned()
    } else if compiled.schema.relation(name).is_some() {
        format!("relations.{name}")
    } else if name == "scorecards" && !compiled.blueprint.properties().contains_key(name) {
        name.to_owned()
    } else {
        format!("properties.{name}")
    }
}

pub(super) fn write_all(
    app: &App,
    tx: &mut Tx<'_>,
    found: &Found,
    wish: &Wish,
    body: &mut Vec<u8>,
    mut first: bool,
) -> Outcome<()> {
    let mut memory = Memory::default();
    for entity in &found.entities {
        if !std::mem::take(&mut first) {
            body.push(b',');
        }
        wish.write(app, tx, &mut memory, entity, &found.compiled, body)?;
    }
    Ok(())
}

pub(super) fn limit(fields: &Fields<'_>, default: usize, largest: usize) -> Result<usize, Refusal> {
    let Some(value) = fields.find("limit").filter(|value| !value.is_null()) else {
        return Ok(default);
    };
    let whole = value
        .as_f64()
        .filter(|n| n.fract() == 0.0 && *n >= 1.0 && *n <= largest as f64);
    match whole {
        Some(limit) => Ok(limit as usize),
        None => Err(fields.wrong(
            "limit",
            value,
            &format!("it must be a whole number from 1 to {largest}"),
        )),
    }
}

/// What a page belongs to, so that a cursor is refused for another query.
fn digest(blueprint: &str, query: Option<&Value>) -> u64 {
    let mut hasher = DefaultHasher::new();
    blueprint.hash(&mut hasher);
    query.map(Value::to_string).hash(&mut hasher);
    hasher.finish()
}

fn cursor(after: &str, digest: u64) -> String {
    URL_SAFE_NO_PAD.encode(json!([after, digest.to_string()]).to_string())
}

fn read_cursor(from: &str, digest: u64) -> Result<String, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(from).ok();
    let read = bytes.and_then(|bytes| serde_json::from_slice::<(String, String)>(&bytes).ok());
    match read {
        Some((after, of)) if of == digest.to_string() => Ok(after),
        _ => Err(bad_cursor(from)),
    }
}

/// Finds entities of all blueprints. The reply has no pages, so it is streamed in constant memory.
#[utoipa::path(post, path = "/v1/entities/search", tag = "Search",
    params(("include" = Option<Vec<String>>, Query, description = "Only these keys"),
        ("exclude" = Option<Vec<String>>, Query, description = "Not these keys"),
        ("exclude_calculated_properties" = Option<bool>, Query, description = "Leave computed values out"),
        ("attach_title_to_relation" = Option<bool>, Query, description = "Show relations with titles"),
        ("attach_identifier_to_title_mirror_properties" = Option<bool>, Query, description = "Show mirrored titles with identifiers"),
        ("allow_partial_results" = Option<bool>, Query, description = "Name blueprints that fail instead of failing"),
        ("limit_per_blueprint" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "Ours: at most so many entities of each blueprint; all of them unless given")),
    request_body = crate::http::openapi::SearchQuery, responses((status = 200, body = SearchReply)))]
pub async fn everywhere(
    State(app): State<App>,
    can: Can<ReadEntities>,
    parameters: Parameters,
    Json(body): Json,
) -> Result<Response, Failure> {
    let query = Query::parse(&body, "", Dialect::Global)?;
    let most = parameters.number("limit_per_blueprint", 1..=LARGEST_PAGE as i64, 0)?;
    let contexts = contexts::of(&app, &can.caller).await?;
    let filter = Arc::new(query.resolve(&contexts));
    let mut pending = search::blueprints_of(&app, filter.clone()).await?;
    pending.reverse();
    let mut listing = Listing {
        app,
        filter,
        wish: Wish::of(&parameters),
        partial: parameters.flag("allow_partial_results"),
        most: usize::try_from(most).ok().filter(|most| *most > 0),
        pending,
        after: None,
        matching: Vec::new(),
        failed: Vec::new(),
        written: false,
        done: false,
    };
    // What fails before the first entity is found can still be answered as a failure.
    let mut first = br#"{"ok":true,"entities":["#.to_vec();
    first.extend_from_slice(&listing.next().await?);
    let rest = futures_util::stream::unfold(listing, |mut listing| async move {
        if listing.done {
            return None;
        }
        let page = listing.next().await;
        let page = page.map_err(|failure| std::io::Error::other(format!("{failure:?}")));
        listing.done |= page.is_err();
        Some((page, listing))
    });
    let pages = futures_util::stream::iter([Ok(Bytes::from(first))])
        .chain(rest)
        .fuse();
    let mut response = Response::new(Body::from_stream(pages));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    Ok(response)
}

/// A streamed search under way.
struct Listing {
    app: App,
    filter: Arc<Filter>,
    wish: Wish,
    partial: bool,
    /// At most so many entities of a blueprint.
    most: Option<usize>,
    /// Blueprints not looked through yet, the next one last.
    pending: Vec<String>,
    after: Option<String>,
    matching: Vec<String>,
    failed: Vec<String>,
    written: bool,
    done: bool,
}

impl Listing {
    /// The next entities, or the end of the reply.
    async fn next(&mut self) -> Outcome<Bytes> {
        while let Some(blueprint) = self.pending.last().cloned() {
            match self.page(&blueprint).await {
                Ok(Some(bytes)) => return Ok(bytes),
                Ok(None) => {}
                // It was deleted since the search began.
                Err(Failure::Refused(_)) => self.leave(),
                Err(failure) if self.partial => {
                    tracing::error!(
                        ?failure,
                        blueprint,
                        "a search of this blueprint failed and is left out"
                    );
                    self.failed.push(blueprint);
                    self.leave();
                }
                Err(failure) => return Err(failure),
            }
        }
        self.done = true;
        let mut end = format!(r#"],"matchingBlueprints":{}"#, json!(self.matching));
        if !self.failed.is_empty() {
            end.push_str(&format!(r#","failedBlueprints":{}"#, json!(self.failed)));
        }
        end.push('}');
        Ok(end.into())
    }

    fn leave(&mut self) {
        self.pending.pop();
        self.after = None;
    }

    async fn page(&mut self, blueprint: &str) -> Outcome<Option<Bytes>> {
        let question = Question {
            blueprint: blueprint.to_owned(),
            filter: self.filter.clone(),
            after: self.after.clone(),
            limit: self.most.unwrap_or(CHUNK),
        };
        let (app, wish, first) = (self.app.clone(), self.wish.clone(), !self.written);
        let (body, next) = search::find(&self.app, question, move |tx, found| {
            let mut body = Vec::with_capacity(found.entities.len() * 512);
            write_all(&app, tx, &found, &wish, &mut body, first)?;
            Ok((body, found.next))
        })
        .await?;
        if !body.is_empty() && self.matching.last().map(String::as_str) != Some(blueprint) {
            self.matching.push(blueprint.to_owned());
        }
        self.written |= !body.is_empty();
        match next {
            Some(next) if self.most.is_none() => self.after = Some(next),
            _ => self.leave(),
        }
        Ok((!body.is_empty()).then(|| body.into()))
    }
}

/// Finds the entities that one exporter wrote, page by page.
#[utoipa::path(post, path = "/v1/blueprints/entities/datasource-entities", tag = "Search",
    request_body = crate::http::openapi::DataSourceBody, responses((status = 200, body = DataSourceReply)))]
pub async fn by_data_source(
    State(app): State<App>,
    _: Can<ReadEntities>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let fields = Fields::of(&body, "")?;
    let prefix = fields.string("datasource_prefix")?;
    let suffix = fields.string("datasource_suffix")?;
    let limit = limit(&fields, LARGEST_SOURCE_PAGE, LARGEST_SOURCE_PAGE)?;
    let test = |property: &str, negated, check| Filter::Test {
        attribute: Attribute::Property(property.to_owned()),
        test: Test { negated, check },
    };
    let mut filters = vec![
        test(
            "$datasource",
            false,
            Check::BeginsWith(vec![prefix.to_owned()]),
        ),
        test(
            "$datasource",
            false,
            Check::EndsWith(vec![suffix.to_owned()]),
        ),
    ];
    if let Some(before) = fields.find_string("before")? {
        let at = Timestamp::parse(before).ok_or_else(|| {
            fields.wrong(
                "before",
                &Value::from(before),
                "it must be an ISO 8601 instant such as \"2026-01-31T12:00:00.000Z\"",
            )
        })?;
        filters.push(test(
            "$updatedAt",
            false,
            Check::Within(i64::MIN, at.as_millis().saturating_sub(1)),
        ));
    }
    let digest = digest(prefix, Some(&json!([suffix, body.get("before")])));
    let from = match fields.find_string("from")? {
        None => None,
        Some(from) => Some(read_source_cursor(from, digest)?),
    };
    let filter = Arc::new(Filter::All(filters));
    let (mut found, mut next) = (Vec::new(), None);
    for blueprint in search::blueprints_of(&app, filter.clone()).await? {
        let after = match &from {
            Some((at, _)) if blueprint < *at => continue,
            Some((at, after)) if blueprint == *at => Some(after.clone()),
            _ => None,
        };
        if found.len() == limit {
            // Asked once more than needed if nothing follows, which the reader takes as the end.
            next = Some((blueprint, String::new()));
            break;
        }
        let question = Question {
            blueprint: blueprint.clone(),
            filter: filter.clone(),
            after,
            limit: limit - found.len(),
        };
        let page = search::find(&app, question, |_, found| {
            let identifiers = found.entities.into_iter().map(|entity| entity.identifier);
            Ok((identifiers.collect::<Vec<_>>(), found.next))
        });
        let (identifiers, more) = match page.await {
            Err(Failure::Refused(_)) => continue,
            other => other?,
        };
        let shown = |identifier| json!({"identifier": identifier, "blueprint": blueprint});
        found.extend(identifiers.into_iter().map(shown));
        if let Some(after) = more {
            next = Some((blueprint, after));
            break;
        }
    }
    let mut reply = json!({"entities": found});
    if let Some((blueprint, after)) = next {
        let text = json!([blueprint, after, digest.to_string()]).to_string();
        reply["next"] = URL_SAFE_NO_PAD.encode(text).into();
    }
    Ok(Reply::spread(StatusCode::OK, &reply))
}

fn read_source_cursor(from: &str, digest: u64) -> Result<(String, String), Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(from).ok();
    let read =
        bytes.and_then(|bytes| serde_json::from_slice::<(String, String, String)>(&bytes).ok());
    match read {
        Some((blueprint, after, of)) if of == digest.to_string() => Ok((blueprint, after)),
        _ => Err(bad_cursor(from)),
    }
}
