//! Tables for the retry rule.

use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const FAR: Timestamp = Timestamp::from_millis(1_700_100_000_000);

fn answered(status: u16) -> AttemptResult {
    AttemptResult::Answered {
        status,
        headers_excerpt: Vec::new(),
        body: Vec::new(),
        truncated: false,
        retry_after_ms: None,
    }
}

fn failed(kind: FailureKind) -> AttemptResult {
    AttemptResult::Failed {
        kind,
        message: "`ci.example:443` did not answer.".to_owned(),
    }
}

fn asks(status: u16, ms: i64) -> AttemptResult {
    AttemptResult::Answered {
        status,
        headers_excerpt: Vec::new(),
        body: Vec::new(),
        truncated: false,
        retry_after_ms: Some(ms),
    }
}

#[test]
fn every_2xx_answer_is_the_end() {
    for status in [200, 201, 202, 204, 299] {
        assert_eq!(
            next_attempt(1, &answered(status), FAR, NOW, 0.5),
            Decision::Done
        );
    }
}

#[test]
fn a_4xx_answer_fails_at_once_and_the_reason_names_it() {
    let decision = next_attempt(1, &answered(404), FAR, NOW, 0.5);
    assert_eq!(
        decision,
        Decision::FailNow {
            reason: "The backend answered 404 Not Found.".to_owned()
        }
    );
    for status in [400, 401, 403, 409, 410, 422, 451, 499] {
        assert!(matches!(
            next_attempt(1, &answered(status), FAR, NOW, 0.5),
            Decision::FailNow { .. }
        ));
    }
}

#[test]
fn answers_that_pass_and_failures_are_tried_again() {
    for status in [408, 425, 429, 500, 502, 503, 504, 302, 101] {
        let decision = next_attempt(1, &answered(status), FAR, NOW, 0.5);
        assert_eq!(
            decision,
            Decision::RetryAt(NOW.plus_millis(2_000)),
            "{status}"
        );
    }
    use FailureKind::{Connect, Dns, Protocol, Timeout, Tls, TooLarge};
    for kind in [Dns, Connect, Tls, Timeout, TooLarge, Protocol] {
        assert!(matches!(
            next_attempt(1, &failed(kind), FAR, NOW, 0.5),
            Decision::RetryAt(_)
        ));
    }
}

#[test]
fn a_destination_the_guard_refuses_is_not_tried_again() {
    let decision = next_attempt(1, &failed(FailureKind::Refused), FAR, NOW, 0.5);
    assert!(matches!(decision, Decision::FailNow { .. }));
}

#[test]
fn the_pauses_grow_and_the_last_one_repeats() {
    let pauses = [2_000, 10_000, 60_000, 300_000, 900_000, 900_000, 900_000];
    for (number, pause) in (1..).zip(pauses) {
        let decision = next_attempt(number, &answered(500), FAR, NOW, 0.5);
        assert_eq!(decision, Decision::RetryAt(NOW.plus_millis(pause)));
    }
}

#[test]
fn jitter_moves_a_pause_by_a_fifth_at_most() {
    assert_eq!(
        next_attempt(2, &answered(500), FAR, NOW, 0.0),
        Decision::RetryAt(NOW.plus_millis(8_000))
    );
    assert_eq!(
        next_attempt(2, &answered(500), FAR, NOW, 1.0),
        Decision::RetryAt(NOW.plus_millis(12_000))
    );
}

#[test]
fn retry_after_wins_when_it_is_longer() {
    assert_eq!(
        next_attempt(1, &asks(429, 7_000), FAR, NOW, 0.5),
        Decision::RetryAt(NOW.plus_millis(7_000))
    );
    assert_eq!(
        next_attempt(1, &asks(503, 100), FAR, NOW, 0.5),
        Decision::RetryAt(NOW.plus_millis(2_000))
    );
}

#[test]
fn no_attempt_starts_after_the_window() {
    let window_end = NOW.plus_millis(2_000);
    assert!(matches!(
        next_attempt(1, &answered(500), window_end, NOW, 0.5),
        Decision::RetryAt(_)
    ));
    let decision = next_attempt(2, &answered(500), window_end, NOW, 0.5);
    let reason = "The backend answered 500 Internal Server Error. Gave up after 2 attempts: the delivery window is over.";
    assert_eq!(
        decision,
        Decision::GiveUp {
            reason: reason.to_owned()
        }
    );
    assert!(matches!(
        next_attempt(1, &asks(503, i64::MAX), window_end, NOW, 0.5),
        Decision::GiveUp { .. }
    ));
}

#[test]
fn a_redirect_names_the_host_it_points_to_and_not_its_path() {
    let result = AttemptResult::Answered {
        status: 302,
        headers_excerpt: vec![(
            "location".to_owned(),
            "https://login.example/?token=t0p".to_owned(),
        )],
        body: Vec::new(),
        truncated: false,
        retry_after_ms: None,
    };
    let sentence = "The backend answered 302 Found, a redirect to `login.example`; redirects are not followed.";
    assert_eq!(describe(&result), sentence);
}

proptest! {
    #[test]
    fn a_retry_is_in_the_future_and_inside_the_window(
        number in any::<u32>(), status in 100_u16..600, jitter in any::<f64>(), window in any::<i64>(), asked in any::<i64>(),
    ) {
        let window_end = Timestamp::from_millis(window);
        if let Decision::RetryAt(at) = next_attempt(number, &asks(status, asked), window_end, NOW, jitter) {
            prop_assert!(at > NOW && at <= window_end);
        }
    }
}
