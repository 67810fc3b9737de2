//! The pages a person sees.

use crate::client::{get, post_form};
use crate::scene::{VERIFIER, scene, text};

#[tokio::test]
async fn the_consent_page_names_the_app_and_its_scopes_and_runs_no_script() {
    let scene = scene().await;
    let page = get(&scene.authorize_url(&[]), &[]).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("Sandbox app asks for access") && page.body.contains("value=\"contacts.read\"")
    );
    assert!(
        page.header("content-security-policy").is_some_and(|policy| policy.contains("default-src 'none'"))
    );
}

#[tokio::test]
async fn what_a_request_says_is_escaped_on_the_page() {
    let scene = scene().await;
    let url = scene.authorize_url(&[]).replace("profile", "%22%3E%3Cb%3E");
    assert!(!get(&url, &[]).await.body.contains("<b>"));
}

#[tokio::test]
async fn a_scope_that_is_not_ticked_is_not_granted_and_the_chosen_account_is_connected() {
    let scene = scene().await;
    let url = scene.authorize_url(&[]);
    let (_, request) = url.split_once('?').expect("a query");
    let fields = [("request", request), ("decision", "allow"), ("account", "aiko"), ("granted", "profile")];
    let back = post_form(&scene.at("/authorize/decision"), &fields).await;
    let code = back.returned("code").expect("a code");
    let tokens = scene.redeem(&code, VERIFIER).await.json();
    assert_eq!(text(&tokens["scope"]), "profile");
    assert_eq!(scene.me(&tokens["access_token"]).await.json()["sub"], "aiko");
}

#[tokio::test]
async fn the_deny_button_denies() {
    let scene = scene().await;
    let url = scene.authorize_url(&[]);
    let (_, request) = url.split_once('?').expect("a query");
    let back =
        post_form(&scene.at("/authorize/decision"), &[("request", request), ("decision", "deny")]).await;
    assert_eq!(back.returned("error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn the_home_page_links_to_the_metadata_which_names_the_issuer() {
    let scene = scene().await;
    let home = get(&scene.at("/"), &[]).await;
    assert!(home.body.contains("/.well-known/oauth-authorization-server"));
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let metadata = get(&scene.at(path), &[]).await.json();
        assert_eq!(metadata["issuer"], scene.sandbox.url());
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    }
}
