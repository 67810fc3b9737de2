//! Mistakes in placeholders: those that name nothing, have no value yet, or would show a secret.

use super::{API_KEY, LOGIN, Mistake, OAUTH2, section, token_url, with};

pub(super) fn mistakes() -> Vec<Mistake> {
    let param = |text: &str| with(OAUTH2, "[token]\n", &format!("[token]\nparams = {{ a = \"{text}\" }}\n"));
    let header = |text: &str| with(OAUTH2, "[api]\n", &format!("[api]\nheaders = {{ a = \"{text}\" }}\n"));
    let key = |text: &str| with(API_KEY, "{credential.api_key}", text);
    let captured = format!("{OAUTH2}[captures.token_response]\nplace = \"place\"\n");
    let secret = with(OAUTH2, "label = \"Tenant\"\n", "label = \"Tenant\"\nsecret = true\n");
    let secret = secret.replace("{connection.tenant}.planted", "planted");
    vec![
        ("an unknown placeholder", token_url("https://{conection.tenant}.x.example")),
        ("an unknown function", param("{base32:a}")),
        ("a function that lacks an argument", param("{hmac_sha1_hex:a}")),
        ("a placeholder without end", param("{connection.tenant")),
        ("a single closing brace", param("a}")),
        ("a connection input that does not exist", token_url("https://{connection.tenent}.x.example")),
        ("an integration input that does not exist", token_url("https://x.example/{integration.a}")),
        ("a credential that the scheme does not have", token_url("https://x.example/{credential.a}")),
        ("a one-time input that does not exist", param("{one_time.key}")),
        ("a part of another scheme's credential", key("{credential.username}")),
        ("a client where there is none", key("{app.client_id}")),
        ("a token where there is none", key("{token.access}")),
        ("a token answer before there is one", token_url("https://x.example/{token.response.a}")),
        ("a refresh token before there is one", param("{token.refresh}")),
        ("a refresh token for the API", header("{token.refresh}")),
        ("a claim before there is a token", param("{token.claims.tid}")),
        ("an assertion of no section", param("{jwt}")),
        ("cookies of no login", header("{session.cookies}")),
        ("a step of no login", param("{step.1.a}")),
        ("a later step", with(LOGIN, "{step.1.ticket}", "{step.2.ticket}")),
        ("an answer outside of a step", param("{answer.id}")),
        ("a request outside of an API call", param("{request.body}")),
        ("a callback in an API call", header("{callback.state}")),
        (
            "a field that is captured later",
            with(&captured, super::TOKEN_URL, "https://{connection.place}.x.example"),
        ),
        ("a client secret in a URL", token_url("https://x.example/?s={app.client_secret}")),
        (
            "a client secret in the browser",
            with(OAUTH2, "[token]\n", "params = { a = \"{app.client_secret}\" }\n[token]\n"),
        ),
        (
            "an API key in a path",
            with(API_KEY, "planted.example\"\n", "planted.example/{credential.api_key}\"\n"),
        ),
        (
            "a token answer in a URL",
            with(OAUTH2, "planted.example\"\n[[", "planted.example/{token.response.id_token}\"\n[["),
        ),
        ("a token in the query", with(OAUTH2, "[api]\n", "[api]\nquery = { key = \"{token.access}\" }\n")),
        ("a secret input in a URL", with(&secret, "example/token", "example/{connection.tenant}")),
        (
            "a secret written out",
            with(OAUTH2, "[token]\n", "[token]\nparams = { client_secret = \"hunter2\" }\n"),
        ),
        (
            "a key written out",
            with(API_KEY, "authorization =", "x-api-key = \"0123456789\"\nauthorization ="),
        ),
        (
            "an alternative that is never reached",
            token_url("https://x.example/\",\"https://y.example/").replace(
                "url = \"https://x.example/\",\"https://y.example/\"",
                "url = [\n\"https://x.example/\",\n\"https://y.example/\"]",
            ),
        ),
        (
            "an alternative behind a required input",
            section(
                "[refresh]\nurl = [\n\"https://{connection.tenant}.x.example/\",\n\"https://x.example/\"]",
            ),
        ),
    ]
}

#[test]
fn mistakes_in_placeholders_are_found() {
    insta::assert_snapshot!(super::said(&mistakes()), @r#"
    an unknown placeholder
        planted.toml:8: unknown placeholder `{conection.tenant}` at column 9; known are {connection.NAME}, {credential.NAME}, {integration.NAME}, {one_time.NAME}, {app.client_id}, {app.client_secret}, {token.access}, {token.refresh}, {token.response.PATH}, {token.claims.PATH}, {session.cookies}, {jwt}, {saml}, {step.N.PATH}, {answer.PATH}, {callback.NAME}, {request.method}, {request.host}, {request.path}, {request.endpoint}, {request.body}, {request.canonical_params}, {random.uuid}, {now}, {now:FORMAT}, {now+7d:FORMAT}, {product.name}, {product.user_agent}, and the functions base64, sha256_hex, sha256_base64, hmac_sha1_hex, ed25519_base64, spki_sha256, aws_sigv4, https, upper, before, after, after_last and replace, written {NAME:ARGUMENT|ARGUMENT}; write {{ for a literal brace
    an unknown function
        planted.toml:8: unknown placeholder `{base32:a}` at column 1; known are {connection.NAME}, {credential.NAME}, {integration.NAME}, {one_time.NAME}, {app.client_id}, {app.client_secret}, {token.access}, {token.refresh}, {token.response.PATH}, {token.claims.PATH}, {session.cookies}, {jwt}, {saml}, {step.N.PATH}, {answer.PATH}, {callback.NAME}, {request.method}, {request.host}, {request.path}, {request.endpoint}, {request.body}, {request.canonical_params}, {random.uuid}, {now}, {now:FORMAT}, {now+7d:FORMAT}, {product.name}, {product.user_agent}, and the functions base64, sha256_hex, sha256_base64, hmac_sha1_hex, ed25519_base64, spki_sha256, aws_sigv4, https, upper, before, after, after_last and replace, written {NAME:ARGUMENT|ARGUMENT}; write {{ for a literal brace
    a function that lacks an argument
        planted.toml:8: `hmac_sha1_hex` lacks an argument at column 1; it takes hmac_sha1_hex:KEY|T
    a placeholder without end
        planted.toml:8: placeholder without end at column 1; write {{ for a literal brace
    a single closing brace
        planted.toml:8: single closing brace at column 2; write }} for a literal brace
    a connection input that does not exist
        planted.toml:8: `{connection.tenent}` names nothing; known here: tenant
    an integration input that does not exist
        planted.toml:8: `{integration.a}` names nothing; known here: none
    a credential that the scheme does not have
        planted.toml:8: `{credential.a}` names nothing; known here: none
    a one-time input that does not exist
        planted.toml:8: `{one_time.key}` names nothing; known here: none
    a part of another scheme's credential
        planted.toml:9: `{credential.username}` names nothing; known here: api_key
    a client where there is none
        planted.toml:9: `{app.client_id}` is not available in api.headers.authorization
    a token where there is none
        planted.toml:9: `{token.access}` is not available in api.headers.authorization
    a token answer before there is one
        planted.toml:8: `{token.response.a}` is not available in token.url
    a refresh token before there is one
        planted.toml:8: `{token.refresh}` is not available in token.params.a
    a refresh token for the API
        planted.toml:10: `{token.refresh}` is not available in api.headers.a
    a claim before there is a token
        planted.toml:8: `{token.claims.tid}` is not available in token.params.a
    an assertion of no section
        planted.toml:8: `{jwt}` is not available in token.params.a
    cookies of no login
        planted.toml:10: `{session.cookies}` is not available in api.headers.a
    a step of no login
        planted.toml:8: `{step.1.a}` is not available in token.params.a
    a later step
        planted.toml:9: `{step.2.ticket}` is not available in login.steps.1.body.form.ticket
    an answer outside of a step
        planted.toml:8: `{answer.id}` is not available in token.params.a
    a request outside of an API call
        planted.toml:8: `{request.body}` is not available in token.params.a
    a callback in an API call
        planted.toml:10: `{callback.state}` is not available in api.headers.a
    a field that is captured later
        planted.toml:8: `{connection.place}` is filled only after the connection is made
    a client secret in a URL
        planted.toml:8: `{app.client_secret}` is a secret and must not stand in a URL, where it would be logged
    a client secret in the browser
        planted.toml:7: `{app.client_secret}` is not available in authorization.params.a
    an API key in a path
        planted.toml:6: `{credential.api_key}` is a secret and must not stand in a URL, where it would be logged
    a token answer in a URL
        planted.toml:10: `{token.response.id_token}` is a secret and must not stand in a URL, where it would be logged
    a token in the query
        planted.toml:10: `{token.access}` is a secret and must not stand in a URL, where it would be logged
    a secret input in a URL
        planted.toml:8: `{connection.tenant}` is a secret and must not stand in a URL, where it would be logged
    a secret written out
        planted.toml:8: `client_secret` is written out: a file holds no secret, a placeholder reads it
    a key written out
        planted.toml:9: `x-api-key` is written out: a file holds no secret, a placeholder reads it
    an alternative that is never reached
        planted.toml:10: this alternative is never reached: the one before it can always be filled
    an alternative behind a required input
        planted.toml:14: this alternative is never reached: the one before it can always be filled
    "#);
}

#[test]
fn an_assertion_reads_no_step() {
    let jwt =
        "[jwt]\nalgorithm = \"RS256\"\nkey = \"k\"\nlifetime_s = 1\nclaims = { a = [\"{step.1.a}\"] }\n";
    let text = with(LOGIN, "[[login.steps]]\n", &format!("{jwt}[[login.steps]]\n"));
    let problems = crate::problems(&[("planted", &text)]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].line, 9);
}

#[test]
fn what_a_callback_brings_is_there_when_the_code_is_redeemed() {
    let callback = with(OAUTH2, "[token]\n", "[token]\nparams = { a = \"{callback.state}\" }\n");
    assert_eq!(crate::problems(&[("planted", &callback)]), []);
}
