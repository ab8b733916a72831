//! Grants: who may do something to one page, blueprint or action, beside those who may do everything
//! (facts/catalog.md section 5).
//!
//! It knows lists of people, roles and teams. What a role means at large is the product's business.

mod blueprint;

use serde_json::{Map, Value};

pub use blueprint::BlueprintPermissions;

use crate::refusal::{Code, Refusal};
use crate::violation::{Violations, join};

/// Someone who asks, as far as grants look at people.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// E-mail address; machines have none.
    pub email: Option<&'a str>,
    /// The name of the role.
    pub role: &'a str,
    /// Identifiers of the teams they are in.
    pub teams: &'a [String],
}

/// Whether a block such as `{"users": […], "roles": […], "teams": […]}` names the asker. What is absent grants nothing.
pub fn names(block: &Value, asker: &Asker<'_>) -> bool {
    let holds = |key: &str, wanted: &dyn Fn(&str) -> bool| {
        let list = block.get(key).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .any(wanted)
    };
    holds("users", &|user| {
        asker
            .email
            .is_some_and(|email| email.eq_ignore_ascii_case(user))
    }) || holds("roles", &|role| role.eq_ignore_ascii_case(asker.role))
        || holds("teams", &|team| asker.teams.iter().any(|own| own == team))
}

/// Checks that the lists under `keys` of a block are lists of texts.
pub fn check_lists(
    block: &Map<String, Value>,
    path: &str,
    keys: &[&str],
    violations: &mut Violations,
) {
    for key in keys {
        let Some(value) = block.get(*key) else {
            continue;
        };
        let texts = value
            .as_array()
            .is_some_and(|list| list.iter().all(Value::is_string));
        if !texts {
            violations.wrong_type(join(path, key), "a list of texts", value);
        }
    }
}

/// The permissions of a page after a PATCH: of a supplied block, each supplied list replaces that list, and the others
/// stay (facts/catalog.md 5.2).
///
/// # Errors
/// `invalid_request` with every fault of the body.
pub fn patch_page(before: &Value, body: Value) -> Result<Value, Refusal> {
    const LISTS: [&str; 3] = ["users", "roles", "teams"];
    let Value::Object(body) = body else {
        return Err(Refusal::invalid_request(
            "The body must be an object with \"read\" or \"update\".",
        ));
    };
    let mut violations = Violations::new();
    violations.only(&body, "", &["read", "update"]);
    let mut after = before.as_object().cloned().unwrap_or_default();
    for key in ["read", "update"] {
        let Some(block) = violations.object(&body, "", key) else {
            continue;
        };
        violations.only(block, key, &LISTS);
        check_lists(block, key, &LISTS, &mut violations);
        let slot = after
            .entry(key)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(slot) = slot {
            slot.extend(block.clone());
        }
    }
    violations.into_result(Code::InvalidRequest)?;
    Ok(Value::Object(after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_block_names_people_roles_and_teams_and_nobody_else() {
        let teams = ["platform".to_owned()];
        let asker = Asker {
            email: Some("ada@example.test"),
            role: "Member",
            teams: &teams,
        };
        for block in [
            json!({"users": ["Ada@example.test"]}),
            json!({"roles": ["member"]}),
            json!({"teams": ["x", "platform"]}),
        ] {
            assert!(names(&block, &asker), "{block}");
        }
        for block in [
            json!({}),
            json!({"users": [], "roles": ["Admin"], "teams": ["Platform"]}),
        ] {
            assert!(!names(&block, &asker), "{block}");
        }
    }

    #[test]
    fn a_patch_replaces_the_lists_it_names_and_keeps_the_others() {
        let before =
            json!({"read": {"users": ["a"], "roles": ["Member"]}, "update": {"teams": ["t"]}});
        let after = patch_page(&before, json!({"read": {"users": []}})).unwrap();
        assert_eq!(
            after,
            json!({"read": {"users": [], "roles": ["Member"]}, "update": {"teams": ["t"]}})
        );
        for bad in [
            json!({"write": {}}),
            json!({"read": []}),
            json!({"read": {"users": "a"}}),
            json!({"read": {"people": []}}),
            json!([]),
        ] {
            assert!(patch_page(&before, bad.clone()).is_err(), "{bad}");
        }
    }
}
