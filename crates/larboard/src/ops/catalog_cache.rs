//! Blueprints and actions compiled once per revision: validators, forms and templates are costly to build and cheap to
//! use. What a write relied on is compared with the database inside its transaction, and what a copy refuses is held against
//! the stored document: a stale copy is never acted on.

use super::scorecards::results::Scoring;
use super::{Failure, Outcome, scorecards};
use crate::state::App;
use larboard_core::action::Action;
use larboard_core::blueprint::{Blueprint, Stamps};
use larboard_core::computed::aggregation::Aggregation;
use larboard_core::computed::calculation::Calculation;
use larboard_core::entity::EntitySchema;
use larboard_core::inputs::InputSchema;
use larboard_core::refusal::Refusal;
use larboard_core::scorecard::Scorecard;
use larboard_core::template::{Template, TemplateError};
use larboard_core::time::Timestamp;
use larboard_store::Tx;
use larboard_store::actions::{self, ActionRow};
use larboard_store::blueprints::{self, BlueprintRow};
use larboard_store::scorecards::{self as scorecard_rows, ScorecardRow};
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Compiled documents kept of each kind; past that the cache starts anew.
const KEPT: usize = 4096;

/// A blueprint, ready to check entities.
pub struct CompiledBlueprint {
    /// What it says.
    pub blueprint: Blueprint,
    /// What its entities may hold.
    pub schema: EntitySchema,
    /// Who wrote it when.
    pub stamps: Stamps,
    /// The revision this was compiled from. Changes of its scorecards give it another.
    pub revision: i64,
    /// What its entities are measured by, oldest first.
    pub scorecards: Vec<Arc<Scorecard>>,
    /// Their ids, in the same order.
    scorecard_ids: Vec<String>,
    /// Its calculation properties.
    pub calculations: HashMap<String, Calculation>,
    /// Its aggregation properties, those left out that have no value.
    pub aggregations: HashMap<String, Aggregation>,
    /// The scorecards as they were last readied for an instant.
    scoring: Mutex<Option<(Timestamp, Arc<Scoring>)>>,
}

impl CompiledBlueprint {
    /// Compiles a stored blueprint with its scorecards.
    ///
    /// # Errors
    /// If a stored document is not one.
    pub fn of(row: &BlueprintRow, scorecards: &[ScorecardRow]) -> Outcome<Self> {
        let blueprint = Blueprint::from_stored(&row.doc)?;
        let schema = EntitySchema::compile(&blueprint)?;
        let stamps = Stamps {
            created_at: row.created_at,
            created_by: row.created_by.clone(),
            updated_at: row.updated_at,
            updated_by: row.updated_by.clone(),
        };
        let calculations = blueprint.calculations().iter();
        let aggregations = blueprint.aggregations().iter();
        metrics::counter!("larboard_jq_compiles_total").increment(calculations.len() as u64);
        Ok(Self {
            calculations: calculations
                .map(|(name, definition)| (name.clone(), Calculation::compile(definition)))
                .collect(),
            aggregations: aggregations
                .filter_map(|(name, definition)| {
                    Some((name.clone(), Aggregation::compile(definition)?))
                })
                .collect(),
            blueprint,
            schema,
            stamps,
            revision: row.revision,
            scorecards: scorecards
                .iter()
                .map(|row| Ok(Arc::new(scorecards::parse(row)?)))
                .collect::<Outcome<_>>()?,
            scorecard_ids: scorecards.iter().map(|row| row.id.clone()).collect(),
            scoring: Mutex::new(None),
        })
    }

    /// The scorecards with their ids, which stay when they are renamed.
    pub fn scorecards_by_id(&self) -> impl Iterator<Item = (&str, &Arc<Scorecard>)> {
        let ids = self.scorecard_ids.iter().map(String::as_str);
        ids.zip(&self.scorecards)
    }

    /// The scorecards, ready to evaluate entities at `now`. Made once for each instant that is asked for, so that a list
    /// of entities does not make them anew for each.
    pub fn scoring(&self, now: Timestamp) -> Arc<Scoring> {
        let mut last = self.scoring.lock();
        if let Some((at, scoring)) = last.as_ref()
            && *at == now
        {
            return scoring.clone();
        }
        let scoring = Arc::new(Scoring::at(&self.scorecards, &self.schema, now));
        *last = Some((now, scoring.clone()));
        scoring
    }
}

/// An action, ready to be executed.
pub struct CompiledAction {
    /// The row it was compiled from.
    pub row: ActionRow,
    /// What it says.
    pub action: Action,
    /// Its form.
    pub inputs: InputSchema,
    /// Its invocation with templates found, or why they cannot be rendered.
    pub template: Result<Template, TemplateError>,
    /// Whether rendering it needs the organization's secrets.
    pub uses_secrets: bool,
    /// The keys of the context that rendering it looks up; `None` if it may look at any.
    pub context_keys: Option<Vec<String>>,
    /// Whether any of its inputs is encrypted.
    pub encrypts: bool,
    /// Whether this version can execute it, once somebody has asked.
    pub supported: OnceLock<Result<(), Refusal>>,
}

impl CompiledAction {
    /// Compiles a stored action.
    ///
    /// # Errors
    /// If the stored document is not one.
    pub fn of(row: ActionRow) -> Outcome<Self> {
        let doc = serde_json::from_str(&row.doc)?;
        let action = Action::from_stored(doc, row.legacy_blueprint.clone()).ok_or_else(|| {
            Failure::Internal(format!(
                "the stored action {:?} is no object",
                row.identifier
            ))
        })?;
        let template = Template::parse("invocationMethod", action.invocation());
        let compiled = template.as_ref().map_or(0, Template::expressions);
        metrics::counter!("larboard_jq_compiles_total").increment(compiled as u64);
        Ok(Self {
            inputs: InputSchema::compile(&action)?,
            uses_secrets: template.as_ref().is_ok_and(Template::reads_secrets),
            context_keys: template.as_ref().ok().and_then(Template::context_keys),
            encrypts: !action.encrypted_inputs().is_empty(),
            supported: OnceLock::new(),
            template,
            row,
            action,
        })
    }
}

/// The compiled documents of this process.
#[derive(Default)]
pub struct CatalogCache {
    blueprints: RwLock<HashMap<String, Arc<CompiledBlueprint>>>,
    actions: RwLock<HashMap<String, Arc<CompiledAction>>>,
    compiled_actions: AtomicUsize,
}

impl CatalogCache {
    /// The blueprint as this process last saw it, read if it has not yet; `None` if there is none.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn find_blueprint(
        &self,
        app: &App,
        identifier: &str,
    ) -> Outcome<Option<Arc<CompiledBlueprint>>> {
        if let Some(known) = self.blueprints.read().get(identifier) {
            return Ok(Some(known.clone()));
        }
        let (app_, id) = (app.clone(), identifier.to_owned());
        app.store
            .read_one(move |tx| app_.catalog.load_blueprint(tx, &id))
            .await
    }

    /// The blueprint as it is now.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn current_blueprint(
        &self,
        app: &App,
        identifier: &str,
    ) -> Outcome<Option<Arc<CompiledBlueprint>>> {
        let (app_, id) = (app.clone(), identifier.to_owned());
        app.store
            .read(move |tx| app_.catalog.blueprint_in(tx, &id))
            .await
    }

    /// The blueprint as the transaction sees it: the known one if its revision still stands.
    ///
    /// # Errors
    /// If the database fails.
    pub fn blueprint_in(
        &self,
        tx: &mut Tx<'_>,
        identifier: &str,
    ) -> Outcome<Option<Arc<CompiledBlueprint>>> {
        let known = self.blueprints.read().get(identifier).cloned();
        match (known, blueprints::find_revision(tx, identifier)?) {
            (Some(known), Some(revision)) if known.revision == revision => Ok(Some(known)),
            (_, Some(_)) => self.load_blueprint(tx, identifier),
            (_, None) => {
                self.blueprints.write().remove(identifier);
                Ok(None)
            }
        }
    }

    fn load_blueprint(
        &self,
        tx: &mut Tx<'_>,
        identifier: &str,
    ) -> Outcome<Option<Arc<CompiledBlueprint>>> {
        let Some(row) = blueprints::find(tx, identifier)? else {
            return Ok(None);
        };
        let scorecards = scorecard_rows::list_of_blueprint(tx, identifier)?;
        let compiled = Arc::new(CompiledBlueprint::of(&row, &scorecards)?);
        let mut known = self.blueprints.write();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(identifier.to_owned(), compiled.clone());
        Ok(Some(compiled))
    }

    /// Forgets a blueprint whose known copy proved stale.
    pub fn forget_blueprint(&self, identifier: &str) {
        self.blueprints.write().remove(identifier);
    }

    /// The action as this process last saw it, read if it has not yet; `None` if there is none.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn find_action(
        &self,
        app: &App,
        identifier: &str,
    ) -> Outcome<Option<Arc<CompiledAction>>> {
        if let Some(known) = self.actions.read().get(identifier) {
            return Ok(Some(known.clone()));
        }
        let id = identifier.to_owned();
        let Some(row) = app
            .store
            .read_one(move |tx| Ok::<_, Failure>(actions::find(tx, &id)?))
            .await?
        else {
            return Ok(None);
        };
        let compiled = Arc::new(CompiledAction::of(row)?);
        self.compiled_actions.fetch_add(1, Ordering::Relaxed);
        let mut known = self.actions.write();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(identifier.to_owned(), compiled.clone());
        Ok(Some(compiled))
    }

    /// Whether an action is what is stored.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn is_current_action(&self, app: &App, action: &CompiledAction) -> Outcome<bool> {
        let id = action.row.identifier.clone();
        let stored = app
            .store
            .read_one(move |tx| Ok::<_, Failure>(actions::find_revision(tx, &id)?))
            .await?;
        Ok(stored == Some(action.row.revision))
    }

    /// How often this process has compiled an action with its templates: once for each revision, in a steady state never.
    pub fn compiled_actions(&self) -> usize {
        self.compiled_actions.load(Ordering::Relaxed)
    }

    /// Forgets an action whose known copy proved stale.
    pub fn forget_action(&self, identifier: &str) {
        self.actions.write().remove(identifier);
    }
}
