use aws_lc_rs::digest;
use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use insta::assert_snapshot;
use protocol::login::{self, Step};
use protocol::{Fields, RequestError};
use serde_json::json;

use crate::given;
use crate::signing::{self, Key};

/// The assertion that a login with this key presents.
fn assertion(key: &str, name: &str) -> Result<String, login::LoginError> {
    let provider = given::provider(json!({
        "auth": "two_step",
        "login": {"steps": [{"url": "https://login.example.com/token", "body": {"form": {"assertion": "{saml}"}}}]},
        "saml": {
            "key": "{credential.key}",
            "issuer": "issuer",
            "audience": "first, second",
            "recipient": "https://login.example.com/token?a=1&b=2",
            "name_id": "{credential.name}",
            "session_index": "{random.uuid}",
            "lifetime_s": 300,
            "attributes": {"absent": "{connection.absent}", "api_key": "{credential.name}", "external": false},
        },
    }));
    let Step::Send { request, .. } =
        login::begin(&provider, &Fields { ..signing::entered(&[("key", key), ("name", name)]) })?
    else {
        panic!("there is a call to make")
    };
    let mut pairs = form_urlencoded::parse(request.body.expose());
    let (_, value) = pairs.find(|(name, _)| name == "assertion").unwrap();
    Ok(String::from_utf8(STANDARD.decode(value.as_bytes()).unwrap()).unwrap())
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, behind) = text.split_once(from).unwrap();
    behind.split_once(to).unwrap().0
}

#[test]
fn an_assertion_says_who_where_and_how_long() {
    let text = assertion(&Key::rsa().pem, "R&D <\"x\">").unwrap();
    let signature = between(&text, "<ds:Signature ", "</ds:Signature>").to_owned();
    let unsigned = text.replace(&format!("<ds:Signature {signature}</ds:Signature>"), "<!-- signature -->");
    assert_snapshot!(unsigned.replace("><", ">\n<"), @r#"
    <saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="_30313233343536373839616263646566" IssueInstant="2023-11-14T22:13:20.000Z" Version="2.0">
    <saml2:Issuer>issuer</saml2:Issuer>
    <!-- signature -->
    <saml2:Subject>
    <saml2:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">R&amp;D &lt;"x"&gt;</saml2:NameID>
    <saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
    <saml2:SubjectConfirmationData NotOnOrAfter="2023-11-14T22:18:20.000Z" Recipient="https://login.example.com/token?a=1&amp;b=2">
    </saml2:SubjectConfirmationData>
    </saml2:SubjectConfirmation>
    </saml2:Subject>
    <saml2:Conditions NotBefore="2023-11-14T22:12:20.000Z" NotOnOrAfter="2023-11-14T22:18:20.000Z">
    <saml2:AudienceRestriction>
    <saml2:Audience>first</saml2:Audience>
    <saml2:Audience>second</saml2:Audience>
    </saml2:AudienceRestriction>
    </saml2:Conditions>
    <saml2:AuthnStatement AuthnInstant="2023-11-14T22:13:20.000Z" SessionIndex="30313233-3435-4637-b839-616263646566">
    <saml2:AuthnContext>
    <saml2:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml2:AuthnContextClassRef>
    </saml2:AuthnContext>
    </saml2:AuthnStatement>
    <saml2:AttributeStatement>
    <saml2:Attribute Name="api_key">
    <saml2:AttributeValue>R&amp;D &lt;"x"&gt;</saml2:AttributeValue>
    </saml2:Attribute>
    <saml2:Attribute Name="external">
    <saml2:AttributeValue>false</saml2:AttributeValue>
    </saml2:Attribute>
    </saml2:AttributeStatement>
    </saml2:Assertion>
    "#);
}

#[test]
fn the_signature_is_over_the_assertion_without_it() {
    let key = Key::rsa();
    let text = assertion(&key.pem, "name").unwrap();
    let signature = between(&text, "<ds:Signature ", "</ds:Signature>");
    let unsigned = text.replace(&format!("<ds:Signature {signature}</ds:Signature>"), "");
    let sum = STANDARD.encode(digest::digest(&digest::SHA256, unsigned.as_bytes()));
    assert_eq!(between(signature, "<ds:DigestValue>", "</ds:DigestValue>"), sum);
    assert!(text.contains(&format!("URI=\"#{}\"", between(&text, "ID=\"", "\""))));
    let info = between(signature, "<ds:SignedInfo>", "</ds:SignedInfo>");
    let info =
        format!("<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{info}</ds:SignedInfo>");
    let value = STANDARD.decode(between(signature, "<ds:SignatureValue>", "</ds:SignatureValue>")).unwrap();
    assert!(key.verifies(&RSA_PKCS1_2048_8192_SHA256, info.as_bytes(), &value));
}

#[test]
fn what_is_no_key_signs_no_assertion() {
    let error = assertion("no key", "name").err();
    assert_eq!(error, Some(RequestError::Key { field: "the key of the assertion" }.into()));
}
