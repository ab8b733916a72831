//! Which identifiers are well formed (facts/catalog.md 1.2 and 2.1). Every check answers with the
//! rest of a sentence that begins with the field's name.

use std::sync::LazyLock;

use fancy_regex::Regex;

/// The most characters of a blueprint identifier.
pub const BLUEPRINT_IDENTIFIER_MAX: usize = 100;
/// The most characters of an entity identifier.
pub const ENTITY_IDENTIFIER_MAX: usize = 1000;
/// The most characters of the name of a property or relation.
pub const KEY_MAX: usize = 100;

/// The same rule as [`check_blueprint_identifier`], for JSON Schemas.
pub const BLUEPRINT_IDENTIFIER_PATTERN: &str = r"^(?!\.{1,2}$)[\p{L}0-9@_.+:\\/-]+$";
/// The same rule as [`check_entity_identifier`], for JSON Schemas.
pub const ENTITY_IDENTIFIER_PATTERN: &str = r"^(?!\.{1,2}$)[\p{L}0-9@_.+:\\/=-]+$";
/// The same rule as [`check_key`], for JSON Schemas.
pub const KEY_PATTERN: &str = r"^[A-Za-z0-9@_=\\-]+$";

/// A letter of any script, for the characters that are not ASCII.
static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{L}$").ok());

/// Whether a blueprint may have this identifier.
///
/// # Errors
/// What is wrong with it.
pub fn check_blueprint_identifier(text: &str) -> Result<(), String> {
    check(
        text,
        BLUEPRINT_IDENTIFIER_MAX,
        is_identifier_character,
        "@ _ . + : \\ / -",
    )
}

/// Whether an entity may have this identifier.
///
/// # Errors
/// What is wrong with it.
pub fn check_entity_identifier(text: &str) -> Result<(), String> {
    let allowed = |c| is_identifier_character(c) || c == '=';
    check(text, ENTITY_IDENTIFIER_MAX, allowed, "@ _ . + : \\ / = -")
}

/// Whether a property, relation, mirror, calculation or aggregation may have this name.
///
/// # Errors
/// What is wrong with it.
pub fn check_key(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "@_=\\-".contains(c);
    check_characters(text, KEY_MAX, allowed, "A-Z, a-z, 0-9 and @ _ = \\ -")
}

fn check(
    text: &str,
    longest: usize,
    allowed: impl Fn(char) -> bool,
    signs: &str,
) -> Result<(), String> {
    if text == "." || text == ".." {
        return Err(format!("\"{text}\" is reserved; choose another identifier"));
    }
    let letters = format!("letters of any script, digits and {signs}");
    check_characters(text, longest, allowed, &letters)
}

fn check_characters(
    text: &str,
    longest: usize,
    allowed: impl Fn(char) -> bool,
    alphabet: &str,
) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("it is empty; use {alphabet}"));
    }
    let length = text.chars().count();
    if length > longest {
        return Err(format!(
            "it has {length} characters; at most {longest} are allowed"
        ));
    }
    match text.chars().find(|c| !allowed(*c)) {
        Some(odd) => Err(format!("{text:?} contains {odd:?}; use {alphabet}")),
        None => Ok(()),
    }
}

fn is_identifier_character(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "@_.+:\\/-".contains(c)
        || (!c.is_ascii() && is_letter_beyond_ascii(c))
}

fn is_letter_beyond_ascii(c: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    LETTER
        .as_ref()
        .is_some_and(|letter| letter.is_match(text).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blueprint_identifier_holds_letters_of_any_script_digits_and_some_signs() {
        for good in [
            "microservice",
            "サービス",
            "a/b\\c:d.e+f@g_h-1",
            "...",
            "_user",
            "é",
        ] {
            assert_eq!(check_blueprint_identifier(good), Ok(()), "{good}");
        }
        for bad in [
            "", ".", "..", "a b", "a=b", "a\n", "a#", "①", "%", "a\u{301}",
        ] {
            assert!(check_blueprint_identifier(bad).is_err(), "{bad:?}");
        }
        assert!(check_blueprint_identifier(&"é".repeat(100)).is_ok());
        assert!(check_blueprint_identifier(&"é".repeat(101)).is_err());
    }

    #[test]
    fn an_entity_identifier_may_also_hold_an_equals_sign_and_be_a_thousand_long() {
        assert_eq!(check_entity_identifier("key=value"), Ok(()));
        assert!(check_entity_identifier(&"a".repeat(1000)).is_ok());
        assert!(check_entity_identifier(&"a".repeat(1001)).is_err());
        assert!(check_entity_identifier("a b").is_err());
    }

    #[test]
    fn a_key_is_ascii() {
        assert_eq!(check_key("@a_=\\-Z9"), Ok(()));
        for bad in ["", "a.b", "é", "a/b", "a b", &"k".repeat(101)] {
            assert!(check_key(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_sentence_names_the_offending_character() {
        let sentence = check_entity_identifier("my service").expect_err("a space");
        assert!(
            sentence.contains("' '") && sentence.contains("\"my service\""),
            "{sentence}"
        );
    }
}
