//! The API over HTTP: the real server on real sockets, on both databases. One program, so that it starts one PostgreSQL.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a helper of a test fails the test"
)]

mod access;
mod bulk;
mod catalog;
mod client;
mod clock;
mod contract;
mod delivery;
mod drift;
mod fixtures;
mod harness;
mod history;
mod jq_command;
mod levels;
mod limits;
mod listing;
mod ndjson;
mod permissions;
mod redaction;
mod replicas;
mod routes;
mod searching;
mod signature;
mod sink;
mod streams;
mod templates;
mod walkthrough;
