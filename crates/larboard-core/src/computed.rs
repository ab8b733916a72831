//! Values that are worked out rather than written.

pub mod mirror;
