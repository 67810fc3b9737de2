//! A connect session as clients see it.

use std::collections::BTreeMap;

use engine::{CreatedSession, SessionDetails};
use model::EndUser;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::api::times::Zulu;

/// A new session. The token is shown only here.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedJson<'a> {
    token: &'a str,
    /// Where to send the end user.
    connect_link: &'a str,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Zulu,
}

impl<'a> CreatedJson<'a> {
    pub(super) fn of(created: &'a CreatedSession) -> Self {
        Self {
            token: created.token.expose(),
            connect_link: created.connect_link.expose(),
            expires_at: Zulu(created.expires_at),
        }
    }
}

/// A session for its browser. The spelling of the keys is that of the contract, mixed as it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionJson<'a> {
    #[serde(rename = "endUser")]
    #[schema(value_type = Option<Object>)]
    end_user: Option<&'a EndUser>,
    #[serde(rename = "connectUISettings")]
    ui: UiSettings,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_integrations: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integrations_config_defaults: Option<BTreeMap<&'a str, DefaultsJson<'a>>>,
    #[serde(rename = "isReconnecting", skip_serializing_if = "Option::is_none")]
    is_reconnecting: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    overrides: Option<&'a BTreeMap<String, Map<String, Value>>>,
}

/// Defaults of one integration, without the scopes.
#[derive(Serialize, ToSchema)]
pub(crate) struct DefaultsJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    connection_config: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_params: Option<&'a BTreeMap<String, String>>,
}

/// Settings of the contract's own pages. Ours do not read them; published pages need them to be there.
#[derive(Serialize, ToSchema)]
struct UiSettings {
    #[serde(rename = "showWatermark")]
    show_watermark: bool,
    #[serde(rename = "defaultTheme")]
    default_theme: &'static str,
    theme: Themes,
}

#[derive(Serialize, ToSchema)]
struct Themes {
    light: Theme,
    dark: Theme,
}

#[derive(Serialize, ToSchema)]
struct Theme {
    primary: &'static str,
}

const UI: UiSettings = UiSettings {
    show_watermark: false,
    default_theme: "system",
    theme: Themes { light: Theme { primary: "#00B2E3" }, dark: Theme { primary: "#00B2E3" } },
};

impl<'a> SessionJson<'a> {
    pub(super) fn of(details: &'a SessionDetails) -> Self {
        let defaults = details.defaults.iter().map(|(key, defaults)| {
            let shown = DefaultsJson {
                connection_config: defaults.connection_config.as_ref(),
                authorization_params: defaults.authorization_params.as_ref(),
            };
            (key.as_str(), shown)
        });
        Self {
            end_user: details.end_user.as_ref(),
            ui: UI,
            allowed_integrations: Some(details.allowed_integrations.as_slice())
                .filter(|keys| !keys.is_empty()),
            integrations_config_defaults: Some(defaults.collect())
                .filter(|map: &BTreeMap<_, _>| !map.is_empty()),
            is_reconnecting: details.reconnecting.then_some(true),
            overrides: Some(&details.overrides).filter(|map| !map.is_empty()),
        }
    }
}
