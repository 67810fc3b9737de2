//! A PostgreSQL cluster of our own: made in a temporary directory, stopped and removed when it goes out of scope.
//!
//! PostgreSQL refuses to run as the superuser, so there it runs as the user that Debian's package made.

use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::machine;
use crate::clock::Stopwatch;
use crate::process::{self, Running};

const SUPERUSER: &str = "claviger";
const PATIENCE: Duration = Duration::from_mins(1);

/// A running cluster. The server is stopped before the directory is removed, because fields are dropped in order.
pub(crate) struct Cluster {
    _server: Running,
    _directory: Directory,
    port: u16,
}

impl Cluster {
    /// Makes one and waits until it answers.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let programs = machine::postgres_programs().context("PostgreSQL is not installed")?;
        let owner = machine::is_root().then(|| owner("postgres")).transpose()?;
        let directory = Directory::make(owner)?;
        let log = std::fs::File::create(directory.0.join("log"))?;
        let cluster = directory.0.join("cluster");
        let mut initdb = as_user(&programs.join("initdb"), owner);
        initdb.args([
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--username",
            SUPERUSER,
            "--pgdata",
        ]);
        process::run(initdb.arg(&cluster).current_dir(&directory.0).stdout(log.try_clone()?))?;

        let port = free_port()?;
        let mut server = as_user(&programs.join("postgres"), owner);
        server
            .arg("-D")
            .arg(&cluster)
            .args(["-h", "127.0.0.1", "-p", &port.to_string()])
            .arg("-k")
            .arg(&directory.0);
        // The data lives for minutes, so it need not survive a crash of the machine.
        for setting in ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"]
        {
            server.args(["-c", setting]);
        }
        server.current_dir(&directory.0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut server = Running::start(&mut server, "INT")?;
        wait_until_ready(&programs, port, &mut server, &directory.0)?;
        Ok(Self { _server: server, _directory: directory, port })
    }

    /// The superuser's address.
    pub(crate) fn url(&self) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/postgres", self.port)
    }
}

fn wait_until_ready(
    programs: &Path,
    port: u16,
    server: &mut Running,
    directory: &Path,
) -> anyhow::Result<()> {
    let watch = Stopwatch::start();
    while watch.elapsed() < PATIENCE {
        let mut ask = Command::new(programs.join("pg_isready"));
        ask.args(["--quiet", "--host", "127.0.0.1", "--port", &port.to_string()]);
        if ask.status().is_ok_and(|status| status.success()) {
            return Ok(());
        }
        if server.child.try_wait()?.is_some() {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    bail!("it did not start: {}", std::fs::read_to_string(directory.join("log")).unwrap_or_default())
}

/// A directory that is removed with everything in it.
struct Directory(PathBuf);

impl Directory {
    fn place() -> PathBuf {
        std::env::temp_dir().join(format!("claviger-test-postgres-{}", std::process::id()))
    }

    fn make(owner: Option<Owner>) -> anyhow::Result<Self> {
        let path = Self::place();
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let directory = Self(path);
        if let Some(owner) = owner {
            chown(&directory.0, Some(owner.user), Some(owner.group))?;
        }
        Ok(directory)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[derive(Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

fn owner(name: &str) -> anyhow::Result<Owner> {
    let number = |flag: &str| -> anyhow::Result<u32> {
        Ok(process::output(Command::new("id").args([flag, name]))?.trim().parse()?)
    };
    Ok(Owner { user: number("-u")?, group: number("-g")? })
}

fn as_user(program: &Path, owner: Option<Owner>) -> Command {
    let mut command = Command::new(program);
    if let Some(owner) = owner {
        command.uid(owner.user).gid(owner.group);
    }
    command
}

/// A port that was free a moment ago.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_answers_and_leaves_nothing_behind() {
        let Some(programs) = machine::postgres_programs() else {
            assert!(std::env::var_os("CLAVIGER_TEST_REQUIRE_POSTGRES").is_none(), "PostgreSQL is required");
            crate::terminal::complain("SKIPPED: PostgreSQL is not installed");
            return;
        };
        let cluster = Cluster::start().expect("a cluster");
        let mut ask = Command::new(programs.join("psql"));
        ask.args([
            &cluster.url(),
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--command",
            "select 40 + 2",
        ]);
        assert_eq!(process::output(&mut ask).expect("an answer").trim(), "42");
        let port = cluster.port;
        assert!(Directory::place().exists());
        drop(cluster);
        assert!(!Directory::place().exists());
        assert!(TcpListener::bind(("127.0.0.1", port)).is_ok(), "the server has let go of its port");
    }
}
