//! Sections that are missing, superfluous, or contradict the scheme.

use super::{API_KEY, LOGIN, Mistake, OAUTH2, section, with};

pub(super) fn mistakes() -> Vec<Mistake> {
    let without_token: Vec<&str> =
        OAUTH2.lines().filter(|line| *line != "[token]" && !line.contains("/token\"")).collect();
    let sources = "sources = [\"https://planted.example/docs\"]";
    let oauth1 = "name = \"Planted\"\nauth = \"oauth1\"\ncategory = \"crm\"\nsources = [\"ourselves\"]\n[authorization]\nurl = \"https://planted.example/a\"\n[oauth1]\nrequest_url = \"https://planted.example/r\"\n[api]\nauth = \"oauth1\"\n";
    let second = "[second_token]\nfield = \"tenant\"\nurl = \"https://a.example/\"\ngrant = \"refresh_token\"\nscope = \"a\"";
    let revocation =
        |more: &str| section(&format!("[revocation]\nurl = \"https://planted.example/revoke\"\n{more}"));
    vec![
        ("no token endpoint", without_token.join("\n")),
        ("no API root", with(API_KEY, "base_url = \"https://api.planted.example\"\n", "")),
        (
            "no steps",
            with(
                &LOGIN.replace("[[login.steps]]\nurl = \"https://planted.example/a\"\n", ""),
                "[[login.steps]]\nurl = \"https://planted.example/b\"\nbody = { form = { ticket = \"{step.1.ticket}\" } }",
                "[login]\nsteps = []",
            ),
        ),
        ("half of OAuth 1.0a", oauth1.to_owned()),
        ("a section of another scheme", format!("{API_KEY}[token]\nurl = \"https://x.example/\"\n")),
        ("an API authentication of another scheme", with(API_KEY, "auth = \"custom\"\n", "")),
        ("a credential that goes nowhere", with(API_KEY, "Bearer {credential.api_key}", "none")),
        (
            "a header that is set twice",
            with(OAUTH2, "[api]\n", "[api]\nheaders = { authorization = \"Bearer {token.access}\" }\n"),
        ),
        ("no sources", with(OAUTH2, &format!("{sources}\n"), "")),
        ("empty sources", with(OAUTH2, sources, "sources = [\" \"]")),
        ("exclusive by nothing", with(OAUTH2, "category", "exclusive_by = [\"nobody\"]\ncategory")),
        ("a second token in the open", section(second)),
        (
            "a revocation by GET with a body",
            revocation("method = \"GET\"\nbody = { form = { token = \"{token.access}\" } }"),
        ),
        ("a revocation of nothing", revocation("auth = \"none\"\nbody = { form = { a = \"b\" } }")),
        (
            "a check by GET with a body",
            section("[verify]\nmethod = \"GET\"\nurl = \"/me\"\nbody = { json = {} }"),
        ),
        ("a lifetime of nothing", with(OAUTH2, "[api]\n", "lifetime_s = 0\n[api]\n")),
        ("a lifetime in milliseconds", section("[lifecycle]\naccess_token_s = 3600000000")),
        ("a reuse that is none", section("[lifecycle]\nreuse = \"sometimes\"")),
        ("a grace of no time", section("[lifecycle]\nreuse = \"grace:0\"")),
        ("a date that is none", section("[lifecycle]\nchecked = \"2026-13-01\"")),
        ("a default scope that is not known", section("[scopes]\nknown = [\"read\"]\ndefault = [\"write\"]")),
        ("a refresh scope that can be lost", section("[scopes]\ndefault = [\"offline_access\"]")),
        ("a scope that is asked for twice", section("[scopes]\ndefault = [\"read\"]\nrequired = [\"read\"]")),
        ("a known scope twice", section("[scopes]\nknown = [\"read\", \"write\", \"read\"]")),
        ("a scope of two words", section("[scopes]\ndefault = [\"a b\"]")),
        ("an empty separator", section("[scopes]\nseparator = \"\"")),
    ]
}

#[test]
fn mistakes_in_sections_are_found() {
    insta::assert_snapshot!(super::said(&mistakes()), @r#"
    no token endpoint
        planted.toml:1: auth = "oauth2" needs [token]
    no API root
        planted.toml:5: auth = "api_key" needs api.base_url
    no steps
        planted.toml:6: a login has at least one step
    half of OAuth 1.0a
        planted.toml:7: auth = "oauth1" needs oauth1.token_url
    a section of another scheme
        planted.toml:10: auth = "api_key" does not use [token]
    an API authentication of another scheme
        planted.toml:5: this api.auth does not go with auth = "api_key"
    a credential that goes nowhere
        planted.toml:7: api.auth = "custom" needs a header, query parameter or body that carries the credential
    a header that is set twice
        planted.toml:10: api.auth fills this header; with api.auth = "custom" it is yours
    no sources
        planted.toml:1: say in `sources` where the facts come from
    empty sources
        planted.toml:4: say in `sources` where the facts come from
    exclusive by nothing
        planted.toml:3: `nobody` is neither an integration nor a connection input
    a second token in the open
        planted.toml:12: `tenant` must be a connection input that is automated and secret
    a revocation by GET with a body
        planted.toml:13: a GET request has no body (RFC 9110 §9.3.1)
    a revocation of nothing
        planted.toml:11: nothing here says which grant ends: send a token, or auth = "bearer"
    a check by GET with a body
        planted.toml:12: a GET request has no body (RFC 9110 §9.3.1)
    a lifetime of nothing
        planted.toml:9: a time is at least one second; leave it out when it is not known
    a lifetime in milliseconds
        planted.toml:12: a time is at most ten years, in seconds and not in milliseconds
    a reuse that is none
        planted.toml:12: reuse is "allowed", "kills_grant", "until_new_used" or "grace:SECONDS"
    a grace of no time
        planted.toml:12: reuse is "allowed", "kills_grant", "until_new_used" or "grace:SECONDS"
    a date that is none
        planted.toml:12: a date is written YYYY-MM-DD
    a default scope that is not known
        planted.toml:13: `write` is not among `known`
    a refresh scope that can be lost
        planted.toml:12: `offline_access` asks for a refresh token; write it into `required`: with scopes of its own an integration would lose its refresh tokens
    a scope that is asked for twice
        planted.toml:12: `read` is always asked for, by `required`
    a known scope twice
        planted.toml:12: `read` stands here twice
    a scope of two words
        planted.toml:12: a scope is one word
    an empty separator
        planted.toml:12: a separator is one or more signs that no scope has
    "#);
}

#[test]
fn lifecycle_facts_have_one_form() {
    for reuse in ["grace", "grace:", "grace:-1", "grace:soon"] {
        let problems =
            crate::problems(&[("planted", &section(&format!("[lifecycle]\nreuse = \"{reuse}\"")))]);
        assert_eq!(problems.len(), 1, "{reuse}: {problems:?}");
    }
    for day in ["2026-1-01", "yesterday", "2026-01-32"] {
        let problems =
            crate::problems(&[("planted", &section(&format!("[lifecycle]\nchecked = \"{day}\"")))]);
        assert_eq!(problems.len(), 1, "{day}: {problems:?}");
    }
}
