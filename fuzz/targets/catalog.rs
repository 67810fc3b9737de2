//! The loader: any text is either refused with file and line, or a provider that keeps what it promised.
//!
//! Input: a provider file.

#![no_main]

use std::path::Path;

use catalog::{Alternatives, Catalog, Placeholder, Provider, Template, Values, lint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let path = Path::new("fuzzed.toml");
    let report = lint::text(path, text);
    assert_eq!(report.providers, 1);
    if report.problems.is_empty() {
        let catalog = Catalog::with_report(report).expect("it has no mistakes");
        let provider = catalog.get("fuzzed").expect("it was read");
        is_written_as_read(&provider);
        keeps_its_servers(&provider);
        return;
    }
    let lines = text.lines().count().max(1) + 1;
    for problem in &report.problems {
        assert_eq!(problem.file, path);
        assert!((1..=lines).contains(&problem.line), "{problem}");
        assert!(!problem.message.is_empty());
    }
    assert_eq!(report.problems, lint::text(path, text).problems);
    assert!(Catalog::with_report(report).is_err());
});

fn is_written_as_read(provider: &Provider) {
    let written = serde_json::to_value(provider).expect("a provider can be written");
    let again: Provider = serde_json::from_value(written.clone()).expect("what was written can be read");
    assert_eq!(serde_json::to_value(again).expect("it can be written again"), written);
}

struct Everywhere(&'static str);

impl Values for Everywhere {
    fn value(&self, _: &Placeholder) -> Option<String> {
        Some(self.0.to_owned())
    }
}

/// A file that passes the linter has no URL that a value can turn to another server.
fn keeps_its_servers(provider: &Provider) {
    let urls: [Option<&Alternatives>; 6] = [
        provider.authorization.as_ref().map(|section| &section.url),
        provider.token.as_ref().map(|section| &section.url),
        provider.refresh.url.as_ref(),
        provider.revocation.as_ref().map(|section| &section.url),
        provider.api.base_url.as_ref(),
        provider.lifecycle.introspection_url.as_ref(),
    ];
    for template in urls.into_iter().flatten().flatten() {
        for value in [
            "evil.example/",
            "evil.example#",
            "evil.example?",
            "a@evil.example",
            "evil.example\\",
            "evil.example:443/",
        ] {
            stays(template, value);
        }
    }
}

fn stays(template: &Template, value: &'static str) {
    let begins_with_its_server = template.source().starts_with("https://");
    if let Ok(url) = template.fill_url(&Everywhere(value))
        && begins_with_its_server
    {
        assert!(!url.host_str().is_some_and(|host| host.contains("evil.example")), "{url}");
    }
}
