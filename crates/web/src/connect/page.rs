//! How every connect page leaves the house: rendered, never cached, and with a policy that lets nothing foreign run.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
    SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use url::Url;

/// Where the forms of a page may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormsLead<'a> {
    /// Back to us only.
    Home,
    /// To us, and by our answer on to the provider, whose origin may depend on what is entered.
    ///
    /// Chromium applies `form-action` to every redirect that follows, and providers send browsers on between several
    /// hosts of their own, so naming one origin would break their sign-in: any https page is allowed. A provider on
    /// plain http, which only a developer has, is named by its origin.
    Provider(Option<&'a str>),
}

/// Renders a page. A page that cannot be rendered becomes a bare 500: there is nothing better to show.
pub(crate) fn respond(status: StatusCode, page: &impl Template, forms: FormsLead<'_>) -> Response {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a connect page could not be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let content_type = HeaderValue::from_static("text/html; charset=utf-8");
    let mut response = (status, [(CONTENT_TYPE, content_type)], html).into_response();
    let headers = response.headers_mut();
    for (name, value) in fixed_headers() {
        headers.insert(name, value);
    }
    if let Ok(policy) = HeaderValue::try_from(content_security_policy(forms)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A 303, so that what follows a form is a GET, with cookies to set.
pub(crate) fn see_other(location: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Option<Response> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    for (name, value) in fixed_headers() {
        headers.insert(name, value);
    }
    headers.insert(LOCATION, HeaderValue::try_from(location).ok()?);
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie);
    }
    Some(response)
}

/// A text with its first letter in upper case, as it stands at the head of a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The first letter of a name, for its mark.
pub(crate) fn initial(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map_or_else(|| "•".to_owned(), |first| first.to_uppercase().collect())
}

/// There is no `Cross-Origin-Opener-Policy` on purpose: it would cut a pop-up off from the page that opened it.
fn fixed_headers() -> [(HeaderName, HeaderValue); 4] {
    [
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ]
}

fn content_security_policy(forms: FormsLead<'_>) -> String {
    let onward = match forms {
        FormsLead::Home => String::new(),
        FormsLead::Provider(origin) => match origin.and_then(plain_origin) {
            Some(origin) => format!(" https: {origin}"),
            None => " https:".to_owned(),
        },
    };
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'none'; \
         form-action 'self'{onward}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// The origin of a plain http address, spelled by the URL parser so that it cannot end the directive.
fn plain_origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "http")?;
    Some(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_lets_nothing_inline_or_foreign_run() {
        for forms in
            [FormsLead::Home, FormsLead::Provider(None), FormsLead::Provider(Some("https://a.example"))]
        {
            let policy = content_security_policy(forms);
            assert!(policy.starts_with("default-src 'none'; "), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
            assert!(!policy.contains('*'), "{policy}");
            for part in ["script-src 'self';", "base-uri 'none';", "frame-ancestors 'none'"] {
                assert!(policy.contains(part), "{part} in {policy}");
            }
        }
    }

    #[test]
    fn a_form_that_stays_with_us_leads_nowhere_else() {
        assert!(content_security_policy(FormsLead::Home).contains("form-action 'self';"));
    }

    #[test]
    fn a_form_may_lead_on_to_a_provider() {
        let policy = content_security_policy(FormsLead::Provider(Some("https://login.example")));
        assert!(policy.contains("form-action 'self' https:;"), "{policy}");
        let policy = content_security_policy(FormsLead::Provider(Some("http://127.0.0.1:9400/authorize")));
        assert!(policy.contains("form-action 'self' https: http://127.0.0.1:9400;"), "{policy}");
    }

    #[test]
    fn an_origin_cannot_add_a_directive() {
        let policy = content_security_policy(FormsLead::Provider(Some("http://a;script-src *")));
        assert!(policy.contains("form-action 'self' https:;"), "{policy}");
        assert_eq!(policy.matches("script-src").count(), 1, "{policy}");
    }

    #[test]
    fn a_redirect_is_not_kept_and_tells_nobody_where_it_came_from() {
        let response =
            see_other("/connect/s/x", [HeaderValue::from_static("a=b")]).expect("a plain location");
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(response.headers()[REFERRER_POLICY], "no-referrer");
        assert_eq!(response.headers()[SET_COOKIE], "a=b");
    }

    #[test]
    fn a_location_cannot_add_a_header() {
        assert!(see_other("/a\r\nSet-Cookie: x=y", []).is_none());
    }
}
