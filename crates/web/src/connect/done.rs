//! The page that says an account is connected.
//!
//! What it shows travels from the request that connected the account in a short cookie, so that the page has a clean
//! address, can be loaded again, and still works when the session has ended. None of it is secret.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use engine::{Connected, Form};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::AppState;
use crate::connect::cookies::{self, Name, Purpose};
use crate::connect::page::{self, FormsLead};
use crate::connect::stopped::Stopped;
use crate::connect::visitor::Errand;

/// How long the page can be loaded again.
const SHOWN_FOR: SignedDuration = SignedDuration::from_mins(5);
/// Longer names are cut, because a cookie has room for about 4,000 bytes.
const LONGEST_NAME: usize = 100;
/// The same for what failed.
const LONGEST_REASON: usize = 160;
/// More missing scopes than these are not named.
const MOST_SCOPES: usize = 5;

/// What is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Template)]
#[template(path = "connect/done.html")]
pub(crate) struct Done {
    /// The integration, where known.
    title: Option<String>,
    /// The provider's slug, where known.
    provider: Option<String>,
    /// The app, when it has a name.
    app: Option<String>,
    /// The account at the provider, when it told its name.
    account: Option<String>,
    /// What could not be looked up yet.
    #[serde(default)]
    incomplete: Option<String>,
    /// What was asked for and not granted, in the provider's words.
    #[serde(default)]
    missing: Vec<String>,
}

impl Done {
    /// What there is to show. The session and the form are absent when the session has ended meanwhile.
    pub(crate) fn new(known: Option<(&Errand<'_>, &Form)>, connected: &Connected) -> Self {
        Self {
            title: known.map(|(_, form)| cut(&form.title)),
            provider: known.map(|(_, form)| cut(&form.provider)),
            app: known.and_then(|(errand, _)| errand.app).map(cut),
            account: connected.account.as_deref().map(cut),
            incomplete: connected
                .incomplete
                .as_deref()
                .map(|said| page::sentence(&cut_to(said, LONGEST_REASON))),
            missing: connected.missing_scopes.iter().take(MOST_SCOPES).map(|scope| cut(scope)).collect(),
        }
    }

    /// The cookie that carries it to the page.
    pub(crate) fn cookie(&self, state: &AppState, connected: &Connected) -> Option<HeaderValue> {
        let json = serde_json::to_vec(self).ok()?;
        let name = Name::of_session(Purpose::Done, connected.session, &state.public_url);
        name.keep(&BASE64_URL_SAFE_NO_PAD.encode(json), SHOWN_FOR)
    }

    fn from_cookie(value: &str) -> Option<Self> {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(value).ok()?).ok()
    }
}

/// `GET /connect/s/{session}/done/{integration}`
pub(crate) async fn show(
    State(state): State<AppState>,
    Path((session, _)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Stopped> {
    let session = session.parse().map_err(|_| Stopped::expired())?;
    let name = Name::of_session(Purpose::Done, session, &state.public_url);
    let done =
        cookies::find(&headers, &name).and_then(Done::from_cookie).ok_or_else(Stopped::shown_before)?;
    Ok(page::respond(StatusCode::OK, &done, FormsLead::Home))
}

fn cut(text: &str) -> String {
    cut_to(text, LONGEST_NAME)
}

fn cut_to(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::sample;

    #[test]
    fn the_page_names_the_account() {
        let html = sample::done().render().expect("the page renders");
        assert!(html.contains("Salesforce is connected"), "{html}");
        assert!(html.contains("mira@acme.example"), "{html}");
    }

    #[test]
    fn the_page_says_what_is_still_open() {
        let incomplete = Some("Portal ID could not be looked up at HubSpot (status 503).".to_owned());
        let html = Done { incomplete, ..sample::done() }.render().expect("the page renders");
        assert!(html.contains("Portal ID could not be looked up"), "{html}");
        assert!(html.contains("tried again"), "{html}");
    }

    #[test]
    fn a_partial_consent_is_no_plain_success() {
        let mut connected = sample::connected(None);
        connected.missing_scopes = vec!["files.read".to_owned()];
        let done = Done::new(Some((&sample::errand(), &sample::redirect())), &connected);
        let html = done.render().expect("the page renders");
        assert!(html.contains("not everything was allowed"), "{html}");
        assert!(html.contains("files.read"), "{html}");
        assert!(!html.contains("emblem-success"), "{html}");
    }

    #[test]
    fn the_page_does_without_what_is_not_known() {
        let html = Done::default().render().expect("the page renders");
        assert!(html.contains("Your account is connected"), "{html}");
    }

    #[test]
    fn what_is_shown_survives_the_cookie() {
        let done = sample::done();
        let json = serde_json::to_vec(&done).expect("plain texts");
        assert_eq!(Done::from_cookie(&BASE64_URL_SAFE_NO_PAD.encode(json)), Some(done));
        assert_eq!(Done::from_cookie("not base64 or json"), None);
    }

    #[test]
    fn the_longest_names_fit_into_a_cookie() {
        let long = "\u{1F511}".repeat(500);
        let mut form = sample::redirect();
        form.title.clone_from(&long);
        form.provider.clone_from(&long);
        let errand = Errand { app: Some(&long), ..sample::errand() };
        let mut connected = Connected { incomplete: Some(long.clone()), ..sample::connected(Some(&long)) };
        connected.missing_scopes = vec!["x".repeat(500); 50];
        let done = Done::new(Some((&errand, &form)), &connected);
        let json = serde_json::to_vec(&done).expect("plain texts");
        assert!(BASE64_URL_SAFE_NO_PAD.encode(json).len() < 4000);
    }

    #[test]
    fn hostile_names_are_escaped() {
        let hostile = Some(sample::HOSTILE.to_owned());
        let done = Done {
            title: hostile.clone(),
            provider: hostile.clone(),
            app: hostile.clone(),
            account: hostile.clone(),
            incomplete: hostile.clone(),
            missing: hostile.into_iter().collect(),
        };
        let html = done.render().expect("the page renders");
        assert!(!html.contains("<img src=x"), "{html}");
    }
}
