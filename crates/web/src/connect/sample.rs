//! Sample data for tests of pages.

use std::time::Duration;

use catalog::input::Kind;
use engine::{AwaitedDevice, CallbackFailure, Connected, FailureKind, Form, FormField, Scheme};
use jiff::Timestamp;
use model::{ConnectionKey, IntegrationKey};
use url::Url;

use crate::connect::done::Done;
use crate::connect::visitor::Errand;

/// A text that would run a script if it were not escaped.
pub(crate) const HOSTILE: &str = r#""><img src=x onerror=alert(1)>"#;

/// Mira, sent by Acme.
pub(crate) fn errand() -> Errand<'static> {
    Errand { session: connected(None).session, app: Some("Acme"), person: Some("Mira Okafor"), again: false }
}

pub(crate) fn connected(account: Option<&str>) -> Connected {
    Connected {
        session: "ses_0190d1f35a0070008000aaaabbbbcccc".parse().expect("a constant id"),
        integration: IntegrationKey::stored("salesforce".to_owned()),
        connection: ConnectionKey::stored("c".to_owned()),
        account: account.map(str::to_owned),
        incomplete: None,
        missing_scopes: Vec::new(),
    }
}

pub(crate) fn done() -> Done {
    Done::new(Some((&errand(), &redirect())), &connected(Some("mira@acme.example")))
}

/// A code that waits to be typed.
pub(crate) fn awaited() -> AwaitedDevice {
    let url = |text| Url::parse(text).expect("a constant URL");
    AwaitedDevice {
        title: "Salesforce".to_owned(),
        provider: "salesforce".to_owned(),
        app: Some("Acme".to_owned()),
        user_code: "WDJB-MJHT".to_owned(),
        verification_uri: url("https://login.example/device"),
        verification_uri_complete: Some(url("https://login.example/device?code=WDJB-MJHT")),
        again_in: Duration::from_secs(6),
        until: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn denied() -> CallbackFailure {
    CallbackFailure {
        kind: FailureKind::Denied,
        title: "Salesforce was not connected".to_owned(),
        message: "The access was not given, so nothing was stored. You can try again, or close this window."
            .to_owned(),
        provider_said: Some("The user chose not to continue (access_denied)".to_owned()),
        session: Some(connected(None).session),
        integration: Some(IntegrationKey::stored("salesforce".to_owned())),
        retry: true,
    }
}

pub(crate) fn redirect() -> Form {
    form("salesforce", "Salesforce", Scheme::Redirect, Vec::new())
}

pub(crate) fn api_key() -> Form {
    let mut site = field("site", "Site", Kind::Enum);
    site.choices = ["datadoghq.com", "datadoghq.eu", "us5.datadoghq.com"].map(str::to_owned).to_vec();
    site.help = Some("What the address bar shows once you are signed in.".to_owned());
    let mut key = field("apiKey", "API key", Kind::String);
    key.secret = true;
    key.example = Some("32 letters and digits".to_owned());
    key.help = Some("In Organization settings, under API keys.".to_owned());
    let mut label = field("label", "Note", Kind::String);
    label.required = false;
    form("datadog", "Datadog", Scheme::ApiKey, vec![site, key, label])
}

pub(crate) fn every_field() -> Form {
    let mut domain = field("subdomain", "My Domain", Kind::Hostname);
    domain.prefix = Some("https://".to_owned());
    domain.suffix = Some(".my.salesforce.com".to_owned());
    domain.example = Some("acme".to_owned());
    domain.help = Some("In Setup, under Company settings, My Domain.".to_owned());
    let mut secret = field("secret", "Consumer secret", Kind::String);
    secret.secret = true;
    let mut key = field("private_key", "Private key", Kind::Text);
    key.required = false;
    key.example = Some("-----BEGIN PRIVATE KEY-----".to_owned());
    let mut fields = vec![domain, field("email", "E-mail address", Kind::Email), secret, key];
    fields.extend(api_key().fields.into_iter().filter(|field| field.name == "site"));
    form("salesforce", "Salesforce", Scheme::Redirect, fields)
}

pub(crate) fn form(provider: &str, title: &str, scheme: Scheme, fields: Vec<FormField>) -> Form {
    Form {
        key: provider.to_owned(),
        title: title.to_owned(),
        provider: provider.to_owned(),
        scheme,
        shown: Vec::new(),
        fields,
        scopes: if scheme == Scheme::Redirect {
            vec!["api".to_owned(), "refresh_token".to_owned()]
        } else {
            Vec::new()
        },
        authorize_origin: (scheme == Scheme::Redirect).then(|| "https://login.salesforce.com".to_owned()),
        docs: Some("https://docs.acme.example/connect".to_owned()),
        ready: Ok(()),
    }
}

pub(crate) fn field(name: &str, label: &str, kind: Kind) -> FormField {
    FormField {
        name: name.to_owned(),
        label: label.to_owned(),
        help: None,
        example: None,
        prefix: None,
        suffix: None,
        kind,
        choices: Vec::new(),
        required: true,
        secret: false,
        value: None,
    }
}
