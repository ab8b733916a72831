//! What survives crashes, and what several servers share: the product as processes, stopped by their id.
//!
//! Every test starts the real binary on a database of its own, loads it over HTTP, does something unkind to it and
//! compares what is there afterwards with what was acknowledged. Counts are printed, so that an empty load is seen.
//! One program, because the parts are shared; nothing here is about answers in good times (that is `tests/api`).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail the test and print counts"
)]

mod announcing;
mod client;
mod full_disk;
mod killing;
mod ledger;
mod load;
mod migrating;
mod postgres;
mod postgres_stops;
mod replicas;
mod server;
mod shutdown;
mod sink;
mod synced;
mod trace;

use std::time::Duration;

/// How long anything may take before a test fails rather than hangs. No test passes by it.
const PATIENCE: Duration = Duration::from_secs(90);
