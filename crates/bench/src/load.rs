//! The load: one task a connection, each asking as soon as it was answered, until the time is up.
#![expect(
    clippy::disallowed_methods,
    reason = "the load is a foreign client: it has its own tasks, clock and connections"
)]

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};

use crate::answers::Answers;
use crate::plan::Plan;
use crate::report::{Report, Tally};

/// Asks over `connections` connections for `lasting`. What is unanswered at the end is not counted.
pub(crate) async fn run(plan: Plan, connections: usize, lasting: Duration) -> anyhow::Result<Report> {
    ensure!(connections > 0, "at least one connection is needed");
    let plan = Arc::new(plan);
    let start = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|number| {
            let plan = Arc::clone(&plan);
            tokio::spawn(async move {
                let mut tally = Tally::default();
                // Running out of time is how every connection ends.
                let _time_is_up = timeout_at(start + lasting, ask(&plan, number, &mut tally)).await;
                tally
            })
        })
        .collect();
    let mut tallies = Vec::with_capacity(connections);
    for task in tasks {
        tallies.push(task.await?);
    }
    Ok(Report::new(tallies, start.elapsed()))
}

async fn ask(plan: &Plan, number: usize, tally: &mut Tally) {
    let mut choice = Choice::new(number);
    loop {
        if let Err(error) = converse(plan, &mut choice, tally).await {
            tally.fail(error);
            // A server that refuses connections must not be counted as fast as the loop can turn.
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Asks over one connection until the server closes it.
async fn converse(plan: &Plan, choice: &mut Choice, tally: &mut Tally) -> io::Result<()> {
    let stream = TcpStream::connect(&plan.authority).await?;
    stream.set_nodelay(true)?;
    let mut answers = Answers::new(stream);
    loop {
        let start = Instant::now();
        answers.stream.write_all(choice.of(&plan.requests)).await?;
        let answer = answers.next().await?;
        match answer.status {
            200..300 => tally.succeed(start.elapsed()),
            status => tally.fail(format_args!("status {status}")),
        }
        if !answer.reusable {
            return Ok(());
        }
    }
}

/// Chance that is the same in every run: Marsaglia's xorshift, seeded by the connection's number.
struct Choice(u64);

impl Choice {
    fn new(number: usize) -> Self {
        // The multiplier spreads neighbouring seeds; zero would stay zero for ever.
        Self((number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn of<'a>(&mut self, requests: &'a [Vec<u8>]) -> &'a [u8] {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let place = (self.0 >> 33) % requests.len() as u64;
        &requests[usize::try_from(place).expect("the remainder is less than a length")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_gets_its_turn() {
        let requests: Vec<Vec<u8>> = (0..10).map(|number| vec![number]).collect();
        let mut seen = [0; 10];
        let mut choice = Choice::new(0);
        for _ in 0..10_000 {
            seen[usize::from(choice.of(&requests)[0])] += 1;
        }
        assert!(seen.iter().all(|times| (800..1200).contains(times)), "{seen:?}");
    }
}
