//! The page that shows a code, and waits until somebody has typed it in and agreed on any device.
//!
//! It loads itself again by a `meta` element, so that it works without scripts. Each load looks at the flow; the engine
//! sees to it that the provider is not asked too often.

use std::sync::{Mutex, PoisonError};

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use engine::{AwaitedDevice, DeviceFlow};

use crate::AppState;
use crate::connect::cookies::{self, Name, Purpose};
use crate::connect::page::{self, FormsLead};
use crate::connect::stopped::Stopped;
use crate::connect::{addresses, callback};

/// `GET /connect/device/{flow}`
pub(crate) async fn show(
    State(state): State<AppState>,
    Path(flow): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Stopped> {
    let asked_for = Mutex::new(None);
    let flow_cookie = |suffix: &str| {
        let name = Name::new(Purpose::Flow, suffix, &state.public_url);
        let value = cookies::find(&headers, &name).map(str::to_owned);
        *asked_for.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
        value
    };
    let mut response = match state.engine.device(&flow, flow_cookie).await {
        Ok(DeviceFlow::Waiting(awaited)) => {
            let page = DevicePage::new(&awaited, addresses::device(&flow));
            return Ok(page::respond(StatusCode::OK, &page, FormsLead::Home));
        }
        Ok(DeviceFlow::Connected(connected)) => {
            callback::arrive(&state, &headers, &connected).await.ok_or_else(Stopped::internal)?
        }
        Err(failure) => Stopped::from_callback(failure).into_response(),
    };
    // The flow is over, so its cookie goes either way.
    if let Some(name) = asked_for.into_inner().unwrap_or_else(PoisonError::into_inner) {
        response.headers_mut().extend(name.forget().map(|cookie| (SET_COOKIE, cookie)));
    }
    Ok(response)
}

/// The page.
#[derive(Template)]
#[template(path = "connect/device.html")]
pub(crate) struct DevicePage<'a> {
    title: &'a str,
    provider: &'a str,
    app: Option<&'a str>,
    code: &'a str,
    /// Where the code is typed, as people read it.
    place: String,
    link: &'a str,
    address: String,
    again_in_s: u64,
}

impl<'a> DevicePage<'a> {
    pub(crate) fn new(awaited: &'a AwaitedDevice, address: String) -> Self {
        let uri = &awaited.verification_uri;
        let place = format!("{}{}", uri.host_str().unwrap_or_default(), uri.path().trim_end_matches('/'));
        Self {
            title: &awaited.title,
            provider: &awaited.provider,
            app: awaited.app.as_deref().filter(|name| !name.is_empty()),
            code: &awaited.user_code,
            place,
            link: awaited.verification_uri_complete.as_ref().unwrap_or(uri).as_str(),
            address,
            again_in_s: awaited.again_in.as_secs().max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::sample;

    #[test]
    fn the_page_shows_the_code_and_comes_back_by_itself() {
        let html = DevicePage::new(&sample::awaited(), "/connect/device/x".to_owned()).render();
        let html = html.expect("the page renders");
        assert!(html.contains("WDJB-MJHT"), "{html}");
        assert!(html.contains(r#"<meta http-equiv="refresh" content="6">"#), "{html}");
        assert!(html.contains("login.example/device"), "{html}");
        assert!(html.contains(r#"href="https://login.example/device?code=WDJB-MJHT""#), "{html}");
        assert!(!html.contains("<form"), "nothing has to be sent: {html}");
    }

    #[test]
    fn hostile_words_of_the_provider_are_escaped() {
        let mut awaited = sample::awaited();
        awaited.user_code = sample::HOSTILE.to_owned();
        awaited.title = sample::HOSTILE.to_owned();
        awaited.app = Some(sample::HOSTILE.to_owned());
        let html = DevicePage::new(&awaited, String::new()).render().expect("the page renders");
        assert!(!html.contains("<img src=x"), "{html}");
    }
}
