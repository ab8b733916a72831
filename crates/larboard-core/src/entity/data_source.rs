//! Where entities come from: the `User-Agent` of their last writer (facts/catalog.md 2.8), read and replaced by name.

use serde_json::Value;

use super::write::BULK_DELETE_MOST;
use crate::refusal::{Code, Refusal};
use crate::violation::{Violations, shown};

/// The most entities whose data source one request may replace: what one may delete.
pub(super) const MOST: usize = BULK_DELETE_MOST;
/// The most characters of a data source.
pub(super) const LONGEST: usize = 1000;

/// The families of integrations whose data sources name an installation.
const FAMILIES: [&str; 2] = ["port-ocean", "port"];

/// Entities, and the data source they shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSourceWrite {
    /// Their identifiers.
    pub identifiers: Vec<String>,
    /// The data source.
    pub data_source: String,
}

impl DataSourceWrite {
    /// Reads `{"entitiesIdentifiers": [1 to 100], "datasource": …}`.
    ///
    /// # Errors
    /// `invalid_request` with every fault.
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        const KEYS: [&str; 2] = ["entitiesIdentifiers", "datasource"];
        let Value::Object(body) = body else {
            return Err(Refusal::invalid_request(format!(
                "The body must be {{\"entitiesIdentifiers\": […], \"datasource\": …}}, but is {}.",
                shown(body)
            )));
        };
        let mut violations = Violations::new();
        violations.only(body, "", &KEYS);
        violations.require(body, "", &KEYS);
        let data_source = violations.text(body, "", "datasource", (1, LONGEST));
        let data_source = data_source.unwrap_or_default().to_owned();
        let mut identifiers = Vec::new();
        match body.get("entitiesIdentifiers") {
            Some(Value::Array(items)) => {
                if items.is_empty() || items.len() > MOST {
                    let advice = format!("it has {} items; send 1 to {MOST}", items.len());
                    violations.push_at("entitiesIdentifiers", "maxItems", advice);
                }
                for (index, item) in items.iter().enumerate() {
                    match item.as_str() {
                        Some(identifier) => identifiers.push(identifier.to_owned()),
                        None => violations.wrong_type(
                            format!("entitiesIdentifiers[{index}]"),
                            "the identifier of an entity",
                            item,
                        ),
                    }
                }
            }
            Some(other) => violations.wrong_type("entitiesIdentifiers", "a list", other),
            None => {}
        }
        violations.into_result(Code::InvalidRequest)?;
        Ok(Self {
            identifiers,
            data_source,
        })
    }
}

/// The installation that a data source such as `port-ocean/<type>/<version>/<installation>/exporter` names.
pub fn installation_of(data_source: &str) -> Option<&str> {
    let mut parts = data_source.split('/');
    let family = parts.next()?;
    let installation = parts.nth(2)?;
    (FAMILIES.contains(&family) && !installation.is_empty()).then_some(installation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn integrations_name_their_installation_and_others_none() {
        for (source, installation) in [
            ("port-ocean/github-ocean/1.2.3/main/exporter", Some("main")),
            ("port-ocean/k8s/1.2.3/main", Some("main")),
            ("port/github/v1.0.0/123", Some("123")),
            ("port-ocean/k8s/1.2.3", None),
            ("port-ocean/k8s/1.2.3//exporter", None),
            ("curl/8/a/b", None),
            ("", None),
        ] {
            assert_eq!(installation_of(source), installation, "{source}");
        }
    }

    #[test]
    fn a_write_names_entities_and_one_data_source() {
        let read =
            DataSourceWrite::parse(&json!({"entitiesIdentifiers": ["a", "b"], "datasource": "x"}));
        let expected = DataSourceWrite {
            identifiers: vec!["a".into(), "b".into()],
            data_source: "x".into(),
        };
        assert_eq!(read, Ok(expected));
        let most = vec!["a"; MOST];
        assert!(
            DataSourceWrite::parse(&json!({"entitiesIdentifiers": most, "datasource": "x"}))
                .is_ok()
        );
    }
}
