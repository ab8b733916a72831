//! Secrets come back in many spellings; each is tried, and so is text that merely looks like one.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// With every character that some encoding escapes.
const SECRET: &str = "p/ä\"s<s>&w'o\\r%41d+ 7é😀";

fn scrubber(values: &[&str]) -> Scrubber {
    Scrubber::of(values.iter().map(|value| (*value).to_owned()))
}

fn percent(text: &str, keep: impl Fn(u8) -> bool) -> String {
    let byte = |b: u8| match keep(b) {
        true => (b as char).to_string(),
        false => format!("%{b:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn json_text(text: &str) -> String {
    let text = json!(text).to_string();
    text[1..text.len() - 1].to_owned()
}

/// As `json.dumps` of Python writes it, and with `/` and `<` escaped as PHP and Go do.
fn ascii_json(text: &str) -> String {
    let mut escaped = String::new();
    for c in json_text(text).chars() {
        match c {
            '/' => escaped.push_str("\\/"),
            '<' | '>' | '&' => escaped.push_str(&format!("\\u{:04x}", c as u32)),
            c if c.is_ascii() => escaped.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    escaped.push_str(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
    escaped
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&#62;")
        .replace('"', "&quot;")
        .replace('\'', "&#x27;")
}

#[test]
fn a_secret_is_struck_out_in_every_spelling_in_which_programs_send_it_back() {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    let hex: String = SECRET.bytes().map(|b| format!("{b:02X}")).collect();
    let spellings = [
        SECRET.to_owned(),
        json_text(SECRET),
        json_text(&json_text(SECRET)),
        json_text(&json_text(&json_text(SECRET))),
        ascii_json(SECRET),
        json_text(&ascii_json(SECRET)),
        percent(SECRET, unreserved),
        percent(SECRET, unreserved).to_lowercase(),
        percent(SECRET, |b| b.is_ascii_graphic() && !b"\"<>%".contains(&b)),
        percent(&percent(SECRET, unreserved), unreserved),
        percent(SECRET, |b| unreserved(b) || b == b' ').replace(' ', "+"),
        html(SECRET),
        html(&json_text(SECRET)),
        json_text(&html(SECRET)),
        percent(&json_text(SECRET), unreserved),
        hex.to_lowercase(),
        hex,
    ];
    let scrubber = scrubber(&[SECRET]);
    for spelling in spellings {
        let text = format!("before {spelling} after");
        assert_eq!(scrubber.text(&text), "before *** after", "{spelling}");
    }
}

#[test]
fn a_secret_is_struck_out_of_base64_wherever_it_stands_in_it() {
    for secret in ["hunter2!", "s3cr3t", "a?b>c~d\"e", "ünïcödé"] {
        let scrubber = scrubber(&[secret]);
        for before in ["", "u", "us", "use", "user:"] {
            for after in ["", ":", "::", ":::"] {
                let plain = format!("{before}{secret}{after}");
                let escaped = format!("{before}{}{after}", json_text(secret));
                for encoded in [
                    STANDARD.encode(&plain),
                    URL_SAFE_NO_PAD.encode(&plain),
                    STANDARD.encode(&escaped),
                    STANDARD.encode(json_text(&escaped)),
                    STANDARD.encode(
                        ascii_json(&plain)
                            .replace("\\/", "/")
                            .replace("\\u003e", ">"),
                    ),
                ] {
                    let text = format!("Basic {encoded}, bye");
                    let struck = scrubber.text(&text).into_owned();
                    assert!(struck.contains("***"), "{plain}: {struck}");
                    // Whatever of the letters is left holds no whole byte of the secret.
                    let left = struck.replace("***", "");
                    assert!(left.len() < text.len() - secret.len(), "{plain}: {struck}");
                }
            }
        }
    }
}

#[test]
fn hosts_come_back_in_small_letters() {
    let scrubber = scrubber(&["SecretHost.Example"]);
    assert_eq!(
        scrubber.text("`secrethost.example` did not answer in time."),
        "`***` did not answer in time."
    );
}

#[test]
fn secrets_that_overlap_or_touch_leave_nothing_between() {
    let scrubber = scrubber(&["abcdef", "defghi", "abcdefghijkl"]);
    for (text, struck) in [
        ("xabcdefghix", "x***x"),
        ("abcdefghijklm", "***m"),
        ("abcdefabcdef", "***"),
        ("abcdef-defghi", "***-***"),
    ] {
        assert_eq!(scrubber.text(text), struck);
    }
}

#[test]
fn the_lines_of_a_key_are_struck_out_one_by_one() {
    let key =
        "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n9w0BAQEFAASCBKcwggSj\n-----END KEY-----\n";
    let scrubber = scrubber(&[key]);
    assert_eq!(scrubber.text("line 2: 9w0BAQEFAASCBKcwggSj"), "line 2: ***");
    let text = key.replace('\n', "\\n");
    assert_eq!(scrubber.text(&text), "***\\n", "the whole, escaped");
}

#[test]
fn what_is_too_short_or_absent_is_left_alone_without_a_copy() {
    let scrubber = scrubber(&["prod", "", "hunter2"]);
    for text in ["deploy to prod", "", "hunter 2", "100% \\o/ & more; \\u12"] {
        assert!(matches!(scrubber.text(text), Cow::Borrowed(_)), "{text}");
    }
    assert!(matches!(
        Scrubber::default().text("hunter2"),
        Cow::Borrowed(_)
    ));
    assert!(scrubber.knows(&["prod".into(), "hunter2".into()]));
    assert!(!scrubber.knows(&["another".into()]));
}

#[test]
fn json_loses_secrets_in_texts_keys_and_numbers() {
    let scrubber = scrubber(&["hunter2", "12345678"]);
    let mut value = json!({
        "hunter2": [{"a": "x hunter2 y", "n": 12345678, "m": 12}],
        "text": "{\"inner\": \"hunter2\"}",
        "f": 912345678.5,
        "ok": [null, true, "hunter"]
    });
    scrubber.json(&mut value);
    assert_eq!(
        value,
        json!({
            "***": [{"a": "x *** y", "n": "***", "m": 12}],
            "text": "{\"inner\": \"***\"}",
            "f": "***",
            "ok": [null, true, "hunter"]
        })
    );
}

#[test]
fn a_text_that_was_cut_off_within_a_secret_shows_none_of_it() {
    let scrubber = scrubber(&["correct-horse", "p\"ss-word"]);
    for (text, struck) in [
        ("token: correct-hors", "token: ***"),
        ("token: cor", "token: ***"),
        ("token: co", "token: co"),
        ("token: correct-horse", "token: ***"),
        ("{\\\"token\\\": \\\"p\\\"ss-w", "{\\\"token\\\": \\\"***"),
        ("a=%63%6Frrect%2Dh", "a=***"),
    ] {
        assert_eq!(scrubber.cut_text(text), struck, "{text}");
    }
    assert_eq!(scrubber.text("token: correct-hors"), "token: correct-hors");
}

#[test]
fn a_refusal_loses_secrets_in_its_sentence_and_details() {
    let scrubber = scrubber(&["hunter2"]);
    let refusal = Refusal::invalid_request("\"url\" is \"http://hunter2/\".")
        .with_details(json!(["hunter2"]));
    let struck = scrubber.refusal(refusal);
    assert_eq!(struck.message, "\"url\" is \"http://***/\".");
    assert_eq!(struck.details, Some(json!(["***"])));
}

#[test]
fn which_secrets_a_text_holds_is_known() {
    let scrubber = scrubber(&["hunter2", "correct-horse"]);
    let found = scrubber.found_in("Basic dXNlcjpodW50ZXIy");
    assert_eq!(found, HashSet::from(["hunter2"]));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_lets_a_secret_through(
        secret in "[a-zA-Z0-9\"\\\\/<&%+ é😀]{6,20}",
        before in "[a-z\"\\\\&;%#xu0-9é😀 ]{0,20}",
        after in "[a-z\"\\\\&;%#xu0-9é😀 ]{0,20}",
    ) {
        prop_assume!(secret.trim().len() >= SHORTEST);
        let scrubber = scrubber(&[&secret]);
        let text = format!("{before}{secret}{after}");
        let struck = scrubber.text(&text).into_owned();
        prop_assert!(!struck.contains(secret.trim()), "{}", struck);
        let escaped = format!("{before} {} {after}", json_text(&secret));
        let struck = scrubber.text(&escaped).into_owned();
        prop_assert!(!struck.contains(json_text(&secret).trim()), "{}", struck);
        let _ = scrubber.cut_text(&text[..before.len()]);
    }
}
