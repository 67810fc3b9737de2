//! A code is redeemed (RFC 6749 §4.1.3), once, by whoever began (RFC 7636 §4.6).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::provider::{BodyFormat, Quirk, TokenMethod, TokenResponse};
use http::Method;
use serde_json::json;

use super::token_call::TokenCall;
use crate::arrived::Arrived;
use crate::grant::Issue;
use crate::knowledge::Light;
use crate::simulator::{Reply, Simulator};
use crate::spec::{Content, Params, Spec, Want, is, set};

/// A code that was given out.
#[derive(Clone)]
pub(crate) struct Code {
    pub(crate) code: String,
    /// The challenge that came with its request.
    pub(crate) challenge: Option<String>,
}

impl Simulator {
    /// Expects the code to be redeemed, and what follows from that.
    pub(crate) fn expect_redemption(&mut self, code: Code) {
        if self.entry.token.is_none() {
            return;
        }
        self.expect(
            "token",
            move |simulator, arrived| simulator.redemption_spec(&code, arrived),
            |simulator, _| {
                let reply = simulator.issue_tokens(false);
                // From here on nobody knows the callback any more.
                simulator.grant.callback.clear();
                simulator.expect_after_token();
                reply
            },
        );
    }

    fn redemption_spec(&self, code: &Code, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let endpoint = entry.token.as_ref().ok_or("the entry has no token endpoint")?;
        let url = self.address(&endpoint.url).ok_or("the token URL cannot be filled")?;
        if entry.quirks.contains(&Quirk::ShoplineSignedToken) {
            let body = json!({ "code": code.code }).to_string();
            return Ok(self.shopline_spec(url, Some(body)));
        }
        let uuids = arrived.uuids();
        let light = Light { arrived: Some(arrived), uuid: uuids.first().map(String::as_str) };
        let mut params: Params = vec![is("grant_type", "authorization_code")];
        self.fill_params(&mut params, &endpoint.params, light);
        set(&mut params, "code", Want::Is(code.code.clone()));
        set(&mut params, "redirect_uri", Want::Is(self.callback_url.to_string()));
        // Whoever set out without a challenge has no verifier to show.
        if let Some(challenge) = code.challenge.clone() {
            set(&mut params, "code_verifier", Want::check(move |verifier| answers(verifier, &challenge)));
        }
        Ok(self.token_spec(TokenCall::of(endpoint, url, params), arrived))
    }

    /// Tokens of the code grant.
    pub(super) fn issue_tokens(&mut self, renews: bool) -> Reply {
        let entry = self.entry.clone();
        let Some(endpoint) = &entry.token else { return Reply::refusal(500, "no_token_endpoint") };
        let with_refresh = self.gives_refresh_tokens();
        self.issue(&endpoint.response, endpoint.lifetime_s, Issue { renews, with_refresh })
    }

    /// What a token answer to a code is followed by.
    pub(super) fn expect_after_token(&mut self) {
        if self.entry.app.is_some() {
            self.expect_proof_of_installation();
            return;
        }
        if self.entry.long_token.is_some() {
            self.expect("long token", Self::long_token_spec, |simulator, _| {
                let entry = simulator.entry.clone();
                let paths =
                    entry.token.as_ref().map_or_else(TokenResponse::default, |token| token.response.clone());
                let issue = Issue { renews: false, with_refresh: false };
                let reply = simulator.issue(&paths, None, issue);
                simulator.expect_connected();
                reply
            });
            return;
        }
        if self.entry.quirks.contains(&Quirk::BullhornRestLogin) {
            self.expect_bullhorn_session();
        }
        self.expect_connected();
    }

    fn long_token_spec(&self, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let long = entry.long_token.as_ref().ok_or("the entry has no long token")?;
        let endpoint = entry.token.as_ref().ok_or("the entry has no token endpoint")?;
        let url = self.address(&long.url).ok_or("its URL cannot be filled")?;
        let mut params = Params::new();
        self.fill_params(&mut params, &long.params, Light { arrived: Some(arrived), uuid: None });
        let call = TokenCall {
            by_get: long.method == TokenMethod::Get,
            format: BodyFormat::Form,
            client: None,
            omit: &[],
            headers: Vec::new(),
            ..TokenCall::of(endpoint, url, params)
        };
        Ok(Self::without_names(call, self, arrived))
    }

    /// The vendor's names hold at the token endpoint alone.
    fn without_names(call: TokenCall<'_>, simulator: &Self, arrived: &Arrived) -> Spec {
        let plain = catalog::provider::TokenEndpoint {
            rename: std::collections::BTreeMap::new(),
            in_query: Vec::new(),
            ..call.endpoint.clone()
        };
        let TokenCall { url, by_get, format, params, omit, headers, client, .. } = call;
        let call = TokenCall { endpoint: &plain, url, by_get, format, params, omit, headers, client };
        simulator.token_spec(call, arrived)
    }

    /// Shopline signs body and time in headers.
    pub(super) fn shopline_spec(&self, url: url::Url, body: Option<String>) -> Spec {
        let mut spec = Spec::new(Method::POST, url);
        let now = self.now.as_millisecond().to_string();
        let signed = format!("{}{now}", body.as_deref().unwrap_or_default());
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, self.cast.client_secret.as_bytes());
        let sign = hex::encode(aws_lc_rs::hmac::sign(&key, signed.as_bytes()));
        spec.set_header("appkey", Want::Is(self.cast.client_id.clone()));
        spec.set_header("timestamp", Want::Is(now));
        spec.set_header("sign", Want::Is(sign));
        spec.content = body.map_or(Content::Empty, |body| Content::Text("application/json", body));
        spec
    }
}

/// The digest of the verifier is the challenge (RFC 7636 §4.6).
fn answers(verifier: &str, challenge: &str) -> Result<(), String> {
    if !(43..=128).contains(&verifier.len()) {
        return Err(format!("has {} characters", verifier.len()));
    }
    let digest = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
    if digest == challenge { Ok(()) } else { Err(format!("does not answer {challenge}")) }
}
