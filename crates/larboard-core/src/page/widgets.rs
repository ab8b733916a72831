//! Changing single widgets of a page. A widget is opaque but for its `id` and the `widgets` it may hold.

use serde_json::{Value, json};

use super::Page;
use crate::refusal::Refusal;
use crate::violation::shown;

impl Page {
    /// Adds a widget: into the widget that `parentWidgetId` names, into the page's dashboard, or at the top. The body is the
    /// widget, or `{"parentWidgetId", "widget"}`. Returns the id of the widget, `fresh` if it has none.
    ///
    /// # Errors
    /// `invalid_request` for a body that is no widget or an id in use, `not_found` for an unknown parent.
    pub fn add_widget(&mut self, body: Value, fresh: &str) -> Result<String, Refusal> {
        let parent = body
            .get("parentWidgetId")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let wrapped = body
            .get("widget")
            .is_some_and(|widget| widget.is_object() || parent.is_some());
        let mut widget = if wrapped {
            body["widget"].clone()
        } else {
            body
        };
        let Some(map) = widget.as_object_mut() else {
            return Err(not_a_widget(&widget));
        };
        let id = match map.get("id") {
            None | Some(Value::Null) => {
                map.insert("id".into(), fresh.into());
                fresh.to_owned()
            }
            Some(Value::String(id)) => id.clone(),
            Some(other) => return Err(not_a_widget(other)),
        };
        let identifier = self.identifier().to_owned();
        let widgets = self.document.entry("widgets").or_insert_with(|| json!([]));
        if find(widgets, &id).is_some() {
            return Err(Refusal::invalid_request(format!(
                "The page {identifier:?} has a widget {id:?} already; choose another id."
            )));
        }
        let place = match &parent {
            Some(parent) => find(widgets, parent).ok_or_else(|| unknown(&identifier, parent))?,
            None => match dashboard(widgets) {
                true => &mut widgets[0],
                false => {
                    push(widgets, widget);
                    return Ok(id);
                }
            },
        };
        let Some(place) = place.as_object_mut() else {
            return Err(unknown(&identifier, &id));
        };
        push(place.entry("widgets").or_insert_with(|| json!([])), widget);
        Ok(id)
    }

    /// Changes what the body names of a widget; `null` removes a key.
    ///
    /// # Errors
    /// `not_found` for an unknown widget, `invalid_request` for a body that is no object.
    pub fn patch_widget(&mut self, id: &str, body: Value) -> Result<(), Refusal> {
        let Value::Object(changes) = body else {
            return Err(not_a_widget(&body));
        };
        let identifier = self.identifier().to_owned();
        let widget = self
            .document
            .get_mut("widgets")
            .and_then(|widgets| find(widgets, id));
        let Some(Value::Object(widget)) = widget else {
            return Err(unknown(&identifier, id));
        };
        for (key, value) in changes {
            if key == "id" {
                continue;
            }
            if value.is_null() {
                widget.shift_remove(&key);
            } else {
                widget.insert(key, value);
            }
        }
        Ok(())
    }

    /// Takes a widget off the page.
    ///
    /// # Errors
    /// `not_found` for an unknown widget.
    pub fn remove_widget(&mut self, id: &str) -> Result<(), Refusal> {
        let identifier = self.identifier().to_owned();
        let removed = self
            .document
            .get_mut("widgets")
            .is_some_and(|widgets| remove(widgets, id));
        if removed {
            Ok(())
        } else {
            Err(unknown(&identifier, id))
        }
    }
}

/// Whether the first widget is the wrapper of a dashboard.
fn dashboard(widgets: &Value) -> bool {
    widgets
        .get(0)
        .is_some_and(|first| first["type"] == "dashboard-widget")
}

fn push(list: &mut Value, widget: Value) {
    if let Value::Array(list) = list {
        list.push(widget);
    }
}

/// The widget of an id, wherever it is.
fn find<'a>(widgets: &'a mut Value, id: &str) -> Option<&'a mut Value> {
    for widget in widgets.as_array_mut()? {
        if widget["id"] == *id {
            return Some(widget);
        }
        if let Some(found) = widget.get_mut("widgets").and_then(|inner| find(inner, id)) {
            return Some(found);
        }
    }
    None
}

fn remove(widgets: &mut Value, id: &str) -> bool {
    let Value::Array(list) = widgets else {
        return false;
    };
    let before = list.len();
    list.retain(|widget| widget["id"] != *id);
    list.len() < before
        || list
            .iter_mut()
            .filter_map(|widget| widget.get_mut("widgets"))
            .any(|inner| remove(inner, id))
}

fn unknown(page: &str, widget: &str) -> Refusal {
    Refusal::not_found(format!("The page {page:?} has no widget {widget:?}."))
}

fn not_a_widget(value: &Value) -> Refusal {
    Refusal::invalid_request(format!(
        "The body must be a widget, a JSON object whose \"id\" is a text, but there is {}.",
        shown(value)
    ))
}
