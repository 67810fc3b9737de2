//! Templates: what is read is written the same again, and no value leads a URL elsewhere.
//!
//! Input: the template on the first line, the value of every placeholder behind it.

#![no_main]

use catalog::template::RequestPart;
use catalog::{Placeholder, Template, UrlError, Values};
use libfuzzer_sys::fuzz_target;
use url::Url;

struct Everywhere<'a>(&'a str);

impl Values for Everywhere<'_> {
    fn value(&self, _: &Placeholder) -> Option<String> {
        Some(self.0.to_owned())
    }
}

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (source, value) = text.split_once('\n').unwrap_or((text, ""));
    literal_text_survives(value);
    match Template::parse(source) {
        Ok(template) => {
            is_written_as_read(source, &template);
            an_empty_value_fills_nothing(&template);
            stays_at_its_server(source, &template, value);
        }
        Err(error) => {
            let columns = source.chars().count() + 1;
            assert!((1..=columns).contains(&error.column), "column {} of {columns}", error.column);
        }
    }
});

/// Doubling its braces makes any text a template of itself.
fn literal_text_survives(text: &str) {
    let escaped = text.replace('{', "{{").replace('}', "}}");
    let template = Template::parse(&escaped).expect("doubled braces are literal");
    assert!(template.is_literal());
    assert_eq!(template.fill(&Everywhere("x")).as_deref(), Ok(text));
}

fn is_written_as_read(source: &str, template: &Template) {
    assert_eq!(template.source(), source);
    let json = serde_json::to_string(template).expect("a template can be written");
    let again: Template = serde_json::from_str(&json).expect("what was written can be read");
    assert_eq!(&again, template);
    for placeholder in template.placeholders() {
        let written = placeholder.to_string();
        let again = Template::parse(&written).expect("a placeholder is written as it is read");
        assert_eq!(again.placeholders(), [placeholder], "{written}");
    }
}

fn an_empty_value_fills_nothing(template: &Template) {
    let filled = template.fill(&Everywhere(""));
    let needs_a_value = template.placeholders().iter().any(|placeholder| !may_be_empty(placeholder));
    assert!(!needs_a_value || filled.is_err(), "{:?}", template.source());
}

/// The body and the parameters of a request may be empty and there all the same.
fn may_be_empty(placeholder: &Placeholder) -> bool {
    matches!(placeholder, Placeholder::Request(RequestPart::Body | RequestPart::CanonicalParams))
}

fn stays_at_its_server(source: &str, template: &Template, value: &str) {
    let Ok(url) = template.fill_url(&Everywhere(value)) else { return };
    assert!(matches!(url.scheme(), "http" | "https"), "{url}");
    assert_eq!((url.username(), url.password()), ("", None), "{url}");
    assert_eq!(Url::parse(url.as_str()).as_ref(), Ok(&url), "it reads as another URL");
    if let Some(rest) = source.strip_prefix("https://") {
        assert_eq!(url.scheme(), "https");
        let host = url.host_str().unwrap_or_default();
        if let Some(end) = literal_end(rest) {
            assert!(host.ends_with(&end), "{host} does not end with {end}");
        }
    } else if source.starts_with('{') && template.placeholders().len() == 1 && !source.contains(':') {
        let base = Url::parse(value).expect("the base of a URL is one");
        assert_eq!(base.origin(), url.origin());
    }
    let below = Template::parse("/v1/{connection.x}").expect("well formed");
    match below.fill_url_below(&url, &Everywhere(value)) {
        Ok(below) => assert_eq!(below.origin(), url.origin()),
        Err(UrlError::Climbs | UrlError::NotPromised | UrlError::Unfilled(_)) => {}
        Err(error) => panic!("{error}"),
    }
}

/// The text between the last placeholder in the host and the end of the host, read without the parser under test.
/// Nothing where the template has functions or literal braces, which this does not read.
fn literal_end(rest: &str) -> Option<String> {
    if rest.contains("{{") || rest.contains("}}") {
        return None;
    }
    let mut depth = 0_usize;
    let mut end = String::new();
    for c in rest.chars() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.checked_sub(1)?;
                end.clear();
            }
            _ if depth > 0 => {}
            '/' | '?' | '#' | '\\' | ':' => break,
            other => end.push(other),
        }
    }
    (depth == 0 && end.is_ascii() && !end.contains('%')).then(|| end.to_ascii_lowercase())
}
