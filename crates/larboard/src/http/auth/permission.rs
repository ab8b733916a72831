//! The permissions that handlers name, each with the lowest role that holds it.

use crate::caller::Role;

/// Something a caller may do.
pub trait Permission: Send + Sync + 'static {
    /// The lowest role that may.
    const ROLE: Role;
    /// What it is, after "you need the role … to".
    const TO: &'static str;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident: $role:ident, $to:literal;)*) => {
        $($(#[$doc])* pub struct $name; impl Permission for $name { const ROLE: Role = Role::$role; const TO: &'static str = $to; })*
    };
}

permissions! {
    /// See who one is.
    SignedIn: Member, "use the API";
    /// Read the organization.
    ReadOrganization: Member, "read the organization";
    /// Change the organization.
    UpdateOrganization: Admin, "change the organization";
    /// Read, make, rotate and delete apps.
    ManageApps: Admin, "manage apps";
    /// List, make, change and delete secrets.
    ManageSecrets: Admin, "manage secrets";
    /// Read blueprints.
    ReadBlueprints: Member, "read blueprints";
    /// Make, change and delete blueprints.
    WriteBlueprints: Admin, "change blueprints";
    /// Read entities.
    ReadEntities: Member, "read entities";
    /// Make, change and delete entities, as far as the permissions of their blueprint allow.
    WriteEntities: Member, "change entities";
    /// Give entities another data source, which decides who may find them stale.
    ManageDataSources: Admin, "change where entities come from";
    /// Say who may do what with the entities of a blueprint.
    ManagePermissions: Admin, "manage permissions";
    /// Read scorecards.
    ReadScorecards: Member, "read scorecards";
    /// Make, change and delete scorecards.
    WriteScorecards: Admin, "change scorecards";
    /// Read actions.
    ReadActions: Member, "read actions";
    /// Make, change and delete actions.
    WriteActions: Admin, "change actions";
    /// Execute actions.
    ExecuteActions: Member, "execute actions";
    /// Read how migrations are getting on.
    ReadMigrations: Member, "read migrations";
    /// Begin and cancel migrations.
    ManageMigrations: Admin, "manage migrations";
    /// Read who is there, and in which teams.
    ReadPeople: Member, "read users and teams";
    /// Make, change and delete teams.
    ManageTeams: Admin, "manage teams";
    /// Invite, change and delete users.
    ManageUsers: Admin, "manage users";
    /// Read pages and the sidebar, as far as their permissions allow.
    ReadPages: Member, "read pages";
    /// Change pages, as far as their permissions allow.
    UpdatePages: Member, "change pages";
    /// Make and delete pages and folders, and say who may read them.
    ManagePages: Admin, "manage pages";
    /// Read runs and their logs.
    ReadRuns: Member, "read runs";
    /// Report on runs: members on their own, machines and administrators on all.
    UpdateRuns: Member, "update runs";
    /// Read the audit log.
    ReadAuditLog: Member, "read the audit log";
}
