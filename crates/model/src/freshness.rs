//! When a credential is refreshed.
//!
//! Early enough that a failed attempt can be repeated while the old token still works, late enough that short-lived
//! tokens are not refreshed all the time: the smaller of 15 minutes and a fifth of the token's life, unless the
//! catalog names a margin.

use jiff::{SignedDuration, Timestamp};

/// How long before its end a token is refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshMargin(SignedDuration);

impl RefreshMargin {
    const LONGEST: SignedDuration = SignedDuration::from_mins(15);

    /// The margin of a token obtained and ending at these times; `early_s` is the catalog's word.
    pub fn of(obtained_at: Option<Timestamp>, expires_at: Timestamp, early_s: Option<u64>) -> Self {
        if let Some(seconds) = early_s {
            return Self(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)));
        }
        let fifth = obtained_at.map(|start| expires_at.duration_since(start) / 5);
        Self(fifth.map_or(Self::LONGEST, |fifth| fifth.clamp(SignedDuration::ZERO, Self::LONGEST)))
    }
}

/// How a token stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Served as it is.
    Fresh,
    /// Still valid, but a refresh is due; served when the refresh fails.
    Due,
    /// No longer valid: only a refresh helps.
    Expired,
}

impl Freshness {
    /// The standing of a token at `now`. A token without a known end is fresh.
    pub fn at(now: Timestamp, expires_at: Option<Timestamp>, margin: RefreshMargin) -> Self {
        let Some(end) = expires_at else { return Self::Fresh };
        let left = end.duration_since(now);
        if left <= SignedDuration::ZERO {
            Self::Expired
        } else if left <= margin.0 {
            Self::Due
        } else {
            Self::Fresh
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(s: i64) -> Timestamp {
        Timestamp::from_second(s).expect("in range")
    }

    #[test]
    fn freshness_changes_at_the_margin_and_at_the_end() {
        // life, catalog margin, seconds since obtained, expected
        let table = [
            (3600, None, 2879, Freshness::Fresh),
            (3600, None, 2880, Freshness::Due), // a fifth of an hour is 12 minutes
            (3600, None, 3599, Freshness::Due),
            (3600, None, 3600, Freshness::Expired),
            (86_400, None, 86_400 - 901, Freshness::Fresh), // never more than 15 minutes
            (86_400, None, 86_400 - 900, Freshness::Due),
            (60, None, 47, Freshness::Fresh),
            (60, None, 48, Freshness::Due),
            (3600, Some(30), 3569, Freshness::Fresh),
            (3600, Some(30), 3570, Freshness::Due),
            (0, None, 0, Freshness::Expired),
        ];
        for (life, early, at, expected) in table {
            let margin = RefreshMargin::of(Some(second(0)), second(life), early);
            assert_eq!(
                Freshness::at(second(at), Some(second(life)), margin),
                expected,
                "{life} {early:?} {at}"
            );
        }
    }

    #[test]
    fn a_token_without_an_end_stays_fresh() {
        let margin = RefreshMargin::of(None, second(0), None);
        assert_eq!(Freshness::at(Timestamp::MAX, None, margin), Freshness::Fresh);
    }
}
