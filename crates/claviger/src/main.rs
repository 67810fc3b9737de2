//! The binary: configuration, commands, lifecycle. What it does is in the crates below it.

mod commands;
mod config;
mod explain;
mod house;
mod master_key;
mod serving;
mod sole;
mod telemetry;
mod terminal;

use std::process::ExitCode;

use clap::FromArgMatches as _;

use config::{Cli, Command};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let matches = match config::matches(std::env::args_os()) {
        Ok(matches) => matches,
        Err(error) => return terminal::usage(&error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return terminal::usage(&error),
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => terminal::refusal(&error),
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let Cli { settings, command } = cli;
    match command {
        Command::Catalog { command } => commands::catalog::run(&settings, command),
        Command::Config { command: config::ConfigCommand::Explain } => {
            explain::run();
            Ok(())
        }
        Command::Serve => on_runtime(commands::serve::run(settings)),
        Command::Dev(options) => on_runtime(commands::dev::run(settings, options)),
        Command::Key { command } => on_runtime(commands::key::run(settings, command)),
        Command::Environment { command } => on_runtime(commands::environment::run(settings, command)),
        Command::Doctor => on_runtime(commands::doctor::run(settings)),
    }
}

fn on_runtime(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
