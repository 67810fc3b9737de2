//! Time and chance of one request, as templates use them: `{now}` and `{random.uuid}`.
//!
//! Both are the same at each use within one request, so that a header and a signature over it agree.

use catalog::template::Moment;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The form of `{now}` without a format of its own: ISO 8601 with milliseconds.
const ISO: &str = "%Y-%m-%dT%H:%M:%S%.3fZ";

/// The time and the chance that one request is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    /// The time.
    pub now: Timestamp,
    /// Fresh chance.
    pub random: [u8; 16],
}

impl Occasion {
    /// The chance as a UUID of version 4 (RFC 9562 §5.4).
    pub(crate) fn uuid(&self) -> String {
        uuid::Builder::from_random_bytes(self.random).into_uuid().to_string()
    }

    /// The text of a moment; nothing when its format is unknown or the time lies outside the calendar.
    pub(crate) fn text(&self, moment: &Moment) -> Option<String> {
        let at = self.now.checked_add(SignedDuration::from_secs(moment.shift_s)).ok()?;
        let format = moment.format.as_deref().unwrap_or(ISO);
        jiff::fmt::strtime::format(format, &at.to_zoned(TimeZone::UTC)).ok()
    }
}

#[cfg(test)]
mod tests {
    use catalog::{Placeholder, Template};

    use super::*;

    #[test]
    fn a_moment_is_written_as_its_template_says() {
        let occasion = Occasion { now: Timestamp::constant(1_700_000_000, 123_000_000), random: [7; 16] };
        for (source, expected) in [
            ("{now}", "2023-11-14T22:13:20.123Z"),
            ("{now:%s}", "1700000000"),
            ("{now+1d:%Y-%m-%d}", "2023-11-15"),
            ("{now-20s:%s}", "1699999980"),
        ] {
            let template = Template::parse(source).expect("the test template is well formed");
            let written: Vec<Option<String>> =
                template
                    .placeholders()
                    .into_iter()
                    .map(|placeholder| {
                        if let Placeholder::Now(moment) = placeholder { occasion.text(moment) } else { None }
                    })
                    .collect();
            assert_eq!(written, [Some(expected.to_owned())], "{source}");
        }
    }

    #[test]
    fn the_chance_becomes_a_uuid_of_version_4() {
        let occasion = Occasion { now: Timestamp::UNIX_EPOCH, random: [0xff; 16] };
        assert_eq!(occasion.uuid(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
