//! What was measured, as a table and as JSON.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

/// A whole run.
pub(crate) struct Report {
    pub(crate) rounds: Vec<Round>,
    pub(crate) body_bytes: usize,
    pub(crate) idle_kib: u64,
    pub(crate) loaded_kib: u64,
    pub(crate) cold_start: Duration,
    pub(crate) imported_per_s: f64,
}

/// Floor and product under the same load; each as `bench load --json` printed it.
pub(crate) struct Round {
    pub(crate) connections: usize,
    pub(crate) floor: Value,
    pub(crate) product: Value,
}

impl Round {
    /// Of several the one whose ratio is in the middle.
    pub(crate) fn median(mut rounds: Vec<Self>) -> Option<Self> {
        rounds.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
        let middle = rounds.len() / 2;
        rounds.into_iter().nth(middle)
    }

    /// The product's share of the floor.
    fn ratio(&self) -> f64 {
        number(&self.product, "rps") / number(&self.floor, "rps").max(1.0)
    }
}

impl Report {
    /// For machines.
    pub(crate) fn json(&self) -> Value {
        let rounds = self.rounds.iter().map(|round| {
            json!({ "connections": round.connections, "floor": round.floor, "product": round.product, "ratio": round.ratio() })
        });
        json!({
            "rounds": rounds.collect::<Vec<_>>(),
            "body_bytes": self.body_bytes,
            "resident_idle_kib": self.idle_kib,
            "resident_loaded_kib": self.loaded_kib,
            "cold_start_ms": self.cold_start.as_secs_f64() * 1000.0,
            "imports_per_s": self.imported_per_s,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Reads over 10,000 connections, answers of {} bytes; the median of several pairs; times in microseconds",
            self.body_bytes
        )?;
        writeln!(
            f,
            "{:>11}  {:>9}  {:>7}  {:>7}  {:>9}  {:>7}  {:>7}  {:>5}",
            "connections", "floor rps", "p50", "p99", "rps", "p50", "p99", "ratio"
        )?;
        for round in &self.rounds {
            write!(f, "{:>11}", round.connections)?;
            for side in [&round.floor, &round.product] {
                write!(
                    f,
                    "  {:>9.0}  {:>7}  {:>7}",
                    number(side, "rps"),
                    number(side, "p50_us"),
                    number(side, "p99_us")
                )?;
            }
            writeln!(f, "  {:>5.2}", round.ratio())?;
        }
        writeln!(
            f,
            "Resident memory {:.1} MiB idle, {:.1} MiB after load",
            mib(self.idle_kib),
            mib(self.loaded_kib)
        )?;
        writeln!(
            f,
            "Cold start to the first answer {:.0} ms (median)",
            self.cold_start.as_secs_f64() * 1000.0
        )?;
        write!(f, "Imports {:.0} a second", self.imported_per_s)
    }
}

fn number(side: &Value, key: &str) -> f64 {
    side[key].as_f64().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "memory in KiB is far below 2^52")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let side = |rps: f64| json!({ "rps": rps, "p50_us": 100, "p99_us": 900 });
        Report {
            rounds: vec![Round { connections: 16, floor: side(20_000.0), product: side(15_000.0) }],
            body_bytes: 900,
            idle_kib: 20_480,
            loaded_kib: 30_720,
            cold_start: Duration::from_millis(12),
            imported_per_s: 3_000.0,
        }
    }

    #[test]
    fn the_round_in_the_middle_is_told() {
        let round =
            |rps: f64| Round { product: json!({ "rps": rps }), floor: json!({ "rps": 100 }), connections: 1 };
        let median = Round::median([90.0, 10.0, 50.0].map(round).into()).expect("there are some");
        assert_eq!(median.product["rps"], 50.0);
    }

    #[test]
    fn the_table_shows_the_ratio() {
        let text = report().to_string();
        assert!(text.contains("0.75"), "{text}");
        assert!(text.contains("20.0 MiB idle, 30.0 MiB after load"), "{text}");
    }

    #[test]
    fn machines_get_the_same_numbers() {
        let json = report().json();
        assert_eq!(
            (json["rounds"][0]["ratio"].as_f64(), json["resident_idle_kib"].as_u64()),
            (Some(0.75), Some(20_480))
        );
    }
}
