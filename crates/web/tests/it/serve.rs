//! The connection loop, over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    done: JoinHandle<std::io::Result<()>>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test is a client of the server and has no other way to it"
)]
async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    TcpStream::connect(address).await
}

async fn served(router: Router) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let stop = CancellationToken::new();
    let done = TaskTracker::new().spawn(web::serve(listener, router, stop.clone()));
    Served { address, stop, done }
}

async fn sent(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = connect(address).await.expect("somebody listens");
    stream.write_all(text.as_bytes()).await.expect("the request is sent");
    stream
}

async fn rest_of(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("the answer is read");
    text
}

#[tokio::test]
async fn a_request_is_answered_over_a_socket() {
    let server = served(Router::new().route("/", get(async || "hello"))).await;
    let stream = sent(server.address, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    let answer = rest_of(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn a_request_under_way_is_finished_before_the_server_stops() {
    let (begun, has_begun) = oneshot::channel();
    let (go_on, goes_on) = oneshot::channel::<()>();
    let both = std::sync::Mutex::new(Some((begun, goes_on)));
    let slow = async move || {
        let taken = both.lock().expect("nobody panicked").take();
        let (begun, goes_on) = taken.expect("one request only");
        begun.send(()).expect("the test waits");
        goes_on.await.expect("the test goes on");
        "finished"
    };
    let slow = std::sync::Arc::new(slow);
    let router = Router::new().route(
        "/",
        get(move || {
            let slow = slow.clone();
            async move { slow().await }
        }),
    );
    let server = served(router).await;
    let stream = sent(server.address, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    has_begun.await.expect("the request arrives");
    server.stop.cancel();
    go_on.send(()).expect("the request waits");
    assert!(rest_of(stream).await.ends_with("finished"));
    server.done.await.expect("no panic").expect("a clean stop");
    assert!(connect(server.address).await.is_err());
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_stop() {
    let server = served(Router::new().route("/", get(async || "hello"))).await;
    let idle = connect(server.address).await.expect("somebody listens");
    server.stop.cancel();
    server.done.await.expect("no panic").expect("a clean stop");
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_cut_off() {
    let server = served(Router::new().route("/", get(async || "hello"))).await;
    let begun = Instant::now();
    let stream = sent(server.address, "GET / HTTP/1.1\r\nhost: a\r\n").await;
    assert!(!rest_of(stream).await.contains("200 OK"));
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn each_request_of_a_connection_has_the_whole_time_limit() {
    let slow = async || {
        sleep(Duration::from_secs(50)).await;
        "hello"
    };
    let server = served(Router::new().route("/", get(slow))).await;
    let mut stream = connect(server.address).await.expect("somebody listens");
    for _ in 0..3 {
        sleep(Duration::from_secs(8)).await;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("the request is sent");
        let mut answer = [0; 1024];
        let length = stream.read(&mut answer).await.expect("the answer is read");
        assert!(answer[..length].starts_with(b"HTTP/1.1 200 OK"));
    }
}
