//! The short messages that tell every replica what has changed. They carry names, never content.

use std::ops::RangeInclusive;

/// Something was committed that others wait for. Every replica gets every notice, its own included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The run with this id, or its log, changed.
    Run(String),
    /// An attempt to deliver the request of the run with this id was recorded. The run itself need not have changed.
    Attempt(String),
    /// The audit events with these `seq`s were appended.
    Events(RangeInclusive<i64>),
    /// An outbox row became due.
    Deliveries,
    /// What is cached under this key must be read again, such as `auth`.
    Reload(String),
    /// Notices may have been lost: read everything again.
    Everything,
}

impl Notice {
    /// One line of text without line breaks: a letter and what it names.
    pub(crate) fn encode(&self) -> String {
        match self {
            Self::Run(id) => format!("r{id}"),
            Self::Attempt(id) => format!("a{id}"),
            Self::Events(seqs) if seqs.start() == seqs.end() => format!("e{}", seqs.start()),
            Self::Events(seqs) => format!("e{}-{}", seqs.start(), seqs.end()),
            Self::Deliveries => "d".to_owned(),
            Self::Reload(key) => format!("c{key}"),
            Self::Everything => "*".to_owned(),
        }
    }

    /// The reverse of [`Notice::encode`]. What a newer replica may mean is taken as `Everything`.
    pub(crate) fn decode(text: &str) -> Self {
        let mut characters = text.chars();
        let (kind, rest) = (characters.next(), characters.as_str());
        match kind {
            Some('r') => Self::Run(rest.to_owned()),
            Some('a') => Self::Attempt(rest.to_owned()),
            Some('e') => {
                let (first, last) = rest.split_once('-').unwrap_or((rest, rest));
                match (first.parse(), last.parse()) {
                    (Ok(first), Ok(last)) => Self::Events(first..=last),
                    _ => Self::Everything,
                }
            }
            Some('d') => Self::Deliveries,
            Some('c') => Self::Reload(rest.to_owned()),
            _ => Self::Everything,
        }
    }

    /// Puts a notice after others. One of events joins the last one if they follow upon its events.
    pub(super) fn put_after(notices: &mut Vec<Self>, notice: Self) {
        match (notices.last_mut(), &notice) {
            (Some(Self::Events(last)), Self::Events(more))
                if last.end().checked_add(1) == Some(*more.start()) =>
            {
                *last = *last.start()..=*more.end();
            }
            _ => notices.push(notice),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Notice;

    #[test]
    fn a_notice_survives_its_encoding() {
        for notice in [
            Notice::Run("r_1".into()),
            Notice::Attempt("r_1".into()),
            Notice::Events(7..=7),
            Notice::Events(7..=i64::MAX),
            Notice::Deliveries,
            Notice::Reload("auth".into()),
            Notice::Everything,
        ] {
            assert_eq!(Notice::decode(&notice.encode()), notice);
        }
    }

    #[test]
    fn a_notice_of_an_unknown_kind_means_read_everything() {
        assert_eq!(Notice::decode("z9"), Notice::Everything);
        assert_eq!(Notice::decode(""), Notice::Everything);
        for unreadable in ["ex", "e", "e1-", "e1-x", "e-"] {
            assert_eq!(Notice::decode(unreadable), Notice::Everything);
        }
    }

    #[test]
    fn events_that_follow_one_another_make_one_notice() {
        let mut notices = Vec::new();
        let mut put = |notice| Notice::put_after(&mut notices, notice);
        for seqs in [1..=1, 2..=2, 3..=4, 6..=6, i64::MAX..=i64::MAX, 0..=0] {
            put(Notice::Events(seqs));
        }
        put(Notice::Deliveries);
        put(Notice::Events(1..=1));
        assert_eq!(
            notices,
            [
                Notice::Events(1..=4),
                Notice::Events(6..=6),
                Notice::Events(i64::MAX..=i64::MAX),
                Notice::Events(0..=0),
                Notice::Deliveries,
                Notice::Events(1..=1),
            ]
        );
    }
}
