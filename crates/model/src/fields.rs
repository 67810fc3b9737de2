//! Values that operators and end users enter, checked against what the catalog says of each field.

use catalog::input::{Input, Kind};
use regex::RegexBuilder;
use url::Url;

use crate::end_user::is_email;
use crate::issue::{Issue, IssueCode};

const LONGEST_VALUE: usize = 8192;

/// Checks one value; the issue's path is the field's name on the wire. Messages never repeat the value, which may be
/// secret.
pub fn check(input: &Input, value: &str) -> Result<(), Issue> {
    let issue = |code, message: String| Err(Issue::new(code, [input.wire_name()], message));
    let label = &input.label;
    if value.is_empty() {
        return if input.required {
            issue(IssueCode::TooSmall, format!("{label} is required"))
        } else {
            Ok(())
        };
    }
    if value.len() > LONGEST_VALUE {
        return issue(IssueCode::TooBig, format!("{label} has at most {LONGEST_VALUE} characters"));
    }
    if has_forbidden_control(input.kind, value) {
        return issue(
            IssueCode::InvalidFormat,
            format!("{label} must not hold line breaks or control characters"),
        );
    }
    if let Some(says) = wrong_kind(input, value) {
        return issue(IssueCode::InvalidFormat, format!("{label} {says}"));
    }
    if input.kind == Kind::Enum && !input.choices.iter().any(|choice| choice == value) {
        return issue(
            IssueCode::InvalidValue,
            format!("{label} must be one of: {}", input.choices.join(", ")),
        );
    }
    if !matches_pattern(input, value) {
        let hint =
            input.example.as_ref().map(|example| format!(", for example {example}")).unwrap_or_default();
        return issue(IssueCode::InvalidFormat, format!("{label} does not have the expected form{hint}"));
    }
    Ok(())
}

/// Whether a value that may end up in a header could break out of it (RFC 9110 §5.5).
pub fn breaks_headers(value: &str) -> bool {
    value.chars().any(char::is_control)
}

fn has_forbidden_control(kind: Kind, value: &str) -> bool {
    let allowed = |c| kind == Kind::Text && matches!(c, '\n' | '\r' | '\t');
    value.chars().any(|c| c.is_control() && !allowed(c))
}

fn wrong_kind(input: &Input, value: &str) -> Option<&'static str> {
    let fits = match input.kind {
        Kind::String | Kind::Text | Kind::Enum => true,
        Kind::Hostname => is_hostname(value),
        Kind::Hosts => hosts(value).all(|host| is_hostname(host) || is_below(host)),
        Kind::Url => is_url(value),
        Kind::Uuid => uuid::Uuid::try_parse(value).is_ok(),
        Kind::Email => is_email(value),
    };
    if fits {
        return None;
    }
    Some(match input.kind {
        Kind::Hostname => "must be a host name such as app.example.com, without https:// and without a path",
        Kind::Hosts => {
            "must be host names, separated by commas; *.example.com means every host below example.com"
        }
        Kind::Url => "must be a full URL that begins with https://",
        Kind::Uuid => "must be a UUID",
        Kind::Email => "must be an e-mail address",
        Kind::String | Kind::Text | Kind::Enum => "is not valid",
    })
}

/// A host name of letters, digits, hyphens and dots, with an optional port. The port is for servers on one's own
/// premises; whether they may be reached is for the egress rules to say.
fn is_hostname(value: &str) -> bool {
    let (host, port) = value.split_once(':').map_or((value, None), |(host, port)| (host, Some(port)));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253
        && host.split('.').all(label)
        && port.is_none_or(|port| {
            !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
        })
}

/// The host names of a list.
fn hosts(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

/// `*.` and a domain of at least two labels.
fn is_below(host: &str) -> bool {
    host.strip_prefix("*.").is_some_and(|domain| domain.contains('.') && is_hostname(domain))
}

/// Whether a host name or URL leads to a host of a list. An empty list holds every host. A port has to be listed with its
/// host.
pub fn is_among(list: &str, value: &str) -> bool {
    if list.trim().is_empty() {
        return true;
    }
    let url = Url::parse(value).ok().filter(|_| is_url(value));
    let value = match &url {
        Some(url) => url.authority(),
        None if is_hostname(value) => value,
        None => return false,
    };
    let names = |host: &str| match host.strip_prefix('*') {
        Some(end) => {
            let split = value.len().checked_sub(end.len()).filter(|split| *split > 0);
            split.and_then(|split| value.get(split..)).is_some_and(|last| last.eq_ignore_ascii_case(end))
        }
        None => host.eq_ignore_ascii_case(value),
    };
    hosts(list).any(names)
}

/// An absolute URL without user information. Plain http is left to the egress rules, which allow it only where the
/// operator said so.
fn is_url(value: &str) -> bool {
    // The parser takes `https:host` and reads `\` as `/`; templates do not.
    let is_plain = value.contains("://") && !value.contains(|c: char| c == '\\' || c.is_whitespace());
    let parsed = Url::parse(value).ok().filter(|_| is_plain);
    parsed.is_some_and(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.host_str().is_some_and(|host| !host.is_empty())
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
    })
}

fn matches_pattern(input: &Input, value: &str) -> bool {
    let Some(pattern) = &input.pattern else { return true };
    // A pattern that does not compile is a fault of the catalog, which its linter refuses; here it lets nothing pass.
    RegexBuilder::new(pattern).size_limit(1 << 20).build().is_ok_and(|regex| regex.is_match(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(kind: Kind) -> Input {
        Input {
            wire: Some("fieldWire".to_owned()),
            kind,
            choices: vec!["eu".to_owned(), "us".to_owned()],
            ..Input::new("field", "Field")
        }
    }

    #[test]
    fn values_must_fit_their_kind() {
        let table = [
            (Kind::Hostname, "acme.example.com", true),
            (Kind::Hostname, "127.0.0.1:8080", true),
            (Kind::Hostname, "evil.com/", false),
            (Kind::Hostname, "a@evil.com", false),
            (Kind::Hostname, "evil.com#", false),
            (Kind::Hostname, "https://evil.com", false),
            (Kind::Hostname, "a..b", false),
            (Kind::Hostname, "a:99999", false),
            (Kind::Hosts, "a.example, *.b.example:8443", true),
            (Kind::Hosts, "a.example,", false),
            (Kind::Hosts, "*", false),
            (Kind::Hosts, "*.com", false),
            (Kind::Hosts, "a.*.example", false),
            (Kind::Hosts, "https://a.example", false),
            (Kind::Url, "https://x.example/path", true),
            (Kind::Url, "https://u:p@x.example", false),
            (Kind::Url, "https:x.example", false),
            (Kind::Url, "https:\\\\x.example", false),
            (Kind::Url, "https://x.example ", false),
            (Kind::Url, "javascript:alert(1)", false),
            (Kind::Url, "x.example", false),
            (Kind::Enum, "eu", true),
            (Kind::Enum, "EU", false),
            (Kind::Email, "a@b.co", true),
            (Kind::Email, "a", false),
            (Kind::String, "a\r\nx-evil: 1", false),
            (Kind::Text, "-----BEGIN\nEND-----", true),
            (Kind::Text, "a\0b", false),
            (Kind::String, "", false),
        ];
        for (kind, value, fits) in table {
            assert_eq!(check(&input(kind), value).is_ok(), fits, "{kind:?} {value:?}");
        }
    }

    #[test]
    fn a_pattern_is_applied_and_the_wire_name_reported() {
        let mut field = input(Kind::String);
        field.pattern = Some("^[a-z]+$".to_owned());
        assert!(check(&field, "abc").is_ok());
        let issue = check(&field, "abc1").expect_err("digits are not allowed");
        assert_eq!(issue.path, ["fieldWire"]);
        assert!(!issue.message.contains("abc1"));
    }

    #[test]
    fn an_optional_field_may_be_empty() {
        let mut field = input(Kind::Url);
        field.required = false;
        assert!(check(&field, "").is_ok());
    }

    #[test]
    fn hosts_are_told_from_those_that_look_like_them() {
        let list = "acme.example, *.cloud.example, *.b.example:8443";
        for (value, is_listed) in [
            ("acme.example", true),
            ("ACME.example", true),
            ("x.acme.example", false),
            ("acme.example.evil.example", false),
            ("acme.example:8443", false),
            ("a.cloud.example", true),
            ("a.b.Cloud.example", true),
            ("cloud.example", false),
            (".cloud.example", false),
            ("evilcloud.example", false),
            ("a.b.example:8443", true),
            ("a.b.example", false),
            ("https://a.cloud.example/path", true),
            ("https://a.cloud.example:443/", true),
            ("https://evil.example/.cloud.example", false),
            ("https://evil.example/?acme.example", false),
            ("evil.example/.cloud.example", false),
            ("https://u@a.cloud.example/", false),
            ("", false),
        ] {
            assert_eq!(is_among(list, value), is_listed, "{value}");
        }
        assert!(is_among("", "any.example") && is_among(" ", "any.example"));
    }
}
