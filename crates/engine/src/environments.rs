//! Environments: made at the command line, described by their own keys.

use model::audit::Action;
use model::{Actor, Environment, EnvironmentId, EnvironmentName};
use store::Constraint;

use crate::Engine;
use crate::actor::{Grant, right};
use crate::audit::Event;
use crate::error::{Error, Rule, Thing};

impl Engine {
    /// Makes an environment with its webhook settings. For the command line: there is no caller to ask for a right.
    pub async fn create_environment(&self, name: &EnvironmentName) -> Result<Environment, Error> {
        let environment = Environment {
            id: EnvironmentId(self.ports().row_id()),
            name: name.clone(),
            app_name: None,
            created_at: self.ports().now(),
        };
        let mut tx = self.store().begin().await?;
        store::environments::create(&mut tx, &environment).await.map_err(|error| match error {
            store::Error::Conflict(Constraint::EnvironmentName) => {
                Error::refused(Rule::Conflict, format!("the environment «{name}» exists already"))
            }
            other @ (store::Error::Conflict(_)
            | store::Error::Corrupt { .. }
            | store::Error::Unavailable(_)) => other.into(),
        })?;
        store::webhooks::create(&mut tx, &self.first_settings(&environment)).await?;
        self.commit(
            tx,
            Event {
                environment: environment.id,
                actor: Actor::Operator,
                action: Action::EnvironmentCreated,
                subject: name.as_str(),
                detail: None,
            },
        )
        .await?;
        Ok(environment)
    }

    /// The environment of that name, made when it is missing.
    pub async fn environment(&self, name: &EnvironmentName) -> Result<Environment, Error> {
        if let Some(found) = store::environments::find_by_name(self.store(), name).await? {
            return Ok(found);
        }
        match self.create_environment(name).await {
            Err(Error::Refused(refusal)) if refusal.rule == Rule::Conflict => {
                let found = store::environments::find_by_name(self.store(), name).await?;
                found.ok_or(Error::NotFound(Thing::Environment))
            }
            made => made,
        }
    }

    /// All environments, by name. For the command line.
    pub async fn environments(&self) -> Result<Vec<Environment>, Error> {
        Ok(store::environments::list(self.store()).await?)
    }

    /// Sets what end users are told they connect to; `None` takes it away.
    pub async fn set_app_name(
        &self,
        by: &Grant<right::UpdateEnvironment>,
        app_name: Option<&str>,
    ) -> Result<Environment, Error> {
        let mut tx = self.store().begin().await?;
        store::environments::set_app_name(&mut tx, by.environment.id, app_name).await?;
        let event = Event {
            environment: by.environment.id,
            actor: by.actor(),
            action: Action::EnvironmentUpdated,
            subject: by.environment.name.as_str(),
            detail: Some("app_name".to_owned()),
        };
        let written = self.commit(tx, event).await;
        self.keys_seen().forget_all();
        written?;
        Ok(Environment { app_name: app_name.map(str::to_owned), ..by.environment.clone() })
    }
}
