//! What the server does on its own: deliver invocations and prune what has had its day.

pub mod deliver;
pub mod prune;
