//! What became of a grant when its connection was deleted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use engine::{RevocationOutcome, right};
use serde_json::json;

use crate::fixtures::{audit, key_of, set_up};
use crate::stub::{Stub, connected, each_world_with, json as answer};

#[tokio::test]
async fn a_vendors_own_call_is_made_and_its_outcome_told_and_recorded() {
    let status = Arc::new(AtomicU16::new(200));
    let said = Arc::clone(&status);
    let stub = Stub::playing(move |asked, _| match asked.path() {
        "/auth/oauth2/v2/token" => answer(200, &json!({"access_token": "token-123456", "expires_in": 3600})),
        "/auth/oauth2/revoke" => {
            assert_eq!(asked.header("authorization"), "client_id:client-1, client_secret:secret-1");
            assert_eq!(asked.json(), json!({"access_token": "token-123456"}));
            answer(said.load(Ordering::SeqCst), &json!({"message": "no such token-123456"}))
        }
        other => panic!("nobody asks for {other}"),
    })
    .await;
    let onelogin = stub.provider("onelogin", &["{connection.subdomain}.onelogin.com"]);
    each_world_with(vec![onelogin], async |world| {
        key_of(set_up(&world, "onelogin", "ol", &[]).await);
        for (answered, outcome, message) in [
            (200, RevocationOutcome::Revoked, None),
            (403, RevocationOutcome::Refused, Some("status 403: no such [hidden]")),
            (503, RevocationOutcome::Unreachable, Some("status 503")),
        ] {
            status.store(answered, Ordering::SeqCst);
            let values = [("subdomain", "acme"), ("client_id", "client-1"), ("client_secret", "secret-1")];
            let connection = connected(&world, "ol", &values).await;
            let by = world.may::<right::DeleteConnection>();
            let deleted = world.engine.delete_connection(&by, &connection.integration, &connection.key).await;
            let revocation = deleted.expect("it is deleted").revocation;
            assert_eq!((revocation.outcome, revocation.message.as_deref()), (outcome, message));
        }
        let mut recorded: Vec<_> = audit(&world)
            .await
            .into_iter()
            .filter(|entry| entry.action == "connection.grant_revocation")
            .filter_map(|entry| entry.detail)
            .collect();
        // All of one moment, so in no order.
        recorded.sort_unstable();
        assert_eq!(recorded, ["refused: status 403: no such [hidden]", "revoked", "unreachable: status 503"]);
    })
    .await;
}
