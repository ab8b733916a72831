//! The form of an action, `userInputs` (facts/actions.md 2.4).
//!
//! It checks how the form is written; what the form demands of submitted values is in
//! `crate::inputs`.

use serde_json::Value;

use crate::fields::{Fields, wrong};
use crate::refusal::Refusal;
use crate::text::check_key;

/// The types an input can have.
pub(super) const TYPES: &[&str] = &["string", "number", "boolean", "object", "array"];
/// The longest title of a section, in characters.
pub(super) const TITLE: usize = 140;
/// The longest description of a section.
pub(super) const DESCRIPTION: usize = 1000;

/// Checks `userInputs`: properties in their own order, in a custom order, or in steps.
pub(super) fn check(form: &Fields<'_>) -> Result<(), Refusal> {
    form.only(&["properties", "titles", "required", "order", "steps"])?;
    let properties = form.fields("properties")?;
    for (name, input) in properties.object() {
        check_name(&properties, name)?;
        check_input(&Fields::of(input, &properties.path_of(name))?)?;
    }
    check_titles(form)?;
    check_required(form)?;
    form.find_strings("order")?;
    if form.find("order").is_some() && form.find("steps").is_some() {
        return Err(Refusal::invalid_request(format!(
            "\"{}\" and \"{}\" exclude each other; each step has its own order.",
            form.path_of("order"),
            form.path_of("steps")
        )));
    }
    check_steps(form)
}

fn check_name(holder: &Fields<'_>, name: &str) -> Result<(), Refusal> {
    check_key(name).map_err(|fault| {
        Refusal::invalid_request(format!(
            "\"{}\" has no valid name: {fault}.",
            holder.path_of(name)
        ))
    })
}

fn check_input(input: &Fields<'_>) -> Result<(), Refusal> {
    input.one_of("type", TYPES)?;
    if let Some(value) = input.find("jqQuery").filter(|value| !value.is_null()) {
        return Err(input.wrong(
            "jqQuery",
            value,
            "an input is not a query; put it under default, enum, required, visible or disabled",
        ));
    }
    for key in ["title", "description", "icon", "format", "blueprint"] {
        input.find_string(key)?;
    }
    input.find_strings("dependsOn")?;
    check_flag_or_query(input, "visible")?;
    check_flag_or_query(input, "disabled")?;
    check_enum(input)?;
    if let Some(items) = input.find_fields("items")? {
        check_enum(&items)?;
    }
    check_encryption(input)
}

fn check_enum(input: &Fields<'_>) -> Result<(), Refusal> {
    match input.find("enum") {
        None => Ok(()),
        Some(Value::Object(_)) => check_query(&input.fields("enum")?),
        Some(Value::Array(values)) => {
            let repeated = |(i, value)| values.iter().take(i).any(|earlier| earlier == value);
            if values.is_empty() || values.iter().enumerate().any(repeated) {
                let value = input.required("enum")?;
                return Err(input.wrong("enum", value, "it must list one or more distinct values"));
            }
            Ok(())
        }
        Some(value) => Err(input.wrong("enum", value, "it must be a list or {\"jqQuery\": …}")),
    }
}

fn check_encryption(input: &Fields<'_>) -> Result<(), Refusal> {
    match input.find("encryption") {
        None => Ok(()),
        Some(Value::String(algorithm)) if algorithm == "aes256-gcm" => Ok(()),
        Some(Value::Object(_)) => {
            let encryption = input.fields("encryption")?;
            encryption.only(&["algorithm", "key"])?;
            encryption.one_of("algorithm", &["client-side"])?;
            encryption.string("key").map(drop)
        }
        Some(value) => Err(input.wrong(
            "encryption",
            value,
            "it must be \"aes256-gcm\" or an object with algorithm and key",
        )),
    }
}

fn check_titles(form: &Fields<'_>) -> Result<(), Refusal> {
    let Some(titles) = form.find_fields("titles")? else {
        return Ok(());
    };
    for name in titles.object().keys() {
        check_name(&titles, name)?;
        let title = titles.fields(name)?;
        check_length(&title, "title", 1, TITLE)?;
        check_length(&title, "description", 0, DESCRIPTION)?;
        check_flag_or_query(&title, "visible")?;
    }
    Ok(())
}

fn check_length(fields: &Fields<'_>, key: &str, least: usize, most: usize) -> Result<(), Refusal> {
    let (Some(text), Some(value)) = (fields.find_string(key)?, fields.find(key)) else {
        return Ok(());
    };
    if (least..=most).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(fields.wrong(
        key,
        value,
        &format!("it must have {least} to {most} characters"),
    ))
}

fn check_required(form: &Fields<'_>) -> Result<(), Refusal> {
    match form.find("required") {
        Some(Value::Object(_)) => check_query(&form.fields("required")?),
        _ => form.find_strings("required").map(drop),
    }
}

fn check_steps(form: &Fields<'_>) -> Result<(), Refusal> {
    if form.find("steps").is_none() {
        return Ok(());
    }
    for (index, step) in form.list("steps")?.iter().enumerate() {
        let step = Fields::of(step, &form.path_of(&format!("steps[{index}]")))?;
        step.only(&["title", "order", "visible"])?;
        step.string("title")?;
        step.find_strings("order")?;
        check_flag_or_query(&step, "visible")?;
    }
    Ok(())
}

fn check_flag_or_query(fields: &Fields<'_>, key: &str) -> Result<(), Refusal> {
    match fields.find(key) {
        Some(Value::Object(_)) => check_query(&fields.fields(key)?),
        None | Some(Value::Bool(_)) => Ok(()),
        Some(value) => Err(wrong(
            &fields.path_of(key),
            value,
            "it must be true, false or {\"jqQuery\": …}",
        )),
    }
}

fn check_query(query: &Fields<'_>) -> Result<(), Refusal> {
    query.only(&["jqQuery"])?;
    query.string("jqQuery").map(drop)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(form: &Value) -> Result<(), String> {
        check(&Fields::of(form, "userInputs").unwrap()).map_err(|refusal| refusal.message)
    }

    #[test]
    fn a_form_may_have_its_own_order_a_custom_one_or_steps() {
        for form in [
            json!({"properties": {}}),
            json!({"properties": {"a": {"type": "string"}}, "required": ["a"], "order": ["a"]}),
            json!({"properties": {}, "titles": {"t": {"title": "T", "visible": false}},
                   "order": ["t"]}),
            json!({"properties": {}, "steps": [{"title": "One", "order": [],
                   "visible": {"jqQuery": "true"}}]}),
            json!({"properties": {}, "required": {"jqQuery": "[]"}}),
        ] {
            assert_eq!(result(&form), Ok(()), "{form}");
        }
    }

    #[test]
    fn an_ill_written_form_is_refused_by_key() {
        for (form, start) in [
            (json!({}), "\"userInputs.properties\" is missing."),
            (
                json!({"properties": {}, "colour": 1}),
                "\"userInputs.colour\" is not known here",
            ),
            (
                json!({"properties": {}, "order": [], "steps": []}),
                "\"userInputs.order\" and \"userInputs.steps\" exclude",
            ),
            (
                json!({"properties": {}, "required": [1]}),
                "\"userInputs.required\" is [1]; it must be a list of strings.",
            ),
            (
                json!({"properties": {}, "required": {"jq": ""}}),
                "\"userInputs.required.jq\" is not known",
            ),
            (
                json!({"properties": {}, "steps": [{"order": []}]}),
                "\"userInputs.steps[0].title\" is missing.",
            ),
            (
                json!({"properties": {}, "titles": {"t": {"title": ""}}}),
                "\"userInputs.titles.t.title\" is \"\"; it must have 1 to 140",
            ),
            (
                json!({"properties": {"a b": {"type": "string"}}}),
                "\"userInputs.properties.a b\" has no valid name",
            ),
        ] {
            let message = result(&form).unwrap_err();
            assert!(message.starts_with(start), "{message}");
        }
    }

    #[test]
    fn every_documented_key_of_an_input_is_taken() {
        for input in [
            json!({"type": "string", "format": "entity", "blueprint": "svc",
                   "dataset": {"combinator": "and", "rules": []},
                   "sort": {"property": "$title", "order": "ASC"}, "dependsOn": ["x"]}),
            json!({"type": "string", "enum": {"jqQuery": "[1]"}, "default": {"jqQuery": "1"},
                   "visible": {"jqQuery": "true"}, "disabled": true}),
            json!({"type": "string", "encryption": "aes256-gcm", "jqQuery": null}),
            json!({"type": "object", "encryption": {"algorithm": "client-side", "key": "PEM"}}),
            json!({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}),
            json!({"type": "string", "anything": "else"}),
        ] {
            let form = json!({"properties": {"a": input}});
            assert_eq!(result(&form), Ok(()), "{form}");
        }
    }

    #[test]
    fn an_ill_written_input_is_refused_by_key() {
        for (input, start) in [
            (json!({}), "\"userInputs.properties.a.type\" is missing."),
            (
                json!({"type": "text"}),
                "\"userInputs.properties.a.type\" is \"text\"; it must be string or",
            ),
            (
                json!({"type": "string", "jqQuery": ".x"}),
                "\"userInputs.properties.a.jqQuery\" is",
            ),
            (
                json!({"type": "string", "enum": []}),
                "\"userInputs.properties.a.enum\" is []",
            ),
            (
                json!({"type": "string", "enum": ["x", "x"]}),
                "\"userInputs.properties.a.enum\" is",
            ),
            (
                json!({"type": "array", "items": {"type": "string", "enum": 1}}),
                "\"userInputs.properties.a.items.enum\" is 1",
            ),
            (
                json!({"type": "string", "visible": "no"}),
                "\"userInputs.properties.a.visible\" is \"no\"",
            ),
            (
                json!({"type": "string", "encryption": "rot13"}),
                "\"userInputs.properties.a.encryption\" is",
            ),
            (
                json!({"type": "string", "encryption": {"algorithm": "client-side"}}),
                "\"userInputs.properties.a.encryption.key\" is missing.",
            ),
            (
                json!({"type": "string", "title": 1}),
                "\"userInputs.properties.a.title\" is 1",
            ),
        ] {
            let message = result(&json!({"properties": {"a": input}})).unwrap_err();
            assert!(message.starts_with(start), "{message}");
        }
    }
}
