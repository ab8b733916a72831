//! When a delivery is tried again, and when it is over (architecture: Invocation). Pure: the clock and the chance come in.

use super::{AttemptResult, FailureKind};
use larboard_core::time::Timestamp;
use reqwest::StatusCode;
use url::Url;

/// The pauses before the second, third, … attempt, in milliseconds; the last one repeats while the window lasts.
const PAUSES_MS: [i64; 5] = [2_000, 10_000, 60_000, 300_000, 900_000];

/// What to do after an attempt. The reasons are sentences for the run's summary; they hold no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The receiver took it.
    Done,
    /// Trying again would not help.
    FailNow {
        /// What the receiver answered, or why nothing was sent.
        reason: String,
    },
    /// Try again at this instant.
    RetryAt(Timestamp),
    /// The window closes before the next attempt.
    GiveUp {
        /// How the last attempt ended, and that it was the last.
        reason: String,
    },
}

/// Decides after attempt `attempt_number` (counted from 1) ended at `now` with `result`. No attempt starts after `window_end`.
/// `jitter`, from 0 to 1, spreads the pause over 80 % to 120 % of its length; a longer `Retry-After` wins.
pub fn next_attempt(
    attempt_number: u32,
    result: &AttemptResult,
    window_end: Timestamp,
    now: Timestamp,
    jitter: f64,
) -> Decision {
    match verdict(result) {
        Verdict::Taken => return Decision::Done,
        Verdict::Final => {
            return Decision::FailNow {
                reason: describe(result),
            };
        }
        Verdict::Passing => {}
    }
    let at = now.plus_millis(pause_ms(attempt_number, jitter).max(asked_pause_ms(result)));
    if at <= window_end {
        return Decision::RetryAt(at);
    }
    let times = if attempt_number == 1 {
        "attempt"
    } else {
        "attempts"
    };
    let reason = format!(
        "{} Gave up after {attempt_number} {times}: the delivery window is over.",
        describe(result)
    );
    Decision::GiveUp { reason }
}

/// One sentence about how an attempt ended, for a run's log and summary.
pub fn describe(result: &AttemptResult) -> String {
    match result {
        AttemptResult::Failed { message, .. } => message.clone(),
        AttemptResult::Answered {
            status,
            headers_excerpt,
            ..
        } => {
            let name = StatusCode::from_u16(*status)
                .ok()
                .and_then(|code| code.canonical_reason());
            let named = name.map_or_else(|| status.to_string(), |name| format!("{status} {name}"));
            if !(300..400).contains(status) {
                return format!("The backend answered {named}.");
            }
            let target = redirect_host(headers_excerpt);
            let target =
                target.map_or_else(|| "another address".to_owned(), |host| format!("`{host}`"));
            format!(
                "The backend answered {named}, a redirect to {target}; redirects are not followed."
            )
        }
    }
}

enum Verdict {
    Taken,
    Final,
    Passing,
}

fn verdict(result: &AttemptResult) -> Verdict {
    match result {
        AttemptResult::Answered {
            status: 200..=299, ..
        } => Verdict::Taken,
        AttemptResult::Answered {
            status: 408 | 425 | 429,
            ..
        } => Verdict::Passing,
        AttemptResult::Answered {
            status: 400..=499, ..
        } => Verdict::Final,
        // The guard's refusal is a matter of configuration, not of the moment.
        AttemptResult::Failed {
            kind: FailureKind::Refused,
            ..
        } => Verdict::Final,
        AttemptResult::Answered { .. } | AttemptResult::Failed { .. } => Verdict::Passing,
    }
}

fn pause_ms(attempt_number: u32, jitter: f64) -> i64 {
    let index = usize::try_from(attempt_number.saturating_sub(1)).unwrap_or(usize::MAX);
    let pause = PAUSES_MS[index.min(PAUSES_MS.len() - 1)];
    // A NaN counts as 0 here: `as` saturates and never fails.
    let thousandths = 800 + (jitter.clamp(0.0, 1.0) * 400.0) as i64;
    pause * thousandths / 1_000
}

fn asked_pause_ms(result: &AttemptResult) -> i64 {
    match result {
        AttemptResult::Answered {
            retry_after_ms: Some(asked),
            ..
        } => *asked,
        AttemptResult::Answered { .. } | AttemptResult::Failed { .. } => 0,
    }
}

/// The host a `Location` header points to; `None` for a relative one.
fn redirect_host(headers: &[(String, String)]) -> Option<String> {
    let (_, location) = headers.iter().find(|(name, _)| name == "location")?;
    Url::parse(location).ok()?.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;
