//! Slow clients, in virtual time: which connections are closed, when, and which stay open.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::ws::{Message, WebSocketUpgrade},
    http::StatusCode,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use futures::stream;
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{BodyPace, limit_pace, serve::connection};
use crate::config::ConnectionsConfig;

const PING: &str = "GET /ping HTTP/1.1\r\nhost: a\r\n\r\n";

fn limits() -> ConnectionsConfig {
    ConnectionsConfig {
        head_within: secs(10),
        idle_within: secs(60),
        body_within: secs(20),
        body_bytes_per_second: 100,
        ..ConnectionsConfig::default()
    }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn app() -> Router {
    // A stream of an hour: one line a minute.
    let lines = || {
        stream::unfold(0, async |line| {
            sleep(secs(60)).await;
            (line < 60).then(|| (Ok::<_, std::io::Error>(Bytes::from(format!("{line}\n"))), line + 1))
        })
    };
    let talk = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.recv().await {
                if matches!(message, Message::Text(_)) && socket.send(message).await.is_err() {
                    return;
                }
            }
        })
    };
    Router::new()
        .route("/ping", get(async || "pong"))
        .route("/slow", get(async || sleep(secs(3_600)).await))
        .route("/lines", get(async move || Body::from_stream(lines())))
        .route("/length", post(async |body: Bytes| body.len().to_string()))
        // Asks for the body after an hour.
        .route(
            "/later",
            post(async |body: Body| {
                sleep(secs(3_600)).await;
                axum::body::to_bytes(body, usize::MAX).await.map(|body| body.len().to_string()).map_err(|_| StatusCode::BAD_REQUEST)
            }),
        )
        .route("/ws", get(talk))
        .layer(from_fn_with_state(BodyPace::new(&limits()), limit_pace))
}

/// A client and the time since its connection was opened.
struct Client {
    stream: DuplexStream,
    opened: Instant,
    stop: CancellationToken,
}

impl Client {
    fn open() -> Self {
        let (stream, server) = duplex(1 << 16);
        let stop = CancellationToken::new();
        let peer = SocketAddr::from(([10, 0, 0, 1], 1));
        tokio::spawn(connection(server, peer, app(), limits(), None, stop.clone()));
        Self { stream, opened: Instant::now(), stop }
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Until these bytes.
    async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.contains(end) {
            let mut buffer = [0; 4096];
            let count = self.stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "closed after {text:?} instead of {end:?}");
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        text
    }

    /// What else comes, and the seconds until the server closed the connection.
    async fn until_closed(&mut self) -> (String, u64) {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest).await;
        (String::from_utf8_lossy(&rest).into_owned(), self.opened.elapsed().as_secs())
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_nothing_or_half_a_head_is_closed() {
    assert_eq!(Client::open().until_closed().await, (String::new(), 10));
    let mut half = Client::open();
    sleep(secs(4)).await;
    half.send("GET /pi").await;
    assert_eq!(half.until_closed().await, (String::new(), 14), "from its first byte");
}

#[tokio::test(start_paused = true)]
async fn slow_bytes_do_not_extend_the_time_limit_of_a_head() {
    let mut client = Client::open();
    while client.opened.elapsed() < secs(60) && client.send("x").await {
        sleep(secs(1)).await;
    }
    let (_, seconds) = client.until_closed().await;
    assert!((10..=11).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_and_a_new_request_has_the_time_limit_of_a_head() {
    let mut client = Client::open();
    for _ in 0..3 {
        client.send(PING).await;
        client.until("pong").await;
        sleep(secs(50)).await;
    }
    // The second and later heads are limited like the first.
    client.send("GET /ping HT").await;
    assert_eq!(client.until_closed().await, (String::new(), 160));
    let mut idle = Client::open();
    idle.send(PING).await;
    idle.until("pong").await;
    assert_eq!(idle.until_closed().await, (String::new(), 60));
}

#[tokio::test(start_paused = true)]
async fn slow_responses_and_streams_are_not_cut() {
    let mut slow = Client::open();
    slow.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    slow.until("200 OK").await;
    assert_eq!(slow.opened.elapsed().as_secs(), 3_600);
    assert_eq!(slow.until_closed().await.1, 3_660, "then it is idle");
    let mut lines = Client::open();
    lines.send("GET /lines HTTP/1.1\r\nhost: a\r\n\r\n").await;
    lines.until("59\n").await;
    assert_eq!(lines.opened.elapsed().as_secs(), 3_600);
}

#[tokio::test(start_paused = true)]
async fn a_websocket_may_be_silent_for_hours() {
    let mut client = Client::open();
    let head = "GET /ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.send(head).await;
    client.until("\r\n\r\n").await;
    for _ in 0..3 {
        sleep(secs(7_200)).await;
        // The text "hi", masked with zeros.
        client.send([0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).await;
        client.until("hi").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_is_answered_408_and_its_connection_closed() {
    let mut client = Client::open();
    client.send("POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\n\r\nabc").await;
    let (answer, seconds) = client.until_closed().await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("body_within_s"), "{answer}");
    assert_eq!(seconds, 20);
}

#[tokio::test(start_paused = true)]
async fn a_body_below_the_minimum_rate_is_too_slow() {
    let mut client = Client::open();
    client.send("POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\n\r\n").await;
    // 50 bytes a second, half of what is permitted: 20 s, and one for each 100 bytes until then.
    while client.opened.elapsed() < secs(100) && client.send([b'x'; 50]).await {
        sleep(secs(1)).await;
    }
    let (answer, _) = client.until_closed().await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_large_body_above_the_minimum_rate_has_no_deadline() {
    let mut client = Client::open();
    client.send("POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 40000\r\n\r\n").await;
    for _ in 0..400 {
        client.send([b'x'; 100]).await;
        sleep(secs(1)).await;
    }
    assert!(client.until("40000").await.starts_with("HTTP/1.1 200 "));
}

/// Time in which the server does not read the body does not count.
#[tokio::test(start_paused = true)]
async fn time_spent_by_the_server_does_not_count_as_slow() {
    let mut client = Client::open();
    client.send("POST /later HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\nabc").await;
    sleep(secs(3_610)).await;
    client.send("def").await;
    assert!(client.until("6").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test(start_paused = true)]
async fn at_shutdown_idle_connections_close_and_responses_are_completed() {
    let (mut idle, mut busy) = (Client::open(), Client::open());
    idle.send(PING).await;
    idle.until("pong").await;
    busy.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    sleep(secs(1)).await;
    idle.stop.cancel();
    busy.stop.cancel();
    assert_eq!(idle.until_closed().await, (String::new(), 1));
    let (answer, seconds) = busy.until_closed().await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(seconds, 3_600);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a client sends, in whatever pieces and pauses: each of its waits ends, so that the connection ends.
    #[test]
    fn every_connection_ends(pieces in prop::collection::vec((prop::sample::select(vec!["GET /ping HTTP/1.1\r\n", "host: a\r\n", "\r\n", "POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n", "abc", "\0"]), 0_u64..90), 0..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut client = Client::open();
            for (piece, pause) in pieces {
                if !client.send(piece).await {
                    break;
                }
                sleep(secs(pause)).await;
            }
            let (_, seconds) = client.until_closed().await;
            assert!(seconds <= 12 * 90 + 60, "{seconds}");
        });
    }
}
