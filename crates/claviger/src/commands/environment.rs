//! `claviger environment create | list`

use anyhow::Context as _;
use model::EnvironmentName;

use crate::config::{EnvironmentCommand, Settings};
use crate::house::{self, House, Role};
use crate::terminal::say;

pub(crate) async fn run(settings: Settings, command: EnvironmentCommand) -> anyhow::Result<()> {
    let name = match &command {
        EnvironmentCommand::Create { name } => {
            Some(EnvironmentName::parse(name).with_context(|| format!("«{name}»"))?)
        }
        EnvironmentCommand::List => None,
    };
    let house = House::open(&settings, house::public_url(&settings, settings.listen)?, Role::Command).await?;
    let result = match name {
        Some(name) => house.engine.create_environment(&name).await.map(|made| vec![made]),
        None => house.engine.environments().await,
    };
    house.close().await;
    for environment in result? {
        say(&format!("{}  {}", environment.id, environment.name));
    }
    Ok(())
}
