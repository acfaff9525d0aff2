//! The socket to a ComfyUI: bytes on the line and CPU time of a recorded run of 200 nodes, by Darkroom's client, which asks for
//! permessage-deflate, and by tungstenite, which cannot. The server is aiohttp's, as ComfyUI's is.

use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use comfyui::{Endpoint, FEATURE_FLAGS, LinkDriver, LinkEvent};
use darkroom::proto::link::LinkConfig;
use futures::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use super::{line, servers::cpu_of, support::recording};

/// How often the run is sent for the CPU time, which is told in hundredths of a second.
const TIMES: usize = 20;

pub async fn link() {
    let recording = recording("large-workflow-200-nodes");
    let texts: Vec<&str> =
        recording.lines.iter().filter(|line| line["kind"] == "ws_text").filter_map(|line| line["text"].as_str()).collect();
    let plain: usize = texts.iter().map(|text| text.len()).sum();
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(serde_json::to_string(&texts).expect("JSON").as_bytes()).expect("written");
    let once = Replay::start(file.path(), 1);
    let mut bytes = [0; 2];
    for (bytes, ours) in bytes.iter_mut().zip([true, false]) {
        let (addr, count) = counted(once.addr).await;
        receive(ours, addr, texts.len()).await;
        *bytes = count.load(Ordering::SeqCst);
    }
    println!("  {} messages of {plain} bytes", texts.len());
    line(
        "socket to ComfyUI, two runs of 200 nodes on the line (KB), peer without compression",
        bytes[0] as f64 / 1e3,
        bytes[1] as f64 / 1e3,
        0,
    );
    let often = Replay::start(file.path(), TIMES);
    let mut cpu = [0.0; 2];
    for (cpu, ours) in cpu.iter_mut().zip([true, false]) {
        let before = cpu_of("self");
        receive(ours, often.addr, texts.len() * TIMES).await;
        *cpu = (cpu_of("self") - before) * 1e6 / (texts.len() * TIMES) as f64;
    }
    line("socket to ComfyUI, CPU of the client a message (µs), peer without compression", cpu[0], cpu[1], 1);
}

/// Until that many messages have come.
async fn receive(ours: bool, addr: SocketAddr, count: usize) {
    let mut got = 0;
    if ours {
        let handshake = Endpoint::parse(&format!("http://{addr}")).expect("a url").handshake("bench").expect("a handshake");
        let mut link = LinkDriver::open(LinkConfig::upstream(), handshake, FEATURE_FLAGS.into());
        while got < count {
            got += usize::from(matches!(link.next().await, LinkEvent::Text(_)));
        }
        link.close().await;
        return;
    }
    let url = format!("ws://{addr}/ws?clientId=bench");
    let (mut socket, _) = connect_async_with_config(url, Some(WebSocketConfig::default()), true).await.expect("a socket");
    socket.send(Message::text(FEATURE_FLAGS)).await.expect("sent");
    while got < count {
        got += usize::from(matches!(socket.next().await, Some(Ok(Message::Text(_)))));
    }
}

/// A proxy before `server` that counts what it passes to the client.
async fn counted(server: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("bound");
    let count = Arc::new(AtomicUsize::new(0));
    let passed = count.clone();
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.expect("a client");
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = TcpStream::connect(server).await.expect("the server").into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            passed.fetch_add(length, Ordering::SeqCst);
            if to_client.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    });
    (addr, count)
}

struct Replay {
    addr: SocketAddr,
    child: Child,
}

impl Drop for Replay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Replay {
    fn start(texts: &std::path::Path, times: usize) -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(root.join("target/bench-python/bin/python"));
        command.arg(root.join("end2end/measure/replay.py")).arg(texts).arg(times.to_string());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts (make bench)");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        Self { addr: line.trim().parse().expect("an address"), child }
    }
}
