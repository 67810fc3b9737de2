//! `claviger config explain`: every setting, from the same definitions as the command line.

use clap::CommandFactory as _;

use crate::config::Cli;
use crate::terminal::say;

pub(crate) fn run() {
    for setting in settings() {
        say(&setting.name);
        say(&format!("    variable  {}", setting.variable));
        say(&format!("    default   {}", setting.default));
        say(&format!("    {}", setting.meaning));
    }
}

/// A setting as it is explained.
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) variable: String,
    pub(crate) default: String,
    pub(crate) meaning: String,
}

/// All settings. The master key itself has no flag, because a flag can be seen by every user of the machine.
pub(crate) fn settings() -> Vec<Setting> {
    let command = Cli::command();
    let flags = command.get_arguments().filter(|arg| arg.get_env().is_some()).map(|arg| Setting {
        name: format!("--{}", arg.get_long().unwrap_or_default()),
        variable: arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        default: default_of(arg),
        meaning: arg.get_help().map(ToString::to_string).unwrap_or_default(),
    });
    let key = Setting {
        name: "master key".to_owned(),
        variable: "CLAVIGER_MASTER_KEY".to_owned(),
        default: "none".to_owned(),
        meaning:
            "The master key itself, 32 bytes in base64; has no flag, so that it shows in no process list"
                .to_owned(),
    };
    flags.chain([key]).collect()
}

fn default_of(arg: &clap::Arg) -> String {
    let values: Vec<_> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    match values.join(",") {
        empty if empty.is_empty() => "none".to_owned(),
        default => default,
    }
}
