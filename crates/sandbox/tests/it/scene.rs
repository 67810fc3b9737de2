//! A sandbox with the default client, and the steps of a flow.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sandbox::{RefreshPolicy, Sandbox, SandboxOptions};
use serde_json::Value;

use crate::client::{Answer, get, post_form};

pub(crate) const VERIFIER: &str = "a-verifier-that-is-long-enough-for-rfc-7636-1234";
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:9/back";

pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
}

pub(crate) async fn scene() -> Scene {
    scene_with(SandboxOptions::default()).await
}

pub(crate) async fn scene_that_refreshes(refresh_policy: RefreshPolicy) -> Scene {
    scene_with(SandboxOptions { refresh_policy, ..SandboxOptions::default() }).await
}

pub(crate) async fn scene_with(options: SandboxOptions) -> Scene {
    let listen = "127.0.0.1:0".parse().expect("an address");
    Scene { sandbox: Sandbox::start_with(listen, options).await.expect("a free port") }
}

impl Scene {
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.url())
    }

    /// The URL of a good authorization request for two scopes, with `more` in the query.
    pub(crate) fn authorize_url(&self, more: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, VERIFIER.as_bytes()));
        let mut url = url::Url::parse(&self.at("/authorize")).expect("a URL");
        url.query_pairs_mut()
            .extend_pairs([("response_type", "code"), ("client_id", "sandbox-client")])
            .extend_pairs([("redirect_uri", REDIRECT_URI), ("scope", "profile contacts.read")])
            .extend_pairs([("state", "st&te"), ("code_challenge", &challenge)])
            .extend_pairs([("code_challenge_method", "S256")])
            .extend_pairs(more);
        url.into()
    }

    pub(crate) async fn authorize(&self) -> Answer {
        get(&self.authorize_url(&[("auto", "allow")]), &[]).await
    }

    pub(crate) async fn code(&self) -> String {
        self.authorize().await.returned("code").expect("a code")
    }

    pub(crate) async fn redeem(&self, code: &str, verifier: &str) -> Answer {
        let shown = [("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier)];
        self.token(&[&shown[..], &[("redirect_uri", REDIRECT_URI)]].concat()).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    pub(crate) async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        post_form(&self.at("/token"), &with_client(fields)).await
    }

    /// Tokens from a whole flow, as the JSON of the token answer.
    pub(crate) async fn tokens(&self) -> Value {
        let answer = self.redeem(&self.code().await, VERIFIER).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    pub(crate) async fn me(&self, access_token: &Value) -> Answer {
        let bearer = format!("Bearer {}", text(access_token));
        get(&self.at("/api/me"), &[("authorization", &bearer)]).await
    }
}

pub(crate) fn with_client<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [fields, &[("client_id", "sandbox-client"), ("client_secret", "sandbox-secret")]].concat()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a string, not {value}"))
}
