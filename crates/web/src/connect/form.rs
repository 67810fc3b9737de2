//! The page that asks for what one integration needs, or only for a click when it needs nothing.

mod words;

use std::collections::BTreeMap;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::response::{IntoResponse, Response};
use catalog::guide::{self, Guide};
use engine::{Connected, Error, Form, Rule, Scheme, SessionCaller, Submitted};
use model::{IntegrationKey, Issue};

use crate::AppState;
use crate::connect::cookies::{Name, Purpose};
use crate::connect::done::Done;
use crate::connect::field::{Control, Field, fields};
use crate::connect::page::{self, FormsLead};
use crate::connect::stopped::Stopped;
use crate::connect::visitor::{Errand, Visitor};
use crate::connect::{addresses, origin};
use words::Words;

/// `GET /connect/s/{session}/{integration}`
pub(crate) async fn show(
    State(state): State<AppState>,
    Visitor(caller): Visitor,
    Path((_, integration)): Path<(String, String)>,
) -> Result<Response, Stopped> {
    let (_, form) = load(&state, &caller, &integration).await?;
    let several = offers_several(&state, &caller).await?;
    let guide = state.engine.catalog().guide(&form.provider);
    Ok(FormPage::new(&Errand::of(&caller), &form, several).with_guide(guide).respond(StatusCode::OK))
}

/// `POST /connect/s/{session}/{integration}`
pub(crate) async fn submit(
    State(state): State<AppState>,
    Visitor(caller): Visitor,
    Path((_, integration)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Stopped> {
    if !origin::is_own(&headers, &state.public_url) {
        return Err(Stopped::from_elsewhere());
    }
    if !is_urlencoded(&headers) {
        return Ok(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
    }
    let (key, form) = load(&state, &caller, &integration).await?;
    let entered: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let trouble = match state.engine.submit(&caller, &key, entered.clone()).await {
        Ok(submitted) => return leave(&state, &caller, &form, submitted),
        Err(error) => Trouble::from_error(error)?,
    };
    let several = offers_several(&state, &caller).await?;
    let page = FormPage::new(&Errand::of(&caller), &form, several)
        .with_guide(state.engine.catalog().guide(&form.provider));
    Ok(page.after(&entered, &trouble).respond(trouble.status))
}

/// Answers a successful submission: on to the provider, or to the page that says it is done.
pub(crate) fn leave(
    state: &AppState,
    caller: &SessionCaller,
    form: &Form,
    submitted: Submitted,
) -> Result<Response, Stopped> {
    let response = match submitted {
        Submitted::Redirect { url, cookie_name_suffix, cookie_value } => {
            let cookie = Name::new(Purpose::Flow, &cookie_name_suffix, &state.public_url)
                .keep(cookie_value.expose(), model::flow::LIFETIME)
                .ok_or_else(Stopped::internal)?;
            page::see_other(url.as_str(), [cookie])
        }
        Submitted::Device { state: flow, cookie_name_suffix, cookie_value, kept_for } => {
            let cookie = Name::new(Purpose::Flow, &cookie_name_suffix, &state.public_url)
                .keep(cookie_value.expose(), kept_for)
                .ok_or_else(Stopped::internal)?;
            page::see_other(&addresses::device(flow.expose()), [cookie])
        }
        Submitted::Connected(connected) => finish(state, caller, form, &connected),
    };
    response.ok_or_else(Stopped::internal)
}

fn finish(state: &AppState, caller: &SessionCaller, form: &Form, connected: &Connected) -> Option<Response> {
    let done = Done::new(Some((&Errand::of(caller), form)), connected);
    page::see_other(
        &addresses::done(connected.session, connected.integration.as_str()),
        [done.cookie(state, connected)?],
    )
}

/// Finds the form of an integration that is ready to be used.
async fn load(
    state: &AppState,
    caller: &SessionCaller,
    integration: &str,
) -> Result<(IntegrationKey, Form), Stopped> {
    let key = IntegrationKey::parse(integration).map_err(|_| Stopped::missing())?;
    let form = state.engine.form(caller, &key).await.map_err(|error| Stopped::from_error(&error))?;
    if let Err(lacking) = &form.ready {
        tracing::warn!(integration = form.key, lacking, "an end user met an integration that is not ready");
        return Err(Stopped::not_ready(&form.title, caller.environment.app_name.as_deref()));
    }
    Ok((key, form))
}

/// Whether there is a list to go back to.
async fn offers_several(state: &AppState, caller: &SessionCaller) -> Result<bool, Stopped> {
    if caller.session.allowed_integrations.len() == 1 {
        return Ok(false);
    }
    let choices = state.engine.choices(caller).await.map_err(|error| Stopped::from_error(&error))?;
    Ok(choices.len() > 1)
}

fn is_urlencoded(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// What was wrong with a submission that can be sent again.
pub(crate) struct Trouble {
    status: StatusCode,
    issues: Vec<Issue>,
    message: Option<String>,
}

impl Trouble {
    /// Errors that the person at the form can mend come back to the form; others end at a page of their own.
    pub(crate) fn from_error(error: Error) -> Result<Self, Stopped> {
        let (status, issues, message) = match error {
            Error::Invalid(issues) => (StatusCode::UNPROCESSABLE_ENTITY, issues, None),
            Error::Refused(refusal) if matches!(refusal.rule, Rule::CredentialRejected | Rule::Body) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Vec::new(), Some(refusal.message))
            }
            // Not 502: proxies in front of us like to replace the page of a 502 by their own.
            Error::Upstream(upstream) => {
                (StatusCode::SERVICE_UNAVAILABLE, Vec::new(), Some(upstream.message))
            }
            Error::NotFound(_)
            | Error::Denied(_)
            | Error::Refused(_)
            | Error::Unavailable
            | Error::Integrity
            | Error::Internal => return Err(Stopped::from_error(&error)),
        };
        Ok(Self { status, issues, message: message.map(|message| page::sentence(&message)) })
    }
}

/// The page.
#[derive(Template)]
#[template(path = "connect/form.html")]
pub(crate) struct FormPage<'a> {
    form: &'a Form,
    app: Option<&'a str>,
    person: Option<&'a str>,
    words: Words,
    address: String,
    back: Option<String>,
    docs: Option<&'a str>,
    /// What the provider's guide tells end users, as HTML that was made safe.
    guide: Option<String>,
    fields: Vec<Field<'a>>,
    banner: Option<String>,
}

impl<'a> FormPage<'a> {
    /// The page as it is first shown. There is a way back when the list offers `several` integrations.
    pub(crate) fn new(errand: &Errand<'a>, form: &'a Form, several: bool) -> Self {
        const NOTHING: &BTreeMap<String, String> = &BTreeMap::new();
        Self {
            form,
            app: errand.app,
            person: errand.person,
            words: Words::new(form, errand),
            address: addresses::form(errand.session, &form.key),
            back: several.then(|| addresses::list(errand.session)),
            docs: form.docs.as_deref().and_then(addresses::outside),
            guide: None,
            fields: fields(&form.fields, NOTHING, &[]),
            banner: None,
        }
    }

    /// The page with the steps of a guide, in place of the link to the vendor's page.
    pub(crate) fn with_guide(mut self, guide: Option<Guide<'_>>) -> Self {
        self.guide = guide.map(|guide| guide::html(guide.end_users));
        self
    }

    /// The page after a submission that went wrong.
    pub(crate) fn after(mut self, entered: &'a BTreeMap<String, String>, trouble: &Trouble) -> Self {
        self.fields = fields(&self.form.fields, entered, &trouble.issues);
        let marked = self.fields.iter().filter(|field| field.error.is_some()).count();
        let unplaced = trouble
            .issues
            .iter()
            .find(|issue| !self.form.fields.iter().any(|f| issue.path.last() == Some(&f.name)));
        self.banner = match (&trouble.message, unplaced, marked) {
            (Some(message), _, _) => Some(message.clone()),
            (None, Some(issue), _) => Some(page::sentence(&issue.message)),
            (None, None, 1) => Some("One field needs another look.".to_owned()),
            (None, None, marked) => Some(format!("{marked} fields need another look.")),
        };
        self
    }

    fn respond(&self, status: StatusCode) -> Response {
        let forms = match self.form.scheme {
            Scheme::Redirect => FormsLead::Provider(self.form.authorize_origin.as_deref()),
            Scheme::Device
            | Scheme::ApiKey
            | Scheme::Basic
            | Scheme::ClientCredentials
            | Scheme::TokenPair
            | Scheme::Login
            | Scheme::SigningKey
            | Scheme::Role
            | Scheme::None => FormsLead::Home,
        };
        page::respond(status, self, forms)
    }
}

#[cfg(test)]
mod tests;
