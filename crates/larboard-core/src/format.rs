//! Which texts fit which format of a property or input (facts/catalog.md 1.3, actions.md 2.4).
//!
//! Formats that only say how a text is shown (markdown, yaml, proto) or what it names (user, team,
//! blueprints, entity) accept every text: integrations write names that may not exist yet.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::Url;

use crate::time::Timestamp;

/// A format whose texts are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    DateTime,
    Url,
    Email,
    IdnEmail,
    Ipv4,
    Ipv6,
}

impl Format {
    /// Every checked format with its name.
    pub(crate) const ALL: [(&'static str, Self); 7] = [
        ("date-time", Self::DateTime),
        ("timer", Self::DateTime),
        ("url", Self::Url),
        ("email", Self::Email),
        ("idn-email", Self::IdnEmail),
        ("ipv4", Self::Ipv4),
        ("ipv6", Self::Ipv6),
    ];

    /// The checked format of this name; `None` where every text fits.
    pub(crate) fn find(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, format)| *format)
    }

    /// Whether `text` fits.
    pub(crate) fn fits(self, text: &str) -> bool {
        match self {
            Self::DateTime => Timestamp::parse(text).is_some(),
            Self::Url => is_url(text),
            Self::Email => text.is_ascii() && is_email(text),
            Self::IdnEmail => is_email(text),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
        }
    }

    /// What a text of this format is, with an example.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::DateTime => "a date and time with an offset, such as 2022-12-07T12:53:52.916Z",
            Self::Url => "a URL with its scheme, such as https://example.com/path",
            Self::Email => "an e-mail address, such as ada@example.com",
            Self::IdnEmail => "an e-mail address, such as jürgen@example.com",
            Self::Ipv4 => "an IPv4 address, such as 192.0.2.1",
            Self::Ipv6 => "an IPv6 address, such as 2001:db8::1",
        }
    }
}

/// An absolute URL.
fn is_url(text: &str) -> bool {
    text.contains("://") && Url::parse(text).is_ok()
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[]\\,;:\"@".contains(c);
    !local.is_empty()
        && local.len() <= 64
        && !local.contains(odd)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.len() <= 255
        && domain.split('.').all(is_domain_label)
}

fn is_domain_label(label: &str) -> bool {
    let allowed =
        |c: char| c.is_alphanumeric() || c == '-' || (!c.is_ascii() && !c.is_whitespace());
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_accepts_its_texts_and_refuses_others() {
        let table: [(&str, &[&str], &[&str]); 7] = [
            (
                "date-time",
                &["2022-12-07T12:53:52.916Z", "2022-12-07T12:53:52+02:00"],
                &["2022-12-07", "yesterday", "2022-13-07T12:53:52Z", ""],
            ),
            ("timer", &["2030-01-01T00:00:00Z"], &["soon"]),
            (
                "url",
                &[
                    "https://example.com",
                    "http://localhost:8080/a?b=c",
                    "ftp://x/y",
                ],
                &[
                    "example.com",
                    "localhost:8080",
                    "http://",
                    "https://a b/",
                    "",
                ],
            ),
            (
                "email",
                &["ada@example.com", "a.b+c@x.io"],
                &["ada", "@x.io", "a@", "jü@x.io", "a b@c"],
            ),
            (
                "idn-email",
                &["jürgen@例え.jp"],
                &["jürgen", "a@@b", "a@b..c"],
            ),
            ("ipv4", &["192.0.2.1"], &["256.0.0.1", "1.2.3", "::1"]),
            ("ipv6", &["2001:db8::1", "::"], &["192.0.2.1", "2001:::1"]),
        ];
        for (name, good, bad) in table {
            let format = Format::find(name).expect(name);
            for text in good {
                assert!(format.fits(text), "{name} should accept {text:?}");
            }
            for text in bad {
                assert!(!format.fits(text), "{name} should refuse {text:?}");
            }
        }
    }

    #[test]
    fn formats_that_only_name_or_show_something_accept_every_text() {
        for name in [
            "markdown",
            "yaml",
            "proto",
            "user",
            "team",
            "blueprints",
            "entity",
        ] {
            assert_eq!(Format::find(name), None, "{name}");
        }
    }
}
