//! The text that is signed (RFC 5849 §3.4.1).

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode, utf8_percent_encode};
use url::Url;

/// Everything but the unreserved characters is encoded (§3.6).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value as it stands in headers and in the base string (§3.6).
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The base string. `protocol` are the `oauth_` parameters of the header; `form` is the body, where it is a form.
pub(super) fn of(method: &Method, url: &Url, protocol: &[(&str, String)], form: Option<&[u8]>) -> String {
    let mut parameters: Vec<(String, String)> =
        protocol.iter().map(|(name, value)| (encoded(name), encoded(value))).collect();
    let query = url.query().unwrap_or_default().as_bytes();
    for source in [query, form.unwrap_or_default()] {
        let pairs = source.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        parameters.extend(pairs.map(recoded));
    }
    parameters.sort();
    let pairs: Vec<String> = parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}&{}&{}", method.as_str(), encoded(&base_uri(url)), encoded(&pairs.join("&")))
}

/// A pair of a form, decoded and encoded again (§3.4.1.3.1, §3.6). The octets stay what they are, also where they are no
/// UTF-8: the server signs what it received.
fn recoded(pair: &[u8]) -> (String, String) {
    let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
    let half = |text: &[u8]| {
        let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        let octets: Vec<u8> = percent_decode(&spaced).collect();
        percent_encode(&octets, ENCODED).to_string()
    };
    (half(&pair[..at]), half(pair.get(at + 1..).unwrap_or_default()))
}

/// Scheme, host and path (§3.4.1.2). The URL has lower-cased the first two and dropped the usual port.
fn base_uri(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    #[test]
    fn the_base_string_of_the_standard_is_made() {
        // RFC 5849 §3.4.1.1.
        let url = Url::parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b").expect("a URL");
        let protocol = parameters(&[
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
        ]);
        let expected = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7";
        assert_eq!(of(&Method::POST, &url, &protocol, Some(b"c2&a3=2+q")), expected);
    }

    #[test]
    fn octets_that_are_no_text_are_signed_as_they_were_sent() {
        let url = Url::parse("https://example.com/?a=%FF").expect("a URL");
        let expected = "POST&https%3A%2F%2Fexample.com%2F&a%3D%25FF%26b%3D%25C3";
        assert_eq!(of(&Method::POST, &url, &[], Some(b"b=\xc3")), expected);
    }

    #[test]
    fn another_port_than_the_usual_one_is_part_of_the_address() {
        // RFC 5849 §3.4.1.2.
        for (url, expected) in [
            ("http://EXAMPLE.COM:80/r%20v/X?id=123", "http://example.com/r%20v/X"),
            ("https://www.example.net:8080/?q=1", "https://www.example.net:8080/"),
        ] {
            assert_eq!(base_uri(&Url::parse(url).expect("a URL")), expected);
        }
    }
}
