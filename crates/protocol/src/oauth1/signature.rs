//! Signing (RFC 5849 §3.1, §3.4, §3.5.1).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::provider::SignatureMethod;
use http::{HeaderValue, Method};
use url::Url;
use vault::Secret;

use super::base_string::{self, encoded};
use super::rsa_sha1;
use crate::fields::Client;
use crate::message::RequestError;
use crate::occasion::Occasion;
use crate::parameters;

/// Everything that signs one request.
pub(crate) struct Signer<'a> {
    /// The method.
    pub(crate) method: SignatureMethod,
    /// The client. For RSA its secret is the private key, PEM.
    pub(crate) client: &'a Client,
    /// The token and its secret; none for the first request.
    pub(crate) token: Option<(&'a str, &'a Secret<String>)>,
    /// The realm, which is not signed (§3.5.1).
    pub(crate) realm: Option<String>,
    /// The time, and the chance that becomes the nonce (§3.3).
    pub(crate) occasion: Occasion,
}

impl Signer<'_> {
    /// The `authorization` header. `more` are further `oauth_` parameters; `form` is the body, where it is a form.
    pub(crate) fn header(
        &self,
        method: &Method,
        url: &Url,
        more: &[(&'static str, &str)],
        form: Option<&[u8]>,
    ) -> Result<HeaderValue, RequestError> {
        let mut protocol = self.parameters(more);
        let base = base_string::of(method, url, &protocol, form);
        let token_secret = self.token.map(|(_, secret)| secret.expose().as_str());
        protocol.push(("oauth_signature", signature(self.method, &base, self.client, token_secret)?));
        let realm = self.realm.iter().map(|realm| format!("realm=\"{}\"", quoted(realm)));
        let rest = protocol.iter().map(|(name, value)| format!("{name}=\"{}\"", encoded(value)));
        let pairs: Vec<String> = realm.chain(rest).collect();
        parameters::authorization(&format!("OAuth {}", pairs.join(", ")), "the realm")
    }

    fn parameters(&self, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        let mut protocol = vec![
            ("oauth_consumer_key", self.client.id.clone()),
            ("oauth_signature_method", name(self.method).to_owned()),
            ("oauth_timestamp", self.occasion.now.as_second().to_string()),
            ("oauth_nonce", hex::encode(self.occasion.random)),
            ("oauth_version", "1.0".to_owned()),
        ];
        protocol.extend(self.token.map(|(token, _)| ("oauth_token", token.to_owned())));
        protocol.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        protocol
    }
}

/// The signature of a base string.
fn signature(
    method: SignatureMethod,
    base: &str,
    client: &Client,
    token_secret: Option<&str>,
) -> Result<String, RequestError> {
    let client_secret = client.secret.as_ref().map_or("", |secret| secret.expose());
    let key =
        Secret::new(format!("{}&{}", encoded(client_secret), encoded(token_secret.unwrap_or_default())));
    let mac = |algorithm| {
        let key = hmac::Key::new(algorithm, key.expose().as_bytes());
        STANDARD.encode(hmac::sign(&key, base.as_bytes()))
    };
    Ok(match method {
        SignatureMethod::HmacSha1 => mac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        SignatureMethod::HmacSha256 => mac(hmac::HMAC_SHA256),
        SignatureMethod::RsaSha1 => STANDARD.encode(rsa_sha1::sign(client_secret, base.as_bytes())?),
        SignatureMethod::Plaintext => key.into_inner(),
    })
}

const fn name(method: SignatureMethod) -> &'static str {
    match method {
        SignatureMethod::HmacSha1 => "HMAC-SHA1",
        SignatureMethod::HmacSha256 => "HMAC-SHA256",
        SignatureMethod::RsaSha1 => "RSA-SHA1",
        SignatureMethod::Plaintext => "PLAINTEXT",
    }
}

/// A text in a quoted string (RFC 9110 §5.6.4).
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(secret: &str) -> Client {
        Client { id: "dpf43f3p2l4k3l03".to_owned(), secret: Some(Secret::new(secret.to_owned())) }
    }

    #[test]
    fn the_requests_of_the_standard_are_signed_as_it_says() {
        // RFC 5849 §1.2: temporary credentials, token credentials, a protected resource.
        let table = [
            (
                Method::POST,
                "https://photos.example.net/initiate",
                vec![
                    ("oauth_timestamp", "137131200"),
                    ("oauth_nonce", "wIjqoS"),
                    ("oauth_callback", "http://printer.example.com/ready"),
                ],
                None,
                "74KNZJeDHnMBp0EMJ9ZHt/XKycU=",
            ),
            (
                Method::POST,
                "https://photos.example.net/token",
                vec![
                    ("oauth_token", "hh5s93j4hdidpola"),
                    ("oauth_timestamp", "137131201"),
                    ("oauth_nonce", "walatlh"),
                    ("oauth_verifier", "hfdp7dh39dks9884"),
                ],
                Some("hdhd0244k9j7ao03"),
                "gKgrFCywp7rO0OXSjdot/IHF7IU=",
            ),
            (
                Method::GET,
                "http://photos.example.net/photos?file=vacation.jpg&size=original",
                vec![
                    ("oauth_token", "nnch734d00sl2jdk"),
                    ("oauth_timestamp", "137131202"),
                    ("oauth_nonce", "chapoH"),
                ],
                Some("pfkkdhi9sl3r4s00"),
                "MdpQcU8iPSUjWoN/UDMsK2sui9I=",
            ),
        ];
        for (method, url, own, token_secret, expected) in table {
            let mut protocol: Vec<(&str, String)> =
                own.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            protocol.push(("oauth_consumer_key", "dpf43f3p2l4k3l03".to_owned()));
            protocol.push(("oauth_signature_method", "HMAC-SHA1".to_owned()));
            let base = base_string::of(&method, &Url::parse(url).expect("a URL"), &protocol, None);
            let client = client("kd94hf93k423kf44");
            let signed = signature(SignatureMethod::HmacSha1, &base, &client, token_secret);
            assert_eq!(signed.as_deref(), Ok(expected), "{url}");
        }
    }

    #[test]
    fn plaintext_is_both_secrets_encoded() {
        // RFC 5849 §3.4.4.
        let signed =
            signature(SignatureMethod::Plaintext, "", &client("j49sk3j29djd&"), Some("dh893hdasih9"));
        assert_eq!(signed.as_deref(), Ok("j49sk3j29djd%26&dh893hdasih9"));
        let signed = signature(SignatureMethod::Plaintext, "", &client("j49sk3j29djd"), None);
        assert_eq!(signed.as_deref(), Ok("j49sk3j29djd&"));
    }
}
