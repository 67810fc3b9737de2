//! `/v1/providers/{provider}/scopes`: what may be asked for at a provider.

use axum::extract::State;
use axum::response::Response;
use catalog::Provider;
use engine::{Error, Thing};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::entry::foreign;
use crate::AppState;
use crate::api::answer::{InData, data};
use crate::api::input::{PathText, RawQuery, length, provider_slug};
use crate::auth::Anybody;
use crate::problem::Problem;

/// A scope.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ScopeJson {
    /// As the provider spells it. `${integrationConfig.…}` stands for a value of the integration.
    name: String,
    /// Whether it is always asked for, whatever the integration says.
    required: bool,
    /// Whether it is asked for while the integration names no scopes.
    default: bool,
}

/// The known scopes of a provider, or those whose name holds a text. A provider may take more than are known here.
#[utoipa::path(
    get, path = "/v1/providers/{provider}/scopes", tag = "Providers",
    params(
        ("provider" = String, Path, description = "Slug of the provider."),
        ("search" = Option<String>, Query, description = "Part of a scope, in any case.")
    ),
    responses(
        (status = 200, description = "Required scopes, then default ones, then the others by name.", body = InData<Vec<ScopeJson>>),
        (status = 404, description = "`not_found`.")
    ),
    security(("api_key" = []), ("connect_session" = []))
)]
pub(crate) async fn list(
    _by: Anybody,
    State(state): State<AppState>,
    path: PathText,
    query: RawQuery,
) -> Result<Response, Problem> {
    let search = query.read(|query| Some(query.optional("search", length(1, 255))))?;
    let slug = path.read(provider_slug)?;
    let provider = state.engine.catalog().get(&slug).ok_or(Error::NotFound(Thing::Provider))?;
    let search = search.unwrap_or_default().to_lowercase();
    let found: Vec<_> =
        all(&provider).into_iter().filter(|scope| scope.name.to_lowercase().contains(&search)).collect();
    Ok(data(StatusCode::OK, found))
}

fn all(provider: &Provider) -> Vec<ScopeJson> {
    let scopes = &provider.scopes;
    let required: Vec<String> = scopes.required.iter().map(|template| foreign(provider, template)).collect();
    let mut names: Vec<&String> = required.iter().chain(&scopes.default).chain(&scopes.known).collect();
    names.sort();
    names.dedup();
    let mut all: Vec<ScopeJson> = names
        .into_iter()
        .map(|name| ScopeJson {
            name: name.clone(),
            required: required.contains(name),
            default: scopes.default.contains(name),
        })
        .collect();
    // Stable, so that names stay in order within each group.
    all.sort_by_key(|scope| (!scope.required, !scope.default));
    all
}

#[cfg(test)]
mod tests {
    use catalog::Catalog;

    use super::*;

    fn scopes(slug: &str) -> Vec<ScopeJson> {
        all(&Catalog::embedded().get(slug).expect("an embedded provider"))
    }

    fn scope(name: &str, required: bool, default: bool) -> ScopeJson {
        ScopeJson { name: name.to_owned(), required, default }
    }

    #[test]
    fn what_is_asked_for_anyway_comes_first() {
        let microsoft = scopes("microsoft");
        assert_eq!(microsoft[..2], [scope("offline_access", true, false), scope(".default", false, true)]);
        assert!(microsoft[2..].is_sorted_by_key(|scope| &scope.name));
        assert!(microsoft[2..].iter().all(|scope| !scope.required && !scope.default));
        assert_eq!(scopes("aircall")[0], scope("public_api", true, false));
    }

    #[test]
    fn a_scope_with_a_value_of_the_integration_is_shown_in_the_notation_of_the_contract() {
        assert_eq!(
            scopes("agiloft")[0],
            scope("permissions_for:${integrationConfig.contactId}", true, false)
        );
    }

    #[test]
    fn no_scope_is_listed_twice() {
        for provider in Catalog::embedded().iter() {
            let mut names: Vec<_> = all(&provider).into_iter().map(|scope| scope.name).collect();
            let before = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), before, "{}", provider.slug);
        }
    }
}
