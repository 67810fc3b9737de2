//! The two commands against each other, as real processes.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const BENCH: &str = env!("CARGO_BIN_EXE_bench");

/// A floor that ends with the test.
struct Floor {
    process: Child,
    url: String,
}

impl Floor {
    fn start() -> Self {
        let mut process = Command::new(BENCH)
            .args(["floor", "--size", "300", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the floor starts");
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("stdout is piped"))
            .read_line(&mut url)
            .expect("the floor prints its URL");
        Self { process, url: url.trim().to_owned() }
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        self.process.kill().expect("the floor still runs");
        self.process.wait().expect("the floor ends");
    }
}

fn load(url: &str) -> Value {
    let output = Command::new(BENCH)
        .args(["load", "--url", url, "--connections", "2", "--seconds", "0.3", "--json"])
        .output()
        .expect("the load runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one line of JSON")
}

#[test]
fn the_floor_answers_the_load_without_errors() {
    let floor = Floor::start();
    let report = load(&floor.url);
    assert_eq!(report["errors"], 0, "{report}");
    assert!(report["requests"].as_u64() > Some(0), "{report}");
    assert!(report["p50_us"].as_u64() <= report["p99_us"].as_u64(), "{report}");
}

#[test]
fn answers_that_are_not_2xx_count_as_errors() {
    let floor = Floor::start();
    let report = load(&floor.url.replace("connections", "elsewhere"));
    assert_eq!((&report["requests"], &report["first_error"]), (&0.into(), &"status 404".into()), "{report}");
}
