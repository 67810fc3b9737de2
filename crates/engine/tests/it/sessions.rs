//! A connect session is a short permission: for these integrations, for this person, with these values.

use std::collections::BTreeMap;

use engine::{AuthError, AuthOutage, NewSession, Rule, SessionCaller, right};
use model::session::Defaults;
use model::{EndUser, Tags};
use serde_json::Value;
use testkit::{World, each_world};

use crate::fixtures::{
    MINUTE, callback, client, events, integration_key, key_of, listed, receive_events, redirected, rule,
    submitted, texts, wrong_fields,
};

async fn unknown(world: &World, token: &str) -> bool {
    let answer = world.engine.authenticate_session(token).await;
    matches!(answer, Err(AuthOutage::Refused(AuthError::UnknownSession)))
}

async fn created(world: &World) -> String {
    let made = world.engine.create_session(&world.may::<right::CreateSession>(), NewSession::default()).await;
    made.unwrap_or_else(|error| panic!("the session is made: {error}")).token.into_inner()
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour() {
    each_world(async |world| {
        let token = created(&world).await;
        world.advance(MINUTE * 29);
        assert!(world.engine.authenticate_session(&token).await.is_ok());
        world.advance(MINUTE);
        assert!(unknown(&world, &token).await);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_session_opens_nothing() {
    each_world(async |world| {
        let token = created(&world).await;
        let session =
            world.engine.authenticate_session(&token).await.unwrap_or_else(|error| panic!("{error}"));
        world.engine.delete_session(&session).await.expect("it is deleted");
        assert!(unknown(&world, &token).await);
    })
    .await;
}

#[tokio::test]
async fn tokens_of_another_form_are_told_from_unknown_ones() {
    each_world(async |world| {
        assert!(unknown(&world, &format!("clv_cs_{}", "A".repeat(43))).await);
        for malformed in ["", "clv_cs_", world.api_key.as_str()] {
            let answer = world.engine.authenticate_session(malformed).await;
            assert!(matches!(answer, Err(AuthOutage::Refused(AuthError::SessionFormat))), "{malformed}");
        }
    })
    .await;
}

#[tokio::test]
async fn ended_sessions_are_removed_a_day_later() {
    each_world(async |world| {
        let session = world.session().await;
        let integration = world.integration("op").await;
        redirected(&world, &session, &integration).await;
        let kept = async || {
            store::sessions::find(&world.store, session.session.id).await.expect("an answer").is_some()
        };
        world.advance(MINUTE * 60 * 24);
        world.engine.run_due_jobs().await.expect("jobs run");
        assert!(kept().await);
        world.advance(MINUTE * 31);
        world.engine.run_due_jobs().await.expect("jobs run");
        assert!(!kept().await);
    })
    .await;
}

#[tokio::test]
async fn a_limited_session_uses_only_its_integrations() {
    each_world(async |world| {
        let (mine, other) = (world.integration("mine").await, world.integration("other").await);
        let limited = NewSession { allowed_integrations: vec!["mine".to_owned()], ..NewSession::default() };
        let session = world.session_with(limited).await;
        assert_eq!(rule(submitted(&world, &session, &other, &[]).await), Rule::IntegrationNotAllowed);
        assert_eq!(rule(world.engine.form(&session, &other).await), Rule::IntegrationNotAllowed);
        let choices = world.engine.choices(&session).await.expect("choices");
        assert_eq!(choices.iter().map(|choice| choice.key.as_str()).collect::<Vec<_>>(), ["mine"]);
        redirected(&world, &session, &mine).await;
    })
    .await;
}

#[tokio::test]
async fn a_session_cannot_name_integrations_that_do_not_exist() {
    each_world(async |world| {
        world.integration("op").await;
        let new = NewSession {
            allowed_integrations: vec!["op".to_owned(), "nope".to_owned()],
            defaults: Some([("nor-this".to_owned(), Defaults::default())].into()),
            overrides: Some([("nor-that".to_owned(), serde_json::Map::new())].into()),
            ..NewSession::default()
        };
        let made = world.engine.create_session(&world.may::<right::CreateSession>(), new).await;
        assert_eq!(
            wrong_fields(made),
            ["allowed_integrations.1", "integrations_config_defaults.nor-this", "overrides.nor-that"]
        );
    })
    .await;
}

#[tokio::test]
async fn tags_of_person_and_session_are_merged_onto_the_connection() {
    each_world(async |world| {
        receive_events(&world).await;
        let integration = world.integration("op").await;
        let person = EndUser {
            id: "u_9".to_owned(),
            email: Some("grace@example.com".to_owned()),
            display_name: None,
            tags: Some(texts(&[("plan", "free"), ("team", "blue")])),
            organization: None,
        };
        let explicit = Tags::parse(texts(&[("Plan", "paid")])).expect("good tags");
        let new = NewSession { end_user: Some(person), tags: Some(explicit), ..NewSession::default() };
        let session = world.session_with(new).await;
        let consented = world.consent(&session, &integration).await;
        callback(&world, &consented).await.expect("it is connected");
        let expected = texts(&[
            ("end_user_email", "grace@example.com"),
            ("end_user_id", "u_9"),
            ("plan", "paid"),
            ("team", "blue"),
        ]);
        assert_eq!(*listed(&world).await[0].tags.as_map(), expected);
        let told = events(&world).await;
        assert_eq!(told[0]["tags"]["plan"], "paid");
        assert_eq!(told[0]["endUser"]["endUserId"], "u_9");
    })
    .await;
}

/// An integration whose authorization page stands on a host that is entered.
async fn with_host(world: &World) -> model::IntegrationKey {
    let new = engine::NewIntegration {
        provider: "agiloft".to_owned(),
        key: "docs".to_owned(),
        credentials: Some(client("id", "secret")),
        config: texts(&[("contactId", "1042")]),
        ..engine::NewIntegration::default()
    };
    key_of(world.engine.create_integration(&world.may::<right::CreateIntegration>(), new).await)
}

async fn with_defaults(world: &World, defaults: Defaults) -> SessionCaller {
    let defaults = [("docs".to_owned(), defaults)].into();
    world.session_with(NewSession { defaults: Some(defaults), ..NewSession::default() }).await
}

#[tokio::test]
async fn values_of_the_apps_server_win_over_those_of_the_browser() {
    each_world(async |world| {
        let integration = with_host(&world).await;
        let preset = [("hostname".to_owned(), Value::from("acme.agiloft.com"))].into_iter().collect();
        let defaults = Defaults { connection_config: Some(preset), ..Defaults::default() };
        let session = with_defaults(&world, defaults).await;
        let sent = [("hostname", "evil.example.com"), ("oauth_scopes_override", "admin"), ("state", "mine")];
        let Ok(engine::Submitted::Redirect { url, .. }) =
            submitted(&world, &session, &integration, &sent).await
        else {
            panic!("the authorization starts")
        };
        assert_eq!(url.host_str(), Some("acme.agiloft.com"));
        assert!(url.query_pairs().all(|(_, value)| value != "admin" && value != "mine"));
        let form = world.engine.form(&session, &integration).await.unwrap_or_else(|error| panic!("{error}"));
        assert!(form.fields.iter().all(|field| field.name != "hostname"), "what is preset is not asked");
    })
    .await;
}

#[tokio::test]
async fn values_of_the_browser_are_checked() {
    each_world(async |world| {
        let integration = with_host(&world).await;
        let session = world.session().await;
        for host in [
            "evil.example.com/",
            "a@evil.example",
            "x y",
            "https://acme.agiloft.com",
            "a\r\nb",
            "h?x",
            "h#x",
            "h\\x",
        ] {
            let answer = submitted(&world, &session, &integration, &[("hostname", host)]).await;
            assert_eq!(wrong_fields(answer), ["hostname"], "{host}");
        }
    })
    .await;
}

#[tokio::test]
async fn parameters_that_protect_the_flow_cannot_be_set_by_a_session() {
    each_world(async |world| {
        with_host(&world).await;
        for name in ["redirect_uri", "state", "Client_Id", "code_challenge"] {
            let params: BTreeMap<_, _> = texts(&[(name, "x"), ("prompt", "consent")]);
            let defaults = Defaults { authorization_params: Some(params), ..Defaults::default() };
            let new = NewSession {
                defaults: Some([("docs".to_owned(), defaults)].into()),
                ..NewSession::default()
            };
            let made = world.engine.create_session(&world.may::<right::CreateSession>(), new).await;
            assert_eq!(
                wrong_fields(made),
                [format!("integrations_config_defaults.docs.authorization_params.{name}")]
            );
        }
    })
    .await;
}

#[tokio::test]
async fn harmless_parameters_of_a_session_reach_the_provider() {
    each_world(async |world| {
        let integration = with_host(&world).await;
        let preset = [("hostname".to_owned(), Value::from("acme.agiloft.com"))].into_iter().collect();
        let defaults = Defaults {
            connection_config: Some(preset),
            authorization_params: Some(texts(&[("prompt", "consent")])),
            user_scopes: None,
        };
        let session = with_defaults(&world, defaults).await;
        let url = redirected(&world, &session, &integration).await;
        assert!(url.query_pairs().any(|(name, value)| name == "prompt" && value == "consent"));
    })
    .await;
}

#[tokio::test]
async fn the_callback_address_does_not_depend_on_the_session() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let url = redirected(&world, &world.session().await, &integration).await;
        let sent =
            url.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned());
        assert_eq!(sent, Some(format!("{}/oauth/callback", testkit::world::PUBLIC_URL)));
        assert_eq!(integration, integration_key("op"));
    })
    .await;
}

#[tokio::test]
async fn the_form_shows_the_scopes_that_are_really_asked_for() {
    each_world(async |world| {
        let integration = with_host(&world).await;
        let preset =
            [("hostname", "acme.agiloft.com"), ("oauth_scopes_override", "records.read,records.write")];
        let preset = preset.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        let defaults = Defaults { connection_config: Some(preset), ..Defaults::default() };
        let session = with_defaults(&world, defaults).await;
        let form = world.engine.form(&session, &integration).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(form.scopes, ["records.read", "records.write", "permissions_for:1042"]);
        let url = redirected(&world, &session, &integration).await;
        let asked = url.query_pairs().find(|(name, _)| name == "scope").map(|(_, value)| value.into_owned());
        assert_eq!(asked, Some(form.scopes.join(" ")));
    })
    .await;
}
