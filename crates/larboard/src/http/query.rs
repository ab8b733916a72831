//! Query parameters as real clients send them (facts/routes.md, "What real clients tolerate badly"): unknown ones are
//! ignored, flags are whatever looks true, lists are repeated or comma-joined. None of that is ever refused.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use larboard_core::refusal::Refusal;
use larboard_core::time::Timestamp;
use std::convert::Infallible;

/// The parameters of one request, in their order.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the part of a URL after the question mark.
    pub fn parse(text: &str) -> Self {
        Self(
            url::form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The value of a parameter; an empty one means none.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Whether a flag is set: `true` in any capitals. Everything else, a printed pointer too, is not.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A flag that may be absent.
    pub fn find_flag(&self, name: &str) -> Option<bool> {
        self.text(name)
            .map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The values of a list: repeated, comma-joined, or spelled `name[]`.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(key, _)| key == name || key.strip_suffix("[]") == Some(name))
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// A whole number between the bounds, or the default if absent.
    ///
    /// # Errors
    /// `invalid_request` that names the parameter, the value and the bounds.
    pub fn number(
        &self,
        name: &str,
        bounds: std::ops::RangeInclusive<i64>,
        default: i64,
    ) -> Result<i64, Refusal> {
        let Some(value) = self.text(name) else {
            return Ok(default);
        };
        match value.parse::<f64>() {
            Ok(n)
                if n.fract() == 0.0 && *bounds.start() as f64 <= n && n <= *bounds.end() as f64 =>
            {
                Ok(n as i64)
            }
            _ => Err(Refusal::invalid_request(format!(
                "Query parameter `{name}` is {value:?}; use a whole number from {} to {}.",
                bounds.start(),
                bounds.end()
            ))),
        }
    }

    /// An instant, if given.
    ///
    /// # Errors
    /// `invalid_request` that names the parameter and the value.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let Some(value) = self.text(name) else {
            return Ok(None);
        };
        // A plus sign that was not escaped arrives as a space.
        match Timestamp::parse(value).or_else(|| Timestamp::parse(&value.replace(' ', "+"))) {
            Some(time) => Ok(Some(time)),
            None => Err(Refusal::invalid_request(format!(
                "Query parameter `{name}` is {value:?}; use an ISO 8601 instant such as 2026-01-31T12:00:00.000Z."
            ))),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_true_in_any_capitals_and_nothing_else() {
        let query = Query::parse("a=true&b=True&c=0xc000123&d=&e=false");
        assert!(query.flag("a") && query.flag("b"));
        assert!(!query.flag("c") && !query.flag("d") && !query.flag("e") && !query.flag("f"));
    }

    #[test]
    fn an_empty_run_id_means_none() {
        assert_eq!(Query::parse("run_id=").text("run_id"), None);
    }

    #[test]
    fn a_list_may_be_repeated_joined_or_spelled_with_brackets() {
        let query = Query::parse("include=a&include=b,c&include[]=d&include=");
        assert_eq!(query.list("include"), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_number_outside_its_bounds_is_refused_by_name() {
        let error = Query::parse("limit=0")
            .number("limit", 1..=50, 50)
            .expect_err("refused");
        assert!(error.message.contains("`limit`") && error.message.contains("1 to 50"));
        assert_eq!(Query::parse("limit=5").number("limit", 1..=50, 50), Ok(5));
        assert_eq!(Query::parse("").number("limit", 1..=50, 50), Ok(50));
        assert!(
            Query::parse("limit=ten")
                .number("limit", 1..=50, 50)
                .is_err()
        );
    }

    #[test]
    fn an_instant_may_carry_an_unescaped_plus() {
        let query = Query::parse("from=2026-01-31T12:00:00+02:00");
        assert_eq!(
            query.time("from"),
            Ok(Timestamp::parse("2026-01-31T10:00:00Z"))
        );
        assert!(Query::parse("from=soon").time("from").is_err());
    }
}
