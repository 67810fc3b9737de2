//! The forms of all providers whose end users enter something.

use std::collections::BTreeMap;
use std::io::Write as _;

use engine::Scheme;
use serde_json::json;
use testkit::World;
use testkit::databases::each_location;

use crate::fixtures::{key_of, set_up};
use crate::stub::{Stub, connected, each_world_with, json as answer};

#[tokio::test]
async fn no_provider_of_a_form_is_refused_and_each_form_is_complete() {
    each_location(|location| async move {
        // What is refused does not depend on the database, and a form for each entry takes its time.
        if matches!(location, store::Location::Sqlite { .. }) {
            every_form(&World::at(location).await).await;
        }
    })
    .await;
}

async fn every_form(world: &World) {
    let mut forms = BTreeMap::new();
    for provider in catalog::Catalog::embedded().iter().filter(|provider| !provider.auth.has_consent()) {
        let slug = provider.slug.as_str();
        let integration = key_of(set_up(world, slug, slug, &[]).await);
        let form = world.engine.form(&world.session().await, &integration).await;
        let form = form.unwrap_or_else(|error| panic!("{slug} is refused: {error}"));
        assert_ne!(form.scheme, Scheme::Redirect, "{slug}");
        let mut names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{slug}: two fields have one name");
        for placeholder in needed(&provider) {
            assert!(names.contains(&placeholder.as_str()), "{slug} does not ask for {placeholder}");
        }
        *forms.entry(provider.auth.name()).or_insert(0) += 1;
    }
    let count: usize = forms.values().sum();
    // Written past the macros, whose output the test runner holds back.
    writeln!(std::io::stderr(), "{count} providers with a form: {forms:?}").expect("stderr is open");
    assert!(count > 600, "{count}");
}

/// The fields that the provider's requests read and that only the end user knows, by their names on the wire.
fn needed(provider: &catalog::Provider) -> Vec<String> {
    let text = serde_json::to_string(provider).expect("providers are JSON");
    let inputs = &provider.inputs;
    let mut needed = Vec::new();
    for inputs in [&inputs.connection, &inputs.one_time] {
        let asked = inputs.iter().filter(|input| !input.automated && !input.hidden);
        needed.extend(asked.map(|input| input.wire_name().to_owned()));
    }
    for name in names_behind(&text, "{credential.") {
        let input = inputs.credential.iter().find(|input| input.name == name);
        let usual = if name == "api_key" { "apiKey".to_owned() } else { name };
        if input.is_none_or(|input| !input.hidden) {
            needed.push(input.map_or(usual, |input| input.wire_name().to_owned()));
        }
    }
    needed
}

/// The names behind an opening such as `{credential.`.
fn names_behind(text: &str, opening: &str) -> Vec<String> {
    let names = text.split(opening).skip(1);
    let name = |rest: &str| rest.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
    names.map(name).collect()
}

#[tokio::test]
async fn two_fields_of_one_name_are_told_apart() {
    let stub = Stub::playing(|asked, _| {
        let is_right = asked.header("x-api-key") == "0123456789abcdef0123456789abcdef"
            && asked.header("x-api-secret") == "0123456789abcdef";
        answer(if is_right { 200 } else { 401 }, &json!({}))
    })
    .await;
    let nyne = stub.provider("nyne-ai", &["api.nyne.ai"]);
    each_world_with(vec![nyne], async |world| {
        key_of(set_up(&world, "nyne-ai", "nyne", &[]).await);
        let values = [
            ("connection_config.apiKey", "0123456789abcdef0123456789abcdef"),
            ("apiKey", "0123456789abcdef"),
        ];
        let connection = connected(&world, "nyne", &values).await;
        let stored = connection.stored(&world).await;
        assert_eq!(stored.config["apiKey"], "0123456789abcdef0123456789abcdef");
    })
    .await;
}
