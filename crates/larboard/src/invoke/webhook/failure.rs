//! Turns a client error into a kind and a sentence for people. The sentence names the receiver as `host:port` and never the URL,
//! whose path or query may hold a token.

use super::super::FailureKind;
use super::super::destination::DestinationRefusal;
use std::error::Error;
use std::io;

/// Explains why there was no answer.
pub(super) fn explain(error: reqwest::Error, receiver: &str) -> (FailureKind, String) {
    let error = error.without_url();
    if let Some(refusal) = find::<DestinationRefusal>(&error) {
        return super::refused(refusal.clone());
    }
    if error.is_timeout() {
        let sentence = if error.is_connect() {
            format!("No connection to `{receiver}` came about in time.")
        } else {
            format!("`{receiver}` did not answer in time.")
        };
        return (FailureKind::Timeout, sentence);
    }
    if let Some(cause) = find::<rustls::Error>(&error) {
        return (
            FailureKind::Tls,
            format!("The TLS handshake with `{receiver}` failed: {cause}."),
        );
    }
    if error.is_connect() {
        let cause = innermost(&error);
        return (
            FailureKind::Connect,
            format!("No connection to `{receiver}` was made: {cause}."),
        );
    }
    if find::<hyper::Error>(&error).is_some_and(hyper::Error::is_parse_too_large) {
        let sentence = format!("The head of the answer from `{receiver}` is too large.");
        return (FailureKind::TooLarge, sentence);
    }
    let cause = innermost(&error);
    (
        FailureKind::Protocol,
        format!("`{receiver}` gave no HTTP answer: {cause}."),
    )
}

/// The first error of type `E` in the chain of causes. An I/O error hides the error it wraps from its own chain, so those are
/// opened by hand.
fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = cause_of(error);
    }
    None
}

fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &(dyn Error + 'static) = error;
    while let Some(cause) = cause_of(innermost) {
        innermost = cause;
    }
    innermost.to_string()
}

fn cause_of<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
