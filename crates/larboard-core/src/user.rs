//! What a request says of a user (facts/catalog.md 6.2). Whether the user and the teams exist is the caller's business.

use serde_json::Value;

use crate::fields::Fields;
use crate::refusal::Refusal;

/// The roles that can be given, the strongest first.
const ROLES: [&str; 3] = ["Admin", "Moderator", "Member"];

/// Somebody to be invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// E-mail address, in lower case.
    pub email: String,
    /// What they are given.
    pub grants: Grants,
}

/// What somebody may do and where they belong; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// The strongest of the roles named.
    pub role: Option<String>,
    /// All their teams, by name or identifier.
    pub teams: Option<Vec<String>>,
}

impl Invitation {
    /// Reads `{"invitee": {"email", "roles"?, "teams"?}}`.
    ///
    /// # Errors
    /// `invalid_request` that names the field, the value and the rule.
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "")?;
        fields.only(&["invitee"])?;
        let invitee = fields.fields("invitee")?;
        invitee.only(&["email", "roles", "teams"])?;
        Ok(Self {
            email: invitee.string("email")?.to_lowercase(),
            grants: Grants::of(&invitee)?,
        })
    }
}

impl Grants {
    /// Reads the body of a PATCH, `{"roles"?, "teams"?}`.
    ///
    /// # Errors
    /// As for [`Invitation::parse`].
    pub fn parse(body: &Value) -> Result<Self, Refusal> {
        let fields = Fields::of(body, "")?;
        fields.only(&["roles", "teams"])?;
        let named_none = fields
            .find_strings("roles")?
            .is_some_and(|roles| roles.is_empty());
        if named_none {
            return Err(Refusal::invalid_request(
                "\"roles\" is empty; name at least one role, or leave the key out to keep what the user has.",
            ));
        }
        Self::of(&fields)
    }

    fn of(fields: &Fields<'_>) -> Result<Self, Refusal> {
        let named = fields.find_strings("roles")?.unwrap_or_default();
        if let Some(unknown) = named.iter().find(|name| !ROLES.contains(name)) {
            return Err(Refusal::invalid_request(format!(
                "{:?} names the role {unknown:?}; the roles are {}.",
                fields.path_of("roles"),
                ROLES.join(", ")
            )));
        }
        let role = ROLES.into_iter().find(|role| named.contains(role));
        let teams = fields.find_strings("teams")?;
        Ok(Self {
            role: role.map(str::to_owned),
            teams: teams.map(|teams| teams.into_iter().map(str::to_owned).collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_strongest_role_counts_and_what_is_absent_stays() {
        let grants = Grants::parse(&json!({"roles": ["Member", "Admin"]})).unwrap();
        assert_eq!(grants.role.as_deref(), Some("Admin"));
        assert_eq!(grants.teams, None);
        assert_eq!(Grants::parse(&json!({})).unwrap(), Grants::default());
    }

    #[test]
    fn an_address_is_kept_in_lower_case() {
        let body = json!({"invitee": {"email": "Ada@Example.test", "teams": ["Core"]}});
        let invitation = Invitation::parse(&body).unwrap();
        assert_eq!(invitation.email, "ada@example.test");
        assert_eq!(invitation.grants.teams, Some(vec!["Core".to_owned()]));
        assert_eq!(invitation.grants.role, None);
    }

    #[test]
    fn every_fault_is_refused() {
        for bad in [
            json!([]),
            json!({}),
            json!({"invitee": {}}),
            json!({"invitee": {"email": 1}}),
            json!({"invitee": {"email": "a@b", "roles": ["Owner"]}}),
            json!({"invitee": {"email": "a@b", "roles": "Admin"}}),
            json!({"invitee": {"email": "a@b", "teams": [1]}}),
            json!({"invitee": {"email": "a@b", "name": "Ada"}}),
            json!({"invitee": {"email": "a@b"}, "notify": true}),
        ] {
            assert!(Invitation::parse(&bad).is_err(), "{bad}");
        }
        for bad in [
            json!([]),
            json!({"roles": []}),
            json!({"roles": ["Owner"]}),
            json!({"teams": "Core"}),
            json!({"status": "Active"}),
        ] {
            assert!(Grants::parse(&bad).is_err(), "{bad}");
        }
    }
}
