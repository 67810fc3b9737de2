//! Setting up providers: drafts, secrets, rotation, renaming, deleting.

use engine::{Error, IntegrationPatch, Rule, right};
use model::integration::State;
use sandbox::Client;
use testkit::{World, each_world};

use crate::fixtures::{
    EXPIRED, client, established, integration_key, key_of, only, refused, rule, set_up, submitted, traces,
};

async fn patch(world: &World, key: &str, patch: IntegrationPatch) -> Result<engine::IntegrationView, Error> {
    let by = world.may::<right::UpdateIntegration>();
    world.engine.update_integration(&by, &integration_key(key), patch).await
}

async fn view(world: &World, key: &str) -> Result<engine::IntegrationView, Error> {
    world.engine.integration(&world.may::<right::ReadIntegration>(), &integration_key(key)).await
}

#[tokio::test]
async fn a_draft_names_exactly_what_is_missing() {
    each_world(async |world| {
        let rows: [(&str, &[&str]); 4] = [
            ("github", &["credentials.client_id", "credentials.client_secret"]),
            (
                "oauth2-generic",
                &[
                    "credentials.client_id",
                    "credentials.client_secret",
                    "integration_config.authorization_url",
                    "integration_config.token_url",
                ],
            ),
            (
                "agiloft",
                &["credentials.client_id", "credentials.client_secret", "integration_config.contactId"],
            ),
            ("api-key-generic", &["integration_config.api_base_url"]),
        ];
        for (provider, missing) in rows {
            let view =
                set_up(&world, provider, provider, &[]).await.unwrap_or_else(|error| panic!("{error}"));
            let State::Draft(named) = view.state else { panic!("{provider} is a draft") };
            assert_eq!(named, missing, "{provider}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_draft_cannot_start_and_is_not_offered() {
    each_world(async |world| {
        let draft = key_of(set_up(&world, "github", "gh", &[]).await);
        let session = world.session().await;
        assert_eq!(rule(submitted(&world, &session, &draft, &[]).await), Rule::Draft);
        assert!(world.engine.choices(&session).await.expect("choices").is_empty());
        let form = world.engine.form(&session, &draft).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(form.ready, Err("credentials.client_id, credentials.client_secret".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_draft_is_completed_by_a_patch() {
    each_world(async |world| {
        set_up(&world, "github", "gh", &[]).await.map(drop).expect("the draft is made");
        let change =
            IntegrationPatch { credentials: Some(client("id", "secret")), ..IntegrationPatch::default() };
        let view = patch(&world, "gh", change).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(view.state, State::Configured);
    })
    .await;
}

#[tokio::test]
async fn secrets_are_shown_only_to_those_who_may_read_them_and_with_a_trace() {
    each_world(async |world| {
        let key = world.integration("op").await;
        let shown = view(&world, "op").await.unwrap_or_else(|error| panic!("{error}"));
        let plain = only::<right::ReadIntegration>(&world, &["environment:integrations:read"]).await;
        let denied = refused(world.engine.integration_secrets(&plain, &shown).await);
        assert!(matches!(denied, Error::Denied(_)));
        assert_eq!(traces(&world, "integration.secret_read").await, 0);
        let full = world.may::<right::ReadIntegration>();
        let secrets =
            world.engine.integration_secrets(&full, &shown).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(secrets.client_secret.expect("it was set").expose(), "sandbox-secret");
        assert_eq!(traces(&world, "integration.secret_read").await, 1);
        assert_eq!(key, shown.integration.key);
    })
    .await;
}

#[tokio::test]
async fn a_rotated_client_secret_keeps_connections_working() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.sandbox.register_client(Client::confidential("sandbox-client", "rotated"));
        let change = IntegrationPatch {
            credentials: Some(client("sandbox-client", "rotated")),
            ..IntegrationPatch::default()
        };
        patch(&world, "op", change).await.map(drop).expect("the secret is rotated");
        world.advance(EXPIRED);
        connection.token(&world).await;
        assert_eq!(world.sandbox.requests("/token")[1].form["client_secret"], "rotated");
    })
    .await;
}

#[tokio::test]
async fn a_patch_without_a_secret_keeps_the_one_that_is_stored() {
    each_world(async |world| {
        let connection = established(&world).await;
        let change =
            IntegrationPatch { display_name: Some("Renamed".to_owned()), ..IntegrationPatch::default() };
        patch(&world, "op", change).await.map(drop).expect("the name is changed");
        world.advance(EXPIRED);
        connection.token(&world).await;
    })
    .await;
}

#[tokio::test]
async fn an_integration_with_connections_is_not_renamed() {
    each_world(async |world| {
        established(&world).await;
        let change = IntegrationPatch { key: Some("other".to_owned()), ..IntegrationPatch::default() };
        assert_eq!(rule(patch(&world, "op", change).await), Rule::Body);
        assert!(view(&world, "op").await.is_ok() && view(&world, "other").await.is_err());
    })
    .await;
}

#[tokio::test]
async fn an_integration_without_connections_is_renamed() {
    each_world(async |world| {
        world.integration("op").await;
        world.integration("taken").await;
        let rename = |to: &str| IntegrationPatch { key: Some(to.to_owned()), ..IntegrationPatch::default() };
        assert_eq!(rule(patch(&world, "op", rename("taken")).await), Rule::KeyTaken);
        patch(&world, "op", rename("other")).await.map(drop).expect("it is renamed");
        assert!(view(&world, "other").await.is_ok() && view(&world, "op").await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_name_is_taken_once() {
    each_world(async |world| {
        world.integration("op").await;
        assert_eq!(rule(set_up(&world, "github", "op", &[]).await), Rule::KeyTaken);
        assert_eq!(rule(set_up(&world, "no-such-provider", "x", &[]).await), Rule::UnknownProvider);
    })
    .await;
}

#[tokio::test]
async fn integrations_that_end_each_others_tokens_warn_of_each_other() {
    each_world(async |world| {
        let same = [("contactId", "1042"), ("hostname", "acme.agiloft.com")];
        let alone = set_up(&world, "agiloft", "one", &same).await.unwrap_or_else(|error| panic!("{error}"));
        assert!(alone.warnings.is_empty());
        let twin = set_up(&world, "agiloft", "two", &same).await.unwrap_or_else(|error| panic!("{error}"));
        assert!(twin.warnings.len() == 1 && twin.warnings[0].contains("«one»"));
        let other = [("contactId", "1043"), ("hostname", "acme.agiloft.com")];
        let apart =
            set_up(&world, "agiloft", "three", &other).await.unwrap_or_else(|error| panic!("{error}"));
        assert!(apart.warnings.is_empty());
        let first = view(&world, "one").await.unwrap_or_else(|error| panic!("{error}"));
        assert!(first.warnings.len() == 1 && first.warnings[0].contains("«two»"));
    })
    .await;
}

#[tokio::test]
async fn a_deleted_integration_takes_its_connections_along() {
    each_world(async |world| {
        let connection = established(&world).await;
        let by = world.may::<right::DeleteIntegration>();
        world.engine.delete_integration(&by, &connection.integration).await.expect("it is deleted");
        assert!(crate::fixtures::listed(&world).await.is_empty());
        assert!(matches!(crate::fixtures::unread(connection.read(&world).await), Error::NotFound(_)));
        assert!(matches!(
            world.engine.delete_integration(&by, &connection.integration).await,
            Err(Error::NotFound(engine::Thing::Integration))
        ));
        assert_eq!(traces(&world, "integration.deleted").await, 1);
    })
    .await;
}

#[tokio::test]
async fn secrets_that_were_moved_to_another_integration_are_an_integrity_error() {
    each_world(async |world| {
        let connection = established(&world).await;
        world.integration("other").await;
        let swap =
            "update integrations set secrets = (select secrets from integrations where unique_key = 'other')
            where unique_key = 'op'";
        store::admin::execute(&world.location, swap).await.expect("rows are swapped");
        world.advance(EXPIRED);
        assert!(matches!(crate::fixtures::unread(connection.read(&world).await), Error::Integrity));
        assert_eq!(world.sandbox.requests("/token").len(), 1);
    })
    .await;
}
