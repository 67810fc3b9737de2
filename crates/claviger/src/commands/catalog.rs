//! `claviger catalog lint | list | show`

use anyhow::{anyhow, bail};
use serde_json::json;

use crate::config::{CatalogCommand, Settings};
use crate::house;
use crate::terminal::{say, say_json};

pub(crate) fn run(settings: &Settings, command: CatalogCommand) -> anyhow::Result<()> {
    match command {
        CatalogCommand::Lint { directory } => {
            let directory = directory
                .or_else(|| settings.providers_dir.clone())
                .ok_or_else(|| anyhow!("name a directory, or set --providers-dir"))?;
            let report = catalog::lint::directory(&directory);
            for problem in &report.problems {
                say(&problem.to_string());
            }
            match report.problems.len() {
                0 => say(&format!("{} providers, no mistakes", report.providers)),
                mistakes => bail!("{mistakes} mistake(s) in {} providers", report.providers),
            }
        }
        CatalogCommand::List { auth, json } => list(settings, auth.as_deref(), json)?,
        CatalogCommand::Show { slug } => {
            let catalog = house::catalog(settings)?;
            let provider = catalog.get(&slug).ok_or_else(|| anyhow!("there is no provider «{slug}»"))?;
            say(&serde_json::to_string_pretty(&*provider)?);
        }
    }
    Ok(())
}

fn list(settings: &Settings, auth: Option<&str>, json: bool) -> anyhow::Result<()> {
    let wanted = auth.map(str::to_ascii_uppercase);
    for provider in house::catalog(settings)?.iter() {
        let mode = provider.auth.wire();
        if wanted.as_deref().is_some_and(|wanted| wanted != mode) {
            continue;
        }
        if json {
            say_json(
                &json!({ "slug": provider.slug, "name": provider.name, "auth": mode, "category": provider.category }),
            )?;
        } else {
            say(&format!("{:<24} {:<10} {}", provider.slug, mode, provider.name));
        }
    }
    Ok(())
}
