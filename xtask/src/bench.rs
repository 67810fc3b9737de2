//! `bench read`: how fast the product hands out credentials, beside the floor of the same HTTP stack.

mod http;
mod report;
mod server;
mod stock;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::process::{self, Running};
use crate::terminal::{complain, say};
use crate::workspace::{cargo, root};
use report::{Report, Round};
use server::Server;

/// How the result is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A table.
    Text,
    /// One line.
    Json,
}

const CONNECTIONS: usize = 10_000;
const KEEP_ALIVE: [usize; 3] = [1, 16, 64];
const SECONDS: &str = "2";
/// Pairs of a load on the floor and one on the product. The speed of a machine wanders by half within a minute, but the two
/// of a pair see nearly the same of it.
const PAIRS: usize = 5;
const STARTS: usize = 10;

/// The programs that are measured and that measure.
struct Programs {
    product: PathBuf,
    bench: PathBuf,
}

/// Builds, fills a store, measures.
pub(crate) fn read(form: Form) -> anyhow::Result<()> {
    let root = root()?;
    // One after the other, so that the features of one do not change the dependencies of the other.
    for package in ["claviger", "bench"] {
        process::run(cargo(&root).args(["build", "--profile", "dist", "--locked", "--package", package]))?;
    }
    let built = root.join("target/dist");
    let programs = Programs { product: built.join("claviger"), bench: built.join("bench") };
    let directory = Directory::make()?;
    let report = measure(&programs, &directory.0)?;
    say(&match form {
        Form::Text => report.to_string(),
        Form::Json => report.json().to_string(),
    });
    Ok(())
}

fn measure(programs: &Programs, directory: &Path) -> anyhow::Result<Report> {
    let key = api_key(&programs.product, directory)?;
    complain(&format!("importing {CONNECTIONS} connections"));
    let imported = {
        let server = Server::start(&programs.product, directory)?;
        stock::fill(&server.authority, &key, CONNECTIONS)?
    };
    let paths = directory.join("paths");
    let all: Vec<String> = (0..CONNECTIONS).map(stock::path).collect();
    std::fs::write(&paths, all.join("\n"))?;

    complain(&format!("starting {STARTS} times"));
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        starts.push(Server::start(&programs.product, directory)?.became_ready_in);
    }
    starts.sort_unstable();

    let server = Server::start(&programs.product, directory)?;
    std::thread::sleep(Duration::from_secs(2));
    let idle_kib = server.resident_kib()?;
    let size = http::Connection::open(&server.authority)?.get(&stock::path(0), &key)?.body.len();
    let (_floor, floor_url) = floor(&programs.bench, size)?;
    let product_url = format!("http://{}/", server.authority);
    let header = format!("authorization: Bearer {key}");
    let mut rounds = Vec::new();
    let mut loaded_kib = idle_kib;
    for connections in KEEP_ALIVE {
        complain(&format!("asking over {connections} connections, {PAIRS} times {SECONDS} s each"));
        let options = ["--header", &header, "--path-list", &paths.to_string_lossy()];
        let mut pairs = Vec::with_capacity(PAIRS);
        for _ in 0..PAIRS {
            let floor = load(&programs.bench, &floor_url, connections, &[])?;
            let product = load(&programs.bench, &product_url, connections, &options)?;
            pairs.push(Round { connections, floor, product });
        }
        loaded_kib = loaded_kib.max(server.resident_kib()?);
        rounds.push(Round::median(pairs).context("there is no pair")?);
    }
    let cold_start = starts[starts.len() / 2];
    Ok(Report { rounds, body_bytes: size, idle_kib, loaded_kib, cold_start, imported_per_s: imported })
}

fn api_key(product: &Path, directory: &Path) -> anyhow::Result<String> {
    let mut command = Command::new(product);
    command
        .args(["key", "create", "--environment", "bench", "--name", "bench", "--json", "--data-dir"])
        .arg(directory);
    let made: Value = serde_json::from_str(&process::output(&mut command)?)?;
    Ok(made["secret"].as_str().context("key create printed no secret")?.to_owned())
}

fn floor(bench: &Path, size: usize) -> anyhow::Result<(Running, String)> {
    let mut command = Command::new(bench);
    command.args(["floor", "--size", &size.to_string(), "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
    let mut running = Running::start(&mut command, "TERM")?;
    let url = server::first_line(&mut running)?;
    Ok((running, url))
}

fn load(bench: &Path, url: &str, connections: usize, options: &[&str]) -> anyhow::Result<Value> {
    let mut command = Command::new(bench);
    command.args([
        "load",
        "--json",
        "--url",
        url,
        "--seconds",
        SECONDS,
        "--connections",
        &connections.to_string(),
    ]);
    let result: Value = serde_json::from_str(&process::output(command.args(options))?)?;
    anyhow::ensure!(result["errors"] == 0, "the load saw errors: {}", result["first_error"]);
    Ok(result)
}

/// The data directory, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn make() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("claviger-bench-{}", std::process::id()));
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
