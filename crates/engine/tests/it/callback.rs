//! The browser comes back: what is accepted, once, and what is not.

use engine::{FailureKind, right};
use futures_util::future::join_all;
use sandbox::{Endpoint, Fault};
use testkit::each_world;

use crate::fixtures::{MINUTE, callback, events, listed, receive_events, traces, until};

#[tokio::test]
async fn of_32_equal_callbacks_one_makes_the_connection() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let consented = world.consent(&world.session().await, &integration).await;
        let answers = join_all((0..32).map(|_| callback(&world, &consented))).await;
        let (connected, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(connected.len(), 1);
        assert!(
            refused
                .iter()
                .all(|answer| answer.as_ref().is_err_and(|failure| failure.kind == FailureKind::Expired))
        );
        assert_eq!(listed(&world).await.len(), 1);
        assert_eq!(world.sandbox.requests("/token").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn callbacks_of_many_people_at_once_all_succeed() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let mut all = Vec::new();
        for _ in 0..24 {
            all.push(world.consent(&world.session().await, &integration).await);
        }
        let answers = join_all(all.iter().map(|consented| callback(&world, consented))).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 24);
        assert_eq!(listed(&world).await.len(), 24);
    })
    .await;
}

#[tokio::test]
async fn another_browser_stores_nothing_and_uses_up_the_state() {
    each_world(async |world| {
        receive_events(&world).await;
        let integration = world.integration("op").await;
        let consented = world.consent(&world.session().await, &integration).await;
        let stranger = world.engine.callback(&consented.query, |_| Some("another cookie".to_owned())).await;
        assert_eq!(stranger.expect_err("the stranger is refused").kind, FailureKind::OtherBrowser);
        let owner = callback(&world, &consented).await.expect_err("the state is used up");
        assert_eq!(owner.kind, FailureKind::Expired);
        assert!(listed(&world).await.is_empty());
        assert!(world.sandbox.requests("/token").is_empty());
        assert_eq!(events(&world).await[0]["error"]["type"], "other_browser");
    })
    .await;
}

#[tokio::test]
async fn a_browser_without_the_cookie_is_another_browser() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let consented = world.consent(&world.session().await, &integration).await;
        let answer = world.engine.callback(&consented.query, |_| None).await;
        assert_eq!(answer.expect_err("it is refused").kind, FailureKind::OtherBrowser);
        assert!(world.sandbox.requests("/token").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_declined_authorization_is_told_to_person_and_app() {
    each_world(async |world| {
        receive_events(&world).await;
        let integration = world.integration("op").await;
        let session = world.session().await;
        let declined = world.decline(&session, &integration).await;
        let failure = callback(&world, &declined).await.expect_err("nothing is connected");
        assert_eq!(failure.kind, FailureKind::Denied);
        assert!(failure.retry);
        assert_eq!(failure.session, Some(session.session.id));
        assert_eq!(failure.integration, Some(integration));
        let told = events(&world).await;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0]["success"], false);
        assert_eq!(told[0]["operation"], "creation");
        assert_eq!(told[0]["error"]["type"], "access_denied");
        assert!(listed(&world).await.is_empty());
        assert_eq!(traces(&world, "connection.authorization_failed").await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_names_another_issuer_is_rejected_before_the_code_is_sent() {
    rejected_issuer(Fault::WrongIss { iss: "https://honest.example".to_owned() }).await;
}

#[tokio::test]
async fn an_answer_without_the_promised_issuer_is_rejected_before_the_code_is_sent() {
    rejected_issuer(Fault::OmitIss).await;
}

async fn rejected_issuer(fault: Fault) {
    let fault = &fault;
    each_world(async |world| {
        receive_events(&world).await;
        let integration = world.integration("op").await;
        world.sandbox.fail(Endpoint::Authorize, fault.clone(), Some(1));
        let consented = world.consent(&world.session().await, &integration).await;
        let failure = callback(&world, &consented).await.expect_err("the answer is rejected");
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(world.sandbox.requests("/token").is_empty());
        assert!(listed(&world).await.is_empty());
        assert_eq!(events(&world).await[0]["error"]["type"], "invalid_callback");
    })
    .await;
}

#[tokio::test]
async fn repeated_parameters_are_rejected_before_the_code_is_sent() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let mut consented = world.consent(&world.session().await, &integration).await;
        consented.query.push_str("&code=another");
        let failure = callback(&world, &consented).await.expect_err("the answer is rejected");
        assert_eq!(failure.kind, FailureKind::Rejected);
        assert!(world.sandbox.requests("/token").is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_unknown_state_opens_nothing() {
    each_world(async |world| {
        for query in ["", "code=x", "code=x&state=nobody-knows-it", "state=a&state=b"] {
            let failure = world.engine.callback(query, |_| None).await.expect_err("there is no such flow");
            assert_eq!((failure.kind, failure.session), (FailureKind::Expired, None), "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_person_who_takes_eleven_minutes_starts_again() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let consented = world.consent(&world.session().await, &integration).await;
        world.advance(MINUTE * 11);
        assert_eq!(
            callback(&world, &consented).await.expect_err("it is too late").kind,
            FailureKind::Expired
        );
        assert!(world.sandbox.requests("/token").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_deleted_session_takes_its_flows_along() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let session = world.session().await;
        let consented = world.consent(&session, &integration).await;
        world.engine.delete_session(&session).await.expect("the session is deleted");
        assert_eq!(callback(&world, &consented).await.expect_err("it is gone").kind, FailureKind::Expired);
        assert!(world.sandbox.requests("/token").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_code_of_another_flow_is_refused_by_the_provider_and_stores_nothing() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let first = world.consent(&world.session().await, &integration).await;
        let second = world.consent(&world.session().await, &integration).await;
        let code = |query: &str| {
            let pairs: Vec<_> =
                query.split('&').filter(|pair| pair.starts_with("code=")).map(str::to_owned).collect();
            pairs.first().expect("a granted answer has a code").clone()
        };
        let mixed = second.query.replace(&code(&second.query), &code(&first.query));
        let answer = world.engine.callback(&mixed, |_| Some(second.cookie.clone())).await;
        assert_eq!(answer.expect_err("PKCE tells the flows apart").kind, FailureKind::Provider);
        assert!(listed(&world).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_goes_away_during_the_token_call_still_gets_its_connection() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let consented = world.consent(&world.session().await, &integration).await;
        world.sandbox.fail(Endpoint::Token, Fault::slow(std::time::Duration::from_millis(100)), Some(1));
        tokio::select! {
            _ = callback(&world, &consented) => panic!("the provider is slow"),
            () = world.asked("/token", 1) => {}
        }
        until("the connection is stored", async || !listed(&world).await.is_empty()).await;
        let by = world.may::<right::ListConnections>();
        assert_eq!(
            world.engine.connections(&by, &engine::ListQuery::default(), 10, 0).await.expect("a list").len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn each_authorization_has_a_state_and_a_challenge_of_its_own() {
    each_world(async |world| {
        let integration = world.integration("op").await;
        let session = world.session().await;
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let url = crate::fixtures::redirected(&world, &session, &integration).await;
            let value = |name: &str| {
                let found = url.query_pairs().find(|(known, _)| known == name);
                found.expect("the parameter is there").1.into_owned()
            };
            assert_eq!(value("code_challenge_method"), "S256");
            assert_eq!(value("state").len(), 43);
            seen.insert(value("state"));
            seen.insert(value("code_challenge"));
        }
        assert_eq!(seen.len(), 100);
    })
    .await;
}
