//! The handlers, one module per noun: each takes a request apart, names the permission it needs, calls one operation or
//! one query, and puts the reply together. Rules live in core and ops.

pub mod actions;
pub mod apps;
pub mod audit_log;
pub mod auth;
pub mod blueprints;
pub mod entities;
pub mod events;
pub mod health;
pub mod jq;
pub mod legacy_actions;
pub mod migrations;
pub mod organization;
pub mod pages;
pub mod runs;
pub mod scorecards;
pub mod secrets;
pub mod selected;
pub mod sidebars;
pub mod teams;
pub mod users;
