//! Requests that show a certificate. The certificate and keys were made for these tests and open nothing.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use egress::{Certificate, Egress, Error, Policy};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::server::{Server, get, short};

const CHAIN: &str = include_str!("pem/client.crt");
const KEY: &str = include_str!("pem/client.key");
const OTHER_KEY: &str = include_str!("pem/other.key");
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn egress() -> Egress {
    let allow = "127.0.0.0/8".parse().expect("a literal list");
    Egress::new(Policy { allow, user_agent: "test".to_owned() }).expect("the client is set up")
}

#[tokio::test]
async fn a_certificate_with_its_key_is_taken() {
    let server = Server::answering(OK).await;
    let certificate = Certificate { chain: CHAIN, private_key: KEY };
    let answer = egress().send_with_certificate(get(server.url("/")), &short(), certificate).await;
    assert_eq!(answer.expect("an answer").body(), b"ok");
}

#[tokio::test]
async fn what_is_no_certificate_is_refused_before_anything_is_sent() {
    let server = Server::answering(OK).await;
    for (chain, private_key) in [("", ""), ("no PEM", KEY), (CHAIN, "no PEM"), (CHAIN, OTHER_KEY)] {
        let certificate = Certificate { chain, private_key };
        let outcome = egress().send_with_certificate(get(server.url("/")), &short(), certificate).await;
        assert!(matches!(outcome, Err(Error::Certificate)), "{chain} {private_key}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_target_inside_is_denied_with_a_certificate_too() {
    let outside = Egress::new(Policy::default()).expect("the client is set up");
    let certificate = Certificate { chain: CHAIN, private_key: KEY };
    let outcome = outside.send_with_certificate(get("https://127.0.0.1:1/"), &short(), certificate).await;
    assert!(matches!(outcome, Err(Error::Denied(_))));
}

#[tokio::test]
async fn the_server_is_verified_although_the_client_shows_itself() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    let chain = vec![CertificateDer::from_pem_slice(CHAIN.as_bytes()).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the default versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("they belong together");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the client comes");
        let mut tls = rustls::ServerConnection::new(Arc::new(config)).expect("a TLS server");
        let mut stream = rustls::Stream::new(&mut tls, &mut stream);
        // The client breaks off during the handshake, so neither of the two comes to anything.
        let _ = stream.write_all(OK.as_bytes());
        stream.read(&mut [0; 1]).is_ok_and(|read| read > 0)
    });
    let certificate = Certificate { chain: CHAIN, private_key: KEY };
    let request = get(format!("https://{address}/"));
    let outcome = egress().send_with_certificate(request, &short(), certificate).await;
    assert!(matches!(outcome, Err(Error::Tls { .. })), "a self-signed server is not trusted");
    assert!(!server.join().expect("the server ends"), "nothing was sent");
}
