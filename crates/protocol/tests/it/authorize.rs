use std::collections::BTreeMap;

use insta::assert_snapshot;
use protocol::authorize::{Flow, RESERVED, Start, StartError, Started, TokenUrl, begin};
use protocol::{Fields, RequestError};
use serde_json::{Value, json};

use crate::given;

/// An authorization with everything that tests vary.
struct Case {
    provider: Value,
    fields: Fields,
    scopes: &'static [&'static str],
    user_scopes: &'static [&'static str],
    extra: BTreeMap<String, String>,
}

impl Case {
    fn of(provider: Value) -> Self {
        Self { provider, fields: Fields::default(), scopes: &[], user_scopes: &[], extra: BTreeMap::new() }
    }

    fn begin(&self) -> Result<Started, StartError> {
        let owned =
            |scopes: &[&str]| -> Vec<String> { scopes.iter().map(|&scope| scope.to_owned()).collect() };
        begin(&Start {
            provider: &given::provider(self.provider.clone()),
            client: &given::client(),
            fields: &self.fields,
            redirect_uri: &given::redirect_uri(),
            scopes: &owned(self.scopes),
            user_scopes: &owned(self.user_scopes),
            extra_params: &self.extra,
            state: "st&te",
            verifier_random: [7; 32],
        })
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let url = self.begin().ok().unwrap().url;
        let values: Vec<String> = url
            .query_pairs()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
            .collect();
        assert!(values.len() < 2, "{name} stands {} times", values.len());
        values.into_iter().next()
    }
}

#[test]
fn a_plain_authorization_carries_all_the_standard_asks_for() {
    let case = Case { scopes: &["read", "write"], ..Case::of(json!({})) };
    assert_snapshot!(case.begin().ok().unwrap().url, @"https://login.example.com/authorize?response_type=code&client_id=app+1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&state=st%26te&scope=read+write&code_challenge=3Ev4DHdHPRMPoN6GukAY_pi7IUAF5qWJHRK6kURvnoE&code_challenge_method=S256");
}

#[test]
fn no_scope_is_sent_when_there_is_none() {
    assert_eq!(Case::of(json!({})).parameter("scope"), None);
}

#[test]
fn the_default_scopes_count_when_none_are_configured() {
    let provider = json!({"scopes": {"default": ["a", "b"]}});
    assert_eq!(Case::of(provider.clone()).parameter("scope").as_deref(), Some("a b"));
    let configured = Case { scopes: &["c"], ..Case::of(provider) };
    assert_eq!(configured.parameter("scope").as_deref(), Some("c"));
}

#[test]
fn scopes_are_sent_once_each_with_the_providers_separator() {
    let provider = json!({"scopes": {"separator": ",", "required": ["base"]}});
    let case = Case { scopes: &["b", "a", " b ", "a c", "base"], ..Case::of(provider) };
    assert_eq!(case.parameter("scope").as_deref(), Some("b,a,c,base"));
}

#[test]
fn a_required_scope_carries_a_field_of_the_integration() {
    let provider = json!({"scopes": {"required": ["permissions_for:{integration.contact_id}"]}});
    let mut case = Case::of(provider);
    case.fields.integration = given::texts(&[("contact_id", "42")]);
    assert_eq!(case.parameter("scope").as_deref(), Some("permissions_for:42"));
    assert_eq!(case.begin().ok().unwrap().flow.requested_scopes, ["permissions_for:42"]);
}

#[test]
fn a_required_scope_without_its_field_is_an_error_that_names_it() {
    let provider = json!({"scopes": {"required": ["permissions_for:{integration.contact_id}"]}});
    let error = Case::of(provider).begin().err().unwrap();
    assert_eq!(error.to_string(), "the scope cannot be filled: no value for {integration.contact_id}");
}

#[test]
fn scopes_are_shown_as_far_as_they_are_known() {
    let provider =
        json!({"scopes": {"default": ["read"], "required": ["site:{connection.site}", "offline_access"]}});
    let provider = given::provider(provider);
    let known = |fields| protocol::known_scopes(&provider, &given::client(), &[], &fields);
    assert_eq!(known(Fields::default()), ["read", "offline_access"]);
    let entered = Fields { connection: given::texts(&[("site", "9")]), ..Fields::default() };
    assert_eq!(known(entered), ["read", "site:9", "offline_access"]);
}

#[test]
fn user_scopes_go_where_a_person_gets_a_token_too() {
    let slack = json!({"quirks": ["bot-and-user-tokens"], "scopes": {"separator": ","}});
    let case = Case { user_scopes: &["search:read", "users:read"], ..Case::of(slack) };
    assert_eq!(case.parameter("user_scope").as_deref(), Some("search:read,users:read"));
    let case = Case { user_scopes: &["search:read"], ..Case::of(json!({})) };
    assert_eq!(case.parameter("user_scope"), None);
}

#[test]
fn the_query_of_the_endpoint_is_kept_and_ours_replaces_the_same_names() {
    let url = "https://login.example.com/authorize?tenant=a%20b&state=forged&scope=admin";
    let case = Case { scopes: &["read"], ..Case::of(json!({"authorization": {"url": url}})) };
    assert_eq!(case.parameter("tenant").as_deref(), Some("a b"));
    assert_eq!(case.parameter("state").as_deref(), Some("st&te"));
    assert_eq!(case.parameter("scope").as_deref(), Some("read"));
}

#[test]
fn the_app_may_replace_what_the_definition_adds() {
    let provider = json!({"authorization": {"params": {"prompt": "consent", "access_type": "offline"}}});
    let case = Case { extra: given::texts(&[("prompt", "login")]), ..Case::of(provider) };
    assert_eq!(case.parameter("prompt").as_deref(), Some("login"));
    assert_eq!(case.parameter("access_type").as_deref(), Some("offline"));
}

#[test]
fn no_parameter_of_ours_can_be_set_from_outside() {
    let others = ["State", "REDIRECT_URI", " scope", "Code_Challenge"];
    for name in RESERVED.iter().chain(&others) {
        let case = Case { extra: given::texts(&[(name, "forged")]), ..Case::of(json!({})) };
        let error = case.begin().err();
        assert_eq!(error, Some(StartError::Reserved { name: (*name).to_owned() }), "{name}");
    }
}

#[test]
fn even_the_definition_cannot_replace_what_binds_the_answer() {
    let provider =
        json!({"authorization": {"params": {"state": "fixed", "redirect_uri": "https://evil.example"}}});
    let case = Case::of(provider);
    assert_eq!(case.parameter("state").as_deref(), Some("st&te"));
    assert_eq!(case.parameter("redirect_uri"), Some(given::redirect_uri().to_string()));
}

#[test]
fn a_parameter_whose_field_is_empty_is_left_out() {
    let provider = json!({"authorization": {"params": {"login_hint": "{connection.email}"}}});
    assert_eq!(Case::of(provider.clone()).parameter("login_hint"), None);
    let fields = given::connection(&[("email", "a@b.example")]);
    let case = Case { fields, ..Case::of(provider) };
    assert_eq!(case.parameter("login_hint").as_deref(), Some("a@b.example"));
}

#[test]
fn without_pkce_there_is_neither_challenge_nor_verifier() {
    let case = Case::of(json!({"authorization": {"pkce": "none"}}));
    assert_eq!(case.parameter("code_challenge"), None);
    assert_eq!(case.parameter("code_challenge_method"), None);
    assert!(case.begin().ok().unwrap().flow.verifier.is_none());
}

#[test]
fn a_field_cannot_lead_the_user_to_another_host() {
    let provider = json!({
        "authorization": {"url": "https://{connection.site}.example.com/authorize"},
        "token": {"url": "https://login.example.com/token"},
    });
    for hostile in
        ["evil.example/", "evil.example#", "a@evil.example", "a.b@", "evil.example?x=", "a\\b", "%2f"]
    {
        let case = Case { fields: given::connection(&[("site", hostile)]), ..Case::of(provider.clone()) };
        let error = case.begin().err();
        assert!(
            matches!(error, Some(StartError::Request(RequestError::Url { place: "authorization URL", .. }))),
            "{hostile}"
        );
    }
}

#[test]
fn the_default_of_an_input_counts_when_it_is_left_empty() {
    let provider = json!({
        "authorization": {"url": "https://{connection.site}.example.com/authorize"},
        "inputs": {"connection": [{"name": "site", "label": "Site", "default": "www"}]},
    });
    let case = Case { fields: given::connection(&[("site", "")]), ..Case::of(provider) };
    assert_eq!(case.begin().ok().unwrap().url.host_str(), Some("www.example.com"));
}

#[test]
fn the_flow_comes_back_from_its_sealed_form() {
    let provider = json!({
        "authorization": {"issuer": "https://login.example.com", "iss_in_response": true},
        "token": {"client_auth": "client_secret_basic"},
    });
    let flow = Case { scopes: &["read"], ..Case::of(provider) }.begin().ok().unwrap().flow;
    let text = flow.seal_text();
    let read = Flow::from_seal_text(text.expose()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.seal_text().expose(), text.expose());
    assert_eq!(read.token_url, TokenUrl::Known("https://login.example.com/token".parse().unwrap()));
    assert_eq!(read.verifier.map(vault::Secret::into_inner).map(|text| text.len()), Some(43));
    assert_eq!(read.issuer.as_deref(), Some("https://login.example.com"));
    assert!(read.iss_required);
}

#[test]
fn a_damaged_flow_is_refused_without_being_quoted() {
    let error = Flow::from_seal_text(br#"{"verifier":"very secret"}"#).err().unwrap();
    assert_eq!(error.to_string(), "the stored authorization cannot be read");
}

#[test]
fn parameters_take_the_vendors_names_and_places() {
    let table = [
        (
            json!({"authorization": {"rename": {"client_id": "appKey", "state": "customField"}, "pkce": "none"}}),
            "https://login.example.com/authorize?response_type=code&appKey=app+1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&customField=st%26te&scope=a+b",
        ),
        (
            json!({"authorization": {"omit": ["response_type", "scope"], "response_type": "x", "pkce": "none"}}),
            "https://login.example.com/authorize?client_id=app+1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&state=st%26te",
        ),
        (
            json!({"authorization": {"response_type": "auth_code", "fragment": "/oauth/authorize", "pkce": "none"}}),
            "https://login.example.com/authorize#/oauth/authorize?response_type=auth_code&client_id=app+1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&state=st%26te&scope=a+b",
        ),
        (
            json!({"authorization": {"raw_scope": true, "pkce": "none"}, "scopes": {"separator": "+"}}),
            "https://login.example.com/authorize?response_type=code&client_id=app+1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&state=st%26te&scope=a+b",
        ),
        (
            json!({"authorization": {"raw_scope": true, "pkce": "none"}, "scopes": {"separator": ":"}}),
            "https://login.example.com/authorize?response_type=code&client_id=app+1&redirect_uri=https%3A%2F%2Fbroker.example%2Foauth%2Fcallback&state=st%26te&scope=a:b",
        ),
    ];
    for (provider, expected) in table {
        let case = Case { scopes: &["a", "b"], ..Case::of(provider) };
        assert_eq!(case.begin().ok().unwrap().url.as_str(), expected);
    }
}

#[test]
fn a_raw_scope_cannot_begin_another_parameter() {
    let case = Case { scopes: &["a&state=mine"], ..Case::of(json!({"authorization": {"raw_scope": true}})) };
    assert!(matches!(case.begin(), Err(StartError::Request(RequestError::Unfilled { .. }))));
}

#[test]
fn a_token_url_that_the_callback_names_is_frozen_as_it_is_written() {
    let provider = json!({
        "token": {"url": ["https://{connection.region}.example.com/t", "https://{connection.shop}.example.com/t"]},
        "captures": {"callback": {"shop": "shop"}},
    });
    let flow = Case::of(provider.clone()).begin().ok().unwrap().flow;
    assert!(matches!(flow.token_url, TokenUrl::NamedByCallback(_)));
    let read = Flow::from_seal_text(flow.seal_text().expose()).ok().unwrap();
    assert_eq!(read.token_url, flow.token_url);
    let known = Case { fields: given::connection(&[("region", "eu")]), ..Case::of(provider) };
    let expected = TokenUrl::Known("https://eu.example.com/t".parse().unwrap());
    assert_eq!(known.begin().ok().unwrap().flow.token_url, expected);
}
