//! The words for where a run stands and where it came from (facts/actions.md 1.3, 1.4).

use std::fmt;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nothing is sent until it is approved.
    WaitingForApproval,
    /// Sent, or about to be.
    InProgress,
    /// Ended well.
    Success,
    /// Ended badly, or withdrawn before the approval.
    Failure,
    /// An approver said no.
    Declined,
}

impl Status {
    /// The names of all, as the API writes them.
    pub const NAMES: &'static [&'static str] = &[
        "WAITING_FOR_APPROVAL",
        "IN_PROGRESS",
        "SUCCESS",
        "FAILURE",
        "DECLINED",
    ];

    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WaitingForApproval => "WAITING_FOR_APPROVAL",
            Self::InProgress => "IN_PROGRESS",
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Declined => "DECLINED",
        }
    }

    /// The status of this name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "WAITING_FOR_APPROVAL" => Self::WaitingForApproval,
            "IN_PROGRESS" => Self::InProgress,
            "SUCCESS" => Self::Success,
            "FAILURE" => Self::Failure,
            "DECLINED" => Self::Declined,
            _ => return None,
        })
    }

    /// The run has ended and cannot be changed any more.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Success | Self::Failure | Self::Declined)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The statuses a caller may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FinalStatus {
    /// Ended well.
    Success,
    /// Ended badly.
    Failure,
}

impl FinalStatus {
    /// The names of both, as the API writes them.
    pub const NAMES: &'static [&'static str] = &["SUCCESS", "FAILURE"];

    /// The status of this name, if a caller may set it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "SUCCESS" => Some(Self::Success),
            "FAILURE" => Some(Self::Failure),
            _ => None,
        }
    }
}

impl From<FinalStatus> for Status {
    fn from(status: FinalStatus) -> Self {
        match status {
            FinalStatus::Success => Self::Success,
            FinalStatus::Failure => Self::Failure,
        }
    }
}

/// Where a run was started from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A person in the portal.
    Ui,
    /// A client of the API.
    Api,
    /// An automation.
    Automation,
}

impl Source {
    /// The names of all, as the API writes them.
    pub const NAMES: &'static [&'static str] = &["UI", "API", "AUTOMATION"];

    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ui => "UI",
            Self::Api => "API",
            Self::Automation => "AUTOMATION",
        }
    }

    /// The source of this name, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "UI" => Some(Self::Ui),
            "API" => Some(Self::Api),
            "AUTOMATION" => Some(Self::Automation),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_and_source_reads_back_from_its_name() {
        for status in [
            Status::WaitingForApproval,
            Status::InProgress,
            Status::Success,
            Status::Failure,
            Status::Declined,
        ] {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        for source in [Source::Ui, Source::Api, Source::Automation] {
            assert_eq!(Source::parse(source.as_str()), Some(source));
        }
        assert_eq!(Status::parse("TRIGGERED"), None);
    }
}
