#![doc = include_str!("../README.md")]

mod bench;
mod clock;
mod process;
mod terminal;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use anyhow::bail;
use terminal::complain;
use test::Part;

const USAGE: &str = "cargo xtask test [--only tidy|rust|fuzz|e2e] | tidy | bench read [--json]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["test"] => test::run(&[Part::Tidy, Part::Rust, Part::E2e, Part::Fuzz]),
        ["test", "--only", "tidy"] => test::run(&[Part::Tidy]),
        ["test", "--only", "rust"] => test::run(&[Part::Rust]),
        ["test", "--only", "fuzz"] => test::run(&[Part::Fuzz]),
        ["test", "--only", "e2e"] => test::run(&[Part::E2e]),
        ["tidy"] => tidy::run(),
        ["bench", "read"] => bench::read(bench::Form::Text),
        ["bench", "read", "--json"] => bench::read(bench::Form::Json),
        _ => bail!("usage: {USAGE}"),
    }
}
