//! Nobody who fills a placeholder chooses another server.

use catalog::{Placeholder, Template, Values};
use proptest::prelude::*;

/// Fills every placeholder with the same text.
struct Everywhere<'a>(&'a str);

impl Values for Everywhere<'_> {
    fn value(&self, _: &Placeholder) -> Option<String> {
        Some(self.0.to_owned())
    }
}

fn filled(template: &str, value: &str) -> Option<url::Url> {
    Template::parse(template).expect("well formed").fill_url(&Everywhere(value)).ok()
}

const TENANT: &str = "https://{connection.x}.example.com/oauth/token";
const WHOLE_HOST: &str = "https://{connection.x}/oauth/token";
const BASE: &str = "{connection.x}/oauth/token";
const PATH: &str = "https://api.example.com/v1/{connection.x}/tokens?of={connection.x}";

#[test]
fn hostile_tenants_are_refused() {
    let hostile = [
        "evil.com/",
        "evil.com#",
        "evil.com?",
        "a@evil.com",
        "evil.com\\",
        "evil.com:443",
        "evil.com/.",
        "evil.com%2f",
        "evil.com%23",
        "evil.com\t",
        "evil.com\n",
        "\r\nevil.com",
        " evil.com",
        "evil.com ",
        "evil.com\0",
        "//evil.com",
        "https://evil.com/",
        "a:b@evil.com",
        "evil.com／",
        "evil。com",
        "é",
        ".",
        "..",
        "a..b",
        ".evil.com",
        "evil.com.",
        "-evil",
        "evil-",
        "[::1]",
        "ev_il",
        "{connection.y}",
        "evil.com?x=",
        "*",
        "%00",
        "xn--\u{0}",
    ];
    for value in hostile {
        assert_eq!(filled(TENANT, value), None, "{value:?}");
    }
}

#[test]
fn honest_tenants_are_accepted() {
    for value in ["acme", "a", "Acme-2", "acme.eu", "acme--dev.sandbox", "0"] {
        let url = filled(TENANT, value).expect(value);
        assert_eq!(url.host_str(), Some(format!("{}.example.com", value.to_lowercase()).as_str()));
    }
}

#[test]
fn a_whole_host_is_a_plain_name_with_an_optional_port() {
    for (value, expected) in [
        ("acme.example", Some("https://acme.example/oauth/token")),
        ("acme.example:8443", Some("https://acme.example:8443/oauth/token")),
        ("127.0.0.1:9", Some("https://127.0.0.1:9/oauth/token")),
        ("acme.example:", None),
        ("acme.example:0", None),
        ("acme.example:65536", None),
        ("acme.example:+1", None),
        ("acme.example:1/x", None),
        ("a:b@acme.example", None),
        ("user@acme.example", None),
        ("2130706433", None),
        ("0x7f.1", None),
        ("017700000001", None),
        ("[::1]", None),
        ("acme.example/x", None),
    ] {
        assert_eq!(filled(WHOLE_HOST, value).as_ref().map(url::Url::as_str), expected, "{value:?}");
    }
}

#[test]
fn a_base_is_an_absolute_url_that_a_path_can_follow() {
    for (value, expected) in [
        ("https://acme.example", Some("https://acme.example/oauth/token")),
        ("https://acme.example/", Some("https://acme.example/oauth/token")),
        ("http://127.0.0.1:8080/a", Some("http://127.0.0.1:8080/a/oauth/token")),
        ("https://acme.example/a//", Some("https://acme.example/a/oauth/token")),
        ("https://acme.example?q=1", None),
        ("https://acme.example#f", None),
        ("https://u@acme.example", None),
        ("https://@acme.example", None),
        ("https://u:p@acme.example", None),
        ("https:///acme.example", None),
        ("https:\\\\acme.example", None),
        ("https:acme.example", None),
        ("ftp://acme.example", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("acme.example", None),
        (" https://acme.example", None),
        ("https://acme\n.example", None),
        ("", None),
    ] {
        assert_eq!(filled(BASE, value).as_ref().map(url::Url::as_str), expected, "{value:?}");
    }
}

#[test]
fn a_base_alone_may_have_a_query() {
    let url = filled("{connection.x}", "https://acme.example/authorize?audience=a").expect("a whole URL");
    assert_eq!(url.query(), Some("audience=a"));
}

#[test]
fn values_in_path_and_query_stay_in_their_place() {
    for (value, expected) in [
        ("a b/c?d#e", "https://api.example.com/v1/a%20b%2Fc%3Fd%23e/tokens?of=a+b%2Fc%3Fd%23e"),
        ("%2e%2e", "https://api.example.com/v1/%252e%252e/tokens?of=%252e%252e"),
        ("é&=+", "https://api.example.com/v1/%C3%A9%26%3D%2B/tokens?of=%C3%A9%26%3D%2B"),
        ("...", "https://api.example.com/v1/.../tokens?of=..."),
        ("\\", "https://api.example.com/v1/%5C/tokens?of=%5C"),
    ] {
        assert_eq!(filled(PATH, value).as_ref().map(url::Url::as_str), Some(expected), "{value:?}");
    }
    for value in [".", ".."] {
        assert_eq!(filled(PATH, value), None, "{value:?}");
    }
}

#[test]
fn templates_that_are_no_urls_are_refused() {
    for template in [
        "example.com/{connection.x}",
        "ftp://{connection.x}.example.com",
        "https://user@{connection.x}.example.com",
        "https://a.example.com:{connection.x}/",
        "https://a.example.com/#{connection.x}",
        "https://{connection.x}.example.com\\a",
        "{connection.x}.example.com/",
        "{connection.x}{connection.x}",
        "https:///a",
        "https://a.example.com\0\0",
        "https://a\t.example.com/{connection.x}",
        "https://888:",
        "https://0x7f.1/",
        "https://a%2eexample.com/",
        "",
    ] {
        assert_eq!(filled(template, "https://a.example"), None, "{template}");
        assert_eq!(filled(template, "8"), None, "{template}");
    }
}

#[test]
fn addresses_that_are_written_out_are_kept() {
    for address in ["https://127.0.0.1:8443/a", "http://[::1]:8080/a", "https://[2001:db8::1]/a"] {
        assert_eq!(filled(address, "x").as_ref().map(url::Url::as_str), Some(address));
    }
}

#[test]
fn a_path_goes_below_its_base_and_a_whole_url_stands_alone() {
    let base = url::Url::parse("https://api.example.com/v2").expect("a URL");
    for (template, expected) in [
        ("/me/{connection.x}", "https://api.example.com/v2/me/a%2Fb"),
        ("https://other.example/{connection.x}", "https://other.example/a%2Fb"),
    ] {
        let template = Template::parse(template).expect("well formed");
        let url = template.fill_url_below(&base, &Everywhere("a/b")).expect("can be filled");
        assert_eq!(url.as_str(), expected);
    }
}

/// Texts that are likely to be accepted or to confuse: host-like, URL-like, and anything at all.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9.:@/\\\\?#%_-]{0,24}",
        "[a-z0-9-]{1,12}(\\.[a-z0-9-]{1,8}){0,3}",
        "(https?://)?[a-z0-9.@:-]{1,20}[/?#\\\\]?[a-z.@]{0,10}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn an_accepted_tenant_keeps_the_literal_end_of_the_host(value in texts()) {
        if let Some(url) = filled(TENANT, &value) {
            prop_assert!(url.host_str().is_some_and(|host| host.ends_with(".example.com")));
            prop_assert_eq!((url.scheme(), url.path(), url.query(), url.port()), ("https", "/oauth/token", None, None));
            prop_assert_eq!((url.username(), url.password()), ("", None));
        }
    }

    #[test]
    fn an_accepted_host_is_the_host_that_was_typed(value in texts()) {
        if let Some(url) = filled(WHOLE_HOST, &value) {
            let typed = value.split(':').next().unwrap_or_default().to_lowercase();
            prop_assert_eq!(url.host_str(), Some(typed.as_str()));
            prop_assert_eq!(url.path(), "/oauth/token");
        }
    }

    #[test]
    fn an_accepted_base_keeps_its_origin(value in texts()) {
        if let Some(url) = filled(BASE, &value) {
            let base = url::Url::parse(&value).expect("an accepted base is a URL");
            prop_assert_eq!(url.origin(), base.origin());
            prop_assert!(url.path().ends_with("/oauth/token"));
            prop_assert_eq!(url.username(), "");
        }
    }

    #[test]
    fn a_value_in_the_path_is_one_segment(value in texts()) {
        if let Some(url) = filled(PATH, &value) {
            prop_assert_eq!(url.host_str(), Some("api.example.com"));
            prop_assert_eq!(url.path_segments().map(Iterator::count), Some(3));
            let read: Vec<String> = url.query_pairs().map(|(_, value)| value.into_owned()).collect();
            prop_assert_eq!(read, vec![value]);
        }
    }
}
