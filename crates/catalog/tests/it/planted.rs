//! Planted mistakes: each is found once, on its line, in words that help.

mod answers;
mod families;
mod form;
mod hosts;
mod inputs;
mod params;
mod placeholders;
mod sections;
mod wording;

use std::collections::BTreeSet;

/// A provider without mistakes, from line 1.
const OAUTH2: &str = r#"name = "Planted"
auth = "oauth2"
category = "crm"
sources = ["https://planted.example/docs"]
[authorization]
url = "https://{connection.tenant}.planted.example/authorize"
[token]
url = "https://{connection.tenant}.planted.example/token"
[api]
base_url = "https://{connection.tenant}.planted.example"
[[inputs.connection]]
name = "tenant"
label = "Tenant"
pattern = "^[a-z]+$"
"#;

const API_KEY: &str = r#"name = "Planted"
auth = "api_key"
category = "crm"
sources = ["https://planted.example/docs"]
[api]
base_url = "https://api.planted.example"
auth = "custom"
[api.headers]
authorization = "Bearer {credential.api_key}"
"#;

const LOGIN: &str = r#"name = "Planted"
auth = "two_step"
category = "crm"
sources = ["https://planted.example/docs"]
[[login.steps]]
url = "https://planted.example/a"
[[login.steps]]
url = "https://planted.example/b"
body = { form = { ticket = "{step.1.ticket}" } }
"#;

/// The URL of [`OAUTH2`] that mistakes are planted in, on line 8.
const TOKEN_URL: &str = "https://{connection.tenant}.planted.example/token";

/// A planted mistake: its name and the file it stands in.
type Mistake = (&'static str, String);

/// Swaps one text of a file for another; the file must hold it.
fn with(file: &str, from: &str, to: &str) -> String {
    assert!(file.contains(from), "{from}");
    file.replacen(from, to, 1)
}

/// The same for the token URL.
fn token_url(to: &str) -> String {
    with(OAUTH2, TOKEN_URL, to)
}

/// Adds lines to [`OAUTH2`] before its inputs, from line 11.
fn section(more: &str) -> String {
    with(OAUTH2, "[[inputs", &format!("{more}\n[[inputs"))
}

/// What the linter says of each, one line a mistake. More than one finding is one too many: the reader would look for
/// a second mistake.
fn said(mistakes: &[Mistake]) -> String {
    let line = |(name, text): &Mistake| {
        let problems = crate::problems(&[("planted", text)]);
        let [problem] = problems.as_slice() else {
            panic!("{name}: {} findings {problems:#?} in\n{text}", problems.len())
        };
        let file = problem.file.file_name().unwrap_or_default().to_string_lossy();
        format!("{name}\n    {file}:{}: {}", problem.line, problem.message)
    };
    mistakes.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_unspoilt_files_are_clean() {
    assert_eq!(crate::problems(&[("oauth2", OAUTH2), ("key", API_KEY), ("login", LOGIN)]), []);
}

#[test]
fn a_hundred_different_mistakes_are_planted() {
    let groups = [
        answers::mistakes(),
        families::mistakes(),
        form::mistakes(),
        hosts::mistakes(),
        inputs::mistakes(),
        params::mistakes(),
        placeholders::mistakes(),
        sections::mistakes(),
        wording::mistakes(),
    ];
    let names: Vec<&str> = groups.iter().flatten().map(|(name, _)| *name).collect();
    let different: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(different.len(), names.len());
    assert!(names.len() >= 100, "{}", names.len());
}
