//! The product: command line, configuration, HTTP, write operations, workers.
//!
//! Inside: `http` and `api` answer requests, `ops` change things, `worker` and `invoke` deliver, `live` streams. Storage is
//! the crate `larboard-store`, the rules are `larboard-core`.

pub mod api;
pub mod caller;
pub mod cli;
pub mod config;
pub mod directory;
pub mod http;
pub mod invoke;
pub mod keys;
pub mod lanes;
pub mod live;
pub mod log;
pub mod ops;
pub mod start;
pub mod state;
pub mod system;
pub mod worker;
