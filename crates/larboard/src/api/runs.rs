//! Action runs: executing, reading, reporting, following.

pub mod approval;
pub mod deliveries;
pub mod events;
pub mod execute;
pub mod get;
pub mod list;
pub mod logs;
pub mod ndjson;
pub mod patch;
pub mod shape;
