//! Clients that are slow, silent or too many, at a real server: each is closed, and others notice nothing. When exactly is tested in
//! `server::connections`, in virtual time.

use std::{net::SocketAddr, process::Command as Shell, time::Duration};

use darkroom::{
    proto::{submit::Submission, wire::close},
    server::config::{AccessConfig, Config, ConnectionsConfig, Secret},
};
use futures::StreamExt;
use reqwest::{Client, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::sleep,
};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::support::{
    darkroom_server::{Running, accepted, backend, darkroom_with, demo_engine, lighthouse},
    page::Page,
    process,
};

const TOKEN: &str = "0123456789abcdef";

/// So short that tests need not wait for long.
fn brief() -> ConnectionsConfig {
    let brief = Duration::from_millis(400);
    ConnectionsConfig { head_within: brief, idle_within: brief, body_within: brief, hello_within: brief, ..ConnectionsConfig::default() }
}

struct Site {
    engine: Running,
    darkroom: Running,
    _folder: TempDir,
}

impl Site {
    async fn with(connections: ConnectionsConfig, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = demo_engine(&folder, 1e9).await;
        let data = folder.path().join("data");
        let mut config = Config { data, backends: vec![backend(engine.addr)], connections, ..Config::default() };
        change(&mut config);
        Self { engine, darkroom: darkroom_with(config).await, _folder: folder }
    }

    fn addr(&self) -> SocketAddr {
        self.darkroom.addr
    }

    async fn open(&self, bytes: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.addr()).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }
}

/// From this address of this machine.
async fn open_from(ip: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((ip, 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

/// Everything that still comes until the server closes the connection.
async fn until_closed(mut stream: TcpStream) -> String {
    let mut rest = Vec::new();
    // A reset is an end, too.
    let _ = stream.read_to_end(&mut rest).await;
    String::from_utf8_lossy(&rest).into_owned()
}

#[tokio::test]
async fn three_hundred_unfinished_requests_are_closed_while_a_task_runs() {
    let site = Site::with(brief(), |_| {}).await;
    let mut page = Page::open(site.addr()).await;
    page.until_connected().await;
    let mut halves = Vec::new();
    for count in 0..300 {
        halves.push(site.open(["", "GE", "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: "][count % 3]).await);
    }
    let id = accepted(site.addr(), Submission::TextToImage(lighthouse(1, 6))).await;
    page.until_ended(id).await;
    for half in halves {
        assert_eq!(until_closed(half).await, "");
    }
    // The page's connection is older than all of them.
    let id = accepted(site.addr(), Submission::TextToImage(lighthouse(2, 6))).await;
    page.until_ended(id).await;
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_answered_with_408() {
    let site = Site::with(brief(), |_| {}).await;
    let head = "POST /api/tasks HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{";
    let answer = until_closed(site.open(head).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    let problem: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(problem["status"], 408);
    assert!(problem["detail"].as_str().unwrap().contains("too slowly"), "{problem}");
    let page =
        "POST /api/fn/order HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-postcard\r\ntransfer-encoding: chunked\r\n\r\n";
    let answer = until_closed(site.open(page).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let site = Site::with(brief(), |_| {}).await;
    let answer = until_closed(site.open("GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").await).await;
    assert!(answer.ends_with("ok\n"), "{answer}");
}

#[tokio::test]
async fn a_live_connection_without_a_hello_is_closed_and_one_with_it_stays() {
    let site = Site::with(brief(), |_| {}).await;
    let mut page = Page::open(site.addr()).await;
    page.until_connected().await;
    let (mut silent, _) = connect_async(format!("ws://{}/ws", site.addr())).await.unwrap();
    let half = site.open("GET /ws HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\n").await;
    match silent.next().await {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), close::BAD_MESSAGE),
        other => panic!("{other:?}"),
    }
    assert_eq!(until_closed(half).await, "");
    let id = accepted(site.addr(), Submission::TextToImage(lighthouse(1, 6))).await;
    page.until_ended(id).await;
}

#[tokio::test]
async fn an_address_over_its_limit_of_connections_is_refused_and_others_are_not() {
    let connections = ConnectionsConfig { max_per_address: 3, ..ConnectionsConfig::default() };
    let token = |config: &mut Config| config.access = AccessConfig { token: Some(Secret::new(TOKEN.into())), ..AccessConfig::default() };
    let site = Site::with(connections, token).await;
    let client = |last: u8| Client::builder().local_address(std::net::IpAddr::from([127, 0, 0, last])).build().unwrap();
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(open_from([127, 0, 0, 2], site.addr()).await);
    }
    let refused = until_closed(open_from([127, 0, 0, 2], site.addr()).await).await;
    assert!(refused.starts_with("HTTP/1.1 429 ") && refused.contains("max_tcp_connections_per_address"), "{refused}");
    let url = format!("http://{}/healthz", site.addr());
    assert_eq!(client(3).get(&url).send().await.unwrap().status(), StatusCode::OK);
    // One of them ends.
    drop(held.pop());
    loop {
        match client(2).get(&url).send().await {
            Ok(answer) if answer.status() == StatusCode::OK => break,
            // Refused, or reset while it was written to.
            _ => sleep(Duration::from_millis(5)).await,
        }
    }
}

#[tokio::test]
async fn connections_over_the_limit_get_503() {
    let site = Site::with(ConnectionsConfig { max: 2, ..ConnectionsConfig::default() }, |_| {}).await;
    let held = (site.open("GET").await, site.open("GET").await);
    let refused = until_closed(TcpStream::connect(site.addr()).await.unwrap()).await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("retry-after: "), "{refused}");
    drop(held);
    while !reqwest::get(format!("http://{}/healthz", site.addr())).await.is_ok_and(|answer| answer.status() == StatusCode::OK) {
        sleep(Duration::from_millis(5)).await;
    }
    site.engine.stop().await;
}

/// The system refuses Darkroom another file: it waits, and goes on.
#[tokio::test]
async fn the_server_survives_running_out_of_file_descriptors() {
    let folder = tempfile::tempdir().unwrap();
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let darkroom = process::darkroom(folder.path(), &[engine.addr], "[server]\nhead_within_s = 1\nidle_within_s = 1\n").await;
    let mut page = Page::open(darkroom.addr).await;
    page.until_connected().await;
    let id = darkroom.id();
    let open = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count();
    let limit = format!("--nofile={0}:{0}", open + 10);
    let set = Shell::new("prlimit").args(["--pid", &id.to_string(), &limit]).status().unwrap();
    assert!(set.success());
    let mut halves = Vec::new();
    for _ in 0..60 {
        let mut half = TcpStream::connect(darkroom.addr).await.unwrap();
        half.write_all(b"GET / HT").await.unwrap();
        halves.push(half);
    }
    while !darkroom.log_text().contains("no connection can be accepted") {
        sleep(Duration::from_millis(10)).await;
    }
    for half in halves {
        assert_eq!(until_closed(half).await, "");
    }
    let id = accepted(darkroom.addr, Submission::TextToImage(lighthouse(1, 6))).await;
    page.until_ended(id).await;
}
