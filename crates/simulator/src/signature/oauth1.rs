//! Signatures of OAuth 1.0a (RFC 5849 §3), judged from the request that arrived.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::provider::SignatureMethod;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use crate::arrived::Arrived;
use crate::knowledge::encoded;
use crate::spec::Want;

/// What a request has to be signed with.
#[derive(Clone)]
pub(crate) struct Signing {
    pub(crate) method: SignatureMethod,
    pub(crate) consumer_key: String,
    pub(crate) consumer_secret: String,
    /// The token and its secret, when there is one.
    pub(crate) token: Option<(String, String)>,
    pub(crate) realm: Option<String>,
    /// Further protocol parameters, such as `oauth_verifier`.
    pub(crate) more: Vec<(&'static str, Want)>,
    pub(crate) now: Timestamp,
    /// Nonces that were used.
    pub(crate) used: Vec<String>,
}

/// The protocol parameters of a request's `authorization` header (§3.5.1), the realm among them.
pub(crate) fn parameters(header: &str) -> Result<Vec<(String, String)>, String> {
    let rest = header.strip_prefix("OAuth ").ok_or("it is not OAuth")?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    rest.split(',')
        .map(|part| {
            let (name, value) = part.trim().split_once('=').ok_or("a part has no value")?;
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            Ok((decoded(name), decoded(value.ok_or("a value is not quoted")?)))
        })
        .collect()
}

/// One protocol parameter.
pub(crate) fn parameter(arrived: &Arrived, name: &str) -> Option<String> {
    let found = parameters(arrived.header("authorization")?).ok()?;
    found.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// Whether the request is signed as it has to be.
pub(crate) fn judge(signing: &Signing, arrived: &Arrived) -> Result<(), String> {
    let header = arrived.header("authorization").ok_or("there is no authorization header")?;
    let mut found = parameters(header)?;
    let mut take = |name: &str| {
        let at = found.iter().position(|(known, _)| known == name)?;
        Some(found.remove(at).1)
    };
    if take("realm") != signing.realm {
        return Err(format!("its realm is not {:?}", signing.realm));
    }
    let signature = take("oauth_signature").ok_or("it has no signature")?;
    let signed = found.clone();
    let mut expect = |name: &str, judge: &dyn Fn(&str) -> Result<(), String>| {
        let at = found.iter().position(|(known, _)| known == name).ok_or(format!("{name} is missing"))?;
        judge(&found.remove(at).1).map_err(|why| format!("{name} {why}"))
    };
    expect("oauth_consumer_key", &|value| Want::Is(signing.consumer_key.clone()).judge(value))?;
    expect("oauth_signature_method", &|value| Want::Is(method_name(signing.method).to_owned()).judge(value))?;
    if let Some((token, _)) = &signing.token {
        expect("oauth_token", &|value| Want::Is(token.clone()).judge(value))?;
    }
    for (name, want) in &signing.more {
        expect(name, &|value| want.judge(value))?;
    }
    expect("oauth_timestamp", &|value| Want::Is(signing.now.as_second().to_string()).judge(value))?;
    expect("oauth_nonce", &|nonce| {
        let is_new = nonce.len() >= 16 && !signing.used.iter().any(|used| used == nonce);
        if is_new { Ok(()) } else { Err("can be guessed or was used".to_owned()) }
    })?;
    found.retain(|(name, value)| !(name == "oauth_version" && value == "1.0"));
    if let Some((name, _)) = found.first() {
        return Err(format!("{name} is unexpected"));
    }
    let wanted = signature_of(signing, arrived, &signed)?;
    if signature == wanted { Ok(()) } else { Err(format!("the signature is {signature}, not {wanted}")) }
}

const fn method_name(method: SignatureMethod) -> &'static str {
    match method {
        SignatureMethod::HmacSha1 => "HMAC-SHA1",
        SignatureMethod::HmacSha256 => "HMAC-SHA256",
        SignatureMethod::RsaSha1 => "RSA-SHA1",
        SignatureMethod::Plaintext => "PLAINTEXT",
    }
}

fn signature_of(signing: &Signing, arrived: &Arrived, signed: &[(String, String)]) -> Result<String, String> {
    let secret = signing.token.as_ref().map(|(_, secret)| secret.as_str()).unwrap_or_default();
    let key = format!("{}&{}", encoded(&signing.consumer_secret), encoded(secret));
    let algorithm = match signing.method {
        SignatureMethod::Plaintext => return Ok(key),
        SignatureMethod::HmacSha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        SignatureMethod::HmacSha256 => hmac::HMAC_SHA256,
        SignatureMethod::RsaSha1 => return Err("RSA-SHA1 is not played".to_owned()),
    };
    let text = base_string(arrived, signed);
    Ok(STANDARD.encode(hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), text.as_bytes())))
}

/// The signature base string (§3.4.1): method, address, and all parameters sorted by their encoded form.
fn base_string(arrived: &Arrived, signed: &[(String, String)]) -> String {
    let mut pairs: Vec<(String, String)> = arrived.query();
    pairs.extend_from_slice(signed);
    let media = arrived.header("content-type").unwrap_or_default();
    if media.starts_with("application/x-www-form-urlencoded") {
        pairs.extend(form_urlencoded::parse(&arrived.body).into_owned());
    }
    let mut pairs: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| (encoded(name), encoded(value))).collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut address = arrived.url.clone();
    address.set_query(None);
    format!("{}&{}&{}", arrived.method, encoded(address.as_str()), encoded(&pairs.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 5849 §3.1 and its base string of §3.4.1.1.
    #[test]
    fn the_base_string_is_that_of_the_specification() {
        let request = http::Request::post("/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b")
            .header("host", "example.com")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(b"c2&a3=2+q".to_vec())
            .expect("a request");
        let arrived = Arrived::new(request, "example.com").expect("a whole request");
        let signed = [
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = "POST&https%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D\
             %26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26\
             oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7";
        assert_eq!(base_string(&arrived, &signed), expected);
    }
}
