//! The short messages that tell every replica what has changed. They carry names, never content.

/// Something was committed that others wait for. Every replica gets every notice, its own included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The run with this id, or its log, changed.
    Run(String),
    /// The audit event with this `seq` was appended.
    Event(i64),
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
            Self::Event(seq) => format!("e{seq}"),
            Self::Deliveries => "d".to_owned(),
            Self::Reload(key) => format!("c{key}"),
            Self::Everything => "*".to_owned(),
        }
    }

    /// The reverse of [`Notice::encode`]. What a newer replica may mean is taken as `Everything`.
    pub(crate) fn decode(text: &str) -> Self {
        let mut characters = text.chars();
        let (kind, rest) = (characters.next(), characters.as_str());
        match (kind, rest.parse::<i64>()) {
            (Some('r'), _) => Self::Run(rest.to_owned()),
            (Some('e'), Ok(seq)) => Self::Event(seq),
            (Some('d'), _) => Self::Deliveries,
            (Some('c'), _) => Self::Reload(rest.to_owned()),
            _ => Self::Everything,
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
            Notice::Event(i64::MAX),
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
        assert_eq!(Notice::decode("ex"), Notice::Everything);
    }
}
