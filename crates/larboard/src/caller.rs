//! Who asks: the person or machine behind a request, as operations and the audit log see it.

use larboard_core::envelope::Actor;
use larboard_core::permission::Asker;
use larboard_core::refusal::Refusal;
use std::sync::Arc;

/// What a caller may do at large. Finer rights (teams, policies, per-blueprint grants) are not here yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads everything and executes actions.
    Member,
    /// May do everything.
    Admin,
}

impl Role {
    /// The role by its name in any capitals; `None` if there is none of that name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            _ if text.eq_ignore_ascii_case("admin") => Some(Self::Admin),
            _ if text.eq_ignore_ascii_case("member") => Some(Self::Member),
            _ => None,
        }
    }

    /// The name as the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Admin => "Admin",
        }
    }
}

/// A person or a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A user of the portal.
    User {
        /// `user_…`
        id: String,
        /// The address they sign in with.
        email: String,
        /// First name.
        first_name: String,
        /// Last name.
        last_name: String,
    },
    /// An app, by its client id.
    Machine {
        /// The client id.
        id: String,
        /// The app's name.
        name: String,
    },
}

/// The caller of one request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub identity: Identity,
    /// With which role.
    pub role: Role,
    /// The organization, `org_…`.
    pub organization: Arc<str>,
    /// `UI` for the portal's session, otherwise what the User-Agent tells (facts/actions.md 8.4).
    pub origin: String,
    /// The User-Agent, which is the data source of the entities this caller writes.
    pub user_agent: String,
    /// The address the request came from, behind trusted proxies the one they name.
    pub address: String,
    /// Identifiers of the teams the person is in; machines are in none.
    pub teams: Arc<[String]>,
    /// The trace the request belongs to, 32 hexadecimal digits; empty outside of requests.
    pub trace: String,
}

impl Caller {
    /// The user id or client id, as `createdBy` shows it.
    pub fn id(&self) -> &str {
        match &self.identity {
            Identity::User { id, .. } | Identity::Machine { id, .. } => id,
        }
    }

    /// The e-mail address of a person; machines have none.
    pub fn email(&self) -> Option<&str> {
        match &self.identity {
            Identity::User { email, .. } => Some(email),
            Identity::Machine { .. } => None,
        }
    }

    /// Whether machine credentials were used.
    pub fn is_machine(&self) -> bool {
        matches!(self.identity, Identity::Machine { .. })
    }

    /// The caller as grants look at people.
    pub fn asker(&self) -> Asker<'_> {
        Asker {
            email: self.email(),
            role: self.role.as_str(),
            teams: &self.teams,
        }
    }

    /// Whether the caller may do everything.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// `UI`, `API` or `AUTOMATION`: the source of a run this caller starts (facts/actions.md 1.3).
    pub fn run_source(&self) -> &'static str {
        if self.origin == "UI" { "UI" } else { "API" }
    }

    /// The caller as invocations and events name them (facts/addenda.md, Decisions): a machine has its client id as id and
    /// its app's name as first name.
    pub fn actor(&self) -> Actor {
        let (email, first_name, last_name) = match &self.identity {
            Identity::User {
                email,
                first_name,
                last_name,
                ..
            } => (
                Some(email.clone()),
                Some(first_name.clone()),
                Some(last_name.clone()),
            ),
            Identity::Machine { name, .. } => (None, Some(name.clone()), None),
        };
        Actor {
            org_id: self.organization.to_string(),
            id: self.id().to_owned(),
            email,
            first_name,
            last_name,
            created_at: None,
            updated_at: None,
        }
    }

    /// The `trigger.by` of events, as text.
    pub fn trigger_by(&self) -> String {
        self.actor().to_envelope_text()
    }

    /// Refuses callers below `role`.
    ///
    /// # Errors
    /// `missing_permissions` with what was wanted and what the caller has.
    pub fn need(&self, role: Role, to: &str) -> Result<(), Refusal> {
        if self.role >= role {
            return Ok(());
        }
        Err(Refusal::missing_permissions(format!(
            "You need the role {} to {to}; yours is {}. Ask an administrator.",
            role.as_str(),
            self.role.as_str()
        )))
    }
}
