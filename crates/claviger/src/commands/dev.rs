//! `claviger dev`: everything in one go on this machine, for the first five minutes.
//!
//! Beside the server it runs a simulated provider, and it may reach every loopback address, because an app under
//! development receives its webhooks there.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context as _;
use engine::ports::{Clock as _, SystemClock};
use engine::{
    Caller, ClientInput, Engine, Error, IntegrationPatch, NewIntegration, NewKey, NewSession, Rule, right,
};
use model::{EndUser, EnvironmentName, IntegrationKey, Scopes};
use sandbox::Sandbox;
use serde_json::json;
use vault::Secret;

use crate::config::{DevOptions, Settings};
use crate::serving::Server;
use crate::terminal::{say, say_json};
use crate::{master_key, telemetry};

const ENVIRONMENT: &str = "dev";
const INTEGRATION: &str = "sandbox";
const KEY_FILE: &str = "dev.api-key";
const LOOPBACK: &str = "127.0.0.0/8,::1/128";

pub(crate) async fn run(mut settings: Settings, options: DevOptions) -> anyhow::Result<()> {
    if settings.log == "info" && !options.json {
        "warn".clone_into(&mut settings.log);
    }
    telemetry::start(&settings)?;
    settings.egress_allow = settings.egress_allow.and(LOOPBACK.parse()?);
    let server = Server::open(&settings).await?;
    let sandbox = start_sandbox(server.address).await?;
    let engine = server.house.engine.clone();
    let api_key = api_key(&engine, &settings.data_dir).await?;
    let caller = engine.authenticate_key(api_key.expose()).await?;
    let integration = integration(&engine, &caller, sandbox.url()).await?;
    let link = connect_link(&engine, &caller).await?;
    let url = engine.public_url().as_str().trim_end_matches('/').to_owned();
    if options.json {
        say_json(&json!({
            "url": url,
            "api_key": api_key.expose(),
            "connect_link": link.expose(),
            "environment": ENVIRONMENT,
            "integration": integration.as_str(),
            "sandbox_url": sandbox.url(),
        }))?;
    } else {
        welcome(&url, api_key.expose(), link.expose(), sandbox.url());
    }
    drop(engine);
    let outcome = server.serve().await;
    sandbox.shutdown().await;
    outcome
}

/// On the port after ours where that is free, so that its address stays the same from start to start.
async fn start_sandbox(server: SocketAddr) -> anyhow::Result<Sandbox> {
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let next = server.port().checked_add(1).unwrap_or(0);
    match Sandbox::start(SocketAddr::new(local, next)).await {
        Ok(sandbox) => Ok(sandbox),
        Err(_) => {
            Sandbox::start(SocketAddr::new(local, 0)).await.context("the simulated provider cannot listen")
        }
    }
}

/// The key of the last start, while it works; else a new one. It is kept in a file of the data directory, so that an
/// app under development can keep it too.
async fn api_key(engine: &Engine, data_dir: &Path) -> anyhow::Result<Secret<String>> {
    let path = data_dir.join(KEY_FILE);
    if let Ok(text) = fs::read_to_string(&path) {
        let kept = Secret::new(text.trim().to_owned());
        if engine.authenticate_key(kept.expose()).await.is_ok() {
            return Ok(kept);
        }
    }
    let environment = engine.environment(&EnvironmentName::parse(ENVIRONMENT)?).await?;
    let name = format!("dev {}", SystemClock.now());
    let made =
        engine.create_key(&environment, NewKey { name, scopes: Scopes::full(), expires_at: None }).await?;
    master_key::write_private(&path, made.secret.expose())?;
    Ok(made.secret)
}

/// The integration with the simulated provider, pointed at where it listens now.
async fn integration(engine: &Engine, caller: &Caller, issuer: &str) -> anyhow::Result<IntegrationKey> {
    let config = [("issuer".to_owned(), issuer.to_owned())].into();
    let credentials = ClientInput {
        mode: "OAUTH2".to_owned(),
        client_id: Some("sandbox-client".to_owned()),
        client_secret: Some(Secret::new("sandbox-secret".to_owned())),
        scopes: Some(vec!["profile".to_owned(), "records.read".to_owned()]),
        webhook_secret: None,
        app: std::collections::BTreeMap::new(),
    };
    let new = NewIntegration {
        provider: "oauth2-generic".to_owned(),
        key: INTEGRATION.to_owned(),
        display_name: Some("Sandbox".to_owned()),
        forward_webhooks: true,
        credentials: Some(credentials),
        config,
        ..NewIntegration::default()
    };
    let key = IntegrationKey::parse(INTEGRATION)?;
    let config = new.config.clone();
    match engine.create_integration(&caller.clone().grant::<right::CreateIntegration>()?, new).await {
        Ok(_) => {}
        Err(Error::Refused(refusal)) if refusal.rule == Rule::KeyTaken => {
            let patch = IntegrationPatch { config, ..IntegrationPatch::default() };
            engine
                .update_integration(&caller.clone().grant::<right::UpdateIntegration>()?, &key, patch)
                .await?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(key)
}

async fn connect_link(engine: &Engine, caller: &Caller) -> anyhow::Result<Secret<String>> {
    let person = EndUser {
        id: "dev-user".to_owned(),
        email: None,
        display_name: Some("Dev User".to_owned()),
        tags: None,
        organization: None,
    };
    let new = NewSession {
        end_user: Some(person),
        allowed_integrations: vec![INTEGRATION.to_owned()],
        ..NewSession::default()
    };
    let created = engine.create_session(&caller.clone().grant::<right::CreateSession>()?, new).await?;
    Ok(created.connect_link)
}

fn welcome(url: &str, api_key: &str, link: &str, sandbox: &str) {
    say("Claviger runs on this machine. Stop it with Ctrl-C.\n");
    say(&format!("  Connect an account   {link}"));
    say("                       (valid for 30 minutes, opens a simulated provider)\n");
    say(&format!("  Then look at it      curl -s {url}/connections -H 'Authorization: Bearer {api_key}'\n"));
    say(&format!("  API key              {api_key}"));
    say(&format!("  Server               {url}"));
    say(&format!("  Simulated provider   {sandbox}"));
    say(&format!("  API description      {url}/openapi.json\n"));
}
