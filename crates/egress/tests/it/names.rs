//! Where requests may go by what a name resolves to. The resolver is the test's own and says what it likes.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;

use egress::{Denied, Egress, Error, Lookup, Lookups, Policy, Reach, Reason};

use crate::server::{Canary, INSIDE, LISTED, Server, Then, get, short};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

/// Gives one prepared answer after the other, and fails when there is none left.
struct Script(Mutex<VecDeque<Vec<IpAddr>>>);

impl Lookup for Script {
    fn lookup(&self, _: &str) -> Lookups {
        let answer = self.0.lock().expect("no test panics while it holds the lock").pop_front();
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("the script is over")) })
    }
}

fn resolving(answers: &[&[IpAddr]]) -> Egress {
    let script = Script(Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect()));
    let allow = LISTED.to_string().parse().expect("an address");
    Egress::with_lookup(Policy { allow, user_agent: String::new() }, script).expect("certificates")
}

fn is_denied_for(error: &Error, expected: Reach) -> bool {
    matches!(error, Error::Denied(Denied { host, reason: Reason::Address(reach) })
        if host == "rebind.example" && *reach == expected)
}

#[tokio::test]
async fn a_name_that_moves_inside_is_denied_on_its_next_connection() {
    let server = Server::start(LISTED, Then::Answer(OK.into())).await;
    let canary = Canary::new(INSIDE, server.address.port());
    let egress = resolving(&[&[LISTED], &[INSIDE]]);
    let url = format!("http://rebind.example:{}/", server.address.port());

    let first = egress.send(get(&url), &short()).await.expect("a listed address");
    assert_eq!(first.body(), b"ok");
    let second = egress.send(get(&url), &short()).await.expect_err("this must fail");
    assert!(is_denied_for(&second, Reach::Loopback), "{second:?}");
    assert!(canary.is_untouched());
}

#[tokio::test]
async fn a_mixed_answer_is_refused_as_a_whole() {
    for answer in [[LISTED, INSIDE], [INSIDE, LISTED]] {
        let listed = Canary::new(LISTED, 0);
        let inside = Canary::new(INSIDE, listed.port());
        let url = format!("http://rebind.example:{}/", listed.port());
        let error = resolving(&[&answer]).send(get(url), &short()).await.expect_err("this must fail");
        assert!(is_denied_for(&error, Reach::Loopback), "{error:?}");
        assert!(listed.is_untouched() && inside.is_untouched());
    }
}

#[tokio::test]
async fn over_tls_a_name_that_resolves_inside_is_denied_too() {
    let canary = Canary::new(INSIDE, 0);
    let mapped = "::ffff:127.0.0.1".parse().expect("an address");
    for (address, reach) in [(INSIDE, Reach::Loopback), (mapped, Reach::V4Mapped)] {
        let url = format!("https://rebind.example:{}/", canary.port());
        let error = resolving(&[&[address]]).send(get(url), &short()).await.expect_err("this must fail");
        assert!(is_denied_for(&error, reach), "{error:?}");
        assert!(!error.may_have_been_sent());
    }
    assert!(canary.is_untouched());
}

#[tokio::test]
async fn plain_http_to_a_name_with_a_public_address_is_denied() {
    let public = "1.1.1.1".parse().expect("an address");
    let error = resolving(&[&[public]])
        .send(get("http://rebind.example/"), &short())
        .await
        .expect_err("this must fail");
    assert!(matches!(error, Error::Denied(Denied { reason: Reason::PlainHttp, .. })), "{error:?}");
}

#[tokio::test]
async fn a_name_without_an_answer_was_not_sent_to() {
    for answers in [&[][..], &[&[][..]]] {
        let error = resolving(answers)
            .send(get("https://rebind.example/"), &short())
            .await
            .expect_err("this must fail");
        assert!(matches!(error, Error::Resolve { .. }), "{error:?}");
        assert!(!error.may_have_been_sent());
    }
}
