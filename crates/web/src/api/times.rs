//! Times as the contract writes them: milliseconds, with `Z` in some places and `+00:00` in others.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz;
use serde::{Serialize, Serializer};

const MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// `2026-03-01T10:00:00.000Z`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Zulu(pub(crate) Timestamp);

/// `2026-03-01T10:00:00.000+00:00`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offset(pub(crate) Timestamp);

impl Serialize for Zulu {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&MILLISECONDS.timestamp_to_string(&self.0))
    }
}

impl Serialize for Offset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&MILLISECONDS.timestamp_with_offset_to_string(&self.0, tz::Offset::UTC))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_even_when_they_are_zero() {
        let at = Timestamp::from_millisecond(1_772_359_200_120).expect("in range");
        assert_eq!(serde_json::json!(Zulu(at)), "2026-03-01T10:00:00.120Z");
        assert_eq!(serde_json::json!(Offset(at)), "2026-03-01T10:00:00.120+00:00");
        assert_eq!(serde_json::json!(Zulu(Timestamp::UNIX_EPOCH)), "1970-01-01T00:00:00.000Z");
    }
}
