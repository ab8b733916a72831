//! Where a request came from when reverse proxies stand before the server: what they write into headers is believed from
//! trusted networks alone, because anybody else can write it too.

use crate::config::Config;
use crate::http::tcp::Peer;
use crate::state::App;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

/// Where a request came from.
pub struct Source {
    /// The caller's address: the peer's, or behind trusted proxies the nearest one that is not a trusted proxy itself.
    /// Empty if nobody is known to have connected.
    pub address: String,
    /// Whether the caller speaks HTTPS: to this server, or to the proxies before it.
    pub https: bool,
}

impl Source {
    /// Where the request with these parts came from.
    pub fn of(parts: &Parts, config: &Config) -> Self {
        let Some(peer) = peer(parts) else {
            return Self {
                address: String::new(),
                https: false,
            };
        };
        Self {
            address: nearest_untrusted(peer, &parts.headers, config).to_string(),
            https: is_https(peer, &parts.headers, config),
        }
    }
}

impl FromRequestParts<App> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(parts, &app.config))
    }
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    let ConnectInfo(Peer(address)) = parts.extensions.get::<ConnectInfo<Peer>>()?;
    Some(address.ip().to_canonical())
}

fn is_https(peer: IpAddr, headers: &HeaderMap, config: &Config) -> bool {
    let told =
        || entries(headers, "x-forwarded-proto").any(|scheme| scheme.eq_ignore_ascii_case("https"));
    config.tls.is_some()
        || config.public_url.starts_with("https://")
        || (is_trusted(peer, config) && told())
}

/// Each proxy adds whom it heard from at the end, so the list is read from there, until somebody untrusted or unreadable.
fn nearest_untrusted(peer: IpAddr, headers: &HeaderMap, config: &Config) -> IpAddr {
    let mut nearest = peer;
    for entry in entries(headers, "x-forwarded-for") {
        if !is_trusted(nearest, config) {
            break;
        }
        let Some(next) = parse(entry) else { break };
        nearest = next;
    }
    nearest
}

fn is_trusted(address: IpAddr, config: &Config) -> bool {
    let trusted = &config.trusted_proxies;
    trusted.iter().any(|network| network.contains(&address))
}

/// The entries of a header that may come in several lines, the last first.
fn entries<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    let lines: Vec<&str> = headers
        .get_all(name)
        .iter()
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    lines
        .into_iter()
        .rev()
        .flat_map(|line| line.rsplit(','))
        .map(str::trim)
}

/// An address, with a port or without, as proxies write it.
fn parse(entry: &str) -> Option<IpAddr> {
    let address = entry
        .parse::<SocketAddr>()
        .map(|socket| socket.ip())
        .or_else(|_| entry.trim_matches(['[', ']']).parse());
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use axum::http::HeaderValue;

    fn config(trusted: &str) -> Config {
        let settings = Settings {
            trusted_proxies: Some(trusted.into()),
            ..Settings::default()
        };
        settings.resolve().expect("valid settings")
    }

    fn source(trusted: &str, peer: &str, headers: &[(&'static str, &'static str)]) -> Source {
        let mut parts = axum::http::Request::new(()).into_parts().0;
        let peer = SocketAddr::new(peer.parse().expect("an address"), 9);
        parts.extensions.insert(ConnectInfo(Peer(peer)));
        for (name, value) in headers {
            parts.headers.append(*name, HeaderValue::from_static(value));
        }
        Source::of(&parts, &config(trusted))
    }

    fn seen(trusted: &str, peer: &str, lines: &[&'static str]) -> String {
        let headers: Vec<_> = lines
            .iter()
            .map(|line| ("x-forwarded-for", *line))
            .collect();
        source(trusted, peer, &headers).address
    }

    #[test]
    fn https_is_what_a_trusted_proxy_says_and_nobody_else() {
        let told = [("x-forwarded-proto", "https")];
        assert!(source("10.0.0.0/8", "10.0.0.1", &told).https);
        assert!(!source("10.0.0.0/8", "192.0.2.1", &told).https);
        assert!(!source("", "10.0.0.1", &told).https);
        assert!(!source("10.0.0.0/8", "10.0.0.1", &[("x-forwarded-proto", "http")]).https);
    }

    #[test]
    fn the_header_is_believed_from_trusted_networks_alone() {
        assert_eq!(seen("", "10.0.0.1", &["203.0.113.9"]), "10.0.0.1");
        assert_eq!(
            seen("10.0.0.0/8", "192.0.2.1", &["203.0.113.9"]),
            "192.0.2.1"
        );
        assert_eq!(
            seen("10.0.0.0/8", "10.0.0.1", &["203.0.113.9"]),
            "203.0.113.9"
        );
        assert_eq!(
            seen("10.0.0.0/8", "::ffff:10.0.0.1", &["203.0.113.9"]),
            "203.0.113.9"
        );
        assert_eq!(seen("10.0.0.0/8", "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_the_client_wrote_itself_is_passed_over() {
        let trusted = "10.0.0.0/8";
        for lines in [
            &["198.51.100.7, 203.0.113.9, 10.1.1.1"][..],
            &["198.51.100.7", "203.0.113.9"],
            &["198.51.100.7, 203.0.113.9:4431"],
            &["198.51.100.7,203.0.113.9", "10.1.1.1, 10.2.2.2"],
        ] {
            assert_eq!(seen(trusted, "10.0.0.1", lines), "203.0.113.9", "{lines:?}");
        }
        // An entry that nobody can read hides what is before it.
        assert_eq!(
            seen(trusted, "10.0.0.1", &["203.0.113.9, unknown, 10.1.1.1"]),
            "10.1.1.1"
        );
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (entry, address) in [
            ("203.0.113.9", "203.0.113.9"),
            ("203.0.113.9:80", "203.0.113.9"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
        ] {
            assert_eq!(
                parse(entry).map(|ip| ip.to_string()).as_deref(),
                Some(address)
            );
        }
        assert_eq!(parse("unknown"), None);
        assert_eq!(parse(""), None);
    }
}
