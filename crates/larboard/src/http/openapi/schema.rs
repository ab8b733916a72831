//! Shapes of request bodies and replies, for the OpenAPI document alone: nothing is parsed or written through them. The
//! tests hold real replies against them.

#![allow(
    dead_code,
    reason = "these types are read by the document's generator, never built"
)]
#![allow(
    missing_docs,
    reason = "the field names are the API's; facts and docs say what they mean"
)]

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

type Object = Map<String, Value>;

macro_rules! replies {
    ($($name:ident { $($key:ident : $type:ty),* $(,)? })*) => {
        $(
            #[derive(Serialize, ToSchema)]
            #[serde(rename_all = "camelCase")]
            pub struct $name { ok: bool, $($key: $type,)* }
        )*
    };
}

replies! {
    Done {}
    OrganizationReply { organization: Organization }
    AppReply { app: App }
    AppsReply { apps: Vec<App> }
    SecretReply { secret: Secret }
    SecretsReply { secrets: Vec<Secret> }
    BlueprintReply { blueprint: Blueprint }
    BlueprintsReply { blueprints: Vec<Blueprint> }
    EntityReply { entity: Entity }
    EntitiesReply { entities: Vec<Entity> }
    MigrationReply { migration: Migration }
    MigrationsReply { migrations: Vec<Migration> }
    MigrationBegunReply { migration_id: String, migration: Migration }
    TeamReply { team: Team }
    TeamsReply { teams: Vec<Team> }
    UserReply { user: User }
    UsersReply { users: Vec<User> }
    PagesReply { pages: Vec<Page> }
    PermissionsReply { permissions: Object }
    WidgetReply { identifier: String }
    SidebarReply { sidebar: Sidebar }
    FolderReply { folder: Folder }
    CountReply { count: i64 }
    EntityPageReply { entities: Vec<Entity>, next: Option<String> }
    SearchReply { entities: Vec<Entity>, matching_blueprints: Vec<String>, failed_blueprints: Option<Vec<String>> }
    ResultReply { result: Value }
    GroupsReply { groups: Vec<Group>, has_more_groups: bool }
    TopReply { entities: Option<Vec<Entity>>, has_more_entities: Option<bool>, next: Option<String>, groups: Option<Vec<Group>>, has_more_groups: Option<bool>, count: Option<i64> }
    DataSourceReply { entities: Vec<EntityName>, next: Option<String> }
    BulkReply { entities: Vec<BulkDone>, errors: Vec<BulkError> }
    BulkDeleteReply { deleted_entities: Vec<String> }
    ScorecardReply { scorecard: Scorecard }
    ScorecardsReply { scorecards: Vec<Scorecard> }
    ActionReply { action: Action }
    ActionsReply { actions: Vec<Action> }
    RunReply { run: Run }
    RunLogReply { run_log: RunLog }
    RunLogsReply { run_logs: Vec<RunLog> }
    DeliveriesReply { deliveries: Vec<Delivery> }
    SessionReply { user: SessionUser, csrf_token: String }
    AccessToken { access_token: String, expires_in: u64, token_type: String }
}

/// A refused request.
#[derive(Serialize, ToSchema)]
pub struct Refused {
    ok: bool,
    /// A code of the error table.
    error: String,
    /// A sentence for people.
    message: String,
    /// The same for programs, where there is a list to show.
    details: Option<Value>,
}

#[derive(Serialize, ToSchema)]
pub struct RunsReply {
    ok: bool,
    runs: Vec<Run>,
    /// There are more: send this as `from`.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct AuditLogReply {
    ok: bool,
    audits: Vec<Audit>,
    /// There are more: send this as `next`.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    client_id: String,
    client_secret: String,
}

#[derive(Serialize, ToSchema)]
pub struct SignIn {
    email: String,
    password: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionUser {
    id: String,
    email: String,
    first_name: String,
    last_name: String,
    role: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    id: String,
    name: String,
    feature_flags: Vec<String>,
    #[serde(flatten)]
    more: Object,
}

#[derive(Serialize, ToSchema)]
pub struct AppName {
    name: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct App {
    /// The client id.
    id: String,
    name: String,
    enabled: bool,
    /// Only when it was just made.
    secret: Option<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewSecretBody {
    secret_name: String,
    secret_value: String,
    description: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretPatchBody {
    secret_value: Option<String>,
    description: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    secret_name: String,
    description: Option<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Scorecard {
    identifier: String,
    title: String,
    levels: Vec<Object>,
    rules: Vec<Object>,
    filter: Option<Object>,
    properties: Option<Object>,
    blueprint: String,
    id: String,
    created_at: String,
    created_by: String,
    updated_at: String,
    updated_by: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Blueprint {
    identifier: String,
    title: String,
    schema: Object,
    created_at: String,
    created_by: String,
    updated_at: String,
    updated_by: String,
    #[serde(flatten)]
    more: Object,
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

/// Which keys there are depends on `include` and `exclude`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entity {
    identifier: Option<String>,
    title: Option<String>,
    icon: Option<String>,
    blueprint: Option<String>,
    team: Option<Vec<String>>,
    properties: Option<Object>,
    relations: Option<Object>,
    created_at: Option<String>,
    created_by: Option<String>,
    updated_at: Option<String>,
    updated_by: Option<String>,
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

#[derive(Serialize, ToSchema)]
pub struct Group {
    value: Value,
    count: i64,
}

#[derive(Serialize, ToSchema)]
pub struct EntityName {
    identifier: String,
    blueprint: String,
}

#[derive(Serialize, ToSchema)]
pub struct PageReply {
    ok: bool,
    /// Only of a new page.
    identifier: Option<String>,
    page: Page,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    identifier: String,
    #[serde(rename = "type")]
    kind: String,
    created_at: String,
    created_by: String,
    updated_at: String,
    updated_by: String,
    #[serde(flatten)]
    more: Object,
}

#[derive(Serialize, ToSchema)]
pub struct Sidebar {
    identifier: String,
    items: Vec<SidebarItem>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SidebarItem {
    identifier: String,
    title: String,
    sidebar: String,
    after: Option<String>,
    parent: Option<String>,
    /// `page` or `folder`.
    sidebar_type: String,
}

#[derive(Serialize, ToSchema)]
pub struct Folder {
    identifier: String,
    title: String,
    parent: Option<String>,
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct BulkDone {
    created: bool,
    identifier: String,
    index: u32,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkError {
    identifier: String,
    index: u32,
    status_code: u16,
    error: String,
    message: String,
}

#[derive(Serialize, ToSchema)]
pub struct BulkDeleteBody {
    #[schema(min_items = 1, max_items = 100)]
    entities: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    id: String,
    identifier: String,
    invocation_method: Object,
    created_at: String,
    created_by: String,
    updated_at: String,
    updated_by: String,
    #[serde(flatten)]
    more: Object,
}

#[derive(Serialize, ToSchema)]
pub struct RunRequestBody {
    properties: Object,
    entity: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ApprovalBody {
    #[schema(pattern = "^(APPROVE|DECLINE)$")]
    status: String,
    description: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunPatchBody {
    #[schema(pattern = "^(SUCCESS|FAILURE)$")]
    status: Option<String>,
    status_label: Option<String>,
    /// A link or a list of links.
    link: Option<Value>,
    summary: Option<String>,
    message: Option<Object>,
    external_run_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunLogBody {
    message: String,
    #[schema(pattern = "^(SUCCESS|FAILURE)$")]
    termination_status: Option<String>,
    status_label: Option<String>,
}

/// `action` is a string in the walkthrough's shape and an object with `version=v2`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    id: Option<String>,
    status: Option<String>,
    action: Option<Value>,
    blueprint: Option<Object>,
    entity: Option<Object>,
    ended_at: Option<String>,
    source: Option<String>,
    properties: Option<Object>,
    created_at: Option<String>,
    created_by: Option<String>,
    updated_at: Option<String>,
    updated_by: Option<String>,
    #[serde(flatten)]
    more: Object,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunLog {
    id: String,
    run_id: String,
    message: String,
    created_at: String,
    created_by: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    id: String,
    state: String,
    method: String,
    url: String,
    attempts: Vec<Attempt>,
    next_attempt_at: Option<String>,
    tries_until: String,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    number: i64,
    started_at: String,
    duration_ms: i64,
    status_code: Option<i64>,
    error: Option<String>,
    response_excerpt: Option<String>,
}

/// Which keys there are depends on `includes`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    identifier: Option<String>,
    action: Option<String>,
    resource_type: Option<String>,
    status: Option<String>,
    trigger: Option<Object>,
    context: Option<Object>,
    diff: Option<Object>,
    additional_data: Option<Object>,
    message: Option<String>,
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
