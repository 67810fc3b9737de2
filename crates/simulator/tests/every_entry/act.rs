//! The acts of an entry: connect, read, refresh, call, delete.

use std::collections::BTreeMap;

use catalog::Catalog;
use egress::{Certificate, Limits};
use engine::{
    Connected, NewSession, ReadConnection, ReadError, ReadOptions, RevocationOutcome, SessionCaller,
    Submitted, right,
};
use http::Method;
use jiff::SignedDuration;
use model::{ConnectionKey, EndUser, IntegrationKey};
use protocol::api::{Draft, Payload};
use protocol::{Client, Credential, Fields, Occasion};
use serde_json::{Value, json};
use simulator::{ApiCall, Filling, Simulator, behind_fragment};
use url::Url;
use vault::Secret;

use crate::scene::Scene;
use crate::world::World;

/// What went wrong; empty when all is well.
pub(crate) async fn play(world: &World, slug: &str, filling: Filling) -> Vec<String> {
    let entry = Catalog::embedded().get(slug).expect("slugs come from the catalog");
    let scene = Scene::of(entry, filling, world.listener.address().port());
    let cast = scene.cast.clone();
    let callback_url = world.engine.callback_url();
    let simulator = Simulator::new(scene.entry.clone(), cast, world.now(), callback_url);
    world.seat(simulator);
    let play = Play { world, scene };
    match play.all().await {
        Ok(()) => Vec::new(),
        Err(findings) => findings,
    }
}

type Act<T> = Result<T, Vec<String>>;

struct Play<'a> {
    world: &'a World,
    scene: Scene,
}

/// A connection, by its names.
struct Names {
    integration: IntegrationKey,
    /// The settings as stored.
    config: BTreeMap<String, String>,
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
        self.delete(&names).await
    }

    async fn connect(&self) -> Act<Names> {
        let world = self.world;
        let slug = &self.scene.entry.slug;
        let number = world.next_number();
        let new = self.scene.integration(&format!("{slug}-{number}"));
        let made = world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await;
        let view = made.map_err(|error| vec![format!("integration: {}", said(&error))])?;
        let (integration, config) = (view.integration.key, view.integration.config);
        world.provider(|provider| provider.expect_connection(&self.scene.scopes));
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
            Submitted::Device { .. } => Err("the end user was sent to another device".to_owned()),
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

    async fn read(&self, names: &Names, options: ReadOptions) -> Act<ReadConnection> {
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

    /// The tokens that are handed out are those that the provider has given.
    fn same_credential(&self, read: &ReadConnection) -> Act<()> {
        let (access, refresh, end) = self.world.provider(|provider| {
            let owned = |token: Option<&str>| token.map(str::to_owned);
            (owned(provider.access_token()), owned(provider.refresh_token()), provider.expires_at())
        });
        let Some(credential) = &read.credential else { return Err(vec!["no credential is read".to_owned()]) };
        let mut findings = self.other_tokens(credential);
        let Some(tokens) = credential.tokens() else {
            return if findings.is_empty() { Ok(()) } else { Err(findings) };
        };
        // Tokens that are made here are judged where they are used.
        let is_made_here = matches!(credential, Credential::Jwt(_) | Credential::Signature(_));
        if Some(tokens.access_token.expose()) != access.as_ref() && !is_made_here {
            findings.push("the access token is not the provider's".to_owned());
        }
        if tokens.refresh_token.as_ref().map(Secret::expose) != refresh.as_ref() {
            findings.push("the refresh token is not the provider's".to_owned());
        }
        if end.is_some() && read.connection.expires_at != end {
            findings.push(format!("it ends at {:?}, not {end:?}", read.connection.expires_at));
        }
        if findings.is_empty() { Ok(()) } else { Err(findings) }
    }

    /// Tokens that are none of OAuth 2.
    fn other_tokens(&self, credential: &Credential) -> Vec<String> {
        let mut findings = Vec::new();
        let mut same = |what: &str, found: &Secret<String>, given: Option<String>| {
            if Some(found.expose()) != given.as_ref() {
                findings.push(format!("{what} is not the provider's"));
            }
        };
        let world = self.world;
        match credential {
            Credential::OAuth1 { token, token_secret, .. } => {
                same(
                    "the token",
                    token,
                    world.provider(|provider| provider.access_token().map(str::to_owned)),
                );
                let given = world.provider(|provider| provider.token_secret().map(str::to_owned));
                same("the token secret", token_secret, given);
            }
            Credential::App { installation, .. } => {
                let given = world.provider(|provider| provider.installation_token().map(str::to_owned));
                same("the token of the installation", &installation.access_token, given);
            }
            _ => {}
        }
        findings
    }

    /// The fields of the connection are what was entered and what the provider told.
    fn same_fields(&self, read: &ReadConnection) -> Act<()> {
        let told = self.world.provider(|provider| provider.connection().clone());
        let mut findings = Vec::new();
        for (field, value) in told {
            let wire = self.scene.wire_name(&field);
            let plain = read.connection.config.get(wire).and_then(Value::as_str);
            let secret = read.secret_fields.get(wire).map(|secret| secret.expose().as_str());
            let found = plain.or(secret);
            if found != Some(value.as_str()) {
                findings.push(format!("the field {wire} is {found:?}, not {value:?}"));
            }
        }
        if findings.is_empty() { Ok(()) } else { Err(findings) }
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

    async fn call_api(&self, names: &Names) -> Act<()> {
        let read = self.read(names, ReadOptions::default()).await?;
        self.end_act("read again")?;
        if self.world.provider(|provider| provider.api_root()).is_none() {
            return Ok(());
        }
        let header = vec![("x-of-the-app".to_owned(), "yes".to_owned())];
        let get = ApiCall {
            method: Method::GET,
            below: "/things/7?z=1&a=%20b%2Fc".to_owned(),
            headers: header.clone(),
            body: None,
        };
        let mut headers = header;
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        let post = ApiCall {
            method: Method::POST,
            below: "/things".to_owned(),
            headers,
            body: Some(json!({ "name": "a thing" })),
        };
        for call in [get, post] {
            self.world.provider(|provider| provider.expect_api_call(call.clone()));
            self.send_call(names, &read, &call).await.map_err(|error| vec![format!("API call: {error}")])?;
            self.end_act("API call")?;
        }
        Ok(())
    }

    /// Sends a call as the proxy would, with the credential that was handed out.
    async fn send_call(&self, names: &Names, read: &ReadConnection, call: &ApiCall) -> Result<(), String> {
        let credential = read.credential.as_ref().ok_or("no credential")?;
        let (fields, client) = (self.fields(read), self.client(credential));
        let provider = protocol::resolve::provider(&read.provider, &names.config, None);
        let provider = provider.map_err(|error| error.to_string())?;
        let caller = protocol::api::Caller {
            provider: &provider,
            credential,
            fields: &fields,
            client: client.as_ref(),
        };
        let root = caller.root().map_err(|error| error.to_string())?;
        let url = format!("{}{}", root.as_str().trim_end_matches('/'), call.below);
        let mut url = Url::parse(&url).map_err(|error| error.to_string())?;
        let mut headers = http::HeaderMap::new();
        for (name, value) in &call.headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
            headers.insert(name, value.parse().map_err(|_| "a header of the test")?);
        }
        let body = call.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let body = caller.body(&call.method, &headers, body);
        let draft = Draft {
            method: &call.method,
            url: &mut url,
            headers: &mut headers,
            payload: Payload::Known(&body),
        };
        caller.authenticate(draft).map_err(|error| error.to_string())?;
        let mut request = http::Request::builder().method(call.method.clone()).uri(url.as_str());
        *request.headers_mut().ok_or("a request of the test")? = headers;
        let request = request.body(body).map_err(|error| error.to_string())?;
        let limits = Limits::token();
        let entered = |name| self.scene.cast.credential.get(name).map(String::as_str);
        let certificate = self.scene.entry.mutual_tls.as_ref().map(|_| Certificate {
            chain: entered("client_certificate").unwrap_or_default(),
            private_key: entered("client_private_key").unwrap_or_default(),
        });
        let answer = match certificate {
            Some(certificate) => {
                self.world.outside.send_with_certificate(request, &limits, certificate).await
            }
            None => self.world.outside.send(request, &limits).await,
        };
        let answer = answer.map_err(|error| error.to_string())?;
        self.end_act("API call").map_err(|findings| findings.join("; "))?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("status {}", answer.status())) }
    }

    fn fields(&self, read: &ReadConnection) -> Fields {
        let inputs = &self.scene.entry.inputs.connection;
        let ours = |wire: &str| {
            let input = inputs.iter().find(|input| input.wire_name() == wire);
            input.map_or(wire, |input| &input.name).to_owned()
        };
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut connection: BTreeMap<String, String> =
            read.connection.config.iter().map(|(wire, value)| (ours(wire), text(value))).collect();
        let secrets = read.secret_fields.iter();
        connection.extend(secrets.map(|(wire, value)| (ours(wire), value.expose().clone())));
        Fields {
            connection,
            integration: self.scene.cast.integration.clone(),
            occasion: Some(Occasion { now: self.world.now(), random: [9; 16] }),
            ..Fields::default()
        }
    }

    fn client(&self, credential: &Credential) -> Option<Client> {
        let cast = &self.scene.cast;
        if let Credential::ClientCredentials { client_id, client_secret, .. } = credential {
            return Some(Client { id: client_id.clone(), secret: Some(client_secret.clone()) });
        }
        let secret = cast.has_secret.then(|| Secret::new(cast.client_secret.clone()));
        self.scene.entry.auth.has_app().then(|| Client { id: cast.client_id.clone(), secret })
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

    fn end_act(&self, name: &str) -> Act<()> {
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
        other => other.to_string(),
    }
}
