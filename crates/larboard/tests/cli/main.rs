//! The command line as an operator uses it: the real binary with its settings, on SQLite and on PostgreSQL.
//!
//! How the API answers is in `tests/api`, what survives crashes in `tests/crash`. Here are the settings that only a whole
//! process has (TLS, proxies, a base path) and every command but `demo`, which a browser walks through.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod accounts;
mod authority;
mod backend;
mod base_path;
mod client;
mod doctor;
mod egress;
mod moving;
mod place;
mod proxies;
mod starting;
mod tls;
mod upgrading;

use std::time::Duration;

/// How long anything may take before a test fails rather than hangs. No test passes by it.
const PATIENCE: Duration = Duration::from_secs(60);
