//! What the server does on its own: deliver invocations, carry out migrations, tell of results that changed and prune what
//! has had its day.

pub mod announce;
pub mod deliver;
pub mod migrate;
pub mod prune;
