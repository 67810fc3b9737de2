//! Nobody who fills a field of a shipped provider chooses another server: the field refuses the value, and if it did
//! not, the filled URL is parsed again and held against what the template promised.

use std::collections::BTreeSet;

use catalog::input::Kind;
use catalog::{Catalog, Input, Placeholder, Provider, Template, Values};
use model::fields;
use serde_json::Value;

/// Values that would end the host early, stand before it, or be read as another one.
const HOSTILE: [&str; 21] = [
    "evil.example/",
    "evil.example/x",
    "a@evil.example",
    "a:b@evil.example",
    "evil.example#",
    "evil.example?",
    "evil.example:443/",
    "evil.example\\",
    "evil.example\t",
    "evil.example\n",
    "evil.exam\nple",
    "evil.example ",
    "evil.example\0",
    "evil.example%2f",
    "evil.example%23",
    "evil%2eexample",
    "evil\u{3002}example",
    "evil\u{ff0e}example",
    "evil.example\u{ff0f}",
    "//evil.example",
    "{connection.other}",
];

/// The same where a whole URL is asked for.
const HOSTILE_URLS: [&str; 11] = [
    "https://a@evil.example",
    "https://a:b@evil.example",
    "https://evil.example#",
    "https://evil.example#/x",
    "https://evil.example\t",
    "https://evil.exam\nple",
    "https:evil.example\\",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "//evil.example",
    "evil.example",
];

/// One hostile value for one placeholder, an honest one for all others.
struct One<'a> {
    provider: &'a Provider,
    hostile: Option<(&'a Placeholder, &'a str)>,
}

impl Values for One<'_> {
    fn value(&self, placeholder: &Placeholder) -> Option<String> {
        if let Some((target, value)) = self.hostile
            && target == placeholder
        {
            return Some(value.to_owned());
        }
        let input = input(self.provider, placeholder);
        Some(match input.map(|input| (input.kind, input.choices.first())) {
            Some((_, Some(choice))) => choice.clone(),
            Some((Kind::Url, _)) => "https://honest.example".to_owned(),
            Some(_) | None => "honest".to_owned(),
        })
    }
}

/// A placeholder that takes part in choosing the server of a URL.
struct Place {
    template: Template,
    /// Its position among the placeholders of the template.
    at: usize,
    /// Whether it stands first, so that its value is a whole address.
    is_base: bool,
    /// What the host ends in.
    suffix: String,
}

#[test]
fn no_value_of_a_shipped_provider_leads_to_another_server() {
    let catalog = Catalog::embedded();
    let mut providers = 0;
    let mut refused = 0;
    for provider in catalog.iter() {
        let places = places(&provider);
        providers += usize::from(!places.is_empty());
        for place in &places {
            refused += attacks(&provider, place);
        }
    }
    assert!(providers >= 300, "only {providers} providers with a value in a host");
    assert!(refused >= 10_000, "only {refused} attempts");
}

#[test]
fn every_asked_field_in_a_host_refuses_what_would_end_it() {
    let mut open = BTreeSet::new();
    for provider in Catalog::embedded().iter() {
        for place in places(&provider) {
            let placeholders = place.template.placeholders();
            let Some(input) = input(&provider, placeholders[place.at]).filter(|input| !input.automated)
            else {
                continue;
            };
            let hostile = if input.kind == Kind::Url { &HOSTILE_URLS[..] } else { &HOSTILE[..] };
            let passed = hostile.iter().filter(|value| fields::check(input, value).is_ok());
            open.extend(passed.map(|value| format!("{}: {} takes {value:?}", provider.slug, input.name)));
            // A port may follow only where the field is the whole name of a server.
            if !place.suffix.is_empty() && fields::check(input, "evil.example:443").is_ok() {
                open.insert(format!("{}: {} takes a port", provider.slug, input.name));
            }
        }
    }
    assert!(open.is_empty(), "{open:#?}");
}

/// How many hostile values were tried; panics at one that led elsewhere.
fn attacks(provider: &Provider, place: &Place) -> usize {
    let placeholders = place.template.placeholders();
    let target = placeholders[place.at];
    let hostile = if place.is_base { &HOSTILE_URLS[..] } else { &HOSTILE[..] };
    for value in hostile {
        let filled = place.template.fill_url(&One { provider, hostile: Some((target, value)) });
        assert!(
            filled.is_err(),
            "{}: {} becomes {filled:?} with {value:?}",
            provider.slug,
            place.template.source()
        );
    }
    if !place.is_base {
        // What looks like a whole name is held to the end that the template promised.
        let values = One { provider, hostile: Some((target, "evil.example")) };
        if let Ok(url) = place.template.fill_url(&values) {
            let host = url.host_str().unwrap_or_default();
            assert!(host.ends_with(&place.suffix.to_ascii_lowercase()), "{}: {url}", provider.slug);
        }
    }
    hostile.len()
}

/// Every placeholder that chooses a server, in whatever section of the file it stands.
fn places(provider: &Provider) -> Vec<Place> {
    let written = serde_json::to_value(provider).expect("a provider can be written");
    let mut texts = BTreeSet::new();
    gather("", &written, &mut texts);
    texts.iter().flat_map(|text| in_host(text)).collect()
}

/// Whole URLs anywhere, and what stands under a key that means a URL.
fn gather(key: &str, value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with("https://") || key.contains("url") => {
            texts.insert(text.clone());
        }
        Value::Array(list) => list.iter().for_each(|value| gather(key, value, texts)),
        Value::Object(table) => table.iter().for_each(|(key, value)| gather(key, value, texts)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The placeholders in the host of a URL, read from its text. Those inside functions are left to the linter.
fn in_host(text: &str) -> Vec<Place> {
    let Ok(template) = Template::parse(text) else { return Vec::new() };
    let simple = text.matches('{').count() == template.placeholders().len();
    let Some(authority) = authority(text).filter(|_| simple) else { return Vec::new() };
    let count = authority.matches('{').count();
    let suffix = authority.rsplit('}').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let place = |at| Place {
        template: template.clone(),
        at,
        is_base: text.starts_with('{'),
        suffix: suffix.to_owned(),
    };
    (0..count).map(place).collect()
}

/// What stands between the scheme and the path; of a template that begins with a placeholder that placeholder.
fn authority(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix("https://") {
        return rest.split(['/', '?', '#']).next();
    }
    let end = text.strip_prefix('{')?.find('}')? + 2;
    let is_address = text[end..].is_empty() || text[end..].starts_with(['/', '?']);
    (is_address && text.starts_with("{connection.")).then(|| &text[..end])
}

fn input<'a>(provider: &'a Provider, placeholder: &Placeholder) -> Option<&'a Input> {
    let inputs = &provider.inputs;
    let found = |list: &'a [Input], name: &str| list.iter().find(|input| input.name == *name);
    if let Placeholder::Connection(name) = placeholder {
        found(&inputs.connection, name)
    } else if let Placeholder::Integration(name) = placeholder {
        found(&inputs.integration, name)
    } else if let Placeholder::Credential(name) = placeholder {
        found(&inputs.credential, name)
    } else {
        None
    }
}
