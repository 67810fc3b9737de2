//! The body that brings in a connection: a credential of one of seven kinds, and what belongs to it.

use std::collections::BTreeMap;

use engine::NewConnection;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use model::{Issue, IssueCode};
use protocol::{Client, Credential, OAuth2Tokens};
use serde_json::{Map, Value, json};
use vault::Secret;

use crate::api::input::{
    Object, Reading, any_object, connection_key, length, list, number, secret_text, tag_pairs, text,
    webhook_url,
};
use crate::api::person::end_user;

const LONGEST_TOKEN: usize = 16_384;
const LONGEST_PEM: usize = 10_000;
const KINDS: [&str; 7] = ["OAUTH2", "OAUTH2_CC", "OAUTH1", "TBA", "API_KEY", "BASIC", "NONE"];

pub(super) fn new_connection(body: &mut Object) -> Option<NewConnection> {
    // A name that no integration can have is one that does not exist, which the engine says.
    let integration =
        body.required("provider_config_key", text(|key| Ok(model::IntegrationKey::stored(key.to_owned()))));
    let credential = body.required("credentials", credential);
    // Everything is read before anything is missed, so that all problems are reported.
    let key = body.optional("connection_id", text(connection_key));
    let config = body.optional("connection_config", connection_config);
    let metadata = body.optional("metadata", any_object);
    let tags = body.optional("tags", tag_pairs);
    let end_user = body.optional("end_user", end_user);
    let webhook_url_override = body.optional("webhook_url_override", webhook_url);
    let (integration, credential) = (integration?, credential?);
    Some(NewConnection {
        integration,
        key,
        credential,
        config,
        metadata,
        tags,
        end_user,
        webhook_url_override,
    })
}

fn connection_config(value: Value) -> Reading<Map<String, Value>> {
    let mut object = Object::of(Some(value))?;
    let scopes = object.optional("oauth_scopes_override", list(text(length(0, LONGEST_TOKEN))));
    let mut config = object.rest();
    if let Some(scopes) = scopes {
        config.insert("oauth_scopes_override".to_owned(), json!(scopes));
    }
    object.finish_loosely(Some(config))
}

/// A credential by the kind it names. Fields are known only with the kind, so that a wrong kind is the only problem
/// reported.
fn credential(value: Value) -> Reading<Credential> {
    let mut object = Object::of(Some(value))?;
    let kind = object.optional("type", text(length(0, 64)));
    let Some(kind) = kind.as_deref().and_then(|kind| KINDS.into_iter().find(|known| *known == kind)) else {
        let message = format!("must be one of: {}", KINDS.join(", "));
        return Err(vec![Issue::new(IssueCode::InvalidUnion, ["type"], message)]);
    };
    let credential = match kind {
        "OAUTH2" => oauth2(&mut object),
        "OAUTH2_CC" => client_credentials(&mut object),
        "OAUTH1" => oauth1(&mut object),
        "TBA" => token_based(&mut object),
        "API_KEY" => {
            object.required("apiKey", secret_text(1, 1024)).map(|api_key| Credential::ApiKey { api_key })
        }
        "BASIC" => basic(&mut object),
        _ => Some(Credential::None),
    };
    object.finish(credential)
}

fn oauth2(object: &mut Object) -> Option<Credential> {
    let access_token = object.required("access_token", secret_text(1, LONGEST_TOKEN));
    let refresh_token = object.optional("refresh_token", secret_text(1, LONGEST_TOKEN));
    let expires_at = object.optional("expires_at", expiry);
    let client_override = object.optional("config_override", client).flatten();
    let access_token = access_token?;
    let mut raw = json!({ "type": "OAUTH2", "access_token": access_token.expose() });
    if let Some(token) = &refresh_token {
        raw["refresh_token"] = json!(token.expose());
    }
    if let Some(end) = expires_at {
        raw["expires_at"] = json!(format!("{end:.3}"));
    }
    let raw = Secret::new(raw.to_string());
    Some(Credential::OAuth2(OAuth2Tokens {
        access_token,
        refresh_token,
        expires_at,
        scope: None,
        raw,
        client_override,
        kept: protocol::Kept::default(),
    }))
}

fn client_credentials(object: &mut Object) -> Option<Credential> {
    let token = object.required("token", secret_text(1, 4096));
    let client_id = object.required("client_id", text(length(1, 255)));
    let client_secret = object.required("client_secret", secret_text(1, 2048));
    let pem = ["client_certificate", "client_private_key"]
        .map(|name| (name.to_owned(), object.optional(name, secret_text(0, LONGEST_PEM))));
    let expires_at = object.optional("expires_at", expiry);
    let (access_token, client_id, client_secret) = (token?, client_id?, client_secret?);
    let mut raw = json!({ "type": "OAUTH2_CC", "token": access_token.expose(), "client_id": client_id,
        "client_secret": client_secret.expose() });
    let entered: BTreeMap<String, Secret<String>> = pem
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|value| !value.expose().is_empty())?)))
        .collect();
    for (name, value) in &entered {
        raw[name] = json!(value.expose());
    }
    if let Some(end) = expires_at {
        raw["expires_at"] = json!(format!("{end:.3}"));
    }
    let raw = Secret::new(raw.to_string());
    let tokens = OAuth2Tokens {
        access_token,
        refresh_token: None,
        expires_at,
        scope: None,
        raw,
        client_override: None,
        kept: protocol::Kept::default(),
    };
    Some(Credential::ClientCredentials { tokens, client_id, client_secret, entered })
}

fn oauth1(object: &mut Object) -> Option<Credential> {
    let token = object.required("oauth_token", secret_text(1, 2048));
    let token_secret = object.required("oauth_token_secret", secret_text(1, 2048));
    let (token, token_secret) = (token?, token_secret?);
    let raw = json!({ "type": "OAUTH1", "oauth_token": token.expose(), "oauth_token_secret": token_secret.expose() });
    Some(Credential::OAuth1 { token, token_secret, raw: Secret::new(raw.to_string()) })
}

fn token_based(object: &mut Object) -> Option<Credential> {
    let token_id = object.required("token_id", secret_text(1, 2048));
    let token_secret = object.required("token_secret", secret_text(1, 2048));
    let client_override = object.optional("config_override", client).flatten();
    Some(Credential::OAuth1TokenBased { token_id: token_id?, token_secret: token_secret?, client_override })
}

fn basic(object: &mut Object) -> Option<Credential> {
    let username = object.required("username", text(length(0, 1024)));
    let password = object.required("password", secret_text(0, 1024));
    Some(Credential::Basic { username: username?, password: password? })
}

/// A client of its own; without an id there is none.
fn client(value: Value) -> Reading<Option<Client>> {
    let mut object = Object::of(Some(value))?;
    let id = object.optional("client_id", text(length(1, 255)));
    let secret = object.optional("client_secret", secret_text(1, 2048));
    object.finish(Some(id.map(|id| Client { id, secret })))
}

/// A time as milliseconds since 1970 or as text. A text without a time zone is taken as UTC.
fn expiry(value: Value) -> Reading<Timestamp> {
    let refuse = || {
        let message = "must be a time: ISO 8601 text, or milliseconds since 1970";
        vec![Issue::new(IssueCode::InvalidType, [] as [&str; 0], message)]
    };
    if let Value::String(text) = &value {
        return time(text.trim()).ok_or_else(refuse);
    }
    let milliseconds = number(value).map_err(|_| refuse())?;
    whole(milliseconds).and_then(|ms| Timestamp::from_millisecond(ms).ok()).ok_or_else(refuse)
}

fn time(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let civil =
        text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|date| date.at(0, 0, 0, 0))).ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked before the cast")]
fn whole(number: f64) -> Option<i64> {
    // Beyond 2^53 a JSON number is no longer exact.
    (number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_read_from_text_and_milliseconds() {
        let expected = Timestamp::from_second(1_772_359_200).expect("in range");
        for sent in [
            json!("2026-03-01T10:00:00.000Z"),
            json!("2026-03-01T11:00:00+01:00"),
            json!("2026-03-01T10:00:00"),
            json!(1_772_359_200_000_i64),
        ] {
            assert_eq!(expiry(sent.clone()), Ok(expected), "{sent}");
        }
        assert_eq!(expiry(json!("2026-03-01")).map(Timestamp::as_second), Ok(1_772_323_200));
        for bad in [json!("soon"), json!(null), json!(1e300), json!({}), json!("")] {
            assert!(expiry(bad).is_err());
        }
    }

    #[test]
    fn a_credential_names_its_kind() {
        let issues = credential(json!({ "type": "JWT", "x": 1 })).err().expect("not importable");
        assert_eq!(
            (issues[0].code, issues[0].path.as_slice()),
            (IssueCode::InvalidUnion, &["type".to_owned()][..])
        );
        assert!(credential(json!({})).is_err());
    }

    #[test]
    fn a_token_pair_may_name_the_client_it_was_made_for() {
        let sent = json!({ "type": "TBA", "token_id": "t", "token_secret": "s",
            "config_override": { "client_id": "c", "client_secret": "x" } });
        let Ok(Credential::OAuth1TokenBased { client_override: Some(client), .. }) = credential(sent) else {
            panic!("a token pair with its client")
        };
        assert_eq!(client.id, "c");
        assert!(credential(json!({ "type": "TBA", "token_id": "t" })).is_err());
    }

    #[test]
    fn a_machine_may_bring_its_certificate() {
        let sent = json!({ "type": "OAUTH2_CC", "token": "t", "client_id": "c", "client_secret": "s",
            "client_certificate": "PEM", "client_private_key": "" });
        let Ok(Credential::ClientCredentials { entered, .. }) = credential(sent) else { panic!("a machine") };
        assert_eq!(entered.keys().collect::<Vec<_>>(), ["client_certificate"]);
    }

    #[test]
    fn fields_of_another_kind_are_unknown_keys() {
        let sent = json!({ "type": "API_KEY", "apiKey": "k", "access_token": "a" });
        let issues = credential(sent).err().expect("one too many");
        assert_eq!(issues[0].code, IssueCode::UnrecognizedKeys);
    }
}
