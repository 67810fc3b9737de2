//! Clients that show a certificate (RFC 8705).

use engine::{Error, Submitted};
use protocol::Credential;
use serde_json::json;

use crate::fixtures::{Established, FORCED, listed, refused, submitted, succeeded};
use crate::own::own_with;
use crate::vendor::{Answer, Asked};

const PROVIDER: &str = r#"
[token]
url = "{integration.root}/token"
[mutual_tls]
certificate = "{credential.client_certificate}"
private_key = "{credential.client_private_key}"
[[inputs.credential]]
name = "client_id"
label = "Client ID"
[[inputs.credential]]
name = "client_secret"
label = "Client secret"
secret = true
[[inputs.credential]]
name = "client_certificate"
kind = "text"
label = "Client certificate"
secret = true
[[inputs.credential]]
name = "client_private_key"
kind = "text"
label = "Client private key"
secret = true
"#;

/// Made for this test and used nowhere else.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n\
MIIBijCCAS+gAwIBAgIUcogVsSc5XWmVQbhFS/2QWqVROSIwCgYIKoZIzj0EAwIw\n\
GTEXMBUGA1UEAwwOY2xpZW50LmV4YW1wbGUwIBcNMjYxMTIyMTMxNjU2WhgPMjEy\n\
NjEwMjkxMzE2NTZaMBkxFzAVBgNVBAMMDmNsaWVudC5leGFtcGxlMFkwEwYHKoZI\n\
zj0CAQYIKoZIzj0DAQcDQgAEtboGnBpLhXUa7LjzKJBolFRgZFQFmNC7qeFV2ZWU\n\
wc7u/ZuDIRbC9vP5wmD7tuSEUlFg+8oWOpUzjH3m9vHaNaNTMFEwHQYDVR0OBBYE\n\
FDxlhk9fJVvMVvEMZTGmrdJ7pFFiMB8GA1UdIwQYMBaAFDxlhk9fJVvMVvEMZTGm\n\
rdJ7pFFiMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAPXOzcAS\n\
+O9BMJTZkfr8bhmbBB9P4YUH+QMlnMQ41rfCAiEAv5gqwDoDwH74BzEbxYvnv02Y\n\
VOZzG/uGcSzJVW8o0fI=\n\
-----END CERTIFICATE-----\n";
const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8244Qpb+ahqQw9Tj\n\
RsJIufqJeTHmMvTNYsv5T9XFMLqhRANCAAS1ugacGkuFdRrsuPMokGiUVGBkVAWY\n\
0Lup4VXZlZTBzu79m4MhFsL28/nCYPu25IRSUWD7yhY6lTOMfeb28do1\n\
-----END PRIVATE KEY-----\n";

fn script(asked: &Asked, _: &str) -> Answer {
    match asked.path.as_str() {
        "/token" => Answer::json(200, &json!({"access_token": "at", "expires_in": 3600})),
        _ => Answer::nothing(),
    }
}

#[tokio::test]
async fn the_certificate_is_kept_with_the_client_and_shown_again() {
    own_with("oauth2_client_credentials", PROVIDER, None, &[], script, async |world, vendor, integration| {
        let entered = [
            ("client_id", "id"),
            ("client_secret", "shh"),
            ("client_certificate", CERTIFICATE),
            ("client_private_key", PRIVATE_KEY),
        ];
        let by = world.session().await;
        let connected = match submitted(&world, &by, &integration, &entered).await {
            Ok(Submitted::Connected(connected)) => connected,
            Ok(_) => panic!("a machine is not redirected"),
            Err(error) => panic!("the client is connected: {error}"),
        };
        let established = Established { integration, key: connected.connection };
        let read = succeeded(established.read_with(&world, FORCED).await);
        let Some(Credential::ClientCredentials { entered: kept, .. }) = read.credential else {
            panic!("a client with its certificate")
        };
        assert_eq!(kept["client_certificate"].expose(), CERTIFICATE);
        assert_eq!(kept["client_private_key"].expose(), PRIVATE_KEY);
        assert_eq!(vendor.asked("/token").len(), 2);
        assert!(!vendor.asked("/token")[1].body.contains("PRIVATE"), "the key stays here");
    })
    .await;
}

#[tokio::test]
async fn a_text_that_is_no_certificate_is_refused_before_anything_is_sent() {
    own_with("oauth2_client_credentials", PROVIDER, None, &[], script, async |world, vendor, integration| {
        let entered = [
            ("client_id", "id"),
            ("client_secret", "shh"),
            ("client_certificate", "no certificate"),
            ("client_private_key", PRIVATE_KEY),
        ];
        let by = world.session().await;
        let error = refused(submitted(&world, &by, &integration, &entered).await);
        let Error::Upstream(upstream) = error else { panic!("the call is not made, but: {error}") };
        assert_eq!(upstream.code, "bad_client_certificate");
        assert!(!upstream.message.contains("BEGIN"), "{}", upstream.message);
        assert!(vendor.asked("/token").is_empty());
        assert!(listed(&world).await.is_empty());
    })
    .await;
}
