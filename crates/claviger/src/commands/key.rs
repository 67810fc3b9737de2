//! `claviger key create | list | revoke`

use anyhow::{Context as _, anyhow, bail};
use engine::NewKey;
use engine::ports::{Clock as _, SystemClock};
use jiff::{SignedDuration, Timestamp};
use model::{ApiKeyId, EnvironmentName, Scopes};
use serde_json::json;

use crate::config::{KeyCommand, Settings};
use crate::house::{self, House, Role};
use crate::terminal::{say, say_json};

pub(crate) async fn run(settings: Settings, command: KeyCommand) -> anyhow::Result<()> {
    // Everything is checked before the store is touched, so that nothing half-done is left behind.
    match command {
        KeyCommand::Create { environment, name, scopes, expires_in, json } => {
            let environment = EnvironmentName::parse(&environment).context("--environment")?;
            let new = new_key(name, scopes, expires_in.as_deref())?;
            let house = open(&settings).await?;
            let result = create(&house, &environment, new, json).await;
            house.close().await;
            result
        }
        KeyCommand::List { json } => {
            let house = open(&settings).await?;
            let result = list(&house, json).await;
            house.close().await;
            result
        }
        KeyCommand::Revoke { id } => {
            let id: ApiKeyId =
                id.parse().map_err(|_| anyhow!("«{id}» is not a key id; claviger key list shows them"))?;
            let house = open(&settings).await?;
            let result = house.engine.revoke_key(id).await;
            house.close().await;
            result?;
            say(&format!("revoked {id}"));
            Ok(())
        }
    }
}

async fn open(settings: &Settings) -> anyhow::Result<House> {
    House::open(settings, house::public_url(settings, settings.listen)?, Role::Command).await
}

fn new_key(name: String, scopes: Vec<String>, expires_in: Option<&str>) -> anyhow::Result<NewKey> {
    if name.is_empty() || name.chars().count() > 255 || name.chars().any(char::is_control) {
        bail!("--name must have 1 to 255 characters and no control characters");
    }
    let scopes = if scopes.is_empty() {
        Scopes::full()
    } else {
        Scopes::parse(scopes).map_err(|unknown| anyhow!("--scope {unknown}: there is no such scope"))?
    };
    Ok(NewKey { name, scopes, expires_at: expires_in.map(ends).transpose()? })
}

fn ends(text: &str) -> anyhow::Result<Timestamp> {
    let fault = || anyhow!("--expires-in {text}: give a number with d, h or m, for example 90d");
    let unit = text.chars().last().ok_or_else(fault)?;
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| fault())?;
    let minutes = match unit {
        'd' => number.checked_mul(24 * 60),
        'h' => number.checked_mul(60),
        'm' => Some(number),
        _ => None,
    };
    let minutes = minutes.filter(|minutes| (1..=5_256_000).contains(minutes)).ok_or_else(fault)?;
    Ok(SystemClock.now() + SignedDuration::from_mins(minutes))
}

async fn create(house: &House, environment: &EnvironmentName, new: NewKey, json: bool) -> anyhow::Result<()> {
    let environment = house.engine.environment(environment).await?;
    let made = house.engine.create_key(&environment, new).await?;
    if json {
        return say_json(&json!({
            "id": made.key.id.to_string(),
            "secret": made.secret.expose(),
            "environment": environment.name.as_str(),
            "name": made.key.name,
            "scopes": made.key.scopes.names(),
            "expires_at": made.key.expires_at.map(|at| at.to_string()),
        }));
    }
    say(&format!("{}  {}  {}", made.key.id, environment.name, made.key.name));
    say(made.secret.expose());
    say("This is the only time the secret is shown.");
    Ok(())
}

async fn list(house: &House, json: bool) -> anyhow::Result<()> {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    for (key, environment) in house.engine.keys().await? {
        if json {
            say_json(&json!({
                "id": key.id.to_string(),
                "environment": environment.as_str(),
                "name": key.name,
                "scopes": key.scopes.names(),
                "created_at": key.created_at.to_string(),
                "expires_at": time(key.expires_at),
                "revoked_at": time(key.revoked_at),
                "last_used_at": time(key.last_used_at),
            }))?;
            continue;
        }
        let state = if key.revoked_at.is_some() {
            "revoked"
        } else if key.is_live(SystemClock.now()) {
            "live"
        } else {
            "expired"
        };
        say(&format!("{}  {environment}  {}  {state}  {}", key.id, key.name, key.scopes.names().join(" ")));
    }
    Ok(())
}
