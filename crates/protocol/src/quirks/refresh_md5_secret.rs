//! Agiloft's refresh request names the client by a part of its secret.
//!
//! The body carries `md5_secret` and no `client_id`. The parameter's name promises a digest; what the server takes is
//! the first 20 characters of the client secret as they are.

use catalog::Provider;
use catalog::provider::Quirk;

use crate::fields::Client;
use crate::parameters::Parameters;

const LENGTH: usize = 20;

pub(crate) fn apply(provider: &Provider, client: &Client, parameters: &mut Parameters) {
    if !provider.quirks.contains(&Quirk::RefreshMd5Secret) {
        return;
    }
    parameters.remove("client_id");
    parameters.remove("client_secret");
    if let Some(secret) = &client.secret {
        parameters.set("md5_secret", secret.map(|secret| secret.chars().take(LENGTH).collect::<String>()));
    }
}
