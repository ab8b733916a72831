//! The route table: every endpoint of the product, in one place. Paths and methods stand beside their handlers, in
//! `api/<noun>`; this says which there are, and so what the OpenAPI document holds.

use super::openapi;
use crate::api::{
    actions, apps, audit_log, auth, blueprints, entities, events, health, jq, legacy_actions,
    migrations, organization, pages, runs, scorecards, secrets, sidebars, teams, users,
};
use crate::state::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Every route with its document.
pub fn table() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(auth::access_token))
        .routes(routes!(auth::permissions))
        .routes(routes!(auth::sign_in, auth::session, auth::sign_out))
        .routes(routes!(
            organization::get,
            organization::replace,
            organization::update
        ))
        .routes(routes!(secrets::list, secrets::create))
        .routes(routes!(secrets::get, secrets::update, secrets::delete))
        .routes(routes!(apps::list, apps::create))
        .routes(routes!(apps::rename, apps::delete))
        .routes(routes!(apps::rotate))
        .routes(routes!(blueprints::list, blueprints::create))
        .routes(routes!(
            blueprints::get,
            blueprints::replace,
            blueprints::update,
            blueprints::delete
        ))
        .routes(routes!(blueprints::structure))
        .routes(routes!(
            blueprints::permissions,
            blueprints::set_permissions
        ))
        .routes(routes!(blueprints::rename_property))
        .routes(routes!(blueprints::rename_mirror))
        .routes(routes!(blueprints::rename_relation))
        .routes(routes!(entities::read::list, entities::create))
        .routes(routes!(
            entities::read::get,
            entities::replace,
            entities::update,
            entities::delete_one
        ))
        .routes(routes!(entities::bulk::write))
        .routes(routes!(entities::bulk::delete_many))
        .routes(routes!(entities::ndjson::write))
        .routes(routes!(entities::read::get_short))
        .routes(routes!(entities::read::count))
        .routes(routes!(entities::search::everywhere))
        .routes(routes!(entities::search::in_blueprint))
        .routes(routes!(entities::search::by_data_source))
        .routes(routes!(entities::data_sources::list))
        .routes(routes!(entities::data_sources::replace))
        .routes(routes!(entities::aggregate::aggregate))
        .routes(routes!(entities::aggregate::over_time))
        .routes(routes!(entities::aggregate::properties_history))
        .routes(routes!(entities::aggregate::count))
        .routes(routes!(entities::aggregate::group))
        .routes(routes!(entities::aggregate::top_search))
        .routes(routes!(scorecards::list, scorecards::create_anywhere))
        .routes(routes!(
            scorecards::list_of_blueprint,
            scorecards::create,
            scorecards::replace_all
        ))
        .routes(routes!(
            scorecards::get,
            scorecards::replace,
            scorecards::update,
            scorecards::delete
        ))
        .routes(routes!(migrations::delete_all_entities))
        .routes(routes!(migrations::list, migrations::create))
        .routes(routes!(migrations::get))
        .routes(routes!(migrations::cancel))
        .routes(routes!(teams::list, teams::create))
        .routes(routes!(
            teams::get,
            teams::replace,
            teams::update,
            teams::delete
        ))
        .routes(routes!(users::list))
        .routes(routes!(users::invite))
        .routes(routes!(users::get, users::update, users::delete))
        .routes(routes!(pages::list, pages::create))
        .routes(routes!(
            pages::get,
            pages::replace,
            pages::update,
            pages::delete
        ))
        .routes(routes!(pages::permissions, pages::set_permissions))
        .routes(routes!(pages::add_widget))
        .routes(routes!(pages::update_widget, pages::delete_widget))
        .routes(routes!(sidebars::get))
        .routes(routes!(sidebars::create_folder))
        .routes(routes!(sidebars::update_folder, sidebars::delete_folder))
        .routes(routes!(actions::list, actions::create))
        .routes(routes!(actions::get, actions::replace, actions::delete))
        .routes(routes!(
            legacy_actions::list,
            legacy_actions::create,
            legacy_actions::replace_all
        ))
        .routes(routes!(
            legacy_actions::get,
            legacy_actions::replace,
            legacy_actions::delete
        ))
        .routes(routes!(runs::execute::run))
        .routes(routes!(runs::execute::run_of_blueprint))
        .routes(routes!(runs::execute::run_of_entity))
        .routes(routes!(runs::list::list))
        .routes(routes!(runs::get::get, runs::patch::patch))
        .routes(routes!(runs::approval::decide))
        .routes(routes!(runs::logs::append, runs::logs::list))
        .routes(routes!(runs::logs::logging))
        .routes(routes!(runs::ndjson::append))
        .routes(routes!(runs::events::events))
        .routes(routes!(runs::deliveries::list))
        .routes(routes!(audit_log::list))
        .routes(routes!(jq::evaluate))
        .routes(routes!(events::events))
}
