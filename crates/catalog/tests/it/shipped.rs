//! The files that ship.

use catalog::{Alternatives, AuthMode, Catalog, Placeholder, Values, lint};

#[test]
fn every_shipped_file_lints_clean() {
    let report = lint::directory(&crate::shipped_directory());
    let said: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
    assert_eq!(report.providers, Catalog::embedded().len());
}

#[test]
fn every_embedded_provider_parses_under_its_own_name() {
    let catalog = Catalog::embedded();
    for (slug, provider) in catalog.slugs().zip(catalog.iter()) {
        assert_eq!(provider.slug, slug);
    }
}

#[test]
fn embedded_providers_are_the_files_of_the_directory() {
    let mut files: Vec<String> = std::fs::read_dir(crate::shipped_directory())
        .expect("the directory exists")
        .filter_map(|entry| entry.expect("an entry can be read").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
        .collect();
    files.sort();
    let catalog = Catalog::embedded();
    assert_eq!(catalog.slugs().collect::<Vec<_>>(), files);
    // Read as an overlay, each file gives what was embedded from it.
    let overlaid = Catalog::with_overlay(&crate::shipped_directory()).expect("shipped files lint clean");
    for slug in &files {
        let [embedded, read] = [&catalog, &overlaid].map(|catalog| {
            let provider = catalog.get(slug).expect("listed");
            serde_json::to_value(&*provider).expect("a provider can be written as JSON")
        });
        assert_eq!(embedded, read, "{slug}");
    }
}

#[test]
fn a_thousand_providers_ship_and_none_is_both_shipped_and_left_out() {
    let catalog = Catalog::embedded();
    assert!(catalog.len() >= 1_000, "{}", catalog.len());
    let left_out = include_str!("../../../../catalog/EXCLUDED.md");
    let rows = left_out.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let both: Vec<&str> = rows.filter(|slug| catalog.get(slug).is_some()).collect();
    assert_eq!(both, [""; 0]);
}

#[test]
fn every_scheme_has_a_provider() {
    let modes: std::collections::BTreeSet<&str> =
        Catalog::embedded().iter().map(|provider| provider.auth.name()).collect();
    assert_eq!(modes.len(), 17, "{modes:?}");
}

#[test]
fn slugs_come_in_alphabetical_order() {
    let catalog = Catalog::embedded();
    let slugs: Vec<&str> = catalog.slugs().collect();
    assert!(slugs.is_sorted());
    assert_eq!(slugs.len(), catalog.len());
    assert!(!catalog.is_empty());
}

#[test]
fn an_unknown_slug_is_absent() {
    assert!(Catalog::embedded().get("no-such-provider").is_none());
}

#[test]
fn a_family_member_inherits_and_differs() {
    let catalog = Catalog::embedded();
    let (head, member) = (catalog.get("google").expect("ships"), catalog.get("google-mail").expect("ships"));
    let token_url = |provider: &catalog::Provider| provider.token.as_ref().map(|token| token.url.clone());
    assert_eq!(token_url(&head), token_url(&member));
    assert_ne!(head.api.base_url, member.api.base_url);
}

#[test]
fn salesforce_uses_the_own_host_when_there_is_one() {
    struct Host(Option<&'static str>);
    impl Values for Host {
        fn value(&self, placeholder: &Placeholder) -> Option<String> {
            let is_host = *placeholder == Placeholder::Connection("hostname".to_owned());
            self.0.filter(|_| is_host).map(str::to_owned)
        }
    }
    let provider = Catalog::embedded().get("salesforce").expect("ships");
    let url: &Alternatives = &provider.token.as_ref().expect("oauth2 has a token endpoint").url;
    for (host, expected) in [
        (Some("acme.my.salesforce.com"), "https://acme.my.salesforce.com/services/oauth2/token"),
        (None, "https://login.salesforce.com/services/oauth2/token"),
    ] {
        assert_eq!(url.fill_url(&Host(host)).expect("can be filled").as_str(), expected);
    }
}

#[test]
fn operator_defined_providers_ask_for_the_documented_fields() {
    let expected: [(&str, AuthMode, &[&str]); 5] = [
        (
            "oauth2-generic",
            AuthMode::Oauth2,
            &[
                "authorization_url",
                "token_url",
                "issuer",
                "refresh_url",
                "revocation_url",
                "introspection_url",
                "api_base_url",
                "client_auth",
                "flow",
                "device_authorization_url",
                "pushed_authorization_url",
                "dpop",
                "pkce",
                "scope_separator",
                "authorization_params",
                "token_params",
                "verify_url",
            ],
        ),
        (
            "oauth2-cc-generic",
            AuthMode::Oauth2ClientCredentials,
            &["token_url", "issuer", "client_auth", "token_params", "api_base_url"],
        ),
        (
            "oauth1-generic",
            AuthMode::Oauth1,
            &["request_token_url", "authorization_url", "token_url", "signature_method", "api_base_url"],
        ),
        (
            "api-key-generic",
            AuthMode::ApiKey,
            &["api_base_url", "placement", "name", "value_template", "verify_url"],
        ),
        ("basic-generic", AuthMode::Basic, &["api_base_url", "verify_url"]),
    ];
    let catalog = Catalog::embedded();
    for (slug, mode, fields) in expected {
        let provider = catalog.get(slug).expect("ships");
        let names: Vec<&str> = provider.inputs.integration.iter().map(catalog::Input::wire_name).collect();
        assert_eq!((provider.auth, names.as_slice()), (mode, fields), "{slug}");
    }
}

#[test]
fn the_examples_of_the_documentation_lint_clean() {
    let text = include_str!("../../../../docs/catalog.md");
    let examples: Vec<&str> =
        text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let whole = |example: &&&str| example.starts_with("name =") || example.contains("extends =");
    let files: Vec<(String, &str)> = examples
        .iter()
        .filter(whole)
        .enumerate()
        .map(|(index, example)| (format!("example-{index}"), *example))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(slug, text)| (slug.as_str(), *text)).collect();
    assert_eq!(files.len(), 3);
    assert_eq!(crate::problems(&files), []);
}
