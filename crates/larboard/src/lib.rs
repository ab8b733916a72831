//! The product: command line, configuration, HTTP, write operations, workers.

pub mod invoke;
