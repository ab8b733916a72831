//! Search queries in place of an identifier, a relation or teams in entity writes (facts/catalog.md 2.4): a smaller grammar.

use super::parse;
use super::{Dialect, Operator, Query, Rule, Tested};
use crate::fields::Fields;
use crate::refusal::Refusal;
use serde_json::Value;

/// Reads such a query at `path`; only the operators `=`, `in`, `contains` and `containsAny` look things up.
///
/// # Errors
/// `invalid_request` that names the rule and the way out.
pub fn parse_lookup(value: &Value, path: &str) -> Result<Query, Refusal> {
    let query = parse::query(value, path, Dialect::Lookup)?;
    if query.rules.is_empty() {
        let fields = Fields::of(value, path)?;
        let advice = "write at least one rule, because everything would match";
        return Err(fields.wrong("rules", fields.required("rules")?, advice));
    }
    check(&query, path)?;
    Ok(query)
}

fn check(query: &Query, path: &str) -> Result<(), Refusal> {
    for (place, rule) in query.rules.iter().enumerate() {
        let path = if path.is_empty() {
            format!("rules[{place}]")
        } else {
            format!("{path}.rules[{place}]")
        };
        match rule {
            Rule::Group(group) => check(group, &path)?,
            Rule::Test {
                subject: Tested::Property(_),
                operator:
                    Operator::Equals | Operator::In | Operator::Contains | Operator::ContainsAny,
                ..
            } => {}
            _ => {
                return Err(Refusal::invalid_request(format!(
                    "\"{path}\" cannot be used here; a lookup takes rules of a property with the operators =, in, contains and containsAny."
                )));
            }
        }
    }
    Ok(())
}
