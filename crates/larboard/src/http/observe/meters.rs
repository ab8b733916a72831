//! Counts requests. A meter is looked up by its labels in the registry of metrics once, and from then on here.

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

static ROUTES: LazyLock<RwLock<HashMap<Box<str>, Meters>>> = LazyLock::new(RwLock::default);

/// The meters of one route, which has few methods and answers with few statuses.
struct Meters {
    seconds: Histogram,
    requests: Vec<(&'static str, StatusCode, Counter)>,
}

/// Counts a request that was answered.
pub(super) fn count(method: &Method, route: &str, status: StatusCode, took: Duration) {
    let method = name(method);
    let counted = |meters: &Meters| meters.count(method, status, took);
    if ROUTES.read().get(route).is_some_and(counted) {
        return;
    }
    let mut routes = ROUTES.write();
    let meters = routes.entry(route.into()).or_insert_with(|| Meters {
        seconds: metrics::histogram!("larboard_request_seconds", "route" => route.to_owned()),
        requests: Vec::new(),
    });
    // Another thread may have been quicker; the registry has one counter for the same labels all the same.
    let counter = metrics::counter!("larboard_requests_total", "method" => method, "route" => route.to_owned(),
        "status" => status.as_u16().to_string());
    meters.requests.push((method, status, counter));
    meters.count(method, status, took);
}

impl Meters {
    /// False if there is no counter for these labels yet.
    fn count(&self, method: &'static str, status: StatusCode, took: Duration) -> bool {
        let mut known = self.requests.iter();
        let Some((_, _, counter)) = known.find(|(m, s, _)| *m == method && *s == status) else {
            return false;
        };
        counter.increment(1);
        self.seconds.record(took.as_secs_f64());
        true
    }
}

/// The method as a label. A client may invent methods; they share one label, so that it cannot fill the memory with them.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
