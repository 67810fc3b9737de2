//! `/providers`: what can be connected.

mod entry;
pub(super) mod guide;
pub(super) mod scopes;

use axum::extract::State;
use axum::response::Response;
use catalog::Provider;
use engine::{Engine, Error, Thing};
use http::StatusCode;
use serde_json::Value;

use super::answer::{InData, data};
use super::input::{Flaw, PathText, RawQuery, integration_key, provider_slug};
use crate::AppState;
use crate::auth::Anybody;
use crate::problem::Problem;

/// All providers, or those whose slug or name holds a text.
#[utoipa::path(
    get, path = "/providers", tag = "Providers",
    params(("search" = Option<String>, Query, description = "Part of a slug or name, in any case.")),
    responses((status = 200, description = "Providers in alphabetical order.", body = InData<Vec<entry::ProviderJson>>)),
    security(("api_key" = []), ("connect_session" = []))
)]
pub(super) async fn list(
    _by: Anybody,
    State(state): State<AppState>,
    query: RawQuery,
) -> Result<Response, Problem> {
    let search = query.read(|query| Some(query.optional("search", search_text)))?;
    let wanted = |name: &str| search.as_ref().is_none_or(|search| name.to_lowercase().contains(search));
    let all =
        state.engine.catalog().iter().filter(|provider| wanted(&provider.slug) || wanted(&provider.name));
    let entries: Vec<Value> = all.map(|provider| shown(&state, &provider)).collect();
    Ok(data(StatusCode::OK, entries))
}

/// One provider.
#[utoipa::path(
    get, path = "/providers/{provider}", tag = "Providers",
    params(("provider" = String, Path, description = "Slug of the provider.")),
    responses((status = 200, description = "The provider.", body = InData<entry::ProviderJson>), (status = 404, description = "`not_found`.")),
    security(("api_key" = []), ("connect_session" = []))
)]
pub(super) async fn read(
    _by: Anybody,
    State(state): State<AppState>,
    path: PathText,
    query: RawQuery,
) -> Result<Response, Problem> {
    query.none()?;
    let slug = path.read(provider_slug)?;
    let provider = Engine::catalog(&state.engine).get(&slug).ok_or(Error::NotFound(Thing::Provider))?;
    Ok(data(StatusCode::OK, shown(&state, &provider)))
}

/// The entry, with a link to the guide where there is one.
fn shown(state: &AppState, provider: &Provider) -> Value {
    let mut entry = entry::of(provider, &state.public_url);
    if let Value::Object(entry) = &mut entry
        && state.engine.catalog().guide(&provider.slug).is_some()
    {
        entry.insert("guide_url".to_owned(), guide::address(&state.public_url, &provider.slug).into());
    }
    entry
}

fn search_text(text: &str) -> Result<String, Flaw> {
    integration_key(text).map(|_| text.to_lowercase())
}
