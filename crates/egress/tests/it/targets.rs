//! Where requests may go by what their URL says.

use egress::{Denied, Error, Reach, Reason};
use url::Url;

use crate::server::{Canary, INSIDE, Server, egress, get, short};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn reason(error: &Error) -> Option<Reason> {
    if let Error::Denied(Denied { reason, .. }) = error { Some(*reason) } else { None }
}

#[tokio::test]
async fn loopback_is_denied_without_an_allow_list() {
    let canary = Canary::new(INSIDE, 0);
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://127.0.0.1:{}/", canary.port());
        let error = egress("").send(get(url), &short()).await.expect_err("this must fail");
        assert!(!error.may_have_been_sent());
        assert_eq!(reason(&error), Some(Reason::Address(Reach::Loopback)));
    }
    assert!(canary.is_untouched());
}

#[tokio::test]
async fn a_listed_range_address_or_name_is_reached_over_plain_http() {
    let server = Server::answering(OK).await;
    let port = server.address.port();
    let cases = [
        ("127.0.0.0/8".to_owned(), "127.0.0.1"),
        ("127.0.0.1".to_owned(), "127.0.0.1"),
        (format!("127.0.0.1:{port}"), "127.0.0.1"),
        ("localhost".to_owned(), "localhost"),
        (format!("localhost:{port}"), "localhost"),
    ];
    for (allow, host) in cases {
        let answer = egress(&allow).send(get(format!("http://{host}:{port}/")), &short()).await;
        assert_eq!(answer.expect("a listed target").body(), b"ok", "{allow}");
    }
}

#[tokio::test]
async fn a_target_listed_with_a_port_is_denied_on_another_port() {
    let canary = Canary::new(INSIDE, 0);
    let port = canary.port();
    for (allow, host) in [("127.0.0.1:1", "127.0.0.1"), ("localhost:1", "localhost")] {
        let error = egress(allow)
            .send(get(format!("http://{host}:{port}/")), &short())
            .await
            .expect_err("this must fail");
        assert!(reason(&error).is_some(), "{allow}");
    }
    assert!(canary.is_untouched());
}

#[tokio::test]
async fn plain_http_to_a_target_off_the_list_is_denied() {
    let error = egress("").send(get("http://api.example.com/"), &short()).await.expect_err("this must fail");
    assert_eq!(reason(&error), Some(Reason::PlainHttp));
}

#[tokio::test]
async fn a_user_name_in_the_url_is_denied() {
    let error =
        egress("").send(get("https://a@api.example.com/"), &short()).await.expect_err("this must fail");
    assert_eq!(reason(&error), Some(Reason::UserInfo));
}

/// Spellings of loopback, metadata and other inner addresses. The first group is for the URL parser only: no request
/// line can carry them. All of the second can arrive as a request target.
const TRICKS: (&[&str], &[&str]) = (
    &[
        "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/",
        "https://%31%32%37.0.0.1/",
        "https://ⓛocalhost/",
        "https://loc\talhost/",
        "https:127.0.0.1",
        "https:///127.0.0.1",
        "https://1.1.1.1 &@127.0.0.1/",
        "https://127.0.0.1:80\\@example.com/",
        "https://localhost%2e/",
    ],
    &[
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://0/",
        "https://0x7f.1/",
        "https://0xA9FEA9FE/",
        "https://169.254.169.254./",
        "https://a@127.0.0.1/",
        "https://localhost/",
        "https://localhost./",
        "https://LOCALHOST/",
        "https://a.localhost/",
        "https://metadata.google.internal/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:7f00:1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:1.1.1.1]/",
        "https://[::7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001:0:1::80ff:fffe]/",
        "https://[::ffff:0:7f00:1]/",
        "https://[fd00:ec2::254]/",
        "https://168.63.129.16/",
        "https://100.100.100.200/",
        "https://255.255.255.255/",
    ],
);

#[test]
fn no_spelling_of_an_inner_address_passes_the_check_of_urls() {
    let egress = egress("");
    for text in TRICKS.0.iter().chain(TRICKS.1) {
        // Each must be a URL, or the check would say nothing about its address.
        let url = Url::parse(text).expect("the browsers' parser takes it");
        assert!(egress.check_url(&url).is_err(), "{text} became {url}");
    }
}

#[tokio::test]
async fn no_spelling_of_an_inner_address_is_sent_to() {
    let egress = egress("");
    let canonical = TRICKS.0.iter().map(|url| Url::parse(url).expect("checked above").to_string());
    for url in TRICKS.1.iter().copied().map(str::to_owned).chain(canonical) {
        let error = egress.send(get(&url), &short()).await.expect_err("this must fail");
        assert!(reason(&error).is_some(), "{url}");
    }
}
