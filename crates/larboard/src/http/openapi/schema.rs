//! The envelopes of replies, for the OpenAPI document alone: nothing is written through them. What they hold is in
//! `contract.rs`. The tests hold every reply they get against them.

#![allow(
    dead_code,
    reason = "these types are read by the document's generator, never built"
)]
#![allow(
    missing_docs,
    reason = "the field names are the API's; facts and docs say what they mean"
)]

use super::contract::*;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

type Object = Map<String, Value>;

macro_rules! replies {
    ($($name:ident { $($key:ident : $type:ty),* $(,)? })*) => {
        $(
            #[derive(Serialize, ToSchema)]
            #[serde(rename_all = "camelCase", deny_unknown_fields)]
            pub struct $name { ok: bool, $($key: $type,)* }
        )*
    };
}

replies! {
    Done {}
    OrganizationReply { organization: Organization }
    AppReply { app: App }
    AppsReply { apps: Vec<ListedApp> }
    SecretReply { secret: Secret }
    SecretsReply { secrets: Vec<Secret> }
    BlueprintReply { blueprint: Blueprint }
    BlueprintsReply { blueprints: Vec<Blueprint> }
    EntityReply { entity: Entity }
    AnyEntityReply { entity: AnyEntity }
    EntitiesReply { entities: Vec<AnyEntity> }
    PagesReply { pages: Vec<Page> }
    PermissionsReply { permissions: Object }
    WidgetReply { identifier: String }
    SidebarReply { sidebar: Sidebar }
    FolderReply { folder: Folder }
    MigrationReply { migration: Migration }
    MigrationsReply { migrations: Vec<Migration> }
    MigrationBegunReply { migration_id: String, migration: Migration }
    TeamReply { team: Team }
    TeamsReply { teams: Vec<Team> }
    UserReply { user: User }
    UsersReply { users: Vec<User> }
    CountReply { count: i64 }
    ResultReply { result: Value }
    GroupsReply { groups: Vec<Group>, has_more_groups: bool }
    BulkReply { entities: Vec<BulkDone>, errors: Vec<BulkError> }
    BulkDeleteReply { deleted_entities: Vec<String> }
    ScorecardReply { scorecard: Scorecard }
    ScorecardsReply { scorecards: Vec<Scorecard> }
    ActionReply { action: Action }
    AnyActionReply { action: AnyAction }
    ActionsReply { actions: Vec<AnyAction> }
    LegacyActionReply { action: LegacyAction }
    LegacyActionsReply { actions: Vec<LegacyAction> }
    RunReply { run: Run }
    AnyRunReply { run: AnyRun }
    RunLogReply { run_log: RunLog }
    RunLogsReply { run_logs: Vec<RunLog> }
    DataSourcesReply { data_sources: Vec<DataSource> }
    OwnPermissionsReply { permissions: Vec<String> }
    DeliveriesReply { deliveries: Vec<Delivery> }
    SessionReply { user: SessionUser, csrf_token: String }
    AccessToken { access_token: String, expires_in: u64, token_type: String }
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunsReply {
    ok: bool,
    runs: Vec<ListedRun>,
    /// There are more: send this as `from`.
    #[schema(nullable = false)]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditLogReply {
    ok: bool,
    audits: Vec<ListedAuditEvent>,
    /// Ours: there are more; send this as `next`.
    #[schema(nullable = false)]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkDone {
    created: bool,
    identifier: String,
    index: u32,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PageReply {
    ok: bool,
    /// Only of a new page.
    #[schema(nullable = false)]
    identifier: Option<String>,
    page: Page,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityPageReply {
    ok: bool,
    entities: Vec<AnyEntity>,
    /// There are more: send this as `from`.
    #[schema(nullable = false)]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchReply {
    ok: bool,
    entities: Vec<AnyEntity>,
    matching_blueprints: Vec<String>,
    #[schema(nullable = false)]
    failed_blueprints: Option<Vec<String>>,
}

/// Entities, groups or a count, as the body asks.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TopReply {
    ok: bool,
    #[schema(nullable = false)]
    entities: Option<Vec<AnyEntity>>,
    #[schema(nullable = false)]
    has_more_entities: Option<bool>,
    #[schema(nullable = false)]
    next: Option<String>,
    #[schema(nullable = false)]
    groups: Option<Vec<Group>>,
    #[schema(nullable = false)]
    has_more_groups: Option<bool>,
    #[schema(nullable = false)]
    count: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSourceReply {
    ok: bool,
    entities: Vec<EntityName>,
    #[schema(nullable = false)]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSource {
    context: DataSourceContext,
    blueprints: Vec<BlueprintName>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataSourceContext {
    installation_id: String,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlueprintName {
    identifier: String,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    value: Value,
    count: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityName {
    identifier: String,
    blueprint: String,
}

#[derive(Serialize, ToSchema)]
pub struct JqQuestion {
    /// A jq expression. Either this or `template`.
    expression: Option<String>,
    /// Any document; its strings and keys may hold `{{ }}`.
    template: Option<Value>,
    /// What `.` is; `null` if left out.
    context: Option<Value>,
}

#[derive(Serialize, ToSchema)]
pub struct JqReply {
    ok: bool,
    /// Every output of the expression.
    outputs: Option<Vec<Value>>,
    /// The rendered template.
    result: Option<Value>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PropertyNameBody {
    new_property_name: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MirrorNameBody {
    new_mirror_name: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelationNameBody {
    new_relation_identifier: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MigrationBody {
    source_blueprint: String,
    /// `blueprint`, `filter`, `itemsToParse` and `entity`, with jq at the leaves.
    mapping: Object,
}

#[derive(Serialize, ToSchema)]
pub struct CancelBody {
    reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    id: String,
    actor: String,
    source_blueprint: String,
    mapping: Object,
    #[schema(
        pattern = "^(INITIALIZING|PENDING|RUNNING|COMPLETED|FAILURE|CANCELLED|PENDING_CANCELLATION)$"
    )]
    status: String,
    delete_blueprint: bool,
    delete_entities: bool,
    failure_count: i64,
    success_count: i64,
    reason: Option<String>,
    created_at: String,
    created_by: String,
    updated_at: String,
    updated_by: String,
}

#[derive(Serialize, ToSchema)]
pub struct TeamBody {
    /// Required but in PATCH: 2 characters or more, without `;`, `#`, `/` and `?`.
    name: Option<String>,
    description: Option<String>,
    /// E-mail addresses of all members.
    users: Option<Vec<String>>,
}

/// Which keys there are depends on `fields`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    id: Option<String>,
    name: Option<String>,
    provider: Option<String>,
    description: Option<String>,
    /// Objects in replies to GET, e-mail addresses in replies to writes.
    users: Option<Vec<Value>>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteBody {
    invitee: Invitee,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitee {
    email: String,
    /// `Admin`, `Moderator`, `Member`; the strongest counts.
    roles: Option<Vec<String>>,
    /// Names or identifiers.
    teams: Option<Vec<String>>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChangeBody {
    /// `Admin`, `Moderator`, `Member`; the strongest counts. At least one, if the key is there.
    roles: Option<Vec<String>>,
    /// All teams, by name or identifier.
    teams: Option<Vec<String>>,
}

/// The user's keys stand beside `ok`.
#[derive(Serialize, ToSchema)]
pub struct UserChangedReply {
    ok: bool,
    #[serde(flatten)]
    user: User,
}

/// Which keys there are depends on `fields`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    id: Option<String>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    status: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    #[serde(flatten)]
    more: Object,
}
