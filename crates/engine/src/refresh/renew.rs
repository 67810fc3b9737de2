//! Making a credential again from what is held: by the same login, the same signature, the same role.

use model::Connection;
use protocol::{Credential, Fields, aws, jwt, login, wsse};

use super::Prepared;
use crate::Engine;
use crate::refresh::ask::{Attempt, UNUSABLE};

/// After so many refusals in a row a login is not tried by itself any more: a password that was changed would
/// otherwise lock the account.
const MOST_REFUSALS: u32 = 5;

impl Engine {
    /// The credential, made anew. What was entered comes from the credential itself.
    pub(super) async fn made_again(
        &self,
        connection: &Connection,
        prepared: &Prepared,
        held: &Credential,
        fields: Fields,
    ) -> Result<Credential, Attempt> {
        let Prepared { integration, provider } = prepared;
        let fields = Fields { credential: held.entered(), ..fields };
        let made = match held {
            Credential::TwoStep(minted) | Credential::Session(minted) => {
                self.log_in(provider, login::renew(provider, minted, &fields), &fields).await
            }
            Credential::Jwt(_) => jwt::mint(provider, &fields).map_err(|error| Attempt::unusable(&error)),
            Credential::Signature(_) => {
                wsse::mint(provider, &fields).map_err(|error| Attempt::unusable(&error))
            }
            Credential::Aws(keys) => {
                let mut fields = fields;
                // The role was made for these, whatever the connection's fields say by now.
                let external_id = keys.external_id.clone().map(|id| ("external_id".to_owned(), id));
                fields.connection.extend(external_id);
                fields.connection.insert("region".to_owned(), keys.region.clone());
                let role = aws::role(provider, &fields)
                    .map(|role| aws::Role { service: keys.service.clone(), ..role });
                self.assume(provider, role, &fields).await
            }
            Credential::ClientCredentials { .. } => {
                self.client_credentials(provider, integration, &fields).await
            }
            Credential::OAuth2(_)
            | Credential::OAuth1 { .. }
            | Credential::OAuth1TokenBased { .. }
            | Credential::App { .. }
            | Credential::ApiKey { .. }
            | Credential::Basic { .. }
            | Credential::None => {
                let message = "this kind of credential is not made here".to_owned();
                Err(Attempt::no_answer("not_refreshable", message))
            }
        };
        let is_login = matches!(held, Credential::TwoStep(_) | Credential::Session(_));
        let is_last = connection.refresh.failures + 1 >= MOST_REFUSALS;
        made.map_err(|attempt| {
            // What cannot even be sent locks nothing.
            let locks = is_login && attempt.refused && attempt.code != UNUSABLE;
            Attempt { grant_gone: attempt.grant_gone || locks && is_last, ..attempt }
        })
    }
}
