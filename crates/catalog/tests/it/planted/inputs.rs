//! Mistakes in inputs: names, patterns, choices, defaults.

use super::{Mistake, OAUTH2, with};

const SERVERS: &str = "[[inputs.integration]]\nname = \"servers\"\nlabel = \"Servers\"\n";

pub(super) fn mistakes() -> Vec<Mistake> {
    let pattern = |text: &str| with(OAUTH2, "\"^[a-z]+$\"", &format!("'{text}'"));
    let input = |more: &str| format!("{OAUTH2}{more}\n");
    let plain = |more: &str| {
        let text = OAUTH2.replace("{connection.tenant}.planted", "planted");
        format!("{}{more}\n", with(&text, "pattern = \"^[a-z]+$\"\n", ""))
    };
    let another = |group: &str, more: &str| format!("{OAUTH2}[[inputs.{group}]]\nlabel = \"B\"\n{more}\n");
    vec![
        ("an unanchored pattern", pattern("[a-z]+")),
        ("a pattern open at its end", pattern("^[a-z]+")),
        ("a pattern with a loose alternative", pattern("^a|b$")),
        ("a pattern for single lines", pattern("(?m)^a$")),
        ("a pattern that does not compile", pattern("^[a-z$")),
        ("a pattern that looks around", pattern("^(?=a)a$")),
        ("a pattern that looks back", pattern("^a(?<!b)$")),
        ("a pattern that refers back", pattern(r"^(a)\1$")),
        ("a pattern that is too large", pattern("^a{999999}$")),
        ("a default that the pattern refuses", input("default = \"A1\"")),
        ("an example that the pattern refuses", input("example = \"A1\"")),
        ("a choice that the pattern refuses", input("kind = \"enum\"\nenum = [\"a\", \"B\"]")),
        ("an example that is no host", plain("kind = \"hostname\"\nexample = \"https://a.example/\"")),
        ("an example that is no URL", plain("kind = \"url\"\nexample = \"a.example\"")),
        ("a default that is no UUID", plain("kind = \"uuid\"\ndefault = \"12\"")),
        ("an example that is no address", plain("kind = \"email\"\nexample = \"me\"")),
        ("no choices", input("kind = \"enum\"")),
        ("choices of another kind", input("enum = [\"a\"]")),
        ("a choice twice", input("kind = \"enum\"\nenum = [\"a\", \"b\", \"a\"]")),
        ("a default that is no choice", input("kind = \"enum\"\nenum = [\"a\"]\ndefault = \"b\"")),
        ("a warning about no choice", input("discouraged = [\"a\"]")),
        ("a wire name that is the name", input("wire = \"tenant\"")),
        ("an empty label", with(OAUTH2, "\"Tenant\"", "\" \"")),
        ("a label of two lines", with(OAUTH2, "\"Tenant\"", "\"Ten\\nant\"")),
        ("an input twice", another("connection", "name = \"tenant\"")),
        ("a wire name twice", another("connection", "name = \"other\"\nwire = \"tenant\"")),
        ("an input in camel case", another("connection", "name = \"camelCase\"")),
        ("an integration input that nothing uses", another("integration", "name = \"idle\"")),
        ("a limit that nobody sets", plain("kind = \"hostname\"\nlimited_by = \"servers\"")),
        (
            "a limit that is no list of hosts",
            plain(&format!("kind = \"hostname\"\nlimited_by = \"servers\"\n{SERVERS}")),
        ),
        (
            "a limit of what is no server",
            plain(&format!("limited_by = \"servers\"\n{SERVERS}kind = \"hosts\"")),
        ),
        (
            "an example that is no list of hosts",
            plain(&format!(
                "kind = \"hostname\"\nlimited_by = \"servers\"\n{SERVERS}kind = \"hosts\"\nexample = \"https://a.example\""
            )),
        ),
        ("hidden and required", input("hidden = true")),
        ("visible with an input that is not there", input("visible_when = { plan = \"pro\" }")),
        ("visible with itself", input("visible_when = { tenant = \"a\" }")),
        ("a capture that shadows an input", input("[captures.token_response]\ntenant = \"tenant\"")),
    ]
}

#[test]
fn mistakes_in_inputs_are_found() {
    insta::assert_snapshot!(super::said(&mistakes()), @r#"
    an unanchored pattern
        planted.toml:14: the pattern must hold for the whole value: begin with ^, end with $, group alternatives
    a pattern open at its end
        planted.toml:14: the pattern must hold for the whole value: begin with ^, end with $, group alternatives
    a pattern with a loose alternative
        planted.toml:14: the pattern must hold for the whole value: begin with ^, end with $, group alternatives
    a pattern for single lines
        planted.toml:14: the pattern must hold for the whole value: begin with ^, end with $, group alternatives
    a pattern that does not compile
        planted.toml:14: the pattern does not compile: unclosed character class at column 2
    a pattern that looks around
        planted.toml:14: look-around is not allowed: patterns run in linear time
    a pattern that looks back
        planted.toml:14: look-around is not allowed: patterns run in linear time
    a pattern that refers back
        planted.toml:14: the pattern does not compile: backreferences are not supported at column 5
    a pattern that is too large
        planted.toml:14: the pattern does not compile: it takes more than 1048576 bytes
    a default that the pattern refuses
        planted.toml:15: the default does not match the pattern
    an example that the pattern refuses
        planted.toml:15: the example does not match the pattern
    a choice that the pattern refuses
        planted.toml:16: the choice `B` does not match the pattern
    an example that is no host
        planted.toml:15: the example is no host name
    an example that is no URL
        planted.toml:15: the example is no URL
    a default that is no UUID
        planted.toml:15: the default is no UUID
    an example that is no address
        planted.toml:15: the example is no e-mail address
    no choices
        planted.toml:11: `tenant` is of kind "enum" and has no `enum` choices
    choices of another kind
        planted.toml:15: `tenant` has choices and is not of kind "enum"
    a choice twice
        planted.toml:16: the choice `a` stands here twice
    a default that is no choice
        planted.toml:17: the default is not one of the choices
    a warning about no choice
        planted.toml:15: `a` is not one of the choices
    a wire name that is the name
        planted.toml:15: `wire` is written only when it differs from `name`
    an empty label
        planted.toml:13: the label is empty
    a label of two lines
        planted.toml:13: a label is one line
    an input twice
        planted.toml:17: the input `tenant` is declared twice
    a wire name twice
        planted.toml:17: the input `other` is declared twice
    an input in camel case
        planted.toml:17: `camelCase` is not snake case
    an integration input that nothing uses
        planted.toml:17: the integration input `idle` is used by no template
    a limit that nobody sets
        planted.toml:15: no integration input `servers` is of kind "hosts" or "hostname"
    a limit that is no list of hosts
        planted.toml:15: no integration input `servers` is of kind "hosts" or "hostname"
    a limit of what is no server
        planted.toml:14: only connection inputs of kind "hostname" or "url", and no secret ones, are limited to hosts
    an example that is no list of hosts
        planted.toml:20: the example is no list of host names
    hidden and required
        planted.toml:11: `tenant` is hidden and required, so it needs a `default`
    visible with an input that is not there
        planted.toml:15: no input `plan` of this group can be `pro`
    visible with itself
        planted.toml:15: no input `tenant` of this group can be `a`
    a capture that shadows an input
        planted.toml:16: `tenant` is an input that people fill in; one of the two is too many
    "#);
}
