use http::{HeaderMap, Method};
use insta::assert_snapshot;
use protocol::api::{Caller, Draft, Payload};
use protocol::aws::{self, Role};
use protocol::{AwsKeys, Credential, Fields, RequestError, TokenError};
use serde_json::json;
use url::Url;

use crate::{given, render, signing};

const ROLE: &str = "arn:aws:iam::123456789012:role/team/Reader";

fn provider() -> catalog::Provider {
    given::provider(json!({
        "auth": "aws_sigv4",
        "aws": {"service": "{integration.service}", "region": ["{connection.region}", "{integration.default_region}"]},
        "api": {"auth": "aws_sigv4", "base_url": "https://{integration.service}.{connection.region}.amazonaws.com"},
    }))
}

fn fields(connection: &[(&str, &str)], integration: &[(&str, &str)]) -> Fields {
    let mut integration = given::texts(integration);
    integration.insert("service".to_owned(), "dynamodb".to_owned());
    let connection = given::texts(connection);
    Fields { connection, integration, ..signing::entered(&[("role_arn", ROLE)]) }
}

fn role() -> Role {
    Role {
        arn: ROLE.to_owned(),
        external_id: "e1".to_owned(),
        region: "eu-west-1".to_owned(),
        service: "dynamodb".to_owned(),
    }
}

fn keys() -> AwsKeys {
    AwsKeys {
        role_arn: ROLE.to_owned(),
        external_id: Some("e1".to_owned()),
        region: "eu-west-1".to_owned(),
        service: "dynamodb".to_owned(),
        access_key_id: "ASIAEXAMPLE".to_owned(),
        secret_access_key: given::secret("secret"),
        session_token: given::secret("session"),
        expires_at: None,
    }
}

#[test]
fn a_connection_names_its_role_and_keeps_its_external_id() {
    let fresh = fields(&[], &[("default_region", "us-east-1")]);
    let role = aws::role(&provider(), &fresh).unwrap();
    assert_eq!((role.region.as_str(), role.service.as_str()), ("us-east-1", "dynamodb"));
    assert_eq!(role.external_id, "30313233-3435-4637-b839-616263646566");
    let known = fields(&[("region", "eu-west-1"), ("external_id", "known")], &[]);
    let role = aws::role(&provider(), &known).unwrap();
    assert_eq!((role.region.as_str(), role.external_id.as_str()), ("eu-west-1", "known"));
}

#[test]
fn what_would_lead_to_another_host_is_no_region() {
    for region in ["evil.com/", "eu west", "EU", "a.b"] {
        let error = aws::role(&provider(), &fields(&[("region", region)], &[])).err();
        assert!(matches!(error, Some(RequestError::Unfilled { place, .. }) if place == "region"), "{region}");
    }
}

#[test]
fn what_is_no_role_is_refused() {
    let mut fields = fields(&[("region", "eu-west-1")], &[]);
    fields.credential.insert("role_arn".to_owned(), given::secret("arn:aws:iam::123456789012:user/u"));
    let error = aws::role(&provider(), &fields).err();
    assert!(matches!(error, Some(RequestError::Unfilled { place, .. }) if place == "role"));
}

#[test]
fn a_role_is_assumed_by_a_signed_request() {
    let fields = fields(&[], &[("aws_access_key_id", "AKID"), ("aws_secret_access_key", "s3cret")]);
    let request = aws::request(&provider(), &role(), &fields);
    assert_snapshot!(render::text(&request.ok().unwrap()), @r"
    POST https://sts.eu-west-1.amazonaws.com/
    accept: application/json
    authorization: AWS4-HMAC-SHA256 Credential=AKID/20231114/eu-west-1/sts/aws4_request, SignedHeaders=accept;content-type;host;x-amz-content-sha256;x-amz-date, Signature=8c48d43ba0b2b1f82e75451123c3c5146ab9e82fb5146139dda71e6b524ab761 (sensitive)
    content-type: application/x-www-form-urlencoded
    x-amz-content-sha256: 9e3bbe2f6a1c0c4ab6daf880bd501b61252089eef34f9b609d61d78a37830f2b
    x-amz-date: 20231114T221320Z

    Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fteam%2FReader&RoleSessionName=claviger-3031323334353637&DurationSeconds=3600&ExternalId=e1
    ");
}

#[test]
fn an_endpoint_of_the_operator_can_stand_in() {
    let own = [
        ("sts_mode", "custom"),
        ("sts_endpoint_url", "https://broker.example/assume"),
        ("sts_auth_type", "api_key"),
        ("sts_auth_header", "x-own-key"),
        ("sts_api_key", "k3y"),
    ];
    let request = aws::request(&provider(), &role(), &fields(&[], &own));
    assert_snapshot!(render::text(&request.ok().unwrap()), @r#"
    POST https://broker.example/assume
    accept: application/json
    content-type: application/json
    x-own-key: k3y (sensitive)

    {"role_arn":"arn:aws:iam::123456789012:role/team/Reader","external_id":"e1","region":"eu-west-1","service":"dynamodb"}
    "#);
}

#[test]
fn keys_are_read_from_every_form_of_answer() {
    let xml = "200\n\n<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
               <Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s/k</SecretAccessKey>\
               <SessionToken>t==</SessionToken><Expiration>2023-11-14T23:13:20Z</Expiration></Credentials>\
               </AssumeRoleResult></AssumeRoleResponse>";
    let table = [
        (xml, 3600),
        (
            "200\n\n{\"AssumeRoleResponse\":{\"AssumeRoleResult\":{\"Credentials\":{\"AccessKeyId\":\"ASIA\",\
             \"SecretAccessKey\":\"s/k\",\"SessionToken\":\"t==\",\"Expiration\":1.700001E9}}}}",
            1000,
        ),
        (
            "200\n\n{\"credentials\":{\"accessKeyId\":\"ASIA\",\"secretAccessKey\":\"s/k\",\"sessionToken\":\"t==\",\
             \"expiration\":1700000500000}}",
            500,
        ),
        ("200\n\n{\"access_key_id\":\"ASIA\",\"secret_access_key\":\"s/k\",\"session_token\":\"t==\"}", 3600),
    ];
    for (text, left) in table {
        let keys = aws::outcome(role(), &given::response(text), given::now()).ok().unwrap();
        assert_eq!(keys.access_key_id, "ASIA");
        assert!(keys.secret_access_key.matches(b"s/k") && keys.session_token.matches(b"t=="));
        assert_eq!(keys.expires_at.unwrap().as_second() - given::now().as_second(), left, "{text}");
        assert_eq!(keys.external_id.as_deref(), Some("e1"));
    }
}

#[test]
fn a_refusal_is_told_in_the_words_of_aws() {
    let text = "403\n\n<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
                <Message>not allowed</Message></Error></ErrorResponse>";
    let error = aws::outcome(role(), &given::response(text), given::now()).err().unwrap();
    let expected = TokenError::Refused {
        code: "AccessDenied".to_owned(),
        description: Some("not allowed".to_owned()),
        status: http::StatusCode::FORBIDDEN,
    };
    assert_eq!(error, expected);
    let error = aws::outcome(role(), &given::response("200\n\n{}"), given::now()).err();
    assert_eq!(error, Some(TokenError::Unreadable { reason: "it has no access key" }));
}

#[test]
fn keys_have_to_be_those_of_the_role() {
    let request = aws::identity_request(&provider(), &keys(), &fields(&[], &[])).unwrap();
    assert!(
        request.url.as_str().starts_with("https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&")
    );
    let said = |arn: &str| {
        let body = json!({"GetCallerIdentityResponse": {"GetCallerIdentityResult": {"Arn": arn}}});
        aws::identity_outcome(&keys(), &given::response(&format!("200\n\n{body}")))
    };
    assert!(said("arn:aws:sts::123456789012:assumed-role/Reader/claviger-1"));
    assert!(!said("arn:aws:sts::123456789012:assumed-role/Writer/Reader"));
    assert!(!said("arn:aws:iam::123456789012:user/Reader"));
    assert!(!aws::identity_outcome(&keys(), &given::response("403\n\n{}")));
}

#[test]
fn api_calls_are_signed_over_their_headers() {
    let (provider, credential, fields) = (provider(), Credential::Aws(keys()), fields(&[], &[]));
    let caller = Caller { provider: &provider, credential: &credential, fields: &fields, client: None };
    let mut url = Url::parse("https://dynamodb.eu-west-1.amazonaws.com/").unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-target", "DynamoDB_20120810.ListTables".parse().unwrap());
    headers.insert("user-agent", "app".parse().unwrap());
    assert!(caller.needs_body(&headers));
    let payload = Payload::Known(b"{}");
    caller
        .authenticate(Draft { method: &Method::POST, url: &mut url, headers: &mut headers, payload })
        .unwrap();
    assert_snapshot!(headers["authorization"].to_str().unwrap(), @"AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20231114/eu-west-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-target, Signature=1d840ccc3d45f809335bd18362571e3b243feed0ca5a835b0bbb02e9189bbba9");
    let payload = Payload::Streamed;
    let error = caller
        .authenticate(Draft { method: &Method::POST, url: &mut url, headers: &mut headers, payload })
        .err();
    assert_eq!(error, Some(RequestError::Unsupported { what: "signing a body that is streamed" }));
}

#[test]
fn s3_takes_a_streamed_body() {
    let provider = provider();
    let credential = Credential::Aws(AwsKeys { service: "s3".to_owned(), ..keys() });
    let fields = fields(&[], &[]);
    let caller = Caller { provider: &provider, credential: &credential, fields: &fields, client: None };
    let mut url = Url::parse("https://bucket.s3.eu-west-1.amazonaws.com/a%20b").unwrap();
    let mut headers = HeaderMap::new();
    assert!(!caller.needs_body(&headers));
    let payload = Payload::Streamed;
    caller
        .authenticate(Draft { method: &Method::PUT, url: &mut url, headers: &mut headers, payload })
        .unwrap();
    assert_eq!(headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
}
