//! Importing connections that were authorized elsewhere.

use engine::right;
use protocol::Credential;
use serde_json::{Value, json};
use testkit::each_world;
use vault::Secret;

use crate::fixtures::{
    api_key, events, import, imported, integration_key, key_of, listed, new_connection, object, plain_keys,
    receive_events, rule, set_up, succeeded, texts, tokens, traces, unread, wrong_fields,
};

/// Settings of an integration.
type Settings<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn each_kind_of_credential_comes_back_as_it_was_given() {
    each_world(async |world| {
        let url = world.sandbox.url();
        let root = [("api_base_url", url)];
        let oauth1 = [
            ("request_token_url", "https://a.example.com/r"),
            ("authorization_url", "https://a.example.com/a"),
            ("token_url", "https://a.example.com/t"),
        ];
        let secret = |text: &str| Secret::new(text.to_owned());
        let rows: [(&str, Settings<'_>, Credential); 5] = [
            ("api-key-generic", &root, api_key("k-1")),
            (
                "basic-generic",
                &root,
                Credential::Basic { username: "ada".to_owned(), password: secret("p w") },
            ),
            ("oauth2-generic", &[("issuer", url)], Credential::OAuth2(tokens("at", Some("rt"), None))),
            (
                "oauth2-cc-generic",
                &[("issuer", url)],
                Credential::ClientCredentials {
                    tokens: tokens("cc", None, None),
                    client_id: "id".to_owned(),
                    client_secret: secret("s"),
                    entered: std::collections::BTreeMap::new(),
                },
            ),
            (
                "oauth1-generic",
                &oauth1,
                Credential::OAuth1 { token: secret("t"), token_secret: secret("ts"), raw: secret("{}") },
            ),
        ];
        for (provider, config, credential) in rows {
            key_of(set_up(&world, provider, provider, config).await);
            let given = credential.seal_text().expose().clone();
            let connection =
                imported(&world, new_connection(&integration_key(provider), "c", credential)).await;
            let read = succeeded(connection.read(&world).await).credential.expect("a credential");
            assert_eq!(*read.seal_text().expose(), given, "{provider}");
        }
        assert_eq!(traces(&world, "connection.created").await, 5);
    })
    .await;
}

#[tokio::test]
async fn an_import_of_another_kind_is_refused() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        assert_eq!(
            rule(import(&world, new_connection(&integration, "c", api_key("k"))).await),
            engine::Rule::Body
        );
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_second_import_replaces_the_credential_and_keeps_the_rest() {
    each_world(async |world| {
        receive_events(&world).await;
        let integration = plain_keys(&world, "keys").await;
        let mut first = new_connection(&integration, "c", api_key("old"));
        first.tags = Some(model::Tags::parse(texts(&[("team", "blue")])).expect("good tags"));
        first.metadata = Some(object(json!({"plan": "free"})));
        first.config = Some(object(json!({"region": "eu", "oauth_client_secret_override": "kept secret"})));
        let connection = imported(&world, first).await;
        let before = connection.stored(&world).await;
        let again = import(&world, new_connection(&integration, "c", api_key("new"))).await;
        assert!(again.unwrap_or_else(|error| panic!("{error}")).replaced);
        let after = connection.stored(&world).await;
        assert_eq!((after.id, after.number, after.version), (before.id, before.number, before.version + 1));
        assert_eq!(
            (&after.tags, &after.metadata, &after.config),
            (&before.tags, &before.metadata, &before.config)
        );
        let read = succeeded(connection.read(&world).await);
        let Some(Credential::ApiKey { api_key }) = read.credential else { panic!("a key") };
        assert_eq!(api_key.expose(), "new");
        assert_eq!(read.secret_fields["oauth_client_secret_override"].expose(), "kept secret");
        assert_eq!(events(&world).await[1]["operation"], "override");
        assert_eq!(traces(&world, "connection.replaced").await, 1);
    })
    .await;
}

#[tokio::test]
async fn secret_fields_are_not_kept_in_the_plain() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        let mut new = new_connection(&integration, "c", api_key("k"));
        new.config = Some(object(json!({"region": "eu", "oauth_refresh_token_override": "hidden"})));
        let connection = imported(&world, new).await;
        assert_eq!(Value::Object(connection.stored(&world).await.config), json!({"region": "eu"}));
    })
    .await;
}

#[tokio::test]
async fn two_imports_at_once_make_one_connection() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        let imports =
            (0..8).map(|n| import(&world, new_connection(&integration, "c", api_key(&format!("k{n}")))));
        let answers = futures_util::future::join_all(imports).await;
        let made =
            answers.iter().filter(|answer| answer.as_ref().is_ok_and(|imported| !imported.replaced)).count();
        assert_eq!(made, 1);
        assert_eq!(listed(&world).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn values_that_break_out_of_headers_are_refused() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        for value in ["a\r\nx-evil: 1", "a\nb", "a\u{0}b", "a\u{7f}"] {
            let credential = import(&world, new_connection(&integration, "c", api_key(value))).await;
            assert_eq!(wrong_fields(credential), ["credentials.apiKey"]);
            let mut new = new_connection(&integration, "c", api_key("k"));
            new.config = Some(object(json!({"region": value})));
            assert_eq!(wrong_fields(import(&world, new).await), ["connection_config.region"]);
        }
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_import_mends_a_credential_that_no_longer_opens() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        let connection = imported(&world, new_connection(&integration, "c", api_key("old"))).await;
        let damage = "update connections set version = version + 1";
        store::admin::execute(&world.location, damage).await.expect("the row is damaged");
        assert!(matches!(unread(connection.read(&world).await), engine::Error::Integrity));
        imported(&world, new_connection(&integration, "c", api_key("new"))).await;
        assert!(succeeded(connection.read(&world).await).credential.is_some());
    })
    .await;
}

#[tokio::test]
async fn an_import_without_a_name_gets_one() {
    each_world(async |world| {
        let integration = plain_keys(&world, "keys").await;
        let unnamed =
            || engine::NewConnection { key: None, ..new_connection(&integration, "x", api_key("k")) };
        let (one, two) = (imported(&world, unnamed()).await, imported(&world, unnamed()).await);
        assert_ne!(one.key, two.key);
        assert!(uuid::Uuid::try_parse(one.key.as_str()).is_ok());
        let by = world.may::<right::ListConnections>();
        assert_eq!(world.engine.connections(&by, &<_>::default(), 10, 0).await.expect("a list").len(), 2);
    })
    .await;
}
