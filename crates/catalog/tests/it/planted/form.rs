//! Mistakes of form: what is not TOML, unknown fields and values, missing fields, wrong kinds.

use super::{API_KEY, Mistake, OAUTH2, section, with};

pub(super) fn mistakes() -> Vec<Mistake> {
    let replaced = |from, to| with(OAUTH2, from, to);
    vec![
        ("not TOML", replaced("auth = \"oauth2\"", "auth = ")),
        ("a key twice", replaced("name = \"Planted\"\n", "name = \"Planted\"\nname = \"Planted\"\n")),
        ("an unknown section", section("[permissions]\nread = true")),
        ("an unknown field", section("[device]\nurl = \"https://planted.example/\"\nnonce = 1")),
        ("an unknown field of the API", section("[scopes]\nseperator = \",\"")),
        ("an unknown category", replaced("\"crm\"", "\"cars\"")),
        ("an unknown scheme", replaced("auth = \"oauth2\"", "auth = \"oauth3\"")),
        ("an unknown client authentication", replaced("[api]\n", "body = \"xml\"\n[api]\n")),
        ("an unknown kind", format!("{OAUTH2}kind = \"number\"\n")),
        ("a missing name", replaced("name = \"Planted\"\n", "")),
        ("a missing label", replaced("label = \"Tenant\"\n", "")),
        ("a number for a text", replaced("\"^[a-z]+$\"", "7")),
        ("a text for a list", replaced("sources = [\"https://planted.example/docs\"]", "sources = \"docs\"")),
        ("a text for a switch", format!("{OAUTH2}secret = \"yes\"\n")),
        ("a negative time", replaced("[api]\n", "lifetime_s = -1\n[api]\n")),
        ("a time with a unit", replaced("[api]\n", "lifetime_s = \"1h\"\n[api]\n")),
        ("a list of no alternatives", with(API_KEY, "\"https://api.planted.example\"", "[]")),
        ("a slug inside", replaced("name", "slug = \"planted\"\nname")),
    ]
}

#[test]
fn mistakes_of_form_are_found() {
    insta::assert_snapshot!(super::said(&mistakes()), @r#"
    not TOML
        planted.toml:2: not TOML: string values must be quoted, expected literal string
    a key twice
        planted.toml:2: not TOML: duplicate key
    an unknown section
        planted.toml:11: unknown field `permissions`, expected one of `slug`, `name`, `auth`, `category`, `docs`, `authorization`, `device`, `token`, `long_token`, `second_token`, `refresh`, `revocation`, `scopes`, `oauth1`, `login`, `jwt`, `saml`, `signature`, `aws`, `app`, `mcp`, `plugin`, `mutual_tls`, `api`, `verify`, `identity`, `after_connect`, `webhook`, `inputs`, `captures`, `lifecycle`, `exclusive_by`, `quirks`, `support`, `sources`
    an unknown field
        planted.toml:13: unknown field `nonce`, expected `url`
    an unknown field of the API
        planted.toml:12: unknown field `seperator`, expected one of `separator`, `default`, `required`, `known`
    an unknown category
        planted.toml:3: unknown variant `cars`, expected one of `accounting`, `ai`, `analytics`, `automation`, `banking`, `calendar`, `commerce`, `communication`, `crm`, `design`, `developer-tools`, `documents`, `education`, `email`, `forms`, `generic`, `health`, `hr`, `identity`, `infrastructure`, `legal`, `logistics`, `marketing`, `media`, `payments`, `productivity`, `project-management`, `property`, `security`, `signature`, `social`, `storage`, `support`, `travel`, `video`
    an unknown scheme
        planted.toml:2: unknown variant `oauth3`, expected one of `oauth2`, `oauth2_client_credentials`, `oauth1`, `oauth1_token_based`, `two_step`, `jwt`, `signature`, `session_login`, `aws_sigv4`, `app_installation`, `app_installation_with_user_oauth`, `plugin_install`, `mcp_oauth2`, `mcp_oauth2_discovery`, `api_key`, `basic`, `none`
    an unknown client authentication
        planted.toml:9: unknown variant `xml`, expected one of `form`, `json`, `query`
    an unknown kind
        planted.toml:15: unknown variant `number`, expected one of `string`, `text`, `hostname`, `hosts`, `url`, `uuid`, `email`, `enum`
    a missing name
        planted.toml:1: missing field `name`
    a missing label
        planted.toml:11: missing field `label`
    a number for a text
        planted.toml:14: invalid type: integer `7`, expected a string
    a text for a list
        planted.toml:4: invalid type: string "docs", expected a sequence
    a text for a switch
        planted.toml:15: invalid type: string "yes", expected a boolean
    a negative time
        planted.toml:9: invalid value: integer `-1`, expected u64
    a time with a unit
        planted.toml:9: invalid type: string "1h", expected u64
    a list of no alternatives
        planted.toml:6: a list of alternatives needs at least one
    a slug inside
        planted.toml:1: the slug is the file name and is not written inside
    "#);
}

#[test]
fn an_unknown_quirk_is_told_which_there_are() {
    let problems = crate::problems(&[("planted", &with(OAUTH2, "category", "quirks = [\"odd\"]\ncategory"))]);
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!(problem.line, 3);
    assert!(problem.message.starts_with("unknown variant `odd`, expected one of `bot-and-user-tokens`"));
}

#[test]
fn a_slug_is_kebab_case() {
    for slug in ["Not_Kebab", "two--hyphens", "-first", "last-", "ümlaut"] {
        let problems = crate::problems(&[(slug, OAUTH2)]);
        assert!(problems[0].message.contains(&format!("`{slug}` is not kebab case")), "{problems:?}");
    }
}
