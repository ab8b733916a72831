//! What an operator can set, and where it may be set: a flag, a `LARBOARD_*` variable, or a TOML file, in this order.
//!
//! `config.default.toml` beside this crate documents every key; a test holds the two together. The process
//! environment is read here (through clap) and nowhere else.

use crate::invoke::AllowList;
use clap::Args;
use ipnet::IpNet;
use larboard_core::template::TemplateLimits;
use larboard_jq::Limits;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// The commented default file, which is the documentation of every setting.
pub const DEFAULT_FILE: &str = include_str!("../config.default.toml");

macro_rules! settings {
    ($($(#[$doc:meta])* $field:ident : $type:ty, $env:literal;)*) => {
        /// The settings as written, before defaults. Every one may be absent.
        #[derive(Args, Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
        pub struct Settings {
            $($(#[$doc])* #[arg(long, env = $env, global = true, hide_env_values = true)] pub $field: Option<$type>,)*
        }

        impl Settings {
            /// These settings, with `other` where a key is absent here.
            #[must_use]
            pub fn or(self, other: Self) -> Self {
                Self { $($field: self.$field.or(other.$field),)* }
            }

            /// Every key as the file spells it, with its environment variable.
            pub const KEYS: &'static [(&'static str, &'static str)] = &[$((stringify!($field), $env),)*];
        }
    };
}

settings! {
    /// Address and port to listen on; loopback unless told otherwise.
    listen: SocketAddr, "LARBOARD_LISTEN";
    /// Data directory: the embedded database and the master key.
    data: PathBuf, "LARBOARD_DATA";
    /// PostgreSQL to use instead of the embedded SQLite, as `postgres://user@host/database`.
    database_url: String, "LARBOARD_DATABASE_URL";
    /// Connections (and threads) to PostgreSQL.
    database_threads: usize, "LARBOARD_DATABASE_THREADS";
    /// Master key: 32 bytes in base64. Required on PostgreSQL; on SQLite a file in the data directory is made.
    master_key: String, "LARBOARD_MASTER_KEY";
    /// File that holds the master key.
    master_key_file: PathBuf, "LARBOARD_MASTER_KEY_FILE";
    /// Address people use, with the base path if there is one; used in links.
    public_url: String, "LARBOARD_PUBLIC_URL";
    /// Path under which a reverse proxy serves Larboard, such as `/portal`.
    base_path: String, "LARBOARD_BASE_PATH";
    /// Networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, comma-separated.
    trusted_proxies: String, "LARBOARD_TRUSTED_PROXIES";
    /// Certificate chain (PEM) to serve TLS with.
    tls_certificate: PathBuf, "LARBOARD_TLS_CERTIFICATE";
    /// Private key (PEM) of that certificate.
    tls_key: PathBuf, "LARBOARD_TLS_KEY";
    /// Extra certificate authorities (PEM) believed on outgoing calls.
    ca_bundle: PathBuf, "LARBOARD_CA_BUNDLE";
    /// HTTP proxy for outgoing calls.
    egress_proxy: String, "LARBOARD_EGRESS_PROXY";
    /// Networks and host names that webhooks may reach although they are private, comma-separated.
    webhook_allow: String, "LARBOARD_WEBHOOK_ALLOW";
    /// Seconds one webhook attempt may take.
    webhook_timeout: u64, "LARBOARD_WEBHOOK_TIMEOUT";
    /// Webhooks sent at the same time, in all.
    webhook_concurrency: usize, "LARBOARD_WEBHOOK_CONCURRENCY";
    /// Webhooks sent at the same time to one destination.
    webhook_destination_concurrency: usize, "LARBOARD_WEBHOOK_DESTINATION_CONCURRENCY";
    /// Minutes during which a failed delivery is tried again.
    delivery_window: u64, "LARBOARD_DELIVERY_WINDOW";
    /// Steps that one jq expression may take.
    jq_fuel: u64, "LARBOARD_JQ_FUEL";
    /// MiB of values that one jq expression may make.
    jq_memory: u64, "LARBOARD_JQ_MEMORY";
    /// Evaluations that may be nested in one jq expression, at most 400.
    jq_depth: u32, "LARBOARD_JQ_DEPTH";
    /// KiB that the outputs of one jq expression may take.
    jq_output: u64, "LARBOARD_JQ_OUTPUT";
    /// Milliseconds that a jq expression, or all of a template, may take.
    jq_time: u64, "LARBOARD_JQ_TIME";
    /// Steps that all expressions of one template may take.
    template_fuel: u64, "LARBOARD_TEMPLATE_FUEL";
    /// MiB of values that all expressions of one template may make.
    template_memory: u64, "LARBOARD_TEMPLATE_MEMORY";
    /// KiB that the results of all expressions of one template may take.
    template_output: u64, "LARBOARD_TEMPLATE_OUTPUT";
    /// Writes that may wait for the database before requests are answered 503.
    write_queue: usize, "LARBOARD_WRITE_QUEUE";
    /// Mebibytes of memory for searches.
    search_memory: usize, "LARBOARD_SEARCH_MEMORY";
    /// The most bytes of a request with newline-delimited JSON.
    bulk_body_limit: usize, "LARBOARD_BULK_BODY_LIMIT";
    /// Seconds an access token is valid.
    token_lifetime: u64, "LARBOARD_TOKEN_LIFETIME";
    /// Hours a portal session is valid.
    session_lifetime: u64, "LARBOARD_SESSION_LIFETIME";
    /// Hours a rotated client secret still authenticates.
    secret_grace: u64, "LARBOARD_SECRET_GRACE";
    /// Seconds that shutting down may wait for open requests and deliveries.
    shutdown_grace: u64, "LARBOARD_SHUTDOWN_GRACE";
    /// Log filter, such as `info` or `larboard=debug`.
    log: String, "LARBOARD_LOG";
    /// Log format: `text` or `json`.
    log_format: LogFormat, "LARBOARD_LOG_FORMAT";
    /// Name of the organization made at the first start.
    organization_name: String, "LARBOARD_ORGANIZATION_NAME";
    /// Client id of the default app; made up at the first start unless set.
    bootstrap_client_id: String, "LARBOARD_BOOTSTRAP_CLIENT_ID";
    /// Client secret of the default app, at least 32 characters.
    bootstrap_client_secret: String, "LARBOARD_BOOTSTRAP_CLIENT_SECRET";
    /// E-mail address of the first administrator.
    bootstrap_admin_email: String, "LARBOARD_BOOTSTRAP_ADMIN_EMAIL";
    /// Password of the first administrator.
    bootstrap_admin_password: String, "LARBOARD_BOOTSTRAP_ADMIN_PASSWORD";
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Database {
    /// The embedded database in the data directory.
    Sqlite,
    /// A PostgreSQL server, by its URL (which may hold a password: never log it).
    Postgres(String),
}

/// What the first start makes, where the operator wants to choose.
#[derive(Clone, Default)]
pub struct Bootstrap {
    /// Client id of the default app.
    pub client_id: Option<String>,
    /// Client secret of the default app.
    pub client_secret: Option<String>,
    /// E-mail address of the first administrator.
    pub admin_email: Option<String>,
    /// Password of the first administrator.
    pub admin_password: Option<String>,
    /// Name of the organization.
    pub organization_name: String,
}

/// The settings with defaults filled in and every value checked.
#[derive(Clone)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Data directory.
    pub data: PathBuf,
    /// Which database.
    pub database: Database,
    /// Connections to PostgreSQL.
    pub database_threads: usize,
    /// Master key in base64, if given directly.
    pub master_key: Option<String>,
    /// File of the master key, if given.
    pub master_key_file: Option<PathBuf>,
    /// Base of links, without a trailing slash.
    pub public_url: String,
    /// Path prefix, empty or starting with a slash and not ending in one.
    pub base_path: String,
    /// Networks of trusted proxies.
    pub trusted_proxies: Vec<IpNet>,
    /// Certificate and key files for TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Extra certificate authorities for outgoing calls, in PEM.
    pub ca_bundle: Option<Vec<u8>>,
    /// Proxy for outgoing calls.
    pub egress_proxy: Option<Url>,
    /// Private destinations that are allowed.
    pub webhook_allow: AllowList,
    /// Time one attempt may take.
    pub webhook_timeout: Duration,
    /// Deliveries in flight, in all.
    pub webhook_concurrency: usize,
    /// Deliveries in flight to one destination.
    pub webhook_destination_concurrency: usize,
    /// How long a delivery is retried.
    pub delivery_window: Duration,
    /// What user-written expressions may spend.
    pub template_limits: TemplateLimits,
    /// Bound of the write queue.
    pub write_queue: usize,
    /// The bytes that columns for searches may take.
    pub search_memory: usize,
    /// The most bytes of a request with newline-delimited JSON.
    pub bulk_body_limit: usize,
    /// Validity of access tokens.
    pub token_lifetime: Duration,
    /// Validity of sessions.
    pub session_lifetime: Duration,
    /// How long a rotated secret still authenticates.
    pub secret_grace: Duration,
    /// How long shutting down may take.
    pub shutdown_grace: Duration,
    /// Log filter.
    pub log: String,
    /// Log format.
    pub log_format: LogFormat,
    /// What the first start makes.
    pub bootstrap: Bootstrap,
}

/// Why the settings cannot be used, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

impl Settings {
    /// The settings of a TOML file.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            ConfigError(format!(
                "cannot read the configuration file {}: {e}",
                path.display()
            ))
        })?;
        toml::from_str(&text).map_err(|e| ConfigError(format!("{}: {e}", path.display())))
    }

    /// Fills in defaults and checks every value.
    pub fn resolve(self) -> Result<Config, ConfigError> {
        let listen = self
            .listen
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 4700)));
        let base_path = base_path(self.base_path.as_deref().unwrap_or_default())?;
        let tls = match (self.tls_certificate, self.tls_key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => {
                return Err(ConfigError(
                    "tls-certificate and tls-key are used together: set both or neither".into(),
                ));
            }
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let public_url = match self.public_url {
            Some(url) => checked_url("public-url", &url)?
                .as_str()
                .trim_end_matches('/')
                .to_owned(),
            None => format!("{scheme}://{listen}{base_path}"),
        };
        if let Some(secret) = &self.bootstrap_client_secret
            && secret.len() < 32
        {
            return Err(ConfigError(format!(
                "bootstrap-client-secret has {} characters and needs at least 32: it also signs webhooks",
                secret.len()
            )));
        }
        let template_limits = TemplateLimits {
            expression: Limits {
                fuel: positive("jq-fuel", self.jq_fuel, 5_000_000)?,
                memory: positive("jq-memory", self.jq_memory, 64)?.saturating_mul(1 << 20),
                depth: depth(self.jq_depth)?,
                output: positive("jq-output", self.jq_output, 4096)?.saturating_mul(1 << 10),
                wall: Some(Duration::from_millis(positive(
                    "jq-time",
                    self.jq_time,
                    2000,
                )?)),
                ..TemplateLimits::default().expression
            },
            fuel: positive("template-fuel", self.template_fuel, 10_000_000)?,
            memory: positive("template-memory", self.template_memory, 128)?.saturating_mul(1 << 20),
            output: positive("template-output", self.template_output, 8192)?
                .saturating_mul(1 << 10),
        };
        Ok(Config {
            listen,
            data: self.data.unwrap_or_else(|| PathBuf::from("data")),
            database: self
                .database_url
                .map_or(Database::Sqlite, Database::Postgres),
            database_threads: positive("database-threads", self.database_threads, 16)?,
            master_key: self.master_key,
            master_key_file: self.master_key_file,
            public_url,
            base_path,
            trusted_proxies: networks(
                "trusted-proxies",
                self.trusted_proxies.as_deref().unwrap_or_default(),
            )?,
            tls,
            ca_bundle: self
                .ca_bundle
                .map(|path| {
                    std::fs::read(&path).map_err(|e| {
                        ConfigError(format!("ca-bundle: cannot read {}: {e}", path.display()))
                    })
                })
                .transpose()?,
            egress_proxy: self
                .egress_proxy
                .map(|url| checked_url("egress-proxy", &url))
                .transpose()?,
            webhook_allow: AllowList::parse(self.webhook_allow.as_deref().unwrap_or_default())
                .map_err(|e| ConfigError(format!("webhook-allow: {e}")))?,
            webhook_timeout: Duration::from_secs(positive(
                "webhook-timeout",
                self.webhook_timeout,
                30,
            )?),
            webhook_concurrency: positive("webhook-concurrency", self.webhook_concurrency, 256)?,
            webhook_destination_concurrency: positive(
                "webhook-destination-concurrency",
                self.webhook_destination_concurrency,
                64,
            )?,
            delivery_window: Duration::from_secs(
                60 * positive("delivery-window", self.delivery_window, 30)?,
            ),
            template_limits,
            write_queue: positive("write-queue", self.write_queue, 8192)?,
            search_memory: positive("search-memory", self.search_memory, 1024)?
                .saturating_mul(1024 * 1024),
            bulk_body_limit: positive("bulk-body-limit", self.bulk_body_limit, 64 * 1024 * 1024)?,
            token_lifetime: Duration::from_secs(positive(
                "token-lifetime",
                self.token_lifetime,
                10_800,
            )?),
            session_lifetime: Duration::from_secs(
                3600 * positive("session-lifetime", self.session_lifetime, 168)?,
            ),
            secret_grace: Duration::from_secs(3600 * self.secret_grace.unwrap_or(24)),
            shutdown_grace: Duration::from_secs(positive(
                "shutdown-grace",
                self.shutdown_grace,
                30,
            )?),
            log: self.log.unwrap_or_else(|| "info".into()),
            log_format: self.log_format.unwrap_or_default(),
            bootstrap: Bootstrap {
                client_id: self.bootstrap_client_id,
                client_secret: self.bootstrap_client_secret,
                admin_email: self.bootstrap_admin_email,
                admin_password: self.bootstrap_admin_password,
                organization_name: self.organization_name.unwrap_or_else(|| "Larboard".into()),
            },
        })
    }
}

/// The value of a setting that counts something and so cannot be zero.
fn positive<N: From<u8> + PartialEq>(
    key: &str,
    value: Option<N>,
    default: N,
) -> Result<N, ConfigError> {
    match value {
        Some(n) if n == N::from(0) => Err(ConfigError(format!("{key} is 0 and needs at least 1"))),
        Some(n) => Ok(n),
        None => Ok(default),
    }
}

/// The nesting of evaluations, which uses the stack of a thread.
fn depth(value: Option<u32>) -> Result<u32, ConfigError> {
    const DEEPEST: u32 = 400;
    match positive("jq-depth", value, DEEPEST)? {
        depth if depth > DEEPEST => Err(ConfigError(format!(
            "jq-depth is {depth} and may be at most {DEEPEST}: deeper evaluations would need a larger stack"
        ))),
        depth => Ok(depth),
    }
}

fn base_path(text: &str) -> Result<String, ConfigError> {
    let trimmed = text.trim_matches('/');
    if trimmed.is_empty() {
        return Ok(String::new());
    }
    if trimmed
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_./~".contains(&b))
    {
        return Ok(format!("/{trimmed}"));
    }
    Err(ConfigError(format!(
        "base-path {text:?}: use letters, digits and - _ . ~ /, such as /portal"
    )))
}

fn checked_url(key: &str, text: &str) -> Result<Url, ConfigError> {
    let url =
        Url::parse(text).map_err(|e| ConfigError(format!("{key} {text:?} is no URL: {e}")))?;
    match url.scheme() {
        "http" | "https" if url.host_str().is_some() => Ok(url),
        _ => Err(ConfigError(format!(
            "{key} {text:?}: use an http:// or https:// URL with a host"
        ))),
    }
}

fn networks(key: &str, text: &str) -> Result<Vec<IpNet>, ConfigError> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            part.parse::<IpNet>()
                .or_else(|_| part.parse::<std::net::IpAddr>().map(IpNet::from))
                .map_err(|_| {
                    ConfigError(format!(
                        "{key}: {part:?} is no network; write it like 10.0.0.0/8 or ::1"
                    ))
                })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_file_names_every_setting_and_no_other() {
        let mut named: Vec<String> = DEFAULT_FILE
            .lines()
            .filter_map(|line| line.strip_prefix("#"))
            .filter_map(|line| line.split_once(" = "))
            .map(|(key, _)| key.to_owned())
            .filter(|key| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
            .collect();
        let mut known: Vec<String> = Settings::KEYS
            .iter()
            .map(|(key, _)| key.replace('_', "-"))
            .collect();
        named.sort();
        known.sort();
        assert_eq!(named, known);
    }

    #[test]
    fn every_commented_default_is_a_value_the_server_accepts() {
        let uncommented: String = DEFAULT_FILE
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest)
                    if rest.split_once(" = ").is_some_and(|(k, _)| {
                        k.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
                    }) =>
                {
                    rest
                }
                _ => line,
            })
            .filter(|line| !line.contains("-file") && !line.contains("ca-bundle"))
            .collect::<Vec<_>>()
            .join("\n");
        let settings: Settings =
            toml::from_str(&uncommented).expect("the default file is TOML of known keys");
        settings.resolve().expect("the defaults are accepted");
    }

    #[test]
    fn a_short_client_secret_is_refused_with_its_length() {
        let settings = Settings {
            bootstrap_client_secret: Some("short".into()),
            ..Settings::default()
        };
        let error = settings.resolve().err().expect("refused").to_string();
        assert!(
            error.contains("5 characters") && error.contains("32"),
            "{error}"
        );
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let flag = Settings {
            log: Some("debug".into()),
            ..Settings::default()
        };
        let file = Settings {
            log: Some("warn".into()),
            base_path: Some("portal/".into()),
            ..Settings::default()
        };
        let config = flag.or(file).resolve().expect("valid");
        assert_eq!(
            (config.log.as_str(), config.base_path.as_str()),
            ("debug", "/portal")
        );
    }

    #[test]
    fn half_a_tls_setting_is_refused() {
        let settings = Settings {
            tls_key: Some("key.pem".into()),
            ..Settings::default()
        };
        assert!(settings.resolve().is_err());
    }
}
