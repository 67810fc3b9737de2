//! Templates of URLs: a value is written for the part of the URL it stands in.

use catalog::Alternatives;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{Piece, Values, fill_piece, read};

/// All but the unreserved characters (RFC 3986 §2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The first alternative that can be filled, as a URL.
pub(crate) fn fill_address(templates: &Alternatives, values: &Values<'_>) -> Option<Url> {
    templates.iter().find_map(|template| address(template.source(), None, values))
}

/// The same where a path is one below the root of the API.
pub(crate) fn fill_address_below(
    templates: &Alternatives,
    root: Option<&Url>,
    values: &Values<'_>,
) -> Option<Url> {
    templates.iter().find_map(|template| address(template.source(), root, values))
}

/// One template as a URL.
pub(crate) fn address(source: &str, root: Option<&Url>, values: &Values<'_>) -> Option<Url> {
    let mut text = String::new();
    if source.starts_with('/') {
        root?.as_str().trim_end_matches('/').clone_into(&mut text);
    }
    for (index, piece) in read(source).iter().enumerate() {
        let value = fill_piece(piece, values)?;
        if matches!(piece, Piece::Text(_)) {
            if index > 0 && value.starts_with('/') {
                text.truncate(text.trim_end_matches('/').len());
            }
            text.push_str(&value);
            continue;
        }
        let behind_host = text.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?']));
        if text.contains('?') {
            text.extend(form_urlencoded::byte_serialize(value.as_bytes()));
        } else if behind_host {
            text.extend(utf8_percent_encode(&value, SEGMENT));
        } else {
            text.push_str(&value);
        }
    }
    Url::parse(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_for_their_place() {
        let values = |name: &str| match name {
            "base" => Some("https://a.example.org/x/".to_owned()),
            "host" => Some("tenant".to_owned()),
            _ => Some("a b/c&d".to_owned()),
        };
        let root = Url::parse("https://api.example.org/v1/").expect("a URL");
        for (source, expected) in [
            ("https://{host}.example.org/{v}/y", "https://tenant.example.org/a%20b%2Fc%26d/y"),
            ("https://{host}.example.org/y?q={v}", "https://tenant.example.org/y?q=a+b%2Fc%26d"),
            ("{base}/y", "https://a.example.org/x/y"),
            ("/me/{v}", "https://api.example.org/v1/me/a%20b%2Fc%26d"),
        ] {
            let filled = address(source, Some(&root), &values);
            assert_eq!(filled.as_ref().map(Url::as_str), Some(expected), "{source}");
        }
    }
}
