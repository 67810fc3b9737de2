//! The first page of a session: what can be connected. With one thing to connect there is nothing to choose, so the
//! browser is sent on.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use engine::{Choice, Scheme, SessionCaller};
use model::IntegrationKey;

use crate::AppState;
use crate::connect::page::{self, FormsLead};
use crate::connect::stopped::Stopped;
use crate::connect::visitor::{Errand, Visitor};
use crate::connect::{addresses, form};

/// More entries than this get a search box.
const FEW: usize = 6;

/// `GET /connect/s/{session}`
pub(crate) async fn show(
    State(state): State<AppState>,
    Visitor(caller): Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Stopped> {
    let choices = state.engine.choices(&caller).await.map_err(|error| Stopped::from_error(&error))?;
    match &*choices {
        [] => Err(Stopped::nothing_to_connect(caller.environment.app_name.as_deref())),
        [only] => go_to(&state, &caller, only).await,
        _ => {
            let search = query.as_deref().and_then(searched).unwrap_or_default();
            let page = ListPage::new(&Errand::of(&caller), &choices, &search);
            Ok(page::respond(StatusCode::OK, &page, FormsLead::Home))
        }
    }
}

/// The app named this one integration, so a click to begin would only repeat what was clicked in the app: when nothing
/// needs to be entered, the browser goes to the provider, which asks for consent by itself.
async fn go_to(state: &AppState, caller: &SessionCaller, choice: &Choice) -> Result<Response, Stopped> {
    let named = caller.session.allowed_integrations.len() == 1;
    let key = IntegrationKey::parse(&choice.key).map_err(|_| Stopped::missing())?;
    let form = state.engine.form(caller, &key).await.map_err(|error| Stopped::from_error(&error))?;
    if named && form.scheme == Scheme::Redirect && form.fields.is_empty() && form.ready.is_ok() {
        let submitted = state.engine.submit(caller, &key, BTreeMap::new()).await;
        let submitted = submitted.map_err(|error| Stopped::from_error(&error))?;
        return form::leave(state, caller, &form, submitted);
    }
    page::see_other(&addresses::form(caller.session.id, &choice.key), []).ok_or_else(Stopped::internal)
}

fn searched(query: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "q")
        .map(|(_, text)| text.trim().to_owned())
}

/// The page.
#[derive(Template)]
#[template(path = "connect/list.html")]
pub(crate) struct ListPage<'a> {
    app: Option<&'a str>,
    person: Option<&'a str>,
    address: String,
    search_shown: bool,
    search: &'a str,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    title: &'a str,
    provider: &'a str,
    category: String,
    address: String,
}

impl<'a> ListPage<'a> {
    /// The page with the choices that match a search.
    pub(crate) fn new(errand: &Errand<'a>, choices: &'a [Choice], search: &'a str) -> Self {
        let entries = choices.iter().map(|choice| Entry {
            title: &choice.title,
            provider: &choice.provider,
            category: spoken(&choice.category),
            address: addresses::form(errand.session, &choice.key),
        });
        Self {
            app: errand.app,
            person: errand.person,
            address: addresses::list(errand.session),
            search_shown: choices.len() > FEW,
            search,
            entries: entries.filter(|entry| entry.matches(search)).collect(),
        }
    }
}

impl Entry<'_> {
    fn matches(&self, search: &str) -> bool {
        let search = search.to_lowercase();
        self.title.to_lowercase().contains(&search) || self.category.to_lowercase().contains(&search)
    }
}

/// A category as people say it: `developer-tools` is "Developer tools".
fn spoken(category: &str) -> String {
    match category {
        "crm" | "hr" => category.to_uppercase(),
        "generic" => "Other".to_owned(),
        _ => page::sentence(&category.replace(['-', '_'], " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::sample;

    fn choices(titles: &[&str]) -> Vec<Choice> {
        let choice = |title: &&str| Choice {
            key: (*title).to_owned(),
            title: (*title).to_owned(),
            provider: "acme".to_owned(),
            category: "developer-tools".to_owned(),
        };
        titles.iter().map(choice).collect()
    }

    fn rendered(titles: &[&str], search: &str) -> String {
        ListPage::new(&sample::errand(), &choices(titles), search).render().expect("the page renders")
    }

    #[test]
    fn every_choice_links_to_its_form() {
        let html = rendered(&["GitHub", "Git Lab"], "");
        assert!(
            html.contains(r#"href="/connect/s/ses_0190d1f35a0070008000aaaabbbbcccc/Git%20Lab""#),
            "{html}"
        );
        assert!(html.contains("Developer tools"), "{html}");
    }

    #[test]
    fn a_short_list_has_no_search_box_and_a_long_one_has() {
        assert!(!rendered(&["a", "b", "c", "d", "e", "f"], "").contains(r#"type="search""#));
        assert!(rendered(&["a", "b", "c", "d", "e", "f", "g"], "").contains(r#"type="search""#));
    }

    #[test]
    fn a_search_works_without_scripts() {
        let html = rendered(&["Alpha", "Beta", "Gamma", "Delta", "Eps", "Zeta", "Eta"], "GAM");
        assert!(html.contains("Gamma") && !html.contains("Alpha"), "{html}");
        assert!(rendered(&["a", "b"], "zzz").contains("Nothing matches"));
    }

    #[test]
    fn hostile_names_and_searches_are_escaped() {
        let hostile = sample::HOSTILE;
        let html = rendered(&[hostile, "b", "c", "d", "e", "f", "g"], hostile);
        assert!(!html.contains("<img src=x"), "{html}");
    }

    #[test]
    fn categories_read_like_words() {
        assert_eq!(spoken("project-management"), "Project management");
        assert_eq!(spoken("crm"), "CRM");
        assert_eq!(spoken("generic"), "Other");
    }
}
