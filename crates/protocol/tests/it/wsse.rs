use insta::assert_snapshot;
use protocol::{Credential, Fields, RequestError, wsse};
use serde_json::json;

use crate::{given, signing};

fn provider() -> catalog::Provider {
    given::provider(json!({"auth": "signature", "signature": {"scheme": "wsse", "lifetime_s": 300}}))
}

#[test]
fn the_header_is_made_from_nonce_time_and_password() {
    // base64(hex(sha1("30313233343536373839616263646566" + "2023-11-14T22:13:20.000Z" + "p4ss")))
    let fields = signing::entered(&[("username", "u"), ("password", "p4ss")]);
    let Ok(Credential::Signature(minted)) = wsse::mint(&provider(), &fields) else { panic!("it is made") };
    assert_snapshot!(given::shown(&minted.tokens), @r#"access=UsernameToken Username="u", PasswordDigest="ZDgyMGVhNTEwZGZlMGMzNzk0MjBhNjFjYzY2N2ZhODU2MjgwMzIzMQ==", Nonce="30313233343536373839616263646566", Created="2023-11-14T22:13:20.000Z" refresh=- left=300s scope=-"#);
    assert_eq!(minted.entered.len(), 2);
}

#[test]
fn a_user_name_cannot_end_its_quotes() {
    let fields = signing::entered(&[("username", "u\", Nonce=\"x"), ("password", "p")]);
    let error = wsse::mint(&provider(), &fields).err();
    assert_eq!(error, Some(RequestError::HeaderValue { field: "the user name".to_owned() }));
}

#[test]
fn without_a_password_there_is_no_header() {
    let error = wsse::mint(&provider(), &Fields { ..signing::entered(&[("username", "u")]) }).err();
    assert_eq!(error, Some(RequestError::Missing { field: "the password" }));
}
