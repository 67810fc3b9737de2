//! Revolut's client assertion is issued by the host of the redirect URI and meant for one audience everywhere.
//!
//! The subject is the client identifier, and the client secret holds the private RSA key.

use catalog::Provider;
use catalog::provider::{JwtAlgorithm, Quirk};
use vault::Secret;

use crate::client_auth::{BAD_KEY, Proof, assertion, secret};
use crate::jose::Signer;
use crate::message::RequestError;

const AUDIENCE: &str = "https://revolut.com";

pub(crate) fn applies(provider: &Provider) -> bool {
    provider.quirks.contains(&Quirk::RevolutClientAssertion)
}

pub(crate) fn sign(proof: &Proof<'_>) -> Result<Secret<String>, RequestError> {
    let callback_url = proof.callback_url.ok_or(RequestError::Missing { field: "the callback URL" })?;
    let issuer = callback_url.host_str().unwrap_or_default();
    let key = secret(proof.client)?;
    let signer = Signer::for_algorithm(JwtAlgorithm::Rs256, key).map_err(|_| BAD_KEY)?;
    assertion(&signer, issuer, &proof.client.id, AUDIENCE, proof)
}
