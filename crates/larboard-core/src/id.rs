//! Identifiers the server makes: a prefix that names the kind and 16 letters or digits (facts/actions.md 1.1).

/// Where randomness comes from. The product asks the operating system, tests count.
pub trait IdSource: Send + Sync {
    /// Fills `bytes` with bytes an outsider cannot guess.
    fn fill(&self, bytes: &mut [u8]);

    /// A new identifier of the given kind, such as `r_QOz6WoOB1Q2lmhZZ`.
    fn id(&self, kind: Kind) -> String {
        let mut text = String::with_capacity(kind.prefix().len() + 16);
        text.push_str(kind.prefix());
        self.push_base62(&mut text, 16);
        text
    }

    /// `length` characters of `[0-9A-Za-z]`, each equally likely.
    fn token(&self, length: usize) -> String {
        let mut text = String::with_capacity(length);
        self.push_base62(&mut text, length);
        text
    }

    /// Appends `length` characters of `[0-9A-Za-z]` to `text`.
    fn push_base62(&self, text: &mut String, length: usize) {
        const ALPHABET: &[u8; 62] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut left = length;
        while left > 0 {
            let mut pool = [0_u8; 24];
            self.fill(&mut pool);
            // Six bits at a time, refusing the two values past the alphabet, so that no character is likelier than another.
            for byte in pool {
                if left == 0 {
                    break;
                }
                if let Some(character) = ALPHABET.get(usize::from(byte & 63)) {
                    text.push(char::from(*character));
                    left -= 1;
                }
            }
        }
    }
}

/// What an identifier names; decides its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An organization, `org_…`.
    Organization,
    /// A user, `user_…` (ours: Port's come from its identity provider).
    User,
    /// An action, `action_…`.
    Action,
    /// An action run, `r_…`.
    Run,
    /// A line of a run's log, `log_…`.
    RunLog,
    /// An audit event, `event_…`.
    AuditEvent,
    /// An entity whose writer gave no identifier, `e_…`.
    Entity,
    /// A delivery of an invocation, `dlv_…` (ours).
    Delivery,
    /// A migration, `migration_…`.
    Migration,
    /// A request, `req_…` (ours).
    Request,
    /// A scorecard, `scorecard_…` (ours).
    Scorecard,
}

impl Kind {
    /// The text every identifier of this kind starts with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Organization => "org_",
            Self::User => "user_",
            Self::Action => "action_",
            Self::Run => "r_",
            Self::RunLog => "log_",
            Self::AuditEvent => "event_",
            Self::Entity => "e_",
            Self::Delivery => "dlv_",
            Self::Migration => "migration_",
            Self::Request => "req_",
            Self::Scorecard => "scorecard_",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    struct Counting(AtomicU8);

    impl IdSource for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn an_identifier_is_its_prefix_and_sixteen_letters_or_digits() {
        let id = Counting(AtomicU8::new(50)).id(Kind::Run);
        let rest = id.strip_prefix("r_").expect("the prefix of a run");
        assert_eq!(rest.len(), 16);
        assert!(rest.bytes().all(|b| b.is_ascii_alphanumeric()));
    }
}
