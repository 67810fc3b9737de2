//! The acts of an entry: connect, read, refresh, call, delete.

use std::collections::BTreeMap;

use catalog::Catalog;
use egress::Limits;
use engine::{
    Connected, DeviceFlow, ListQuery, NewSession, ReadConnection, ReadError, ReadOptions, RevocationOutcome,
    SessionCaller, Submitted, right,
};
use jiff::SignedDuration;
use model::{ConnectionKey, EndUser, IntegrationKey};
use simulator::{Filling, Simulator, behind_fragment};
use url::Url;

use crate::scene::{Scene, Way};
use crate::world::World;

/// What went wrong; empty when all is well.
pub(crate) async fn play(world: &World, slug: &str, filling: Filling, way: Way) -> Vec<String> {
    let entry = Catalog::embedded().get(slug).expect("slugs come from the catalog");
    let scene = Scene::of(entry, filling, way, world.listener.address().port());
    let cast = scene.cast.clone();
    let callback_url = world.engine.callback_url();
    let mut simulator = Simulator::new(scene.entry.clone(), cast, world.now(), callback_url);
    if way == Way::Silent {
        if !simulator.has_introspection() {
            return Vec::new();
        }
        simulator.keep_silent();
    }
    world.seat(simulator);
    let play = Play { world, scene };
    match play.all().await {
        Ok(()) => Vec::new(),
        Err(findings) => findings,
    }
}

/// What an act gives, or everything that went wrong in it.
pub(crate) type Act<T> = Result<T, Vec<String>>;

/// One entry on its stage.
pub(crate) struct Play<'a> {
    pub(crate) world: &'a World,
    pub(crate) scene: Scene,
}

/// A connection, by its names.
pub(crate) struct Names {
    integration: IntegrationKey,
    /// The settings as stored.
    pub(crate) config: BTreeMap<String, String>,
    connection: ConnectionKey,
}

impl Play<'_> {
    async fn all(&self) -> Act<()> {
        let names = self.connect().await?;
        let read = self.read(&names, ReadOptions::default()).await?;
        self.end_act("read")?;
        self.same_credential(&read)?;
        self.same_fields(&read)?;
        self.refresh(&names).await?;
        self.call_api(&names).await?;
        self.delete(&names).await?;
        self.refused().await
    }

    /// What the provider's check refuses is not stored.
    async fn refused(&self) -> Act<()> {
        if self.scene.entry.verify.is_none() && !self.world.provider(|provider| provider.has_check()) {
            return Ok(());
        }
        let world = self.world;
        let (entry, cast) = (self.scene.entry.clone(), self.scene.cast.clone());
        let mut simulator = Simulator::new(entry, cast, world.now(), world.engine.callback_url());
        simulator.refuse_checks();
        world.seat(simulator);
        let before = self.stored().await?;
        let connected = self.connect().await;
        if connected.is_ok() {
            return Err(vec!["what the check refuses is connected".to_owned()]);
        }
        self.world.provider(Simulator::end_act);
        let wanted = |finding: &String| finding.contains("did not accept");
        let said = connected.err().unwrap_or_default();
        if !said.iter().any(wanted) || said.len() > 1 {
            return Err(said.into_iter().map(|finding| format!("refused: {finding}")).collect());
        }
        if self.stored().await? == before {
            Ok(())
        } else {
            Err(vec!["what is refused is stored".to_owned()])
        }
    }

    /// How many connections there are.
    async fn stored(&self) -> Act<usize> {
        let by = self.world.may::<right::ListConnections>();
        let listed = self.world.engine.connections(&by, &ListQuery::default(), 1000, 0).await;
        listed.map(|listed| listed.len()).map_err(|error| vec![error.to_string()])
    }

    async fn connect(&self) -> Act<Names> {
        let world = self.world;
        let slug = &self.scene.entry.slug;
        let number = world.next_number();
        let new = self.scene.integration(&format!("{slug}-{number}"));
        let made = world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await;
        let view = made.map_err(|error| vec![format!("integration: {}", said(&error))])?;
        let (integration, config) = (view.integration.key, view.integration.config);
        world.provider(|provider| match self.scene.way {
            Way::Own | Way::Silent => provider.expect_connection(&self.scene.scopes),
            Way::Device => provider.expect_device_consent(&self.scene.scopes),
        });
        let session = self.session().await?;
        let connected = self.submit(&session, &integration).await;
        let connected = self.with_findings("connect", connected)?;
        let told = world.provider(|provider| provider.account());
        let name = told.and_then(|(name, id)| name.or(id));
        if name.is_some() && connected.account != name {
            return Err(vec![format!("the account is {:?}, not {name:?}", connected.account)]);
        }
        Ok(Names { integration, config, connection: connected.connection })
    }

    async fn session(&self) -> Act<SessionCaller> {
        let world = self.world;
        let person =
            EndUser { id: "u_1".to_owned(), email: None, display_name: None, tags: None, organization: None };
        let new = NewSession { end_user: Some(person), ..NewSession::default() };
        let created = world.engine.create_session(&world.may::<right::CreateSession>(), new).await;
        let created = created.map_err(|error| vec![format!("session: {error}")])?;
        let session = world.engine.authenticate_session(created.token.expose()).await;
        session.map_err(|error| vec![format!("session: {error}")])
    }

    async fn submit(
        &self,
        session: &SessionCaller,
        integration: &IntegrationKey,
    ) -> Result<Connected, String> {
        let engine = &self.world.engine;
        let submitted = Box::pin(engine.submit(session, integration, self.scene.form())).await;
        match submitted.map_err(|error| said(&error))? {
            Submitted::Connected(connected) => Ok(connected),
            Submitted::Device { state, cookie_value, .. } => {
                self.wait_for_device(state.expose(), cookie_value.expose()).await
            }
            Submitted::Redirect { url, cookie_value, .. } => {
                let back = self.browse(&url).await?;
                let cookie = cookie_value.into_inner();
                let query = back.query().unwrap_or_default().to_owned();
                let connected = Box::pin(engine.callback(&query, |_| Some(cookie.clone()))).await;
                connected
                    .map_err(|failure| format!("callback: {} ({:?})", failure.title, failure.provider_said))
            }
        }
    }

    /// The page that asks whether somebody has typed the code: not yet at first.
    async fn wait_for_device(&self, state: &str, cookie: &str) -> Result<Connected, String> {
        for _ in 0..2 {
            self.world.clock.advance(SignedDuration::from_secs(6));
            let now = self.world.now();
            self.world.provider(|provider| provider.set_time(now));
            let looked = self.world.engine.device(state, |_| Some(cookie.to_owned())).await;
            match looked {
                Ok(DeviceFlow::Waiting(_)) => {}
                Ok(DeviceFlow::Connected(connected)) => return Ok(connected),
                Err(failure) => {
                    return Err(format!("device: {} ({:?})", failure.title, failure.provider_said));
                }
            }
        }
        Err("the page waits though somebody has agreed".to_owned())
    }

    /// The end user's browser, which also runs the script of a page that reads what stands behind `#`.
    async fn browse(&self, url: &Url) -> Result<Url, String> {
        let (url, route) =
            behind_fragment(url).map_or((url.clone(), None), |(url, route)| (url, Some(route)));
        let mut request = http::Request::get(url.as_str());
        if let Some(route) = route {
            request = request.header("x-browser-fragment", route);
        }
        let request = request.body(Vec::new()).map_err(|error| error.to_string())?;
        let answer = self.world.outside.send(request, &Limits::token()).await;
        let answer = answer.map_err(|error| format!("browser: {error}"))?;
        let location = answer.headers().get("location").and_then(|location| location.to_str().ok());
        let location =
            location.ok_or_else(|| format!("the browser was not sent back: {}", answer.status()))?;
        Url::parse(location).map_err(|error| error.to_string())
    }

    pub(crate) async fn read(&self, names: &Names, options: ReadOptions) -> Act<ReadConnection> {
        let world = self.world;
        let by = world.may::<right::ReadConnection>();
        let read = world.engine.read_connection(&by, &names.integration, &names.connection, options).await;
        read.map_err(|error| {
            let mut findings = world.provider(Simulator::end_act);
            findings.push(match error {
                ReadError::Error(error) => format!("read: {error}"),
                ReadError::Failing { upstream, .. } => format!("read: {upstream:?}"),
            });
            findings
        })
    }

    /// Refreshes twice, so that what the first answer said is used by the second.
    async fn refresh(&self, names: &Names) -> Act<()> {
        if !self.world.provider(|provider| provider.can_refresh()) {
            return Ok(());
        }
        for _ in 0..2 {
            self.world.clock.advance(SignedDuration::from_mins(50));
            let now = self.world.now();
            self.world.provider(|provider| {
                provider.set_time(now);
                provider.expect_refresh();
            });
            let forced = ReadOptions { force_refresh: true, include_refresh_token: true };
            let read = self.read(names, forced).await?;
            self.end_act("refresh")?;
            self.same_credential(&read)?;
        }
        Ok(())
    }

    async fn delete(&self, names: &Names) -> Act<()> {
        let world = self.world;
        let wanted = if world.provider(Simulator::expect_revocation) {
            RevocationOutcome::Revoked
        } else {
            RevocationOutcome::Unsupported
        };
        let by = world.may::<right::DeleteConnection>();
        let deleted = world.engine.delete_connection(&by, &names.integration, &names.connection).await;
        let deleted = self.with_findings("delete", deleted.map_err(|error| error.to_string()))?;
        if deleted.revocation.outcome != wanted {
            return Err(vec![format!("the revocation is {:?}, not {wanted:?}", deleted.revocation)]);
        }
        Ok(())
    }

    /// Ends an act that gave something, or should have.
    fn with_findings<T>(&self, name: &str, outcome: Result<T, String>) -> Act<T> {
        match (outcome, self.end_act(name)) {
            (Ok(value), Ok(())) => Ok(value),
            (Ok(_), Err(findings)) => Err(findings),
            (Err(error), ended) => {
                let mut findings = vec![format!("{name}: {error}")];
                findings.extend(ended.err().into_iter().flatten());
                Err(findings)
            }
        }
    }

    pub(crate) fn end_act(&self, name: &str) -> Act<()> {
        let findings = self.world.provider(Simulator::end_act);
        if findings.is_empty() {
            return Ok(());
        }
        Err(findings.into_iter().map(|finding| format!("{name}: {finding}")).collect())
    }
}

/// An error of the engine in full.
fn said(error: &engine::Error) -> String {
    match error {
        engine::Error::Invalid(issues) => format!("{issues:?}"),
        engine::Error::NotFound(_)
        | engine::Error::Denied(_)
        | engine::Error::Refused(_)
        | engine::Error::Upstream(_)
        | engine::Error::Unavailable
        | engine::Error::Integrity
        | engine::Error::Internal => error.to_string(),
    }
}
