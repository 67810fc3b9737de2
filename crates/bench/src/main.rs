#![doc = include_str!("../README.md")]

mod answers;
mod floor;
mod load;
mod plan;
mod report;

use std::io::{Write as _, stdout};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::runtime::Builder;

/// Load on a running server, and the floor to hold it against.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves a constant JSON body at /connections/{id} and prints the URL to ask.
    Floor {
        /// Length of the body in bytes.
        #[arg(long, default_value_t = 1024)]
        size: usize,
        /// Address to listen on; port 0 picks one.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
    },
    /// Asks a server over keep-alive connections and prints what it saw.
    Load {
        /// What to ask, http only.
        #[arg(long)]
        url: String,
        /// A header line to send, such as `authorization: Bearer …`; may be given more than once.
        #[arg(long = "header")]
        headers: Vec<String>,
        /// How many connections ask at the same time.
        #[arg(long, default_value_t = 16)]
        connections: usize,
        /// How long to ask.
        #[arg(long, default_value = "10", value_parser = seconds)]
        seconds: Duration,
        /// A file with one request path a line; each request takes one of them by chance instead of the URL's own.
        #[arg(long)]
        path_list: Option<PathBuf>,
        /// Prints one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        // The product runs on the default runtime of several threads, so the floor does too.
        Command::Floor { size, listen } => {
            Builder::new_multi_thread().enable_all().build()?.block_on(floor::serve(listen, size))
        }
        // One thread, because the load shares the machine with the server that it measures.
        Command::Load { url, headers, connections, seconds, path_list, json } => {
            let paths = path_list.map(std::fs::read_to_string).transpose()?;
            let plan = plan::Plan::new(&url, &headers, paths.as_deref())?;
            let report = Builder::new_current_thread().enable_all().build()?.block_on(load::run(
                plan,
                connections,
                seconds,
            ))?;
            let text = if json { serde_json::to_string(&report)? } else { report.to_string() };
            Ok(writeln!(stdout(), "{text}")?)
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|error| error.to_string())?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if duration.is_zero() { Err("must be more than nothing".to_owned()) } else { Ok(duration) }
}
