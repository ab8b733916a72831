//! The HTTP surface: one visible route table, authentication, errors, the OpenAPI document and the embedded portal.

pub mod address;
pub mod auth;
pub mod body;
pub mod error;
pub mod forwarded;
pub mod lines;
pub mod observe;
pub mod openapi;
pub mod query;
pub mod reply;
pub mod routes;
pub mod serve;
pub mod stream;
pub mod tcp;
pub mod ui;
pub mod words;
