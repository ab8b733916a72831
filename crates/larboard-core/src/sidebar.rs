//! The sidebar: folders, and the order of folders and pages in it (facts/catalog.md section 9).

mod contract;

pub(crate) use contract::contract;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::refusal::{Code, Refusal};
use crate::text;
use crate::violation::{Violations, shown};

/// How deep folders nest.
pub const DEEPEST: usize = 3;

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Unique in the sidebar.
    pub identifier: String,
    /// What people read.
    pub title: String,
    /// The folder it is in.
    pub parent: Option<String>,
    /// The page or folder it comes after.
    pub after: Option<String>,
}

impl Folder {
    /// Reads the body of a POST; without an identifier it is the title in snake case.
    ///
    /// # Errors
    /// `invalid_request` with every fault of the body.
    pub fn create(body: Value) -> Result<Self, Refusal> {
        let mut body = object(body)?;
        if body.get("identifier").is_none_or(Value::is_null)
            && let Some(title) = body.get("title").and_then(Value::as_str)
        {
            let identifier = snake_case(title);
            body.insert("identifier".into(), identifier.into());
        }
        Self::checked(&body)
    }

    /// Reads the body of a PATCH: keys left out stay, `null` takes the folder out of its parent or place.
    ///
    /// # Errors
    /// As for [`Folder::create`].
    pub fn patch(&self, body: Value) -> Result<Self, Refusal> {
        let mut merged = self.to_map();
        for (key, value) in object(body)? {
            merged.insert(key, value);
        }
        Self::checked(&merged)
    }

    fn checked(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut violations = Violations::new();
        violations.only(body, "", &["identifier", "title", "parent", "after"]);
        let body: Map<String, Value> = body
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        violations.require(&body, "", &["identifier", "title"]);
        if let Some(identifier) = violations.text(&body, "", "identifier", (0, usize::MAX))
            && let Err(flaw) = text::check_entity_identifier(identifier)
        {
            violations.push_at("identifier", "pattern", flaw);
        }
        violations.text(&body, "", "title", (1, 200));
        violations.text(&body, "", "parent", (1, usize::MAX));
        violations.text(&body, "", "after", (1, usize::MAX));
        violations.into_result(Code::InvalidRequest)?;
        let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            identifier: text("identifier").unwrap_or_default(),
            title: text("title").unwrap_or_default(),
            parent: text("parent"),
            after: text("after"),
        })
    }

    /// The folder as the API shows it: keys without a value are left out.
    pub fn render(&self) -> Value {
        Value::Object(self.to_map())
    }

    fn to_map(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("identifier".into(), self.identifier.as_str().into());
        map.insert("title".into(), self.title.as_str().into());
        for (key, value) in [("parent", &self.parent), ("after", &self.after)] {
            if let Some(value) = value {
                map.insert(key.into(), value.as_str().into());
            }
        }
        map
    }
}

/// Refuses a folder that would be in itself, or deeper than [`DEEPEST`]; `folders` are all others.
///
/// # Errors
/// `invalid_request` that says which.
pub fn check_nesting(folder: &Folder, folders: &[Folder]) -> Result<(), Refusal> {
    let mut above = 1;
    let mut met = HashSet::from([folder.identifier.as_str()]);
    let mut next = folder.parent.as_deref();
    while let Some(identifier) = next {
        if !met.insert(identifier) {
            return Err(Refusal::invalid_request(format!(
                "\"parent\" is {:?}; the folder {:?} would be in itself.",
                folder.parent.as_deref().unwrap_or_default(),
                folder.identifier
            )));
        }
        above += 1;
        next = folders
            .iter()
            .find(|other| other.identifier == identifier)
            .and_then(|other| other.parent.as_deref());
    }
    let deepest = above + depth_below(&folder.identifier, folders, 0);
    if deepest > DEEPEST {
        return Err(Refusal::invalid_request(format!(
            "\"parent\" is {:?}; folders nest at most {DEEPEST} deep, and this would be {deepest}.",
            folder.parent.as_deref().unwrap_or_default()
        )));
    }
    Ok(())
}

fn depth_below(identifier: &str, folders: &[Folder], deep: usize) -> usize {
    if deep > DEEPEST {
        return deep;
    }
    let children = folders
        .iter()
        .filter(|folder| folder.parent.as_deref() == Some(identifier));
    children
        .map(|child| 1 + depth_below(&child.identifier, folders, deep + 1))
        .max()
        .unwrap_or(0)
}

/// One line of the sidebar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Of the page or folder.
    pub identifier: String,
    /// What people read.
    pub title: String,
    /// The folder it is in.
    pub parent: Option<String>,
    /// The page or folder it comes after.
    pub after: Option<String>,
    /// `page` or `folder`.
    pub kind: &'static str,
}

/// The items in the order they are shown: within a folder, each after the one it names, and those that name none, or one
/// that is not beside them, in the order they were given. A folder is followed by what is in it.
pub fn arrange(items: Vec<Item>) -> Vec<Item> {
    let known: HashSet<&str> = items.iter().map(|item| item.identifier.as_str()).collect();
    let mut children: HashMap<Option<String>, Vec<Item>> = HashMap::new();
    for item in &items {
        let parent = item
            .parent
            .clone()
            .filter(|parent| known.contains(parent.as_str()));
        let siblings = children.entry(parent).or_default();
        let place = item
            .after
            .as_ref()
            .and_then(|after| siblings.iter().position(|other| other.identifier == *after));
        match place {
            Some(place) => siblings.insert(place + 1, item.clone()),
            None => siblings.push(item.clone()),
        }
    }
    // An item may have been given before the one it comes after: one more pass puts those right.
    for siblings in children.values_mut() {
        for item in siblings.clone() {
            let find = |siblings: &[Item], identifier: &str| {
                siblings
                    .iter()
                    .position(|other| other.identifier == identifier)
            };
            let Some(after) = &item.after else { continue };
            let (Some(own), Some(before)) =
                (find(siblings, &item.identifier), find(siblings, after))
            else {
                continue;
            };
            if before > own {
                let moved = siblings.remove(own);
                siblings.insert(before, moved);
            }
        }
    }
    let mut arranged = Vec::with_capacity(items.len());
    let mut pending: Vec<Item> = children.remove(&None).unwrap_or_default();
    pending.reverse();
    while let Some(item) = pending.pop() {
        if let Some(mut inside) = children.remove(&Some(item.identifier.clone())) {
            inside.reverse();
            pending.extend(inside);
        }
        arranged.push(item);
    }
    arranged
}

/// The title as an identifier: letters and digits, in lower case, joined by underscores.
pub fn snake_case(title: &str) -> String {
    let mut text = String::with_capacity(title.len());
    for character in title.chars() {
        if character.is_alphabetic() || character.is_ascii_digit() {
            text.extend(character.to_lowercase());
        } else if !text.is_empty() && !text.ends_with('_') {
            text.push('_');
        }
    }
    text.trim_end_matches('_').to_owned()
}

fn object(body: Value) -> Result<Map<String, Value>, Refusal> {
    match body {
        Value::Object(map) => Ok(map),
        other => Err(Refusal::invalid_request(format!(
            "The body must be a folder, a JSON object, but is {}.",
            shown(&other)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn folder(identifier: &str, parent: Option<&str>) -> Folder {
        Folder {
            identifier: identifier.into(),
            title: identifier.into(),
            parent: parent.map(str::to_owned),
            after: None,
        }
    }

    fn item(identifier: &str, parent: Option<&str>, after: Option<&str>) -> Item {
        Item {
            identifier: identifier.into(),
            title: identifier.into(),
            parent: parent.map(str::to_owned),
            after: after.map(str::to_owned),
            kind: "page",
        }
    }

    #[test]
    fn a_folder_without_an_identifier_is_named_after_its_title() {
        let made = Folder::create(json!({"title": "My Cloud  things!"})).unwrap();
        assert_eq!(made.identifier, "my_cloud_things");
        assert_eq!(
            made.render(),
            json!({"identifier": "my_cloud_things", "title": "My Cloud  things!"})
        );
        for bad in [
            json!({}),
            json!({"title": ""}),
            json!({"title": "x", "more": 1}),
            json!(1),
        ] {
            assert!(Folder::create(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_patch_takes_a_folder_out_of_its_parent_with_null() {
        let patched = folder("a", Some("b"))
            .patch(json!({"parent": null}))
            .unwrap();
        assert_eq!(patched.parent, None);
    }

    #[test]
    fn folders_nest_three_deep_and_never_in_themselves() {
        let others = [
            folder("a", None),
            folder("b", Some("a")),
            folder("c", Some("b")),
        ];
        assert!(check_nesting(&folder("d", Some("c")), &others).is_err());
        assert!(check_nesting(&folder("d", Some("b")), &others).is_ok());
        assert!(check_nesting(&folder("a", Some("c")), &others[1..]).is_err());
        assert!(check_nesting(&folder("x", Some("x")), &others).is_err());
        // What is below moves along: a with b and c in it cannot go into another folder.
        let with_other = [others[1].clone(), others[2].clone(), folder("e", None)];
        assert!(check_nesting(&folder("a", Some("e")), &with_other).is_err());
    }

    #[test]
    fn items_follow_the_one_they_name_and_folders_hold_theirs() {
        let arranged = arrange(vec![
            item("z", None, Some("b")),
            item("a", None, None),
            item("b", None, None),
            item("in-a", Some("a"), None),
            item("y", None, Some("a")),
            item("lost", Some("gone"), Some("gone")),
        ]);
        let names: Vec<&str> = arranged
            .iter()
            .map(|item| item.identifier.as_str())
            .collect();
        assert_eq!(names, ["a", "in-a", "y", "b", "z", "lost"]);
    }
}
