//! Strikes secrets out of text that comes from outside: answers of backends, failures, reports.
//!
//! A secret is found as it is and in the spellings in which it comes back from other programs:
//! escaped for JSON, URLs or HTML (also several times over), in hexadecimal, and within base64 at
//! any offset. What the server renders itself is struck out by evaluation instead, see
//! [`crate::template`]. A secret that was cut into pieces, encrypted or hashed is not found.

mod decode;
mod needles;

use std::borrow::Cow;
use std::collections::HashSet;

use aho_corasick::AhoCorasick;
use serde_json::Value;

use crate::refusal::Refusal;
use needles::Needle;

/// What stands in the place of a secret.
pub const STRUCK_OUT: &str = "***";

/// Shorter texts are not searched for: they are words that occur by themselves, such as `prod`.
pub const SHORTEST: usize = 6;

/// Finds the secrets it was made of. Making one costs far more than using it.
#[derive(Default)]
pub struct Scrubber {
    values: HashSet<String>,
    needles: Vec<Needle>,
    finder: Option<AhoCorasick>,
}

impl std::fmt::Debug for Scrubber {
    /// Says how many secrets there are, and nothing of them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scrubber of {} secrets", self.values.len())
    }
}

impl Scrubber {
    /// A scrubber of these secrets; those that are too short are left out.
    pub fn of(values: impl IntoIterator<Item = String>) -> Self {
        let values: HashSet<String> = values
            .into_iter()
            .filter(|value| value.trim().len() >= SHORTEST)
            .collect();
        let needles = needles::of(&values);
        let texts = needles.iter().map(|needle| needle.text.as_bytes());
        // Without case, because hosts come back in small letters and hexadecimal digits in either.
        // Building fails only past billions of states; then everything is struck out.
        let finder = (!needles.is_empty()).then(|| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(texts)
                .ok()
        });
        Self {
            finder: finder.flatten(),
            values,
            needles,
        }
    }

    /// The secrets that are searched for.
    pub fn values(&self) -> impl Iterator<Item = &String> {
        self.values.iter()
    }

    /// Whether all of these are searched for, as far as any scrubber would.
    pub fn knows(&self, values: &[String]) -> bool {
        let known = |value: &String| value.trim().len() < SHORTEST || self.values.contains(value);
        values.iter().all(known)
    }

    /// The text with secrets struck out.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.strike(text, false)
    }

    /// The same for a text whose end was cut off: a secret's beginning at the end is struck out too.
    pub fn cut_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.strike(text, true)
    }

    /// A JSON value with secrets struck out of its texts, keys and numbers.
    pub fn json(&self, value: &mut Value) {
        if self.needles.is_empty() {
            return;
        }
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let text = number.to_string();
                if let Cow::Owned(_) = self.text(&text) {
                    *value = STRUCK_OUT.into();
                }
            }
            Value::String(text) => {
                if let Cow::Owned(struck) = self.text(text) {
                    *text = struck;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            Value::Object(entries) => {
                let clean = |key: &String| matches!(self.text(key), Cow::Borrowed(_));
                if !entries.keys().all(clean) {
                    let old = std::mem::take(entries);
                    *entries = old
                        .into_iter()
                        .map(|(key, value)| (self.text(&key).into_owned(), value))
                        .collect();
                }
                entries.values_mut().for_each(|value| self.json(value));
            }
        }
    }

    /// A refusal with secrets struck out of its sentence and details.
    #[must_use]
    pub fn refusal(&self, mut refusal: Refusal) -> Refusal {
        if let Cow::Owned(struck) = self.text(&refusal.message) {
            refusal.message = struck;
        }
        if let Some(details) = &mut refusal.details {
            self.json(details);
        }
        refusal
    }

    /// The secrets that occur in a text.
    pub fn found_in(&self, text: &str) -> HashSet<&str> {
        let mut found = HashSet::new();
        self.search(text, |needle, _, _| {
            found.insert(needle.secret.as_str());
        });
        found
    }

    fn strike<'a>(&self, text: &'a str, cut: bool) -> Cow<'a, str> {
        if self.needles.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut spans = Vec::new();
        self.search(text, |_, start, end| spans.push((start, end)));
        if cut && let Some(start) = self.begun_at_the_end(text) {
            spans.push((start, text.len()));
        }
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        spans.sort_unstable();
        let mut struck = String::with_capacity(text.len());
        let mut at = 0;
        for (start, end) in spans {
            if start >= at {
                struck.push_str(text.get(at..start).unwrap_or_default());
                // What touches is one secret as far as anyone can see.
                if start > at || !struck.ends_with(STRUCK_OUT) {
                    struck.push_str(STRUCK_OUT);
                }
            }
            at = at.max(end);
        }
        struck.push_str(text.get(at..).unwrap_or_default());
        Cow::Owned(struck)
    }

    /// Calls `found` for every needle in every layer of the text, with its bytes in the text.
    fn search<'s>(&'s self, text: &str, mut found: impl FnMut(&'s Needle, usize, usize)) {
        let Some(finder) = &self.finder else { return };
        decode::each_view(text, |view| {
            for hit in finder.find_overlapping_iter(view.bytes()) {
                let Some(needle) = self.needles.get(hit.pattern().as_usize()) else {
                    continue;
                };
                let (start, end) = needle.widen(view.bytes(), hit.start(), hit.end());
                found(needle, view.source(start), view.source(end));
            }
        });
    }

    /// Where a secret begins that the end of the text cuts off.
    fn begun_at_the_end(&self, text: &str) -> Option<usize> {
        // A shorter beginning tells too little, and would be found at the end of many texts.
        const TELLING: usize = 3;
        let mut earliest: Option<usize> = None;
        decode::each_view(text, |view| {
            let bytes = view.bytes();
            for needle in &self.needles {
                let needle = needle.text.as_bytes();
                let longest = needle.len().saturating_sub(1).min(bytes.len());
                let begun = (TELLING..=longest)
                    .rev()
                    .find(|n| bytes[bytes.len() - n..].eq_ignore_ascii_case(&needle[..*n]));
                if let Some(n) = begun {
                    let start = view.source(bytes.len() - n);
                    earliest = Some(earliest.map_or(start, |earliest| earliest.min(start)));
                }
            }
        });
        earliest
    }
}

#[cfg(test)]
mod tests;
