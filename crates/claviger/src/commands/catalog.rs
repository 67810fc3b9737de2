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
                0 => say(&format!("{} providers, {} guides, no mistakes", report.providers, report.guides())),
                mistakes => {
                    bail!(
                        "{mistakes} mistake(s) in {} providers and {} guides",
                        report.providers,
                        report.guides()
                    )
                }
            }
        }
        CatalogCommand::List { auth, json } => list(settings, auth.as_deref(), json)?,
        CatalogCommand::Show { slug } => show(settings, &slug)?,
    }
    Ok(())
}

/// The provider as it is understood, with its guide line by line: each step is one.
fn show(settings: &Settings, slug: &str) -> anyhow::Result<()> {
    let catalog = house::catalog(settings)?;
    let provider = catalog.get(slug).ok_or_else(|| anyhow!("there is no provider «{slug}»"))?;
    let mut shown = serde_json::to_value(&*provider)?;
    if let (Some(shown), Some(guide)) = (shown.as_object_mut(), catalog.guide(slug)) {
        let callback = format!("{}oauth/callback", house::public_url(settings, settings.listen)?);
        let lines =
            |part: &str| part.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let operators = lines(&guide.operators_with(&callback));
        shown.insert(
            "guide".to_owned(),
            json!({ "operators": operators, "end_users": lines(guide.end_users) }),
        );
    }
    say(&serde_json::to_string_pretty(&shown)?);
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
