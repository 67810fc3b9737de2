//! How long a token lives, from answers that spell it in every way there is.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

/// Nobody means more; a larger number is a mistake or an attack on the calendar.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

/// From this number on, a point in time is in milliseconds: as seconds it would be the year 5138.
const MILLISECONDS_FROM: f64 = 1e11;

/// The end of a lifetime (`expires_in`, RFC 6749 §5.1) that begins now. Zero is an answer: expired already. What is
/// no number, or a negative one, says nothing. `per_second` tells how many units make a second.
pub(crate) fn from_now(lifetime: &Value, per_second: f64, now: Timestamp) -> Option<Timestamp> {
    if let Some(seconds) = clock_seconds(lifetime) {
        return assumed(seconds, now);
    }
    let seconds = (number(lifetime)? / per_second).min(LONGEST.as_secs_f64());
    after(now, Duration::from_secs_f64(seconds))
}

/// A point in time: Unix seconds, Unix milliseconds, or RFC 3339. Tableau writes how long is left in its place.
pub(crate) fn at(end: &Value, now: Timestamp) -> Option<Timestamp> {
    if let Some(seconds) = clock_seconds(end) {
        return assumed(seconds, now);
    }
    let end = match number(end) {
        Some(milliseconds) if milliseconds >= MILLISECONDS_FROM => since_epoch(milliseconds / 1e3),
        Some(seconds) => since_epoch(seconds),
        None => date(end.as_str()?.trim())?,
    };
    Some(end.min(after(now, LONGEST)?))
}

/// The end of a lifetime of whole seconds that the definition assumes.
pub(crate) fn assumed(seconds: u64, now: Timestamp) -> Option<Timestamp> {
    after(now, Duration::from_secs(seconds).min(LONGEST))
}

/// A date with its zone, in the form of RFC 3339; a blank may stand for the `T`, and a zone without a colon passes.
/// A date without a zone is taken for UTC, which most of those who leave it out mean.
fn date(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        Some(local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })
}

/// Days, hours and minutes as `D:HH:MM`, in seconds.
fn clock_seconds(value: &Value) -> Option<u64> {
    let mut parts = value.as_str()?.trim().split(':').map(str::parse::<u64>);
    let (days, hours, minutes) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    if parts.next().is_some() {
        return None;
    }
    let minutes = days.checked_mul(24)?.checked_add(hours)?.checked_mul(60)?.checked_add(minutes)?;
    minutes.checked_mul(60)
}

fn after(now: Timestamp, lifetime: Duration) -> Option<Timestamp> {
    now.checked_add(lifetime).ok()
}

fn since_epoch(seconds: f64) -> Timestamp {
    let beyond = Timestamp::MAX;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|past| after(Timestamp::UNIX_EPOCH, past))
        .unwrap_or(beyond)
}

/// A finite number that is not negative, written as a number or as a text.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (number.is_finite() && number >= 0.0).then_some(number.abs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::constant(1_700_000_000, 0)
    }

    fn seconds(end: Option<Timestamp>) -> Option<i64> {
        end.map(|end| end.as_second() - 1_700_000_000)
    }

    #[test]
    fn a_lifetime_is_read_however_it_is_written() {
        let decade = Some(315_360_000);
        let table = [
            (json!(3600), Some(3600)),
            (json!("3600"), Some(3600)),
            (json!(" 3600 "), Some(3600)),
            (json!(3599.9), Some(3599)),
            (json!(0), Some(0)),
            (json!("0"), Some(0)),
            (json!(-0.0), Some(0)),
            (json!(1e308), decade),
            (json!(u64::MAX), decade),
            (json!(-1), None),
            (json!("-1"), None),
            (json!("NaN"), None),
            (json!("inf"), None),
            (json!("0:02:30"), Some(9000)),
            (json!("soon"), None),
            (json!(""), None),
            (json!(null), None),
            (json!(true), None),
            (json!([3600]), None),
        ];
        for (written, expected) in table {
            assert_eq!(seconds(from_now(&written, 1.0, now())), expected, "{written}");
        }
    }

    #[test]
    fn a_point_in_time_is_read_however_it_is_written() {
        let table = [
            (json!(1_700_003_600), Some(3600)),
            (json!("1700003600"), Some(3600)),
            (json!(1_700_003_600_000_u64), Some(3600)),
            (json!("2023-11-14T23:13:20Z"), Some(3600)),
            (json!("2023-11-15T00:13:20+01:00"), Some(3600)),
            (json!(1e308), Some(315_360_000)),
            (json!("2023-11-14 23:13:20"), Some(3600)),
            (json!("10:00:01"), Some(864_060)),
            (json!("tomorrow"), None),
            (json!(-5), None),
            (json!({}), None),
        ];
        for (written, expected) in table {
            assert_eq!(seconds(at(&written, now())), expected, "{written}");
        }
    }
}
