//! What goes over the wire, and how failures of the wire are told apart.

use egress::Error;
use tokio::task::JoinSet;

use crate::server::{INSIDE, Server, egress, get, short};

const ANY: &str = "127.0.0.0/8";
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let target = Server::answering(OK).await;
    let location = target.url("/");
    let server =
        Server::answering(format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"))
            .await;
    let answer = egress(ANY).send(get(server.url("/")), &short()).await.expect("a redirect is an answer");
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], location);
    assert!(target.requests().is_empty());
}

#[tokio::test]
async fn a_request_arrives_as_it_was_written() {
    let server = Server::answering(OK).await;
    let request = http::Request::post(server.url("/token?a=b%2Fc"))
        .header("authorization", "Basic c2VjcmV0")
        .header("user-agent", "own/2")
        .body(b"grant_type=refresh_token".to_vec())
        .expect("a request the test wrote");
    egress(ANY).send(request, &short()).await.expect("an answer");
    let [seen] = &server.requests()[..] else { panic!("one request") };
    assert!(seen.starts_with("POST /token?a=b%2Fc HTTP/1.1\r\n"), "{seen}");
    assert!(seen.ends_with("\r\n\r\ngrant_type=refresh_token"), "{seen}");
    for line in ["authorization: Basic c2VjcmV0", "user-agent: own/2", "content-length: 24"] {
        assert!(seen.contains(&format!("\r\n{line}\r\n")), "{seen}");
    }
    for absent in ["referer", "cookie", "transfer-encoding", "egress-test"] {
        assert!(!seen.contains(absent), "{seen}");
    }
}

#[tokio::test]
async fn an_empty_post_says_that_it_is_empty() {
    let server = Server::answering(OK).await;
    let request = http::Request::post(server.url("/")).body(Vec::new()).expect("a request the test wrote");
    egress(ANY).send(request, &short()).await.expect("an answer");
    egress(ANY).send(get(server.url("/")), &short()).await.expect("an answer");
    let [post, get] = &server.requests()[..] else { panic!("two requests") };
    assert!(post.contains("\r\ncontent-length: 0\r\n"), "{post}");
    assert!(!get.contains("content-length"), "{get}");
}

#[tokio::test]
async fn host_and_framing_of_the_caller_are_not_sent() {
    let server = Server::answering(OK).await;
    let request = http::Request::post(server.url("/"))
        .header("host", "other.example")
        .header("content-length", "9")
        .header("transfer-encoding", "chunked")
        .body(b"four".to_vec())
        .expect("a request the test wrote");
    egress(ANY).send(request, &short()).await.expect("an answer");
    let [seen] = &server.requests()[..] else { panic!("one request") };
    assert!(seen.contains(&format!("\r\nhost: {}\r\n", server.address)), "{seen}");
    assert!(seen.contains("\r\ncontent-length: 4\r\n"), "{seen}");
    assert!(!seen.contains("other.example") && !seen.contains("chunked"), "{seen}");
}

#[tokio::test]
async fn a_request_without_a_user_agent_gets_that_of_the_policy() {
    let server = Server::answering(OK).await;
    egress(ANY).send(get(server.url("/")), &short()).await.expect("an answer");
    assert!(server.requests()[0].contains("\r\nuser-agent: egress-test/1\r\n"));
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let free = std::net::TcpListener::bind((INSIDE, 0)).expect("a free port");
    let url = format!("http://{}/path?token=secret", free.local_addr().expect("a bound address"));
    drop(free);
    let error = egress(ANY).send(get(url), &short()).await.expect_err("this must fail");
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    assert!(!error.may_have_been_sent());
    assert!(!format!("{error} {error:?}").contains("secret"));
    assert!(error.to_string().contains("127.0.0.1"));
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_a_tls_failure() {
    let listener = tokio::net::TcpListener::bind((INSIDE, 0)).await.expect("a free port");
    let url = format!("https://{}/", listener.local_addr().expect("a bound address"));
    let mut server = JoinSet::new();
    server.spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let plain = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, plain).await.expect("an open connection");
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut Vec::new()).await;
    });
    let error = egress(ANY).send(get(url), &short()).await.expect_err("this must fail");
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
    assert!(!error.may_have_been_sent());
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_may_have_been_sent() {
    for answer in ["", "HTTP/1.1 200", "SSH-2.0-server\r\n"] {
        let server = Server::answering(answer).await;
        let error = egress(ANY).send(get(server.url("/")), &short()).await.expect_err("this must fail");
        assert!(matches!(error, Error::Protocol { .. }), "{answer}: {error:?}");
        assert!(error.may_have_been_sent());
        assert_eq!(server.requests().len(), 1, "the request is not sent again");
    }
}
