//! What the server does on its own: deliver invocations, carry out migrations and prune what has had its day.

pub mod deliver;
pub mod migrate;
pub mod prune;
