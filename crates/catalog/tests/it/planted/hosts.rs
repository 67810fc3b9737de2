//! Mistakes in URLs: those that do not parse, and hosts that a value could choose.

use super::{Mistake, OAUTH2, section, token_url, with};

pub(super) fn mistakes() -> Vec<Mistake> {
    let open = with(OAUTH2, "pattern = \"^[a-z]+$\"\n", "").replace("{connection.tenant}.planted", "planted");
    let opened = |to: &str| with(&open, "https://planted.example/token", to);
    // The tenant as the whole host, held by a pattern.
    let whole = |pattern: &str, kind: &str| {
        let literal = OAUTH2.replace("{connection.tenant}.planted", "planted");
        let text = with(&literal, "https://planted.example/token", "https://{connection.tenant}/token");
        with(&text, "pattern = \"^[a-z]+$\"", &format!("kind = \"{kind}\"\npattern = '{pattern}'"))
    };
    let returned = |input: &str| {
        let literal = OAUTH2.replace("{connection.tenant}.planted", "planted");
        let text = with(&literal, "https://planted.example/token", "{connection.server}/token");
        format!(
            "{text}[[inputs.connection]]\nname = \"server\"\nlabel = \"Server\"\nautomated = true\n{input}[captures.callback]\nserver = \"server\"\n"
        )
    };
    vec![
        ("plain HTTP", token_url("http://x.example/token")),
        ("no scheme", token_url("x.example/token")),
        ("another scheme", token_url("ftp://x.example/token")),
        ("a path where a URL stands", token_url("/token")),
        (
            "a path without a root",
            with(
                &section("[identity]\nurl = \"/me\"\nid_path = \"id\""),
                "base_url = \"https://{connection.tenant}.planted.example\"\n",
                "",
            ),
        ),
        ("a user name", token_url("https://user@x.example/token")),
        ("a fragment", token_url("https://x.example/token#top")),
        ("a backslash", token_url("https://x.example\\\\token")),
        ("a blank in the host", token_url("https://x y.example/token")),
        ("a value in the port", token_url("https://x.example:{connection.tenant}/")),
        ("a path that climbs", token_url("https://x.example/a/../token")),
        ("an address instead of a name", token_url("https://10.0.0.1/token")),
        ("an address of the sixth version", token_url("https://[::1]/token")),
        ("the machine itself", token_url("https://localhost:8080/token")),
        ("a name of the own network", token_url("https://auth.internal/token")),
        ("no dot before the domain", token_url("https://{connection.tenant}planted.example/")),
        ("a domain of one label", token_url("https://{connection.tenant}.example/")),
        ("an open host", opened("https://{connection.tenant}.planted.example/token")),
        ("an open base", opened("{connection.tenant}/token")),
        ("a base that is no URL", token_url("{connection.tenant}/token")),
        ("an open server with a path", opened("{https:{connection.tenant}}/token")),
        (
            "a part of a host that takes a port",
            with(
                &opened("https://{connection.tenant}.planted.example/token"),
                "label = \"Tenant\"",
                "label = \"Tenant\"\nkind = \"hostname\"",
            ),
        ),
        ("a pattern with an open end", whole(r"^[a-z]+\.planted\.[a-z.]+$", "hostname")),
        ("a pattern with a forgotten dot", whole(r"^[a-z.]+planted\.example$", "hostname")),
        ("a pattern of any text", whole(r"^[a-z.]+$", "string")),
        (
            "a secret for any server",
            with(
                &opened("https://{connection.tenant}/token"),
                "label = \"Tenant\"",
                "label = \"Tenant\"\nkind = \"hostname\"",
            ),
        ),
        ("a server that the browser brings", returned("kind = \"url\"\n")),
        (
            "a server that the browser brings, open",
            returned("kind = \"url\"\npattern = '^https://[a-z.]+$'\n"),
        ),
        (
            "an unsafe redirect",
            with(
                &with(
                    &opened("https://planted.example/token"),
                    "base_url = \"https://planted.example\"",
                    "keep_headers_on_redirect = true\nbase_url = \"https://{connection.tenant}\"",
                ),
                "label = \"Tenant\"",
                "label = \"Tenant\"\nkind = \"hostname\"",
            ),
        ),
        ("documentation that is no URL", with(OAUTH2, "category", "docs = \"planted.example\"\ncategory")),
        (
            "an issuer over plain HTTP",
            with(OAUTH2, "[token]\n", "issuer = \"http://planted.example\"\n[token]\n"),
        ),
    ]
}

#[test]
fn mistakes_in_urls_are_found() {
    insta::assert_snapshot!(super::said(&mistakes()), @r#"
    plain HTTP
        planted.toml:8: a URL begins with https://
    no scheme
        planted.toml:8: a URL begins with https://
    another scheme
        planted.toml:8: a URL begins with https://
    a path where a URL stands
        planted.toml:8: write the whole URL, beginning with https://
    a path without a root
        planted.toml:11: a path needs api.base_url
    a user name
        planted.toml:8: filled with sample values it is refused: not the template of a URL: it has a user name
    a fragment
        planted.toml:8: filled with sample values it is refused: not the template of a URL: it has a fragment or a backslash
    a backslash
        planted.toml:8: filled with sample values it is refused: not the template of a URL: it has a fragment or a backslash
    a blank in the host
        planted.toml:8: filled with sample values it is refused: not the template of a URL: its host holds blanks or control characters
    a value in the port
        planted.toml:8: filled with sample values it is refused: not the template of a URL: a placeholder stands in the port
    a path that climbs
        planted.toml:8: filled with sample values it is refused: a value makes the path leave its place
    an address instead of a name
        planted.toml:8: `10.0.0.1` is no public host name
    an address of the sixth version
        planted.toml:8: `[::1]` is no public host name
    the machine itself
        planted.toml:8: `localhost:8080` is no public host name
    a name of the own network
        planted.toml:8: `auth.internal` is no public host name
    no dot before the domain
        planted.toml:8: open host: the text after the placeholder, `planted.example`, must be a dot and a whole domain
    a domain of one label
        planted.toml:8: open host: the text after the placeholder, `.example`, must be a dot and a whole domain
    an open host
        planted.toml:8: open host: `{connection.tenant}` needs a pattern or kind "hostname"
    an open base
        planted.toml:8: open host: `{connection.tenant}` stands first and must be an input of kind "url" or be captured
    a base that is no URL
        planted.toml:8: open host: `{connection.tenant}` stands first and must be an input of kind "url" or be captured
    an open server with a path
        planted.toml:8: open host: `{connection.tenant}` needs a pattern or kind "hostname"
    a part of a host that takes a port
        planted.toml:8: `{connection.tenant}` is a part of the host: kind "hostname" takes a port, a pattern does not
    a pattern with an open end
        planted.toml:8: open host: the pattern of `{connection.tenant}` does not end in known domains; name them, or write kind = "hostname" and let it be any
    a pattern with a forgotten dot
        planted.toml:8: open host: the pattern of `{connection.tenant}` does not end in known domains; name them, or write kind = "hostname" and let it be any
    a pattern of any text
        planted.toml:8: open host: the pattern of `{connection.tenant}` does not end in known domains; name them, or write kind = "hostname" and let it be any
    a secret for any server
        planted.toml:8: open host: `{connection.tenant}` chooses who gets the operator's secret; let the operator limit it: limited_by = an integration input of kind "hosts"
    a server that the browser brings
        planted.toml:8: open host: `{connection.server}` comes back with the browser, so its input needs a pattern that ends in known domains
    a server that the browser brings, open
        planted.toml:8: open host: `{connection.server}` comes back with the browser, so its input needs a pattern that ends in known domains
    an unsafe redirect
        planted.toml:10: unsafe redirect: the credential would follow to any server that api.base_url can name
    documentation that is no URL
        planted.toml:3: not an https URL without user name
    an issuer over plain HTTP
        planted.toml:7: not an https URL without user name
    "#);
}

#[test]
fn a_whole_host_is_any_when_the_file_says_so_and_else_ends_in_known_domains() {
    let text = OAUTH2.replace("{connection.tenant}.planted.example", "{connection.tenant}");
    let limited = |input: &str| {
        let list = "[[inputs.integration]]\nname = \"servers\"\nlabel = \"Servers\"\nkind = \"hosts\"";
        format!("{input}\nlimited_by = \"servers\"\n{list}")
    };
    for input in [
        &*limited("kind = \"hostname\""),
        &*limited("kind = \"hostname\"\npattern = '^[a-z0-9.-]+$'"),
        "pattern = '^[a-z]+\\.planted\\.example$'",
        "pattern = '^(?:eu|us)\\.planted\\.example$'",
        "kind = \"enum\"\nenum = [\"eu.planted.example\"]",
    ] {
        assert_eq!(
            crate::problems(&[("planted", &with(&text, "pattern = \"^[a-z]+$\"", input))]),
            [],
            "{input}"
        );
    }
}
