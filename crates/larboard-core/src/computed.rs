//! Values that are worked out rather than written.

pub mod aggregation;
pub mod calculation;
pub mod mirror;
pub mod teams;
mod yaml;
