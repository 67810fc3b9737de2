//! Parameters that the flow sets itself, and names that are none.

use super::{Mistake, OAUTH2, section, with};

pub(super) fn mistakes() -> Vec<Mistake> {
    let authorization = |more: &str| with(OAUTH2, "[authorization]\n", &format!("[authorization]\n{more}\n"));
    let token = |more: &str| with(OAUTH2, "[token]\n", &format!("[token]\n{more}\n"));
    vec![
        ("a state of the file's own", authorization("params = { state = \"x\" }")),
        (
            "a redirect of the file's own",
            authorization("params = { redirect_uri = \"https://evil.example/\" }"),
        ),
        ("a renamed parameter that is none", authorization("rename = { client = \"app_id\" }")),
        ("an omitted parameter that is none", token("omit = [\"state\"]")),
        ("a repeated parameter that is none", token("in_query = [\"redirect\"]")),
        ("an omitted parameter of a refresh that is none", section("[refresh]\nomit = [\"id\"]")),
        ("an issuer that is promised and not named", authorization("iss_in_response = true")),
    ]
}

#[test]
fn mistakes_in_parameters_are_found() {
    insta::assert_snapshot!(super::said(&mistakes()), @r#"
    a state of the file's own
        planted.toml:6: `state` is reserved: the flow sets it
    a redirect of the file's own
        planted.toml:6: `redirect_uri` is reserved: the flow sets it
    a renamed parameter that is none
        planted.toml:6: `client` is no standard parameter here; known are client_id, code_challenge, code_challenge_method, redirect_uri, response_type, scope, state
    an omitted parameter that is none
        planted.toml:8: `state` is no standard parameter here; known are client_id, client_secret, code, code_verifier, grant_type, redirect_uri, refresh_token, scope
    a repeated parameter that is none
        planted.toml:8: `redirect` is no standard parameter here; known are client_id, client_secret, code, code_verifier, grant_type, redirect_uri, refresh_token, scope
    an omitted parameter of a refresh that is none
        planted.toml:12: `id` is no standard parameter here; known are client_id, client_secret, code, code_verifier, grant_type, redirect_uri, refresh_token, scope
    an issuer that is promised and not named
        planted.toml:6: iss_in_response needs `issuer` to compare with (RFC 9207 §2.4)
    "#);
}

#[test]
fn what_the_flow_sets_is_reserved() {
    for name in ["client_id", "code_challenge", "code_challenge_method", "scope", "response_type"] {
        let params = format!("[authorization]\nparams = {{ {name} = \"x\" }}\n");
        let problems = crate::problems(&[("planted", &with(OAUTH2, "[authorization]\n", &params))]);
        assert_eq!(problems.len(), 1, "{name}");
        assert!(problems[0].message.contains(&format!("`{name}` is reserved")), "{problems:?}");
    }
}
