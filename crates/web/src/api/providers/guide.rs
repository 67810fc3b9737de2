//! `/v1/providers/{provider}/guide`: how one provider is set up and connected, in words.

use axum::extract::State;
use axum::response::Response;
use catalog::guide;
use engine::{Error, Thing};
use http::StatusCode;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::AppState;
use crate::api::answer::{InData, data};
use crate::api::input::{PathText, RawQuery, provider_slug};
use crate::auth::Anybody;
use crate::problem::{Code, Problem};

/// The guide of a provider.
#[derive(Serialize, ToSchema)]
pub(crate) struct GuideJson {
    /// Slug of the provider.
    provider: String,
    /// The callback URL of this installation, as it stands in the text.
    callback_url: String,
    /// Steps for the operator, who registers an app.
    operators: PartJson,
    /// Steps for the end user, who connects an account.
    end_users: PartJson,
}

/// One part: a numbered list, and after it at most one note.
#[derive(Serialize, ToSchema)]
pub(crate) struct PartJson {
    markdown: String,
    /// The same as HTML that may stand on any page: `ol`, `li`, `p`, `strong`, `em`, `code`, and `a` with https only.
    html: String,
}

impl PartJson {
    fn of(markdown: String) -> Self {
        Self { html: guide::html(&markdown), markdown }
    }
}

/// The steps that set a provider up and connect an account.
#[utoipa::path(
    get, path = "/v1/providers/{provider}/guide", tag = "Providers",
    params(("provider" = String, Path, description = "Slug of the provider.")),
    responses(
        (status = 200, description = "The guide.", body = InData<GuideJson>),
        (status = 404, description = "`not_found`: there is no such provider, or it has no guide.")
    ),
    security(("api_key" = []), ("connect_session" = []))
)]
pub(crate) async fn read(
    _by: Anybody,
    State(state): State<AppState>,
    path: PathText,
    query: RawQuery,
) -> Result<Response, Problem> {
    query.none()?;
    let slug = path.read(provider_slug)?;
    let catalog = state.engine.catalog();
    let provider = catalog.get(&slug).ok_or(Error::NotFound(Thing::Provider))?;
    let guide = catalog.guide(&slug).ok_or_else(|| none(provider.docs.as_deref()))?;
    let callback_url = state.engine.callback_url().to_string();
    let shown = GuideJson {
        operators: PartJson::of(guide.operators_with(&callback_url)),
        end_users: PartJson::of(guide.end_users.to_owned()),
        provider: slug,
        callback_url,
    };
    Ok(data(StatusCode::OK, shown))
}

fn none(docs: Option<&str>) -> Problem {
    let message = match docs {
        Some(docs) => format!("there is no guide for this provider; the vendor's page is {docs}"),
        None => "there is no guide for this provider".to_owned(),
    };
    Problem::new(StatusCode::NOT_FOUND, Code::NotFound, message)
}

/// Where the guide of a provider is.
pub(super) fn address(public_url: &Url, provider: &str) -> String {
    format!("{}/v1/providers/{provider}/guide", public_url.as_str().trim_end_matches('/'))
}
