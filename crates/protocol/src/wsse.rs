//! The `UsernameToken` of Web Services Security as a header
//! (<https://dev.emarsys.com/docs/core-api-reference/authentication>). The vendor's digest is not that of the OASIS
//! profile: it is the base64 of the hex form of SHA-1.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::Provider;
use catalog::provider::SignatureScheme;
use jiff::tz::TimeZone;
use vault::Secret;

use crate::credential::{Credential, Kept, Minted, OAuth2Tokens};
use crate::fields::Fields;
use crate::lifetime;
use crate::message::RequestError;

/// The header for the user name and the password among the entered fields, which need an occasion. It is made again
/// before it ends.
pub fn mint(provider: &Provider, fields: &Fields) -> Result<Credential, RequestError> {
    let missing = RequestError::NoSuchStep { step: "computed header" };
    let signature = provider.signature.as_ref().ok_or(missing)?;
    let SignatureScheme::Wsse = signature.scheme;
    let entered = |name: &str, field| fields.credential.get(name).ok_or(RequestError::Missing { field });
    let (username, password) = (entered("username", "the user name")?, entered("password", "the password")?);
    if username.expose().chars().any(|sign| sign == '"' || sign == '\\' || sign.is_control()) {
        return Err(RequestError::HeaderValue { field: "the user name".to_owned() });
    }
    let occasion = fields.needed_occasion()?;
    let nonce = hex::encode(occasion.random);
    let created = occasion.now.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let text = Secret::new(format!("{nonce}{created}{}", password.expose()));
    let sum = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.expose().as_bytes());
    let digest = STANDARD.encode(hex::encode(sum));
    let token = format!(
        "UsernameToken Username=\"{}\", PasswordDigest=\"{digest}\", Nonce=\"{nonce}\", Created=\"{created}\"",
        username.expose()
    );
    Ok(Credential::Signature(Minted {
        tokens: OAuth2Tokens {
            access_token: Secret::new(token),
            refresh_token: None,
            expires_at: lifetime::assumed(signature.lifetime_s, occasion.now),
            scope: None,
            raw: Secret::new("{}".to_owned()),
            client_override: None,
            kept: Kept::default(),
        },
        entered: fields.credential.clone(),
        jwt: None,
        saml: None,
    }))
}
