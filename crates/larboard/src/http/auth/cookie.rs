//! The session cookie of the portal and the token that guards it against forged requests.

use aws_lc_rs::constant_time::verify_slices_are_equal;

/// The cookie's name.
pub const NAME: &str = "larboard_session";

/// The header that every change made with the cookie must carry.
pub const CSRF_HEADER: &str = "x-larboard-csrf";

/// The session token in a Cookie header.
pub fn find(header: &str) -> Option<&str> {
    header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == NAME)
        .map(|(_, v)| v)
}

/// A Set-Cookie value that keeps a session for `seconds`; none at all if that is zero.
pub fn set(token: &str, seconds: u64, base_path: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!(
        "{NAME}={token}; Path={base_path}/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    )
}

/// Whether two tokens are the same, in constant time.
pub fn same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        assert_eq!(find("a=b; larboard_session=tok; c=d"), Some("tok"));
        assert_eq!(find("a=b; xlarboard_session=tok"), None);
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let text = set("tok", 60, "/portal", true);
        assert_eq!(
            text,
            "larboard_session=tok; Path=/portal/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        );
    }
}
