//! Which destinations may be called: the guard against server-side request forgery.
//!
//! A destination is refused when it is not a public address and the allow list does not name it. The rule is applied to
//! addresses, never to names alone: when an action is executed, and again to whatever the name resolves to at the moment of
//! connecting, so that a name which changes its mind in between gains nothing. It sends nothing itself.

mod address;
mod allow_list;
mod resolver;

pub use allow_list::AllowList;
pub use resolver::{Resolve, SystemResolver};

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;
use url::{Host, Url};

/// Why a destination is not called. The text is a sentence for people; of the URL it shows the host at most, because paths and
/// queries often hold tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationRefusal {
    /// Every address of the host is private (API code `private_destination`).
    #[error(
        "The webhook host `{host}` has only private addresses, which are not called unless the server allows it: \
         use a public host, or ask the operator to add `{host}` to LARBOARD_WEBHOOK_ALLOW."
    )]
    Private {
        /// The host of the URL.
        host: String,
    },
    /// The host name has no address (API code `not_resolvable_destination`).
    #[error(
        "The webhook host `{host}` was not found: check the spelling, and that the server can resolve it."
    )]
    NotResolvable {
        /// The host of the URL.
        host: String,
    },
    /// The text is not a URL that can be called.
    #[error("{0}")]
    BadUrl(String),
}

thread_local! {
    /// The URL read last. One is read several times from execution to delivery, and most executions are of few actions.
    static LAST: RefCell<Option<(String, Url)>> = const { RefCell::new(None) };
}

/// Reads the URL of a destination: `http` or `https`, with a host.
pub fn parse_url(text: &str) -> Result<Url, DestinationRefusal> {
    let known = LAST.with_borrow(|last| match last {
        Some((known, url)) if known == text => Some(url.clone()),
        _ => None,
    });
    if let Some(url) = known {
        return Ok(url);
    }
    let url = read_url(text)?;
    LAST.replace(Some((text.to_owned(), url.clone())));
    Ok(url)
}

fn read_url(text: &str) -> Result<Url, DestinationRefusal> {
    let url = Url::parse(text.trim()).map_err(|cause| {
        let way_out = "write it as https://host/path";
        DestinationRefusal::BadUrl(format!(
            "The webhook URL cannot be read ({cause}): {way_out}."
        ))
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        let scheme = url.scheme();
        let sentence =
            format!("The webhook URL has the scheme `{scheme}`: only http and https are called.");
        return Err(DestinationRefusal::BadUrl(sentence));
    }
    match url.host() {
        Some(_) => Ok(url),
        None => Err(DestinationRefusal::BadUrl(
            "The webhook URL names no host.".to_owned(),
        )),
    }
}

/// The receiver that a URL [`parse_url`] accepted leads to, as `host:port`: the unit of per-destination limits and the name
/// shown to people.
pub(crate) fn receiver_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The allow list together with the resolver it is applied to.
pub(crate) struct Guard {
    allow: AllowList,
    resolver: Arc<dyn Resolve>,
}

impl Guard {
    pub(crate) fn new(allow: AllowList, resolver: Arc<dyn Resolve>) -> Self {
        Self { allow, resolver }
    }

    /// Checks a URL in full: its host has to have at least one address that may be called.
    pub(crate) async fn check(&self, url: &Url) -> Result<(), DestinationRefusal> {
        match self.check_literal(url)? {
            Literal::Permitted => Ok(()),
            Literal::Name(host) => self.addresses(host).await.map(|_| ()),
        }
    }

    /// As [`Guard::check`], for a request that a proxy will make: the proxy resolves the name again, which no check of ours can
    /// see. A name on the allow list is trusted without resolving it, because behind a proxy it often cannot be resolved here.
    pub(crate) async fn check_before_proxy(&self, url: &Url) -> Result<(), DestinationRefusal> {
        match self.check_literal(url)? {
            Literal::Name(host) if !self.allow.has_name(host) => {
                self.addresses(host).await.map(|_| ())
            }
            Literal::Permitted | Literal::Name(_) => Ok(()),
        }
    }

    /// Checks a host that is written as an address; no connector asks a resolver about those. The URL parser has already
    /// turned decimal, octal and hexadecimal spellings into an address.
    pub(crate) fn check_literal<'u>(
        &self,
        url: &'u Url,
    ) -> Result<Literal<'u>, DestinationRefusal> {
        let address = match url.host() {
            Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
            Some(Host::Domain(name)) => match name.parse::<IpAddr>() {
                Ok(address) => address,
                Err(_) => return Ok(Literal::Name(name)),
            },
            None => {
                return Err(DestinationRefusal::BadUrl(
                    "The webhook URL names no host.".to_owned(),
                ));
            }
        };
        if self.permits(address) {
            return Ok(Literal::Permitted);
        }
        Err(DestinationRefusal::Private {
            host: url.host_str().unwrap_or_default().to_owned(),
        })
    }

    /// The addresses of a name that may be called. Of a mixed answer only the permitted ones are left.
    pub(crate) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, DestinationRefusal> {
        let found = match self.resolver.resolve(host).await {
            Ok(found) if !found.is_empty() => found,
            Ok(_) | Err(_) => {
                return Err(DestinationRefusal::NotResolvable {
                    host: host.to_owned(),
                });
            }
        };
        if self.allow.has_name(host) {
            return Ok(found);
        }
        let permitted: Vec<IpAddr> = found
            .into_iter()
            .filter(|address| self.permits(*address))
            .collect();
        if permitted.is_empty() {
            return Err(DestinationRefusal::Private {
                host: host.to_owned(),
            });
        }
        Ok(permitted)
    }

    fn permits(&self, address: IpAddr) -> bool {
        address::is_public(address) || self.allow.has_address(address)
    }
}

/// What the host of a URL is.
pub(crate) enum Literal<'u> {
    /// An address that may be called.
    Permitted,
    /// A name, yet to be resolved.
    Name(&'u str),
}

#[cfg(test)]
mod tests;
