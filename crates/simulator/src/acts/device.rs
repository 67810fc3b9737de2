//! Consent on another device (RFC 8628): a code to type, and questions until somebody has typed it.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::api::light;
use super::token_call::TokenCall;
use crate::arrived::Arrived;
use crate::simulator::{Reply, Simulator};
use crate::spec::{Content, Params, Spec, Want, is, set};

/// Seconds that a client has to wait between two questions.
const INTERVAL_S: i64 = 5;

impl Simulator {
    /// Expects a code to be asked for, one question too early for an answer, and one in time.
    pub fn expect_device_consent(&mut self, scopes: &[String]) {
        self.grant.scope = self.scope_of(scopes);
        self.expect(
            "device authorization",
            |simulator, _| {
                let entry = simulator.entry.clone();
                let device = entry.device.as_ref().and_then(|device| simulator.address(&device.url));
                let mut spec = Spec::new(Method::POST, device.ok_or("the device URL cannot be filled")?);
                let mut params = vec![is("client_id", simulator.cast.client_id.clone())];
                params.extend(simulator.grant.scope.clone().map(|scope| is("scope", scope)));
                // The client proves itself as at the token endpoint (§3.1).
                let method = entry.token.as_ref().map(|token| token.client_auth).unwrap_or_default();
                let endpoint = spec.url.clone();
                simulator.want_client(method, &endpoint, &mut spec, &mut params);
                spec.content = Content::Form(params);
                Ok(spec)
            },
            |simulator, _| {
                let code = simulator.grant.fresh("device-code");
                simulator.expect_question(code.clone(), simulator.now, true);
                Reply::json(&json!({
                    "device_code": code, "user_code": "WDJB-MJHT", "expires_in": 900, "interval": INTERVAL_S,
                    "verification_uri": "https://login.example.org/device",
                }))
            },
        );
    }

    fn expect_question(&mut self, code: String, asked: Timestamp, is_too_early: bool) {
        let wanted = code.clone();
        self.expect(
            "device token",
            move |simulator, arrived| simulator.question_spec(&wanted, asked, arrived),
            move |simulator, _| {
                if is_too_early {
                    simulator.expect_question(code, simulator.now, false);
                    return Reply::refusal(400, "authorization_pending");
                }
                let reply = simulator.issue_tokens(false);
                simulator.expect_after_token();
                reply
            },
        );
    }

    /// The device access token request (§3.4), no sooner than the interval allows (§3.5).
    fn question_spec(&self, code: &str, asked: Timestamp, arrived: &Arrived) -> Result<Spec, String> {
        let entry = self.entry.clone();
        let endpoint = entry.token.as_ref().ok_or("the entry has no token endpoint")?;
        let url = self.address(&endpoint.url).ok_or("the token URL cannot be filled")?;
        let mut params = Params::new();
        let uuids = arrived.uuids();
        self.fill_params(&mut params, &endpoint.params, light(arrived, &uuids));
        set(&mut params, "grant_type", Want::Is("urn:ietf:params:oauth:grant-type:device_code".to_owned()));
        let (code, now) = (code.to_owned(), self.now);
        let in_time = Want::check(move |found| {
            if now < asked + SignedDuration::from_secs(INTERVAL_S) {
                return Err(format!("is asked about {} s after the last time", (now - asked).get_seconds()));
            }
            if found == code { Ok(()) } else { Err(format!("is not {code}")) }
        });
        set(&mut params, "device_code", in_time);
        Ok(self.token_spec(TokenCall::of(endpoint, url, params), arrived))
    }
}
