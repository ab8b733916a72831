//! The domain of Larboard: what a blueprint, an entity, an action and a run are, and which changes of them are legal.
//!
//! It holds no I/O, no async, no clock and no randomness: time and identifiers come in as parameters.

pub mod action;
pub mod aggregate;
pub mod audit;
pub mod blueprint;
pub mod computed;
pub mod contract;
pub mod entity;
pub mod envelope;
pub mod fields;
mod format;
pub mod id;
pub mod index;
pub mod inputs;
mod json_schema;
pub mod names;
pub mod page;
pub mod permission;
pub mod refusal;
pub mod run;
pub mod scorecard;
pub mod scrub;
pub mod search;
pub mod sidebar;
pub mod team;
pub mod template;
pub mod text;
pub mod time;
pub mod user;
pub mod violation;
