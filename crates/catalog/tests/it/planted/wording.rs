//! Mistakes of wording: header names, line breaks, captures.

use super::{API_KEY, Mistake, OAUTH2, with};

pub(super) fn mistakes() -> Vec<Mistake> {
    let header = |name: &str| with(API_KEY, "authorization =", name);
    vec![
        ("an empty name", with(OAUTH2, "\"Planted\"", "\"\"")),
        ("a header name in upper case", header("Authorization =")),
        ("a header name with a blank", header("\"a b\" =")),
        ("a header of the HTTP layer", header("host = \"x\"\nauthorization =")),
        ("a line break in a header", with(API_KEY, "Bearer {", "Bearer\\r\\n{")),
        ("a capture at no path", format!("{OAUTH2}[captures.token_response]\nplace = \"a..b\"\n")),
        ("a capture of no parameter", format!("{OAUTH2}[captures.callback]\nplace = \"\"\n")),
        ("a capture in camel case", format!("{OAUTH2}[captures.callback]\nrealmId = \"realmId\"\n")),
    ]
}

#[test]
fn mistakes_of_wording_are_found() {
    insta::assert_snapshot!(super::said(&mistakes()), @r#"
    an empty name
        planted.toml:1: the name is empty
    a header name in upper case
        planted.toml:9: `Authorization` is not a header name in lower case
    a header name with a blank
        planted.toml:9: `a b` is not a header name in lower case
    a header of the HTTP layer
        planted.toml:9: `host` belongs to the HTTP layer and cannot be set
    a line break in a header
        planted.toml:9: a value must not hold line breaks or other control characters
    a capture at no path
        planted.toml:16: `a..b` is not a dotted path into the answer
    a capture of no parameter
        planted.toml:16: `` is not a dotted path into the answer
    a capture in camel case
        planted.toml:16: `realmId` is not snake case
    "#);
}
