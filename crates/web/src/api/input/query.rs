//! Query strings as JavaScript clients write them: `a[b]=c` is a map, repeated names and `a[]=b` are lists.

use std::borrow::Cow;

use model::{Issue, IssueCode};

use super::object::Reading;
use super::rules::Flaw;

/// A query of which every parameter must be asked for.
pub(crate) struct Query<'a> {
    left: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    issues: Vec<Issue>,
}

impl<'a> Query<'a> {
    pub(super) fn parse(raw: &'a str) -> Self {
        Self { left: form_urlencoded::parse(raw.as_bytes()).collect(), issues: Vec::new() }
    }

    /// A parameter that must be there.
    pub(crate) fn required<T>(&mut self, name: &str, rule: impl Fn(&str) -> Result<T, Flaw>) -> Option<T> {
        if !self.left.iter().any(|(given, _)| base(given) == name) {
            self.issues.push(Issue::new(IssueCode::InvalidType, [name], "is required"));
            return None;
        }
        self.optional(name, rule)
    }

    /// A parameter that may be absent. `None` also stands for a problem, which is kept.
    pub(crate) fn optional<T>(&mut self, name: &str, rule: impl Fn(&str) -> Result<T, Flaw>) -> Option<T> {
        let (given, value) = self.take(name)?;
        let is_plain = given == name && !self.left.iter().any(|(other, _)| base(other) == name);
        if !is_plain {
            self.left.retain(|(other, _)| base(other) != name);
            self.issues.push(Issue::new(IssueCode::InvalidType, [name], "must be given once, as one text"));
            return None;
        }
        rule(&value).map_err(|flaw| self.issues.push(Issue::new(flaw.code, [name], flaw.message))).ok()
    }

    /// A yes or no; absent means no.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        if self.left.iter().any(|(given, _)| base(given) == name) {
            self.optional(name, yes_or_no)
        } else {
            Some(false)
        }
    }

    /// All values of a list parameter: `a=x&a=y`, `a[]=x` or `a[0]=x`.
    pub(crate) fn all(&mut self, name: &str) -> Vec<Cow<'a, str>> {
        let is_index = |inner: &str| inner.bytes().all(|b| b.is_ascii_digit());
        let wanted = |given: &str| given == name || inner(given, name).is_some_and(is_index);
        self.left.extract_if(.., |(given, _)| wanted(given)).map(|(_, value)| value).collect()
    }

    /// The pairs of a map parameter: `a[key]=value`.
    pub(crate) fn map(&mut self, name: &str) -> Vec<(String, String)> {
        let wanted = |given: &str| inner(given, name).is_some_and(|key| !key.is_empty());
        let pairs = self.left.extract_if(.., |(given, _)| wanted(given));
        pairs
            .filter_map(|(given, value)| Some((inner(&given, name)?.to_owned(), value.into_owned())))
            .collect()
    }

    /// A problem the caller found.
    pub(crate) fn issues(&mut self, found: impl IntoIterator<Item = Issue>) {
        self.issues.extend(found);
    }

    pub(super) fn finish<T>(mut self, built: Option<T>) -> Reading<T> {
        if !self.left.is_empty() {
            let mut names: Vec<_> =
                self.left.iter().map(|(name, _)| format!("\"{}\"", base(name).escape_debug())).collect();
            names.dedup();
            let message = format!("unknown parameter: {}", names.join(", "));
            self.issues.push(Issue::new(IssueCode::UnrecognizedKeys, [] as [&str; 0], message));
        }
        // Nothing was built only when a problem was kept, so the list is not empty then.
        built.filter(|_| self.issues.is_empty()).ok_or(self.issues)
    }

    fn take(&mut self, name: &str) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
        let at = self.left.iter().position(|(given, _)| base(given) == name)?;
        Some(self.left.remove(at))
    }
}

/// The name in front of the brackets.
fn base(given: &str) -> &str {
    given.split_once('[').map_or(given, |(base, _)| base)
}

/// What stands in the brackets after a name.
fn inner<'g>(given: &'g str, name: &str) -> Option<&'g str> {
    given.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')
}

fn yes_or_no(text: &str) -> Result<bool, Flaw> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" | "y" | "enabled" => Ok(true),
        "false" | "0" | "no" | "off" | "n" | "disabled" => Ok(false),
        _ => Err(Flaw::new(IssueCode::InvalidValue, "must be true or false")),
    }
}

/// A whole number in a range, read as JavaScript reads numbers: blanks around it and an exponent are fine, an empty
/// text is 0, a fraction is cut off.
pub(crate) fn whole_number(least: u32, most: u32) -> impl Fn(&str) -> Result<u32, Flaw> {
    move |text| {
        let text = text.trim();
        let number: f64 = match (text, text.strip_prefix("0x")) {
            ("", _) => 0.0,
            (_, Some(digits)) => u32::from_str_radix(digits, 16).map(f64::from).map_err(|_| no_number())?,
            (text, None) => text.parse().map_err(|_| no_number())?,
        };
        if number.is_nan() {
            return Err(no_number());
        }
        if number < f64::from(least) {
            return Err(Flaw::new(IssueCode::TooSmall, format!("must be at least {least}")));
        }
        if number >= f64::from(most) + 1.0 {
            return Err(Flaw::new(IssueCode::TooBig, format!("must be at most {most}")));
        }
        // The range was checked above, so that nothing is lost but the fraction.
        Ok(to_whole(number))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the caller has checked the range"
)]
const fn to_whole(number: f64) -> u32 {
    number as u32
}

fn no_number() -> Flaw {
    Flaw::new(IssueCode::InvalidType, "must be a number")
}

#[cfg(test)]
mod tests {
    use super::super::length;
    use super::*;

    #[test]
    fn words_for_yes_and_no_are_understood() {
        for (text, meaning) in
            [("true", Some(true)), ("ON", Some(true)), ("n", Some(false)), ("", None), (" 1", None)]
        {
            assert_eq!(yes_or_no(text).ok(), meaning, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_read_as_javascript_reads_them() {
        for (text, number) in [
            ("1e1", Ok(10)),
            ("0x2", Ok(2)),
            (" 7 ", Ok(7)),
            ("1.5", Ok(1)),
            ("2000", Ok(2000)),
            ("2001", Err(IssueCode::TooBig)),
            ("Infinity", Err(IssueCode::TooBig)),
            ("", Err(IssueCode::TooSmall)),
            ("-1", Err(IssueCode::TooSmall)),
            ("abc", Err(IssueCode::InvalidType)),
            ("NaN", Err(IssueCode::InvalidType)),
        ] {
            assert_eq!(whole_number(1, 2000)(text).map_err(|flaw| flaw.code), number, "{text:?}");
        }
    }

    #[test]
    fn lists_and_maps_are_told_apart() {
        let mut query = Query::parse("include=a&include=b&include[]=c&include%5B0%5D=d&tags%5BFoo%5D=x");
        assert_eq!(query.all("include"), ["a", "b", "c", "d"]);
        assert_eq!(query.map("tags"), [("Foo".to_owned(), "x".to_owned())]);
        assert!(query.finish(Some(())).is_ok());
    }

    #[test]
    fn a_repeated_or_unknown_parameter_is_a_problem() {
        let mut query = Query::parse("a=1&a=2&b=3");
        assert_eq!(query.optional("a", length(1, 9)), None);
        let codes: Vec<_> = query.finish(Some(())).expect_err("two").iter().map(|issue| issue.code).collect();
        assert_eq!(codes, [IssueCode::InvalidType, IssueCode::UnrecognizedKeys]);
    }

    #[test]
    fn an_absent_flag_is_no() {
        let mut query = Query::parse("yes=1");
        assert_eq!((query.flag("yes"), query.flag("other")), (Some(true), Some(false)));
    }
}
