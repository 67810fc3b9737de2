//! Look-ups once a connection is made.

use catalog::Provider;
use protocol::after_connect::{self, Changes, Context, Step};
use protocol::{Credential, Fields};
use serde_json::{Value, json};

use crate::given;

/// Runs all steps with these answers, and tells which addresses were called.
fn run(provider: &Provider, fields: &Fields, answers: &[&str]) -> (Changes, Vec<String>) {
    let credential = Credential::OAuth2(given::tokens());
    let context = Context { provider, credential: &credential, fields, client: None };
    let mut answers = answers.iter();
    let mut called = Vec::new();
    let mut step = after_connect::begin(context);
    loop {
        match step {
            Step::Done(changes) => return (changes, called),
            Step::Send(request, run) => {
                called.push(request.url.to_string());
                let answer = answers.next().map(|text| given::response(text));
                step = run.answered(context, answer.as_ref());
            }
        }
    }
}

fn sets(steps: &Value, fields: &[(&str, &str)], answers: &[&str]) -> Vec<(String, String)> {
    let provider = given::provider(json!({"after_connect": steps}));
    run(&provider, &given::connection(fields), answers).0.sets.into_iter().collect()
}

#[test]
fn a_later_step_uses_what_an_earlier_one_set() {
    let provider = given::provider(json!({"after_connect": [
        {
            "url": "https://api.example.com/sites",
            "choose": {"path": "url", "equals": "https://{connection.site}.example.com", "otherwise": "first"},
            "sets": {"cloud_id": "{answer.id}"},
        },
        {"url": "/ex/{connection.cloud_id}/me", "sets": {"account_id": "{answer.accountId}"}},
    ]}));
    let sites = "200\n\n[{\"id\":\"c1\",\"url\":\"https://a.example.com\"},{\"id\":\"c2\",\"url\":\"https://B.example.com\"}]";
    let me = "200\n\n{\"accountId\":\"u1\"}";
    let (changes, called) = run(&provider, &given::connection(&[("site", "b")]), &[sites, me]);
    assert_eq!(changes.sets, given::texts(&[("cloud_id", "c2"), ("account_id", "u1")]));
    assert_eq!(called, ["https://api.example.com/sites", "https://api.example.com/v1/ex/c2/me"]);
    let (changes, _) = run(&provider, &Fields::default(), &[sites, me]);
    assert_eq!(changes.sets["cloud_id"], "c1");
}

#[test]
fn an_element_is_chosen_or_nothing_is_set() {
    let answer = "200\n\n{\"list\":[{\"id\":1,\"is\":true},{\"id\":2,\"is\":false}]}";
    let one = "200\n\n{\"list\":{\"id\":3}}";
    let table = [
        (json!({"list": "list", "path": "is", "equals": "true"}), answer, Some("1")),
        (json!({"list": "list", "path": "is", "equals": "maybe"}), answer, None),
        (json!({"list": "list", "path": "is", "equals": "maybe", "otherwise": "first"}), answer, Some("1")),
        (json!({"list": "list", "otherwise": "only_one"}), answer, None),
        (json!({"list": "list", "otherwise": "only_one"}), one, Some("3")),
        (json!({"list": "list", "path": "id", "equals": "{connection.absent}"}), answer, None),
        (json!({"list": "absent", "otherwise": "first"}), answer, None),
    ];
    for (choose, answer, expected) in table {
        let steps = json!([{"url": "/x", "choose": choose, "sets": {"id": "{answer.id}"}}]);
        let found = sets(&steps, &[], &[answer]);
        assert_eq!(found.first().map(|(_, value)| value.as_str()), expected, "{choose}");
    }
}

#[test]
fn a_step_without_a_call_reads_the_token() {
    let steps = json!([{"sets": {"instance": "{token.response.instance}", "none": "{token.claims.tid}"}}]);
    assert_eq!(sets(&steps, &[], &[]), [("instance".to_owned(), "eu5".to_owned())]);
}

#[test]
fn a_step_that_fails_sets_nothing_and_the_next_runs() {
    let steps = json!([
        {"url": "/broken", "sets": {"a": "{answer.id}"}},
        {"url": "/{connection.a}/needs-a", "sets": {"b": "{answer.id}"}},
        {"url": "/fine", "sets": {"c": "{answer.id}"}},
    ]);
    let fine = "200\n\n{\"id\":\"x\"}";
    for broken in ["500\n\n{\"id\":\"x\"}", "200\n\n<html>", "200\n\n{\"id\":\"a\\nb\"}"] {
        assert_eq!(sets(&steps, &[], &[broken, fine]), [("c".to_owned(), "x".to_owned())], "{broken}");
    }
    assert_eq!(sets(&steps, &[], &[]), []);
}

#[test]
fn what_the_end_user_entered_stays() {
    let provider = given::provider(json!({
        "after_connect": [{"url": "/me", "sets": {"entered": "{answer.id}", "automated": "{answer.id}"}}],
        "inputs": {"connection": [
            {"name": "entered", "label": "Entered"},
            {"name": "automated", "label": "Automated", "automated": true},
        ]},
    }));
    let fields = given::connection(&[("entered", "mine"), ("automated", "old")]);
    let (changes, _) = run(&provider, &fields, &["200\n\n{\"id\":\"new\"}"]);
    assert_eq!(changes.sets, given::texts(&[("automated", "new")]));
}

#[test]
fn fields_that_are_needed_no_more_are_erased() {
    let provider = given::provider(json!({"after_connect": [{"erases": ["username", "password"]}]}));
    let (changes, called) = run(&provider, &Fields::default(), &[]);
    assert_eq!(changes.erases.into_iter().collect::<Vec<_>>(), ["password", "username"]);
    assert!(called.is_empty());
}

#[test]
fn lists_and_tables_are_kept_as_json() {
    let steps = json!([{"url": "/me", "sets": {"accounts": "{answer.accounts}"}}]);
    let found = sets(&steps, &[], &["200\n\n{\"accounts\":[{\"id\":1}]}"]);
    assert_eq!(found, [("accounts".to_owned(), "[{\"id\":1}]".to_owned())]);
}

#[test]
fn a_call_that_left_something_open_is_told() {
    let provider = given::provider(json!({"after_connect": [
        {"url": "/jira", "sets": {"account_id": "{answer.id}"}},
        {"url": "/confluence", "sets": {"account_id": "{answer.id}"}},
        {"url": "/installed", "method": "POST"},
    ]}));
    let (refused, fine) = ("403\n\n{\"message\":\"no licence\"}", "200\n\n{\"id\":\"u1\"}");
    let failures = |answers: &[&str]| run(&provider, &Fields::default(), answers).0.failures;
    assert_eq!(failures(&[refused, fine, "204"]), [], "another call brought it");
    let both = failures(&[refused, "200\n\n<html>", "204"]);
    let expected = |status: u16, said: Option<&str>| after_connect::Failure {
        fields: vec!["account_id".to_owned()],
        status: http::StatusCode::from_u16(status).ok(),
        said: said.map(str::to_owned),
    };
    assert_eq!(both, [expected(403, Some("no licence")), expected(200, None)]);
    let unheard = failures(&[fine, fine]);
    assert_eq!(unheard.len(), 1);
    assert!(unheard[0].fields.is_empty() && unheard[0].status.is_none());
}
