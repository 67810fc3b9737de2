//! Writes every page with sample data into `target/connect-pages`, to be looked at in a browser from any static server.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use askama::Template;
use axum::body::to_bytes;
use axum::extract;
use catalog::Catalog;
use engine::{Choice, Error, Form};
use model::{Issue, IssueCode};

use crate::connect::device::DevicePage;
use crate::connect::form::{FormPage, Trouble};
use crate::connect::list::ListPage;
use crate::connect::stopped::Stopped;
use crate::connect::{assets, monogram, sample};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/connect-pages");

fn put(path: &str, content: impl AsRef<[u8]>) {
    let path = Path::new(FOLDER).join(path.trim_start_matches('/'));
    fs::create_dir_all(path.parent().expect("every file stands in the folder"))
        .expect("the folder can be made");
    fs::write(path, content).expect("the file can be written");
}

fn put_page(name: &str, page: &impl Template) {
    let html = page.render().expect("the page renders");
    assert!(html.contains("<h1>") && html.contains("</html>"), "{name} is a whole page");
    put(&format!("{name}.html"), html);
}

/// A form with the guide of Salesforce, one of the longest.
fn guided(form: &Form) -> FormPage<'_> {
    FormPage::new(&sample::errand(), form, false).with_guide(Catalog::embedded().guide("salesforce"))
}

#[test]
fn every_form_can_be_looked_at() {
    let errand = sample::errand();
    put_page("confirm", &FormPage::new(&errand, &sample::redirect(), true));
    put_page("form", &FormPage::new(&errand, &sample::api_key(), false));
    put_page("form-guided", &guided(&sample::every_field()));
    put_page("confirm-guided", &guided(&sample::redirect()));
    put_page("form-all-fields", &FormPage::new(&errand, &sample::every_field(), true));
    let entered = BTreeMap::from([("label".to_owned(), "Main account".to_owned())]);
    let issues = vec![Issue::new(IssueCode::TooSmall, ["apiKey"], "enter the whole key, 32 characters")];
    let trouble = Trouble::from_error(Error::Invalid(issues)).expect("comes back to the form");
    put_page("form-wrong", &FormPage::new(&errand, &sample::api_key(), false).after(&entered, &trouble));
    put_page("form-wrong-guided", &guided(&sample::api_key()).after(&entered, &trouble));
}

#[test]
fn every_list_can_be_looked_at() {
    let known = [
        ("Airtable", "productivity"),
        ("GitHub", "developer-tools"),
        ("Google Calendar", "calendar"),
        ("HubSpot", "crm"),
        ("Salesforce", "crm"),
        ("Slack", "communication"),
        ("Stripe", "payments"),
    ];
    let choice = |(title, category): &(&str, &str)| Choice {
        key: title.to_lowercase(),
        title: (*title).to_owned(),
        provider: title.to_lowercase().replace(' ', "-"),
        category: (*category).to_owned(),
    };
    let choices: Vec<_> = known.iter().map(choice).collect();
    put_page("list", &ListPage::new(&sample::errand(), &choices, ""));
    put_page("list-short", &ListPage::new(&sample::errand(), &choices[..3], ""));
    put_page("list-none", &ListPage::new(&sample::errand(), &choices, "zzz"));
}

#[test]
fn every_end_can_be_looked_at() {
    put_page("success", &sample::done());
    put_page("device", &DevicePage::new(&sample::awaited(), "/connect/device/x".to_owned()));
    put_page("denied", &Stopped::from_callback(sample::denied()));
    put_page("expired", &Stopped::expired());
    put_page("not-ready", &Stopped::not_ready("Salesforce", Some("Acme")));
    put_page("unexpected", &Stopped::internal());
}

#[tokio::test]
async fn every_file_of_the_pages_can_be_looked_at() {
    for asset in [&assets::TOKENS, &assets::STYLES, &assets::SCRIPT] {
        let name = asset.address().rsplit('/').next().unwrap_or_default().to_owned();
        let body = assets::serve(extract::Path(name)).await.into_body();
        put(&asset.address(), to_bytes(body, usize::MAX).await.expect("a body in memory"));
    }
    for slug in
        ["salesforce", "datadog", "airtable", "github", "google-calendar", "hubspot", "slack", "stripe"]
    {
        put(&format!("images/template-logos/{slug}.svg"), monogram::draw(slug));
    }
}
