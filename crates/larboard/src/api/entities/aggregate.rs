//! Counting, summing and grouping entities, now and over time.

use super::read::Wish;
use super::search::{limit, path_of, query_of, read_list};
use crate::http::auth::Can;
use crate::http::auth::permission::ReadEntities;
use crate::http::body::Json;
use crate::http::openapi::{CountReply, GroupsReply, ResultReply, TopReply};
use crate::http::query::Query as Parameters;
use crate::http::reply::Reply;
use crate::ops::search::{self, Facet, Question, contexts};
use crate::ops::{Failure, Outcome, history};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use larboard_core::aggregate::series::{self, Series, Span};
use larboard_core::aggregate::{Aggregation, Func, Of, calculate, compare, count_values};
use larboard_core::entity::Selection;
use larboard_core::fields::Fields;
use larboard_core::refusal::Refusal;
use larboard_core::search::{Contexts, Filter};
use larboard_core::time::Timestamp;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::sync::Arc;

/// Entities or groups that a ranking has unless asked otherwise, and at most.
const PAGE: usize = 200;
const LARGEST_PAGE: usize = 1000;

/// Counts or sums over the entities that a query finds.
#[utoipa::path(post, path = "/v1/entities/aggregate", tag = "Search",
    request_body = crate::http::openapi::AggregationBody, responses((status = 200, body = ResultReply)))]
pub async fn aggregate(
    State(app): State<App>,
    can: Can<ReadEntities>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let request = Aggregation::parse(&body)?;
    let contexts = contexts::of(&app, &can.caller).await?;
    let filter = Arc::new(request.query.resolve(&contexts));
    let counted = match &request.of {
        None => Facet::Value("$identifier".to_owned()),
        Some(of) => facet(of),
    };
    let facets = vec![counted, Facet::Value(request.measured_by.clone())];
    let mut tuples = Vec::new();
    for blueprint in search::blueprints_of(&app, filter.clone()).await? {
        let question = whole(blueprint, filter.clone());
        match search::values(&app, question, facets.clone()).await {
            // It was deleted since.
            Err(Failure::Refused(_)) => {}
            found => tuples.extend(found?.into_iter().map(pair)),
        }
    }
    let of_property = request.of.is_some() && request.func != Func::CountValues;
    let result = calculate(
        request.func,
        of_property,
        request.interval,
        &tuples,
        app.now(),
    );
    Ok(Reply::ok("result", &result))
}

fn whole(blueprint: String, filter: Arc<Filter>) -> Question {
    Question {
        blueprint,
        filter,
        after: None,
        limit: usize::MAX,
    }
}

fn pair(mut tuple: Vec<Value>) -> (Value, Value) {
    let second = tuple.pop().unwrap_or_default();
    (tuple.pop().unwrap_or_default(), second)
}

/// What is read of each entity.
fn facet(of: &Of) -> Facet {
    match of {
        Of::Property(name) | Of::Relation(name) => Facet::Value(name.clone()),
        Of::Scorecard(scorecard, rule) => Facet::Scorecard(scorecard.clone(), rule.clone()),
    }
}

/// Counts or sums over time.
#[utoipa::path(post, path = "/v1/entities/aggregate-over-time", tag = "Search",
    request_body = crate::http::openapi::SeriesBody, responses((status = 200, body = ResultReply)))]
pub async fn over_time(
    State(app): State<App>,
    can: Can<ReadEntities>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let request = Series::parse(&body)?;
    let contexts = contexts::of(&app, &can.caller).await?;
    let filter = Arc::new(request.query.resolve(&contexts));
    let question = whole(request.blueprint.clone(), filter);
    let facets = request.facets().into_iter().map(Facet::Value).collect();
    let tuples = search::values(&app, question, facets).await?;
    Ok(Reply::ok("result", &request.result(&tuples, app.now())))
}

/// Shows how properties of one entity changed.
#[utoipa::path(post, path = "/v1/entities/properties-history", tag = "Search",
    request_body = crate::http::openapi::HistoryBody, responses((status = 200, body = ResultReply)))]
pub async fn properties_history(
    State(app): State<App>,
    _: Can<ReadEntities>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    const KEYS: [&str; 5] = [
        "entityIdentifier",
        "blueprintIdentifier",
        "propertyNames",
        "timeInterval",
        "timeRange",
    ];
    let fields = Fields::of(&body, "")?;
    fields.only(&KEYS)?;
    let blueprint = fields.string("blueprintIdentifier")?.to_owned();
    let entity = fields.string("entityIdentifier")?.to_owned();
    let names = series::properties(&fields, "propertyNames")?;
    let now = app.now();
    let buckets = Span::parse(&fields)?.buckets(now);
    let until = Timestamp::from_millis(buckets.to);
    let told = history::of_entity(&app, blueprint, entity, names.clone(), until, now).await?;
    let data = series::history(&buckets, &names, &told);
    Ok(Reply::ok("result", &buckets.render(data)))
}

/// Counts the entities that a query finds in a blueprint.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/entities/search/count", tag = "Search",
    params(("blueprint", description = "Identifier")),
    request_body = crate::http::openapi::SearchCountBody, responses((status = 200, body = CountReply)))]
pub async fn count(
    State(app): State<App>,
    can: Can<ReadEntities>,
    Path(blueprint): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let fields = Fields::of(&body, "")?;
    fields.only(&["query"])?;
    let contexts = contexts::of(&app, &can.caller).await?;
    let filter = Arc::new(query_of(&fields)?.resolve(&contexts));
    let found = search::values(&app, whole(blueprint, filter), Vec::new()).await?;
    Ok(Reply::ok("count", &found.len()))
}

/// What entities are grouped or sorted by.
struct By {
    of: Of,
    titles: bool,
}

impl By {
    fn parse(fields: &Fields<'_>) -> Result<Self, Refusal> {
        let text = |key| fields.find_string(key).map(|text| text.map(str::to_owned));
        let titles =
            fields.find_one_of("targetProperty", &["$identifier", "$title"])? == Some("$title");
        let of = match (text("property")?, text("relation")?, text("scorecard")?) {
            (Some(property), None, None) => Of::Property(property),
            (None, Some(relation), None) => Of::Relation(relation),
            (None, None, Some(scorecard)) => Of::Scorecard(scorecard, text("scorecardRule")?),
            _ => {
                return Err(Refusal::invalid_request(format!(
                    "\"{}\" must name exactly one of \"property\", \"relation\" and \"scorecard\".",
                    fields.path_of("").trim_end_matches('.')
                )));
            }
        };
        Ok(Self { of, titles })
    }

    /// What is read of each entity; the title of what a relation holds as a mirror of it would be.
    fn facet(&self) -> Facet {
        match (&self.of, self.titles) {
            (Of::Relation(name), true) => Facet::Value(format!("{name}.$title")),
            (of, _) => facet(of),
        }
    }

    /// What entities are sorted by: levels by their place, not by their names.
    fn order(&self) -> Facet {
        match &self.of {
            Of::Scorecard(scorecard, rule) => Facet::Place(scorecard.clone(), rule.clone()),
            _ => self.facet(),
        }
    }
}

const BY: [&str; 5] = [
    "property",
    "relation",
    "targetProperty",
    "scorecard",
    "scorecardRule",
];

/// Groups the entities of a blueprint by a value: how many have each, the most frequent first.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/entities/group", tag = "Search",
    params(("blueprint", description = "Identifier")),
    request_body = crate::http::openapi::GroupBody, responses((status = 200, body = GroupsReply)))]
pub async fn group(
    State(app): State<App>,
    can: Can<ReadEntities>,
    Path(blueprint): Path<String>,
    Json(body): Json,
) -> Result<Reply, Failure> {
    let fields = Fields::of(&body, "")?;
    fields.only(&["query", "grouping", "limit"])?;
    let grouping = fields.fields("grouping")?;
    grouping.only(&BY)?;
    let by = By::parse(&grouping)?;
    let limit = limit(&fields, PAGE, LARGEST_PAGE)?;
    let contexts = contexts::of(&app, &can.caller).await?;
    let groups = groups(&app, blueprint, &fields, &by, &contexts, None).await?;
    Ok(group_reply(groups, limit))
}

/// How groups are ordered.
struct GroupSort {
    by_count: bool,
    ascending: bool,
}

async fn groups(
    app: &App,
    blueprint: String,
    fields: &Fields<'_>,
    by: &By,
    contexts: &Contexts,
    sort: Option<GroupSort>,
) -> Outcome<Vec<Value>> {
    let filter = Arc::new(query_of(fields)?.resolve(contexts));
    let mut facets = vec![by.facet()];
    if let Of::Scorecard(..) = by.of {
        facets.push(by.order());
    }
    let found = search::values(app, whole(blueprint, filter), facets).await?;
    let counted = count_values(found.iter().filter_map(|tuple| tuple.first()));
    let Value::Array(mut groups) = counted else {
        return Ok(Vec::new());
    };
    let place = |value: &Value| {
        let mut tuples = found.iter();
        let tuple = tuples.find(|tuple| tuple.first() == Some(value));
        tuple.and_then(|tuple| tuple.get(1)).unwrap_or(&Value::Null)
    };
    if let Some(sort) = sort {
        groups.sort_by(|a, b| {
            let order = if sort.by_count {
                compare(&a["count"], &b["count"])
            } else {
                match &by.of {
                    Of::Scorecard(..) => compare(place(&a["value"]), place(&b["value"])),
                    _ => compare(&a["value"], &b["value"]),
                }
            };
            if sort.ascending {
                order
            } else {
                order.reverse()
            }
        });
    }
    Ok(groups)
}

fn group_reply(mut groups: Vec<Value>, limit: usize) -> Reply {
    let more = groups.len() > limit;
    groups.truncate(limit);
    Reply::spread(
        StatusCode::OK,
        &json!({"groups": groups, "hasMoreGroups": more}),
    )
}

/// Finds the first entities of a blueprint in a given order, or groups them.
#[utoipa::path(post, path = "/v1/blueprints/{blueprint}/entities/top-search", tag = "Search",
    params(("blueprint", description = "Identifier"),
        ("exclude_calculated_properties" = Option<bool>, Query, description = "Leave computed values out"),
        ("attach_title_to_relation" = Option<bool>, Query, description = "Show relations with titles"),
        ("attach_identifier_to_title_mirror_properties" = Option<bool>, Query, description = "Show mirrored titles with identifiers")),
    request_body = crate::http::openapi::TopSearchBody, responses((status = 200, body = TopReply)))]
pub async fn top_search(
    State(app): State<App>,
    can: Can<ReadEntities>,
    Path(blueprint): Path<String>,
    parameters: Parameters,
    Json(body): Json,
) -> Result<Reply, Failure> {
    const KEYS: [&str; 10] = [
        "query",
        "sort",
        "include",
        "exclude",
        "limit",
        "from",
        "identifiers",
        "groupBy",
        "groupSort",
        "countOnly",
    ];
    let fields = Fields::of(&body, "")?;
    fields.only(&KEYS)?;
    let limit = limit(&fields, PAGE, LARGEST_PAGE)?;
    let contexts = contexts::of(&app, &can.caller).await?;
    // Checked whether or not there are groups to sort, so that a mistake in it is not passed over.
    let sort = match fields.find_fields("groupSort")? {
        None => None,
        Some(sort) => {
            sort.only(&["by", "order"])?;
            Some(GroupSort {
                by_count: sort.one_of("by", &["count", "value"])? == "count",
                ascending: sort.one_of("order", &["asc", "desc"])? == "asc",
            })
        }
    };
    if let Some(grouping) = fields.find_fields("groupBy")? {
        grouping.only(&BY)?;
        let groups = groups(
            &app,
            blueprint,
            &fields,
            &By::parse(&grouping)?,
            &contexts,
            sort,
        )
        .await?;
        return Ok(group_reply(groups, limit));
    }
    let ranking = read_sort(&fields)?;
    let mut filter = query_of(&fields)?.resolve(&contexts);
    if let Some(identifiers) = fields.find_strings("identifiers")? {
        let named = search::named(identifiers.into_iter().map(str::to_owned).collect());
        filter = Filter::All(vec![filter, named]);
    }
    let mut facets = vec![Facet::Value("$identifier".to_owned())];
    facets.extend(ranking.iter().map(|(by, _)| by.order()));
    let mut found =
        search::values(&app, whole(blueprint.clone(), Arc::new(filter)), facets).await?;
    if fields.find_bool("countOnly")?.unwrap_or(false) {
        return Ok(Reply::ok("count", &found.len()));
    }
    // The identifier breaks ties, so that the order is the same each time.
    found.sort_by(|a, b| {
        let by_rank = ranking
            .iter()
            .enumerate()
            .map(|(place, (_, ascending))| order(a.get(place + 1), b.get(place + 1), *ascending));
        let by_rank = by_rank.fold(Ordering::Equal, Ordering::then);
        by_rank.then_with(|| order(a.first(), b.first(), true))
    });
    let start = match fields.find_string("from")? {
        None => 0,
        Some(from) => from
            .parse::<usize>()
            .map_err(|_| search::bad_cursor(from))?,
    };
    let more = found.len() > start.saturating_add(limit);
    let wanted: Vec<String> = found
        .iter()
        .skip(start)
        .take(limit)
        .filter_map(|tuple| tuple.first()?.as_str().map(str::to_owned))
        .collect();
    let (include, exclude) = (
        read_list(&fields, "include")?,
        read_list(&fields, "exclude")?,
    );
    let (app_, base) = (app.clone(), Wish::of(&parameters));
    let entities = search::exactly(&app, blueprint, wanted, move |tx, found| {
        let select = |names: &[String]| {
            names
                .iter()
                .map(|name| path_of(name, &found.compiled))
                .collect()
        };
        let wish = base
            .clone()
            .with(Selection::new(select(&include), select(&exclude)));
        let mut body = Vec::new();
        super::search::write_all(&app_, tx, &found, &wish, &mut body, true)?;
        Ok(body)
    })
    .await?;
    let mut reply = br#"{"ok":true,"entities":["#.to_vec();
    reply.extend_from_slice(&entities);
    reply.extend_from_slice(format!(r#"],"hasMoreEntities":{more}"#).as_bytes());
    if more {
        reply.extend_from_slice(format!(r#","next":"{}""#, start + limit).as_bytes());
    }
    reply.push(b'}');
    Ok(Reply::raw(StatusCode::OK, reply))
}

/// What has no value comes last, whichever way.
fn order(a: Option<&Value>, b: Option<&Value>, ascending: bool) -> Ordering {
    let (a, b) = (a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null));
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ if ascending => compare(a, b),
        _ => compare(a, b).reverse(),
    }
}

/// `sort`, one rule or a list of them, with whether each ascends.
fn read_sort(fields: &Fields<'_>) -> Result<Vec<(By, bool)>, Refusal> {
    let Some(sort) = fields.find("sort").filter(|sort| !sort.is_null()) else {
        return Ok(Vec::new());
    };
    let rules: Vec<&Value> = match sort {
        Value::Array(rules) => rules.iter().collect(),
        rule => vec![rule],
    };
    let read = |(place, rule): (usize, &Value)| {
        let fields = Fields::of(rule, &format!("sort[{place}]"))?;
        fields.only(&[&BY[..], &["order"]].concat())?;
        let order = fields.find_one_of("order", &["asc", "desc"])?;
        Ok((By::parse(&fields)?, order != Some("desc")))
    };
    rules.into_iter().enumerate().map(read).collect()
}
