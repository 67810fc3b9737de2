use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256};
use protocol::{Credential, Minted, RequestError, jwt};
use serde_json::{Value, json};

use crate::given;
use crate::signing::{self, Key};

fn minted(definition: &Value, credential: &[(&str, &str)]) -> Result<Minted, RequestError> {
    let provider = given::provider(json!({"auth": "jwt", "jwt": definition}));
    let Credential::Jwt(minted) = jwt::mint(&provider, &signing::entered(credential))? else {
        panic!("it is a signed token")
    };
    Ok(minted)
}

#[test]
fn header_and_claims_are_those_of_the_definition() {
    let key = Key::ec();
    let definition = json!({
        "algorithm": "ES256",
        "key": "{credential.private_key}",
        "lifetime_s": 900,
        "header": {"kid": "{credential.key_id}", "x5t": "{credential.absent}"},
        "claims": {
            "iss": "{credential.issuer}",
            "aud": "appstoreconnect-v1",
            "absent": "{credential.absent}",
            "scope": ["{credential.scope}", "{credential.absent}"],
            "empty": ["{credential.absent}"],
            "admin": true,
        },
    });
    let credential = [
        ("private_key", key.pem.as_str()),
        ("key_id", "K1"),
        ("issuer", "i"),
        ("scope", "GET /v1/apps, GET /v1/users,"),
    ];
    let minted = minted(&definition, &credential).unwrap();
    let (header, claims) = key.opened_ec(minted.tokens.access_token.expose());
    assert_eq!(header, json!({"alg": "ES256", "typ": "JWT", "kid": "K1"}));
    let expected = json!({
        "admin": true,
        "aud": "appstoreconnect-v1",
        "iss": "i",
        "scope": ["GET /v1/apps", "GET /v1/users"],
        "iat": 1_700_000_000,
        "exp": 1_700_000_900,
    });
    assert_eq!(claims, expected);
    assert_eq!(minted.tokens.expires_at.unwrap().as_second(), 1_700_000_900);
    assert_eq!(minted.entered.len(), 4);
}

#[test]
fn rsa_keys_sign_with_either_padding() {
    let key = Key::rsa();
    let mint = |algorithm| {
        let definition = json!({"algorithm": algorithm, "key": "{credential.key}", "lifetime_s": 60});
        minted(&definition, &[("key", key.pem.as_str())]).unwrap().tokens.access_token
    };
    let (header, _) = key.opened(&RSA_PKCS1_2048_8192_SHA256, mint("RS256").expose());
    assert_eq!(header["alg"], "RS256");
    let (header, _) = key.opened(&RSA_PSS_2048_8192_SHA256, mint("PS256").expose());
    assert_eq!(header["alg"], "PS256");
}

#[test]
fn a_shared_secret_is_read_as_text_or_hex() {
    let mint = |encoding, key| {
        let definition = json!({"algorithm": "HS256", "key": "{credential.key}", "key_encoding": encoding, "lifetime_s": 300});
        minted(&definition, &[("key", key)]).map(|minted| minted.tokens.access_token.expose().clone())
    };
    assert_eq!(mint("utf8", "abc"), mint("hex", "616263"));
    assert_ne!(mint("utf8", "abc"), mint("utf8", "abd"));
    assert_eq!(mint("hex", "not hex"), Err(RequestError::Key { field: "the signing key" }));
}

#[test]
fn a_key_of_another_kind_does_not_sign() {
    let definition = json!({"algorithm": "RS256", "key": "{credential.key}", "lifetime_s": 60});
    for key in [Key::ec().pem.as_str(), "no key", "-----BEGIN PRIVATE KEY-----"] {
        let error = minted(&definition, &[("key", key)]).err();
        assert_eq!(error, Some(RequestError::Key { field: "the signing key" }));
    }
    let error = minted(&definition, &[]).err();
    assert_eq!(error, Some(RequestError::Missing { field: "the signing key" }));
}
