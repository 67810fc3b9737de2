//! What was seen: counted by each connection for itself, added up at the end.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// The counts of one connection.
#[derive(Default)]
pub(crate) struct Tally {
    /// How long each 2xx answer took, in microseconds.
    micros: Vec<u32>,
    errors: u64,
    first_error: Option<String>,
}

impl Tally {
    pub(crate) fn succeed(&mut self, after: Duration) {
        self.micros.push(u32::try_from(after.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn fail(&mut self, why: impl fmt::Display) {
        self.errors += 1;
        self.first_error.get_or_insert_with(|| why.to_string());
    }
}

/// The result of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// 2xx answers.
    requests: u64,
    /// Other answers and broken connections.
    errors: u64,
    seconds: f64,
    /// 2xx answers a second.
    rps: f64,
    p50_us: u32,
    p99_us: u32,
    max_us: u32,
    first_error: Option<String>,
}

impl Report {
    pub(crate) fn new(tallies: Vec<Tally>, lasted: Duration) -> Self {
        let mut micros = Vec::new();
        let (mut errors, mut first_error) = (0, None);
        for tally in tallies {
            micros.extend(tally.micros);
            errors += tally.errors;
            first_error = first_error.or(tally.first_error);
        }
        micros.sort_unstable();
        let requests = micros.len() as u64;
        let seconds = lasted.as_secs_f64();
        Self {
            requests,
            errors,
            seconds,
            rps: rate(micros.len(), seconds),
            p50_us: percentile(&micros, 50),
            p99_us: percentile(&micros, 99),
            max_us: micros.last().copied().unwrap_or_default(),
            first_error,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, errors, seconds, rps, p50_us, p99_us, max_us, first_error } = self;
        write!(formatter, "{requests} answers in {seconds:.1} s: {rps:.0}/s, {errors} errors, ")?;
        write!(formatter, "p50 {p50_us} µs, p99 {p99_us} µs, max {max_us} µs")?;
        match first_error {
            Some(error) => write!(formatter, "; first error: {error}"),
            None => Ok(()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "no run has more answers than a double counts exactly")]
fn rate(answers: usize, seconds: f64) -> f64 {
    answers as f64 / seconds
}

/// Nearest rank: the smallest value that at least so many percent do not exceed.
fn percentile(sorted: &[u32], percent: usize) -> u32 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let sorted: Vec<u32> = (1..=200).collect();
        assert_eq!([percentile(&sorted, 50), percentile(&sorted, 99)], [100, 198]);
        assert_eq!(percentile(&[], 99), 0);
    }

    #[test]
    fn errors_are_counted_apart_from_answers() {
        let mut tally = Tally::default();
        tally.succeed(Duration::from_micros(7));
        tally.fail("status 401");
        let report = Report::new(vec![tally, Tally::default()], Duration::from_secs(2));
        assert_eq!((report.requests, report.errors, report.max_us), (1, 1, 7));
        assert_eq!(report.first_error.as_deref(), Some("status 401"));
    }
}
