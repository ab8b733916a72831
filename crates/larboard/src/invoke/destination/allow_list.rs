//! The operator's exceptions to the destination guard (`LARBOARD_WEBHOOK_ALLOW`). Holds no default: an empty list allows no
//! private address.

use super::address::embedded_v4;
use ipnet::IpNet;
use std::net::IpAddr;
use url::Host;

/// Networks and host names that may be called although their addresses are private.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    networks: Vec<IpNet>,
    /// Lower case, in ASCII, without a final dot.
    names: Vec<String>,
    /// What follows the `*` of `*.corp.example`: `.corp.example`.
    suffixes: Vec<String>,
}

impl AllowList {
    /// Parses a comma-separated list of networks (`10.0.0.0/8`), addresses (`::1`), host names (`ci.internal`) and wildcards
    /// (`*.corp.example`, which covers every name below `corp.example`, at any depth, but not itself).
    ///
    /// # Errors
    /// A sentence that names the entry and says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut list = Self::default();
        for entry in text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
        {
            list.push(entry)?;
        }
        Ok(list)
    }

    /// Whether an address lies in an allowed network. An IPv6 address that stands for an IPv4 one counts as either.
    pub fn has_address(&self, address: IpAddr) -> bool {
        let embedded = match address {
            IpAddr::V6(v6) => embedded_v4(v6).map(IpAddr::V4),
            IpAddr::V4(_) => None,
        };
        self.networks.iter().any(|network| {
            network.contains(&address) || embedded.is_some_and(|v4| network.contains(&v4))
        })
    }

    /// Whether a host name, in any case, is allowed whatever it resolves to.
    pub fn has_name(&self, host: &str) -> bool {
        if self.names.is_empty() && self.suffixes.is_empty() {
            return false;
        }
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        self.names.contains(&host)
            || self
                .suffixes
                .iter()
                .any(|suffix| host.len() > suffix.len() && host.ends_with(suffix.as_str()))
    }

    fn push(&mut self, entry: &str) -> Result<(), String> {
        if let Ok(network) = entry.parse::<IpNet>() {
            self.networks.push(network.trunc());
        } else if let Ok(address) = entry.trim_matches(['[', ']']).parse::<IpAddr>() {
            self.networks.push(IpNet::from(address));
        } else if let Some(parent) = entry.strip_prefix("*.") {
            self.suffixes
                .push(format!(".{}", host_name(parent, entry)?));
        } else {
            self.names.push(host_name(entry, entry)?);
        }
        Ok(())
    }
}

/// The name in the form in which the URL parser hands it over, so that `bücher.example` matches.
fn host_name(name: &str, entry: &str) -> Result<String, String> {
    let refusal = || {
        format!(
            "`{entry}` in the allow list is neither a network (10.0.0.0/8), an address (::1), a host name (ci.internal) \
             nor a wildcard (*.corp.example); leave out schemes, ports and paths"
        )
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    match Host::parse(name) {
        Ok(Host::Domain(domain)) if !domain.is_empty() && !domain.contains(['*', '/', ':']) => {
            Ok(domain)
        }
        Ok(_) | Err(_) => Err(refusal()),
    }
}
