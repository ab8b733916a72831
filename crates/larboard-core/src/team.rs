//! What a request says of a team (facts/catalog.md 6.1). Whether its members exist is the caller's business.

use serde_json::Value;

use crate::fields::Fields;
use crate::refusal::Refusal;

/// A team as a body describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamWrite {
    /// Its name, which is the title of its entity.
    pub name: Option<String>,
    /// What it is; `Some(None)` clears.
    pub description: Option<Option<String>>,
    /// The e-mail addresses of all its members.
    pub users: Option<Vec<String>>,
}

impl TeamWrite {
    /// Reads the body of a POST, which makes a team.
    ///
    /// # Errors
    /// `invalid_request` that names the field, the value and the rule.
    pub fn create(body: &Value) -> Result<Self, Refusal> {
        let write = Self::parse(body)?;
        match write.name {
            Some(_) => Ok(write),
            None => Err(Refusal::invalid_request("\"name\" is missing; add it.")),
        }
    }

    /// Reads the body of a PUT: what it leaves out is cleared.
    ///
    /// # Errors
    /// As for [`TeamWrite::create`].
    pub fn replace(body: &Value) -> Result<Self, Refusal> {
        let write = Self::create(body)?;
        Ok(Self {
            name: write.name,
            description: Some(write.description.flatten()),
            users: Some(write.users.unwrap_or_default()),
        })
    }

    /// Reads the body of a PATCH: what it leaves out stays.
    ///
    /// # Errors
    /// As for [`TeamWrite::create`].
    pub fn patch(body: &Value) -> Result<Self, Refusal> {
        Self::parse(body)
    }

    fn parse(body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "")?;
        fields.only(&["name", "description", "users"])?;
        let name = fields.find_string("name")?;
        if let Some(name) = name {
            check_name(name)?;
        }
        let description = match body.get("description") {
            None => None,
            Some(Value::Null) => Some(None),
            Some(_) => Some(fields.find_string("description")?.map(str::to_owned)),
        };
        let users = fields.find_strings("users")?;
        Ok(Self {
            name: name.map(str::to_owned),
            description,
            users: users.map(|users| users.into_iter().map(str::to_lowercase).collect()),
        })
    }
}

/// At least two characters, none of `; # / ?`, no space at either end.
fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = (2..=100).contains(&name.chars().count())
        && !name.contains([';', '#', '/', '?'])
        && name.trim() == name;
    if fits {
        return Ok(());
    }
    Err(Refusal::invalid_request(format!(
        "\"name\" is {name:?}; use 2 to 100 characters without ; # / ? and without a space at either end."
    )))
}

/// The identifier of a team of this name: what an identifier cannot hold becomes an underscore.
pub fn identifier_of(name: &str) -> String {
    name.chars()
        .map(|c| {
            let mut buffer = [0; 4];
            if crate::text::check_entity_identifier(c.encode_utf8(&mut buffer)).is_ok() || c == '.'
            {
                c
            } else {
                '_'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_replacement_clears_what_it_leaves_out_and_a_patch_keeps_it() {
        let body = json!({"name": "Platform"});
        let replaced = TeamWrite::replace(&body).unwrap();
        assert_eq!(
            (replaced.description, replaced.users),
            (Some(None), Some(Vec::new()))
        );
        assert_eq!(TeamWrite::patch(&json!({})).unwrap(), TeamWrite::default());
        let cleared = TeamWrite::patch(&json!({"description": null})).unwrap();
        assert_eq!(cleared.description, Some(None));
    }

    #[test]
    fn every_fault_of_a_team_is_refused() {
        for bad in [
            json!({}),
            json!([]),
            json!({"name": "x"}),
            json!({"name": " ab"}),
            json!({"name": "a/b"}),
            json!({"name": "a;b"}),
            json!({"name": 1}),
            json!({"name": "ab", "users": "ada@example.test"}),
            json!({"name": "ab", "users": [1]}),
            json!({"name": "ab", "description": 1}),
            json!({"name": "ab", "colour": "red"}),
        ] {
            assert!(TeamWrite::create(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_becomes_an_identifier() {
        assert_eq!(identifier_of("Platform Team (EU)"), "Platform_Team__EU_");
        assert_eq!(identifier_of("v1.2"), "v1.2");
    }
}
