//! AWS Signature Version 4
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).

use aws_lc_rs::{digest, hmac};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};
use url::Url;
use vault::Secret;

use crate::message::RequestError;
use crate::parameters;

/// Everything but the unreserved characters is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same for a path, whose slashes stay.
const PATH: &AsciiSet = &ENCODED.remove(b'/');

/// Headers that others on the way may change or that the signature itself is in.
const UNSIGNED: [&str; 8] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "expect",
    "transfer-encoding",
    "user-agent",
    "x-amzn-trace-id",
];

/// A request that is about to be signed.
pub(crate) struct Draft<'a> {
    pub(crate) method: &'a Method,
    pub(crate) url: &'a mut Url,
    pub(crate) headers: &'a mut HeaderMap,
    pub(crate) payload: Payload<'a>,
}

/// The body as far as it is known.
#[derive(Clone, Copy)]
pub(crate) enum Payload<'a> {
    /// All of it.
    Bytes(&'a [u8]),
    /// It is streamed and not signed, which only S3 allows.
    Unsigned,
}

/// What signs.
pub(crate) struct Keys<'a> {
    pub(crate) id: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) session_token: Option<&'a str>,
}

/// What a signature is good for.
pub(crate) struct Scope<'a> {
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

/// Signs a request over all its headers. The query is rewritten in the form that is signed, so that no server can
/// read it otherwise.
pub(crate) fn sign(
    draft: &mut Draft<'_>,
    keys: &Keys<'_>,
    scope: &Scope<'_>,
    now: Timestamp,
) -> Result<(), RequestError> {
    let payload = match draft.payload {
        Payload::Bytes(bytes) => sha256_hex(bytes),
        Payload::Unsigned => "UNSIGNED-PAYLOAD".to_owned(),
    };
    let text = |text: &str, field: &str| {
        parameters::header_value(text).ok_or_else(|| RequestError::HeaderValue { field: field.to_owned() })
    };
    draft.headers.insert("x-amz-date", text(&stamp(now), "the time")?);
    draft.headers.insert("x-amz-content-sha256", text(&payload, "the digest of the body")?);
    if let Some(token) = keys.session_token {
        let mut token = text(token, "the session token")?;
        token.set_sensitive(true);
        draft.headers.insert("x-amz-security-token", token);
    }
    if draft.url.query().is_some() {
        let query = canonical_query(draft.url);
        draft.url.set_query(Some(&query).filter(|query| !query.is_empty()).map(String::as_str));
    }
    let mut signed = vec![("host".to_owned(), host(draft.url))];
    for name in draft.headers.keys().filter(|name| !UNSIGNED.contains(&name.as_str()) && *name != "host") {
        let values: Vec<String> = draft.headers.get_all(name).iter().map(trimmed).collect();
        signed.push((name.as_str().to_owned(), values.join(",")));
    }
    let value = authorization(draft.method, draft.url, signed, &payload, keys, scope, now);
    draft.headers.insert("authorization", parameters::authorization(&value, "the signature")?);
    Ok(())
}

/// The value of `authorization` over these headers. `payload` is the digest of the body in hex, or what stands for it.
pub(crate) fn authorization(
    method: &Method,
    url: &Url,
    mut headers: Vec<(String, String)>,
    payload: &str,
    keys: &Keys<'_>,
    scope: &Scope<'_>,
    now: Timestamp,
) -> String {
    headers.sort();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    let request = format!(
        "{method}\n{}\n{}\n{}\n\n{names}\n{payload}",
        canonical_path(url, scope.service),
        canonical_query(url),
        lines.join("\n"),
    );
    let stamp = stamp(now);
    let (day, _) = stamp.split_once('T').unwrap_or((&stamp, ""));
    let credential = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let to_sign = format!("AWS4-HMAC-SHA256\n{stamp}\n{credential}\n{}", sha256_hex(request.as_bytes()));
    let start = Secret::new(format!("AWS4{}", keys.secret).into_bytes());
    let parts = [day, scope.region, scope.service, "aws4_request"];
    let key = parts.iter().fold(start, |key, part| Secret::new(mac(key.expose(), part)));
    let signature = hex::encode(mac(key.expose(), &to_sign));
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{credential}, SignedHeaders={names}, Signature={signature}",
        keys.id
    )
}

/// The digest of a body in hex.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// The host as it stands in the request, with the port when it is not the usual one.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

pub(crate) fn stamp(now: Timestamp) -> String {
    now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The path, encoded once more than it is sent; S3 alone takes it as it is sent.
fn canonical_path(url: &Url, service: &str) -> String {
    if service == "s3" {
        let decoded: Vec<u8> = percent_encoding::percent_decode_str(url.path()).collect();
        return percent_encode(&decoded, PATH).to_string();
    }
    utf8_percent_encode(url.path(), PATH).to_string()
}

fn canonical_query(url: &Url) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let mut pairs: Vec<(String, String)> =
        url.query_pairs().map(|(name, value)| (encoded(&name), encoded(&value))).collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// A header value with single spaces inside and none around.
fn trimmed(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signs a request of the published examples and gives the signature.
    fn signature(
        method: &Method,
        url: &str,
        headers: &[(&str, &str)],
        payload: &str,
        scope: &Scope<'_>,
    ) -> String {
        let url = Url::parse(url).expect("a URL");
        let (now, id) = if scope.service == "s3" {
            ("2013-05-24T00:00:00Z", "AKIAIOSFODNN7EXAMPLE")
        } else {
            ("2015-08-30T12:36:00Z", "AKIDEXAMPLE")
        };
        let now: Timestamp = now.parse().expect("a time");
        let secret = if scope.service == "s3" {
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        } else {
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
        };
        let keys = Keys { id, secret, session_token: None };
        let mut signed: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        signed.push(("host".to_owned(), host(&url)));
        signed.push(("x-amz-date".to_owned(), stamp(now)));
        let value = authorization(method, &url, signed, payload, &keys, scope, now);
        value.rsplit_once('=').expect("it ends with the signature").1.to_owned()
    }

    #[test]
    fn the_published_test_suite_is_signed_as_published() {
        let scope = Scope { region: "us-east-1", service: "service" };
        let form = vec![("content-type", "application/x-www-form-urlencoded")];
        let trimmed = vec![("my-header1", "value1"), ("my-header2", "\"a b c\"")];
        let table = [
            (
                "get-vanilla",
                Method::GET,
                "/",
                vec![],
                "",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "post-vanilla",
                Method::POST,
                "/",
                vec![],
                "",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "get-vanilla-query-order-key-case",
                Method::GET,
                "/?Param2=value2&Param1=value1",
                vec![],
                "",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "get-unreserved",
                Method::GET,
                "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
                vec![],
                "",
                "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
            ),
            (
                "post-x-www-form-urlencoded",
                Method::POST,
                "/",
                form,
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
            (
                "get-header-value-trim",
                Method::GET,
                "/",
                trimmed,
                "",
                "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
            ),
        ];
        for (name, method, target, headers, body, expected) in table {
            let url = format!("https://example.amazonaws.com{target}");
            assert_eq!(
                signature(&method, &url, &headers, &sha256_hex(body.as_bytes()), &scope),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn the_example_of_the_manual_is_signed_as_it_says() {
        let scope = Scope { region: "us-east-1", service: "iam" };
        let url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08";
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        assert_eq!(
            signature(&Method::GET, url, &headers, &sha256_hex(b""), &scope),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }

    #[test]
    fn s3_takes_the_path_as_it_is_sent() {
        let scope = Scope { region: "us-east-1", service: "s3" };
        let empty = sha256_hex(b"");
        let root = "https://examplebucket.s3.amazonaws.com";
        let digest = [("x-amz-content-sha256", empty.as_str())];
        let range = [("range", "bytes=0-9"), digest[0]];
        assert_eq!(
            signature(&Method::GET, &format!("{root}/test.txt"), &range, &empty, &scope),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        assert_eq!(
            signature(&Method::GET, &format!("{root}/?lifecycle"), &digest, &empty, &scope),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        let body = sha256_hex(b"Welcome to Amazon S3.");
        let put = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("x-amz-content-sha256", body.as_str()),
        ];
        assert_eq!(
            signature(&Method::PUT, &format!("{root}/test$file.text"), &put, &body, &scope),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
    }

    #[test]
    fn the_query_is_sent_as_it_is_signed() {
        let mut url = Url::parse("https://example.amazonaws.com/a%20b?b=x+y&a=1%2B1&flag").expect("a URL");
        let mut headers = HeaderMap::new();
        let mut draft = Draft {
            method: &Method::GET,
            url: &mut url,
            headers: &mut headers,
            payload: Payload::Bytes(b""),
        };
        let keys = Keys { id: "AK", secret: "SK", session_token: Some("token") };
        let scope = Scope { region: "eu-west-1", service: "execute-api" };
        sign(&mut draft, &keys, &scope, Timestamp::UNIX_EPOCH).expect("nothing is missing");
        assert_eq!(url.as_str(), "https://example.amazonaws.com/a%20b?a=1%2B1&b=x%20y&flag=");
        assert_eq!(headers["x-amz-date"], "19700101T000000Z");
        assert!(headers["x-amz-security-token"].is_sensitive());
        let authorization = headers["authorization"].to_str().expect("text");
        assert!(
            authorization
                .contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"),
            "{authorization}"
        );
    }
}
