//! `larboard doctor`: looks at everything an operator can get wrong and says so in sentences. It makes and changes nothing.

mod database;
mod disk;

use super::say;
use crate::config::{Config, Database, Settings};
use crate::keys::Keys;
use crate::start::{StartError, webhooks};
use crate::system::{SystemClock, SystemIds};
use larboard_core::time::{Clock, Timestamp};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// 2025-01-01: a clock before this has never been set.
const BUILT_AFTER_MS: i64 = 1_735_689_600_000;

/// How far clocks may differ before tokens, signatures and leases suffer.
const SKEW_MS: i64 = 5_000;

/// How long whoever holds the port may take to answer.
const PROBE: Duration = Duration::from_secs(2);

/// What is fine, or what is wrong and what to do about it, as a sentence.
type Finding = Result<String, String>;

/// Tells of findings, and remembers whether all were good.
struct Report {
    sound: bool,
}

impl Report {
    fn tell(&mut self, what: &str, finding: Finding) {
        match finding {
            Ok(text) => say(&format!("ok      {what}: {text}")),
            Err(text) => {
                self.sound = false;
                say(&format!("WRONG   {what}: {text}"));
            }
        }
    }
}

pub(super) fn run(settings: Settings) -> Result<ExitCode, StartError> {
    let mut report = Report { sound: true };
    match settings.resolve() {
        Ok(config) => {
            let serves = format!("serves {} on {}", config.public_url, config.listen);
            report.tell("configuration", Ok(serves));
            examine(&config, &mut report);
        }
        Err(error) => report.tell("configuration", Err(error.to_string())),
    }
    Ok(if report.sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn examine(config: &Config, report: &mut Report) {
    if config.tls.is_some() {
        let checked = super::serve::check_tls(config).map_err(|e| e.to_string());
        report.tell(
            "TLS",
            checked.map(|()| "certificate and key can be used".into()),
        );
    }
    let outgoing = webhooks(config).map_err(|e| e.to_string());
    report.tell("outgoing calls", outgoing.map(|_| "can be made".into()));
    report.tell("clock", clock(SystemClock.now()));
    if let Database::Sqlite = config.database {
        report.tell("data directory", disk::directory(&config.data));
    }
    let key = key(config);
    let said = match &key {
        Ok(Some(_)) => Ok("can be used".to_owned()),
        Ok(None) => Ok("there is none yet; the first start makes it".to_owned()),
        Err(error) => Err(error.clone()),
    };
    report.tell("master key", said);
    database::examine(config, key, report);
    report.tell("listening", listening(config));
}

fn clock(now: Timestamp) -> Finding {
    if now.as_millis() < BUILT_AFTER_MS {
        return Err(format!(
            "it says {now}; tokens and schedules need the right time, so set it (for example with NTP)"
        ));
    }
    Ok(format!("it says {now}"))
}

/// The key, without making one; `None` if the first start would.
fn key(config: &Config) -> Result<Option<Keys>, String> {
    let made_at_start = config.master_key.is_none()
        && config.master_key_file.is_none()
        && matches!(config.database, Database::Sqlite);
    if made_at_start && !config.data.join("master.key").exists() {
        return Ok(None);
    }
    Keys::load(config, Arc::new(SystemIds))
        .map(Some)
        .map_err(|e| e.to_string())
}

fn listening(config: &Config) -> Finding {
    let address = config.listen;
    match TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        Err(e) if e.kind() == ErrorKind::AddrInUse && config.tls.is_some() => Ok(format!(
            "{address} is in use, which is right if Larboard serves there now"
        )),
        Err(e) if e.kind() == ErrorKind::AddrInUse && is_larboard(config) => {
            Ok(format!("Larboard serves on {address} now"))
        }
        Err(e) if e.kind() == ErrorKind::AddrInUse => Err(format!(
            "another program has {address}; stop it, or choose another address with --listen"
        )),
        Err(e) => Err(format!("cannot listen on {address}: {e}")),
    }
}

/// Whether what answers on the port answers as Larboard does.
fn is_larboard(config: &Config) -> bool {
    let mut address: SocketAddr = config.listen;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, PROBE)?;
        stream.set_read_timeout(Some(PROBE))?;
        stream.set_write_timeout(Some(PROBE))?;
        let path = format!("{}/health/live", config.base_path);
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
        )?;
        let mut answer = [0; 4096];
        let length = stream.read(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200") && answer.contains("x-request-id"))
}
