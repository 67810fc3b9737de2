//! Commands and settings, defined once: flags, environment variables, the configuration file, help and
//! `claviger config explain` all come from these types.
//!
//! A flag wins over its environment variable, which wins over the configuration file, which wins over the default.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are the help on the terminal, where backticks are noise"
)]

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use url::Url;

/// Claviger connects your users' accounts at other services and keeps the credentials sealed, fresh and usable.
#[derive(Parser)]
#[command(name = "claviger", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) settings: Settings,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be set.
#[derive(Args, Clone)]
pub(crate) struct Settings {
    /// TOML file with settings, named as the flags without dashes in front
    #[arg(long, env = "CLAVIGER_CONFIG", global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Address of API, connect pages and dashboard; port 0 picks a free one and prints it
    #[arg(
        long,
        env = "CLAVIGER_LISTEN",
        global = true,
        default_value = "127.0.0.1:3003",
        value_name = "ADDRESS"
    )]
    pub(crate) listen: SocketAddr,
    /// What browsers and providers see; the OAuth callback is <public-url>/oauth/callback [default: http://<listen>]
    #[arg(long, env = "CLAVIGER_PUBLIC_URL", global = true, value_name = "URL", value_parser = public_url)]
    pub(crate) public_url: Option<Url>,
    /// Directory of the SQLite files and the generated key
    #[arg(long, env = "CLAVIGER_DATA_DIR", global = true, default_value = "./.claviger", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
    /// PostgreSQL to use instead of SQLite, as postgres://user:password@host/database
    #[arg(long, env = "CLAVIGER_DATABASE_URL", global = true, value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// File that holds the database URL
    #[arg(
        long,
        env = "CLAVIGER_DATABASE_URL_FILE",
        global = true,
        value_name = "FILE",
        conflicts_with = "database_url"
    )]
    pub(crate) database_url_file: Option<PathBuf>,
    /// The PostgreSQL URL leads to a connection pooler in transaction mode
    #[arg(long, env = "CLAVIGER_DATABASE_POOLER", global = true)]
    pub(crate) database_pooler: bool,
    /// File that holds the master key: 32 bytes in base64 [default: <data-dir>/master.key, made when the store is new]
    #[arg(long, env = "CLAVIGER_MASTER_KEY_FILE", global = true, value_name = "FILE")]
    pub(crate) master_key_file: Option<PathBuf>,
    /// Directory with provider files of your own and guides/<slug>.md, which add to or replace the embedded catalog
    #[arg(long, env = "CLAVIGER_PROVIDERS_DIR", global = true, value_name = "DIR")]
    pub(crate) providers_dir: Option<PathBuf>,
    /// Directory with logos of your own, <slug>.svg, .webp or .png, shown instead of the drawn marks
    #[arg(long, env = "CLAVIGER_LOGOS_DIR", global = true, value_name = "DIR")]
    pub(crate) logos_dir: Option<PathBuf>,
    /// Comma list of CIDR, host or host:port that may be reached although private or loopback, also by plain http
    #[arg(long, env = "CLAVIGER_EGRESS_ALLOW", global = true, value_name = "LIST", default_value = "")]
    pub(crate) egress_allow: egress::AllowList,
    /// Make audit entries survive a crash of the machine, not only of the process; costs a disk flush for each group
    #[arg(long, env = "CLAVIGER_AUDIT_SYNC", global = true)]
    pub(crate) audit_sync: bool,
    /// Log filter, e.g. info or claviger=debug,store=trace
    #[arg(long, env = "CLAVIGER_LOG", global = true, default_value = "info", value_name = "FILTER")]
    pub(crate) log: String,
    /// Form of the log
    #[arg(long, env = "CLAVIGER_LOG_FORMAT", global = true, default_value = "text", value_name = "FORM")]
    pub(crate) log_format: LogFormat,
}

/// Form of the log.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One line an event, for people
    Text,
    /// One JSON object an event, for machines
    Json,
}

/// What can be done.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Everything in one go on this machine: store, key, simulated provider, one integration, one connect link
    Dev(DevOptions),
    /// The server; creates and migrates the store when needed
    Serve,
    /// API keys
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Environments
    Environment {
        #[command(subcommand)]
        command: EnvironmentCommand,
    },
    /// Provider definitions
    Catalog {
        #[command(subcommand)]
        command: CatalogCommand,
    },
    /// Settings
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Checks store, master key, clock, public URL and the way out; exits with 1 on a fault
    Doctor,
}

/// Options of `dev`.
#[derive(Args)]
pub(crate) struct DevOptions {
    /// Print one JSON line on stdout and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be done with keys.
#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Makes a key and prints its secret once; makes the environment when it is missing
    Create {
        /// Name of the environment
        #[arg(long)]
        environment: String,
        /// A name for people
        #[arg(long)]
        name: String,
        /// A right, e.g. environment:connections:read; may be repeated [default: environment:*]
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<String>,
        /// When it stops working, e.g. 90d or 12h [default: never]
        #[arg(long, value_name = "TIME")]
        expires_in: Option<String>,
        /// Print one JSON line
        #[arg(long)]
        json: bool,
    },
    /// Lists all keys
    List {
        /// Print one JSON line a key
        #[arg(long)]
        json: bool,
    },
    /// Revokes a key; running servers refuse it within a second
    Revoke {
        /// The key's id, key_…
        id: String,
    },
}

/// What can be done with environments.
#[derive(Subcommand)]
pub(crate) enum EnvironmentCommand {
    /// Makes an environment
    Create {
        /// Lower-case letters, digits, _ and -
        name: String,
    },
    /// Lists all environments
    List,
}

/// What can be done with provider definitions.
#[derive(Subcommand)]
pub(crate) enum CatalogCommand {
    /// Checks provider files; each mistake with file and line
    Lint {
        /// Directory of provider files [default: --providers-dir]
        directory: Option<PathBuf>,
    },
    /// Lists providers
    List {
        /// Only providers with this scheme, e.g. OAUTH2 or API_KEY
        #[arg(long, value_name = "MODE")]
        auth: Option<String>,
        /// Print one JSON line a provider
        #[arg(long)]
        json: bool,
    },
    /// Shows one provider with its family merged in, its scopes and its guide
    Show {
        /// Slug, e.g. github
        slug: String,
    },
}

/// What can be done with settings.
#[derive(Subcommand, Clone, Copy)]
pub(crate) enum ConfigCommand {
    /// Every setting: name, environment variable, default, meaning
    Explain,
}

/// Reads the command line, with the configuration file's values as defaults.
pub(crate) fn matches(args: impl IntoIterator<Item = OsString>) -> Result<ArgMatches, clap::Error> {
    let args: Vec<OsString> = args.into_iter().collect();
    let command = Cli::command();
    let Some(file) = config_file(&args) else { return command.try_get_matches_from(args) };
    with_file(command, &file)?.try_get_matches_from(args)
}

/// The configuration file has to be known before the rest can be read, because it changes defaults.
fn config_file(args: &[OsString]) -> Option<PathBuf> {
    let texts: Vec<_> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let next = texts.iter().position(|arg| arg == "--config").and_then(|at| texts.get(at + 1)).cloned();
    let joined = || texts.iter().find_map(|arg| arg.strip_prefix("--config=").map(str::to_owned));
    let from_environment = || std::env::var("CLAVIGER_CONFIG").ok().filter(|path| !path.is_empty());
    next.or_else(joined).or_else(from_environment).map(PathBuf::from)
}

fn with_file(mut command: clap::Command, file: &std::path::Path) -> Result<clap::Command, clap::Error> {
    let wrong = |command: &mut clap::Command, message: String| {
        command.error(clap::error::ErrorKind::ValueValidation, format!("{}: {message}", file.display()))
    };
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return Err(wrong(&mut command, error.to_string())),
    };
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => return Err(wrong(&mut command, toml::de::Error::to_string(&error))),
    };
    for (key, value) in table {
        let known = command.get_arguments().find(|arg| arg.get_long() == Some(&key) && key != "config");
        let Some(id) = known.map(|arg| arg.get_id().clone()) else {
            return Err(wrong(&mut command, format!("unknown setting «{key}»; see claviger config explain")));
        };
        let value = match &value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Array(items) => {
                items.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(",")
            }
            toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Table(_) => value.to_string(),
        };
        command = command.mut_arg(id, |arg| arg.default_value(value));
    }
    Ok(command)
}

fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let fits = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    if fits {
        Ok(url)
    } else {
        Err("must be an origin such as https://auth.example.com, without a path".to_owned())
    }
}
