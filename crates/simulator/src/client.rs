//! How a client proves itself at a token endpoint (RFC 6749 §2.3), as the entry has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::provider::{ClientAuth, Quirk};
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use crate::jose;
use crate::simulator::Simulator;
use crate::spec::{Params, Spec, Want, is, set};

/// The registered type of assertions (RFC 7523 §2.2).
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl Simulator {
    /// Wants the client's proof: parameters, or a header.
    pub(crate) fn want_client(
        &self,
        method: ClientAuth,
        endpoint: &Url,
        spec: &mut Spec,
        params: &mut Params,
    ) {
        let (id, secret) = (&self.cast.client_id, &self.cast.client_secret);
        if self.entry.quirks.contains(&Quirk::RevolutClientAssertion) {
            let issuer = self.callback_url.host_str().unwrap_or_default();
            set(params, "client_id", Want::Is(id.clone()));
            self.want_assertion(params, issuer, "https://revolut.com");
            return;
        }
        match method {
            ClientAuth::ClientSecretPost => {
                set(params, "client_id", Want::Is(id.clone()));
                if self.cast.has_secret {
                    set(params, "client_secret", Want::Is(secret.clone()));
                }
            }
            ClientAuth::ClientSecretBasic => spec.set_header("authorization", basic_pair(id, secret)),
            ClientAuth::SecretAsBasicUser => {
                let value = format!("Basic {}", STANDARD.encode(format!("{secret}:")));
                spec.set_header("authorization", Want::Is(value));
            }
            ClientAuth::UsernamePassword => {
                params.push(is("username", id.clone()));
                params.push(is("password", secret.clone()));
            }
            ClientAuth::ClientSecretJwt => self.want_assertion_by(params, "HS256", id, endpoint.as_str()),
            ClientAuth::None => set(params, "client_id", Want::Is(id.clone())),
            ClientAuth::PrivateKeyJwt => {
                set(params, "client_id", Want::Is(id.clone()));
                self.want_assertion(params, id, endpoint.as_str());
            }
        }
    }

    fn want_assertion(&self, params: &mut Params, issuer: &str, audience: &str) {
        self.want_assertion_by(params, "RS256", issuer, audience);
    }

    fn want_assertion_by(&self, params: &mut Params, algorithm: &'static str, issuer: &str, audience: &str) {
        let (key, now) = (self.cast.client_secret.clone(), self.now);
        let (issuer, subject, audience) =
            (issuer.to_owned(), self.cast.client_id.clone(), audience.to_owned());
        set(params, "client_assertion_type", Want::Is(ASSERTION.to_owned()));
        let proof = Want::check(move |token| {
            let opened = jose::open(token, algorithm, key.as_bytes())?;
            let claims = &opened.claims;
            for (name, wanted) in [("iss", &issuer), ("sub", &subject), ("aud", &audience)] {
                if claims[name] != wanted.as_str() {
                    return Err(format!("{name} is {}, not {wanted}", claims[name]));
                }
            }
            is_good_now(claims, now, 600)
        });
        set(params, "client_assertion", proof);
    }
}

/// `exp` lies ahead and not far, and there is an identifier that tells it from others (RFC 7523 §3).
pub(crate) fn is_good_now(claims: &Value, now: Timestamp, longest_s: i64) -> Result<(), String> {
    let left = claims["exp"].as_i64().ok_or("exp is no number")? - now.as_second();
    if !(1..=longest_s).contains(&left) {
        return Err(format!("it ends in {left} s"));
    }
    if claims["jti"].as_str().is_none_or(str::is_empty) {
        return Err("it has no jti".to_owned());
    }
    Ok(())
}

/// Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
pub(crate) fn basic_pair(id: &str, secret: &str) -> Want {
    let (id, secret) = (id.to_owned(), secret.to_owned());
    Want::check(move |header| {
        let encoded = header.strip_prefix("Basic ").ok_or("is not Basic")?;
        let pair = STANDARD.decode(encoded).map_err(|error| error.to_string())?;
        let pair = String::from_utf8(pair).map_err(|error| error.to_string())?;
        let (left, right) = pair.split_once(':').ok_or("has no colon")?;
        let decoded = |half: &str| -> String {
            form_urlencoded::parse(format!("x={half}").as_bytes())
                .map(|(_, value)| value.into_owned())
                .collect()
        };
        let is_right = decoded(left) == id && decoded(right) == secret;
        // What is decoded and encoded again must come out the same, or a sign stood there bare.
        let is_bare = [left, right].iter().any(|half| half.contains([' ', '/', '&', '=', ':']));
        if is_right && !is_bare { Ok(()) } else { Err(format!("says {pair}")) }
    })
}
