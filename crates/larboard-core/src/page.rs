//! A page of the portal: a catalog table, a dashboard, the page of an entity, or the home page (facts/catalog.md
//! section 9). The document is kept as it was sent, widgets are opaque (facts/addenda.md, Echo rule).
//!
//! Whether the blueprint, parent and predecessor exist is the caller's business.

mod widgets;

use serde_json::{Map, Value, json};

use crate::blueprint::{Blueprint, Stamps};
use crate::names::replace_blueprint;
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::violation::{Violations, shown};

/// The identifier of the one home page.
pub const HOME: &str = "$home";

const TYPES: [&str; 4] = ["blueprint-entities", "dashboard", "entity", "home"];

/// Keys the server writes; clients send them back with the rest of a GET body.
const META: [&str; 4] = ["createdAt", "createdBy", "updatedAt", "updatedBy"];

/// A valid page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    document: Map<String, Value>,
}

impl Page {
    /// Reads the body of a POST.
    ///
    /// # Errors
    /// `invalid_request` with every fault of the body, or for a page that the server makes itself.
    pub fn create(body: Value) -> Result<Self, Refusal> {
        let page = Self::checked(object(body)?)?;
        match page.kind() {
            "entity" => Err(Refusal::invalid_request(
                "Entity pages cannot be created; each blueprint has one, whose identifier is the blueprint's followed by \"Entity\".",
            )),
            "home" => Err(Refusal::invalid_request(
                "Home pages cannot be created; there is one, \"$home\", which PUT changes.",
            )),
            _ => Ok(page),
        }
    }

    /// Reads the body of a PUT, which replaces this page; another identifier renames it.
    ///
    /// # Errors
    /// `invalid_request` with every fault of the body, for another type, or for another name of a page that the server made.
    pub fn replace(&self, body: Value) -> Result<Self, Refusal> {
        let mut document = object(body)?;
        for key in ["identifier", "type"] {
            if document.get(key).is_none_or(Value::is_null) {
                document.shift_remove(key);
                let kept = self.document.get(key).cloned().unwrap_or_default();
                document.insert(key.to_owned(), kept);
            }
        }
        if self.is_of_blueprint() && document.get("blueprint").is_none_or(Value::is_null) {
            let kept = self.document.get("blueprint").cloned().unwrap_or_default();
            document.insert("blueprint".to_owned(), kept);
        }
        Self::checked(document)?.after(self)
    }

    /// Reads the body of a PATCH: keys left out stay, `null` removes.
    ///
    /// # Errors
    /// As for [`Page::replace`].
    pub fn patch(&self, body: Value) -> Result<Self, Refusal> {
        let mut document = self.document.clone();
        for (key, value) in object(body)? {
            if value.is_null() {
                document.shift_remove(&key);
            } else {
                document.insert(key, value);
            }
        }
        Self::checked(document)?.after(self)
    }

    /// The page that shows one entity of the blueprint.
    pub fn entity_of(blueprint: &Blueprint) -> Self {
        let identifier = entity_page(blueprint.identifier());
        Self::generated(blueprint, &identifier, "entity", blueprint.title())
    }

    /// The page that lists the entities of the blueprint.
    pub fn catalog_of(blueprint: &Blueprint) -> Self {
        let identifier = catalog_page(blueprint.identifier());
        let title = plural(blueprint.title());
        Self::generated(blueprint, &identifier, "blueprint-entities", &title)
    }

    /// The home page as it is before anyone changed it.
    pub fn home() -> Self {
        let document = json!({"identifier": HOME, "title": "Home", "type": "home", "widgets": []});
        Self {
            document: document.as_object().cloned().unwrap_or_default(),
        }
    }

    fn generated(blueprint: &Blueprint, identifier: &str, kind: &str, title: &str) -> Self {
        let mut document = Map::new();
        document.insert("identifier".into(), identifier.into());
        document.insert("title".into(), title.into());
        document.insert("type".into(), kind.into());
        if let Some(icon) = blueprint.document().get("icon") {
            document.insert("icon".into(), icon.clone());
        }
        document.insert("blueprint".into(), blueprint.identifier().into());
        document.insert("widgets".into(), json!([]));
        Self { document }
    }

    /// Reads a document that was valid when it was stored.
    ///
    /// # Errors
    /// `internal_error` if it is not one.
    pub fn from_stored(text: &str) -> Result<Self, Refusal> {
        let document = serde_json::from_str(text).map_err(|_| Refusal::internal())?;
        Ok(Self { document })
    }

    fn checked(mut document: Map<String, Value>) -> Result<Self, Refusal> {
        document.retain(|key, value| !value.is_null() && !META.contains(&key.as_str()));
        let mut violations = Violations::new();
        violations.require(&document, "", &["identifier", "type"]);
        let identifier = violations.text(&document, "", "identifier", (0, usize::MAX));
        if let Some(identifier) = identifier.filter(|identifier| *identifier != HOME)
            && let Err(flaw) = text::check_entity_identifier(identifier)
        {
            violations.push_at("identifier", "pattern", flaw);
        }
        let kind = violations.choice(&document, "", "type", &TYPES);
        if identifier == Some(HOME) && kind.is_some_and(|kind| kind != "home") {
            violations.push_at(
                "identifier",
                "reserved",
                "it names the home page; choose another",
            );
        }
        violations.text(&document, "", "title", (0, 200));
        for key in ["icon", "description", "parent", "after", "blueprint"] {
            violations.text(&document, "", key, (0, usize::MAX));
        }
        violations.boolean(&document, "", "locked");
        violations.boolean(&document, "", "showInSidebar");
        for key in ["widgets", "pageFilters"] {
            if let Some(list) = document.get(key)
                && !list.is_array()
            {
                violations.wrong_type(key, "a list", list);
            }
        }
        if kind == Some("blueprint-entities") {
            violations.require(&document, "", &["blueprint"]);
        }
        violations.into_result(Code::InvalidRequest)?;
        Ok(Self { document })
    }

    fn after(self, before: &Self) -> Result<Self, Refusal> {
        let mut violations = Violations::new();
        let fixed: &[&str] = match before.kind() {
            "entity" => &["type", "identifier", "blueprint"],
            "home" => &["type", "identifier"],
            _ => &["type"],
        };
        for key in fixed {
            let (was, is) = (&before.document[*key], self.document.get(*key));
            if is != Some(was) {
                let advice = format!("it is {} and cannot change", shown(was));
                violations.push_at(*key, "immutable", advice);
            }
        }
        violations.into_result(Code::InvalidRequest)?;
        Ok(self)
    }

    fn is_of_blueprint(&self) -> bool {
        matches!(self.kind(), "blueprint-entities" | "entity")
    }

    fn find_text(&self, key: &str) -> Option<&str> {
        self.document.get(key).and_then(Value::as_str)
    }

    /// Its identifier.
    pub fn identifier(&self) -> &str {
        self.find_text("identifier").unwrap_or_default()
    }

    /// Its title, or its identifier without one.
    pub fn title(&self) -> &str {
        self.find_text("title").unwrap_or(self.identifier())
    }

    /// Its type.
    pub fn kind(&self) -> &str {
        self.find_text("type").unwrap_or_default()
    }

    /// The blueprint it is about.
    pub fn blueprint(&self) -> Option<&str> {
        self.find_text("blueprint")
    }

    /// The folder it is in.
    pub fn parent(&self) -> Option<&str> {
        self.find_text("parent")
    }

    /// The page or folder it comes after.
    pub fn after_item(&self) -> Option<&str> {
        self.find_text("after")
    }

    /// Whether the sidebar lists it.
    pub fn in_sidebar(&self) -> bool {
        !matches!(self.kind(), "entity" | "home")
            && self.document.get("showInSidebar") != Some(&Value::Bool(false))
    }

    /// This page with a text under `key`, or without it.
    #[must_use]
    pub fn with(mut self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => {
                self.document.insert(key.to_owned(), value.into());
            }
            None => {
                self.document.shift_remove(key);
            }
        }
        self
    }

    /// This page with what it names of a blueprint following that to its new identifier, also in its widgets.
    #[must_use]
    pub fn following_blueprint(self, from: &str, to: &str) -> Self {
        let mut document = Value::Object(self.document);
        replace_blueprint(&mut document, from, to);
        let Value::Object(document) = document else {
            return Self {
                document: Map::new(),
            };
        };
        Self { document }
    }

    /// The document as JSON text, which is what is stored.
    pub fn to_text(&self) -> String {
        serde_json::to_string(&self.document).unwrap_or_default()
    }

    /// The page as the API shows it; the list's compact form has no widgets and no filters.
    pub fn render(&self, stamps: &Stamps, compact: bool) -> Value {
        let mut document = self.document.clone();
        if compact {
            document.retain(|key, _| key != "widgets" && key != "pageFilters");
        }
        document.insert("createdAt".into(), stamps.created_at.to_string().into());
        document.insert("createdBy".into(), stamps.created_by.clone().into());
        document.insert("updatedAt".into(), stamps.updated_at.to_string().into());
        document.insert("updatedBy".into(), stamps.updated_by.clone().into());
        Value::Object(document)
    }
}

/// The identifier of the page that shows entities of a blueprint.
pub fn entity_page(blueprint: &str) -> String {
    format!("{blueprint}Entity")
}

/// The identifier of the page that lists the entities of a blueprint.
pub fn catalog_page(blueprint: &str) -> String {
    plural(blueprint)
}

fn plural(word: &str) -> String {
    if word.ends_with('s') {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}

fn object(body: Value) -> Result<Map<String, Value>, Refusal> {
    match body {
        Value::Object(map) => Ok(map),
        other => Err(Refusal::invalid_request(format!(
            "The body must be a JSON object, but is {}.",
            shown(&other)
        ))),
    }
}

#[cfg(test)]
mod tests;
