//! Time and size.

use std::io::Write;
use std::time::Duration;

use egress::{Error, Limits, Overflow};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::time::Instant;

use crate::server::{INSIDE, Server, Then, egress, get, short};

const ANY: &str = "127.0.0.0/8";

fn gzip_of_zeros(megabytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..megabytes {
        encoder.write_all(&vec![0; 1 << 20]).expect("memory takes all");
    }
    encoder.finish().expect("memory takes all")
}

fn answer(headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n").as_bytes(), body].concat()
}

#[tokio::test]
async fn a_compressed_bomb_stops_at_the_cap() {
    let bomb = gzip_of_zeros(100);
    let headers = format!("content-encoding: gzip\r\ncontent-length: {}", bomb.len());
    let server = Server::answering(answer(&headers, &bomb)).await;
    let limits = Limits { body_bytes: 1 << 20, total: Duration::from_secs(20), ..short() };
    let error = egress(ANY).send(get(server.url("/")), &limits).await.expect_err("this must fail");
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn a_compressed_answer_is_read_decompressed() {
    let body = gzip_of_zeros(1);
    let headers = format!("content-encoding: gzip\r\ncontent-length: {}", body.len());
    let server = Server::answering(answer(&headers, &body)).await;
    let limits = Limits { body_bytes: 1 << 20, ..short() };
    let answer = egress(ANY).send(get(server.url("/")), &limits).await.expect("a body of exactly the cap");
    assert!(answer.body().len() == 1 << 20 && answer.body().iter().all(|byte| *byte == 0));
    assert!(!answer.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn a_body_above_the_cap_fails_or_is_cut() {
    let server = Server::answering(answer("content-length: 1025", &[b'x'; 1025])).await;
    let error = egress(ANY).send(get(server.url("/")), &short()).await.expect_err("this must fail");
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
    assert!(error.may_have_been_sent());

    let cut = Limits { overflow: Overflow::Cut, ..short() };
    let answer = egress(ANY).send(get(server.url("/")), &cut).await.expect("a long body is only cut");
    assert_eq!(answer.body(), &[b'x'; 1024]);
}

#[tokio::test]
async fn an_endless_body_is_cut_without_waiting_for_its_end() {
    let server = Server::start(INSIDE, Then::Hang(answer("content-length: 9999", &[b'x'; 1024]))).await;
    let cut = Limits { overflow: Overflow::Cut, ..short() };
    let answer = egress(ANY).send(get(server.url("/")), &cut).await.expect("what is wanted has come");
    assert_eq!(answer.body().len(), 1024);
}

#[tokio::test]
async fn headers_above_the_cap_fail() {
    let headers = format!("x-long: {}\r\ncontent-length: 0", "x".repeat(70_000));
    let server = Server::answering(answer(&headers, b"")).await;
    let error = egress(ANY).send(get(server.url("/")), &short()).await.expect_err("this must fail");
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
}

#[tokio::test]
async fn a_body_cut_in_the_middle_keeps_the_received_part() {
    let server = Server::answering(answer("content-length: 100\r\nx-kept: yes", b"{\"access_token\":")).await;
    let error = egress(ANY).send(get(server.url("/")), &short()).await.expect_err("this must fail");
    assert!(error.may_have_been_sent());
    assert!(!format!("{error} {error:?}").contains("access_token"));
    let Error::Truncated { received, .. } = error else { panic!("{error:?}") };
    assert_eq!(received.status, 200);
    assert_eq!(received.headers["x-kept"], "yes");
    assert_eq!(received.body.as_slice(), b"{\"access_token\":");
}

#[tokio::test]
async fn a_body_that_stalls_keeps_the_received_part() {
    let server = Server::start(INSIDE, Then::Hang(answer("content-length: 100", b"{\"a"))).await;
    let egress = egress(ANY);
    let error = soon(egress.send(get(server.url("/")), &short())).await.expect_err("the body never ends");
    let Error::Truncated { received, .. } = error else { panic!("{error:?}") };
    assert_eq!(received.body.as_slice(), b"{\"a");
}

#[tokio::test]
async fn a_broken_encoding_keeps_what_was_decoded() {
    let mut body = gzip_of_zeros(1);
    body.truncate(body.len() / 2);
    let headers = format!("content-encoding: gzip\r\ncontent-length: {}", body.len());
    let server = Server::answering(answer(&headers, &body)).await;
    let limits = Limits { body_bytes: 1 << 20, ..short() };
    let error = egress(ANY).send(get(server.url("/")), &limits).await.expect_err("this must fail");
    assert!(matches!(error, Error::Truncated { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_times_out_as_sent() {
    let server = Server::start(INSIDE, Then::Hang(Vec::new())).await;
    for request in [
        get(server.url("/")),
        http::Request::post(server.url("/")).body(b"a=b".to_vec()).expect("the test wrote this input"),
    ] {
        let error = egress(ANY).send(request, &short()).await.expect_err("this must fail");
        assert!(matches!(error, Error::Timeout { sent: true, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn the_limit_for_connecting_does_not_bound_the_answer() {
    let server = Server::start(INSIDE, Then::Hang(Vec::new())).await;
    let start = Instant::now();
    egress(ANY).send(get(server.url("/")), &short()).await.expect_err("there is no answer");
    assert!(start.elapsed() >= short().total);
}

#[tokio::test]
async fn a_handshake_that_never_ends_times_out_as_not_sent() {
    // The listener takes connections into its backlog and says nothing, so the TLS handshake waits.
    let silent = std::net::TcpListener::bind((INSIDE, 0)).expect("a free port");
    let url = format!("https://{}/", silent.local_addr().expect("a bound address"));
    let form = || http::Request::post(&url).body(b"a=b".to_vec()).expect("a request the test wrote");
    // In each case one limit is short, and it must be the one that ends the waiting.
    let connect = Limits { total: Duration::from_mins(10), ..short() };
    let total = Limits { connect: Duration::from_mins(10), ..short() };
    for (limits, request) in [(connect, get(&url)), (connect, form()), (total, get(&url)), (total, form())] {
        let egress = egress(ANY);
        let error = soon(egress.send(request, &limits)).await.expect_err("there is no handshake");
        assert!(matches!(error, Error::Timeout { sent: false, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_can_be_read_piece_by_piece() {
    let server = Server::answering(answer("content-length: 2", b"ok")).await;
    let mut answer = egress(ANY).open(get(server.url("/")), &short()).await.expect("an answer");
    assert_eq!(answer.body_mut().chunk().await.expect("a piece").as_deref(), Some(&b"ok"[..]));
    assert!(answer.body_mut().chunk().await.expect("the end").is_none());
}

/// The limits of the client itself must end the waiting; this one only keeps a failing test from hanging.
async fn soon<T>(waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("the limits of the request hold")
}
