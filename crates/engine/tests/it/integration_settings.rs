//! Values that operators enter are checked before they are stored, and the field that is wrong is named.

use egress::{Egress, Policy};
use engine::{ClientInput, NewIntegration, Rule, right};
use testkit::each_world;

use crate::fixtures::{client, rule, set_up, wrong_fields};

/// Settings of the operator-defined provider with one of them replaced.
const URLS: [(&str, &str); 2] = [
    ("authorization_url", "https://login.example.com/authorize"),
    ("token_url", "https://login.example.com/token"),
];

#[tokio::test]
async fn unknown_settings_are_refused_by_name() {
    each_world(async |world| {
        let made = set_up(&world, "oauth2-generic", "op", &[("nope", "x"), ("neither", "y")]).await;
        assert_eq!(wrong_fields(made), ["integration_config.neither", "integration_config.nope"]);
    })
    .await;
}

#[tokio::test]
async fn urls_that_lead_inside_or_have_no_tls_are_refused_by_name() {
    each_world(async |world| {
        let world = world.node_behind(1, Egress::new(Policy::default()).expect("the client is set up")).await;
        for url in [
            "http://login.example.com/token",
            "https://10.1.2.3/token",
            "https://169.254.169.254/latest/meta-data",
            "https://[fd00::1]/token",
            "https://0x0a010203/token",
            "https://localhost/token",
            "ftp://login.example.com/token",
            "https://user:password@login.example.com/token",
            "not a url",
        ] {
            let made = set_up(&world, "oauth2-generic", "op", &[URLS[0], ("token_url", url)]).await;
            assert!(wrong_fields(made).contains(&"integration_config.token_url".to_owned()), "{url}");
        }
        let all = world.engine.integrations(&world.may::<right::ListIntegrations>()).await;
        assert!(all.unwrap_or_else(|error| panic!("{error}")).is_empty());
    })
    .await;
}

#[tokio::test]
async fn parameters_that_protect_the_flow_cannot_be_defined() {
    each_world(async |world| {
        for name in ["state", "redirect_uri", "client_id", "response_type", "code_challenge", "SCOPE"] {
            let params = format!(r#"{{"{name}":"x"}}"#);
            let config = [URLS[0], URLS[1], ("authorization_params", params.as_str())];
            let made = set_up(&world, "oauth2-generic", "op", &config).await;
            assert_eq!(wrong_fields(made), ["integration_config.authorization_params"], "{name}");
        }
        for name in ["client_secret", "code_verifier", "redirect_uri"] {
            let params = format!(r#"{{"{name}":"x"}}"#);
            let config = [URLS[0], URLS[1], ("token_params", params.as_str())];
            let made = set_up(&world, "oauth2-generic", "op", &config).await;
            assert_eq!(wrong_fields(made), ["integration_config.token_params"], "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_template_of_a_key_can_hold_only_the_key() {
    each_world(async |world| {
        let config = [
            ("api_base_url", "https://api.example.com"),
            ("value_template", "{credential.api_key}{integration.x}"),
        ];
        let made = set_up(&world, "api-key-generic", "keys", &config).await;
        assert_eq!(wrong_fields(made), ["integration_config.value_template"]);
    })
    .await;
}

#[tokio::test]
async fn a_client_of_another_scheme_is_refused() {
    each_world(async |world| {
        let by = world.may::<right::CreateIntegration>();
        let make = async |provider: &str, credentials: ClientInput| {
            let new = NewIntegration {
                provider: provider.to_owned(),
                key: "x".to_owned(),
                credentials: Some(credentials),
                ..NewIntegration::default()
            };
            rule(world.engine.create_integration(&by, new).await)
        };
        assert_eq!(make("api-key-generic", client("a", "b")).await, Rule::Body);
        assert_eq!(
            make("github", ClientInput { mode: "OAUTH1".to_owned(), ..client("a", "b") }).await,
            Rule::Body
        );
    })
    .await;
}
