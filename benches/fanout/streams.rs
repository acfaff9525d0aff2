//! Server-sent events: programs that follow one task, of Darkroom and of comfy-api-proxy, which puts Comfy's own API for programs in front of a
//! ComfyUI. As it comes it lets 8 follow. With that limit lifted it is measured with 64: each stream of it holds a socket to ComfyUI, and its
//! HTTP client opens 100 connections at most.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::{Load, SETTLE, line, servers::Server, upstream::Upstream, watchers::Watch};

/// What comfy-api-proxy lets in.
const ITS_LIMIT: usize = 8;
const LIFTED: usize = 64;
const MANY: usize = 1_000;
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn streams() {
    let ours = follow(Who::Ours, MANY).await;
    let lifted = follow(Who::Proxy { max_streams: Some(2 * LIFTED) }, LIFTED).await;
    let as_it_comes = follow(Who::Proxy { max_streams: None }, MANY).await;
    line(&format!("of {MANY} that follow a task, saw its end, peer comfy-api-proxy as it comes"), ours.ended, as_it_comes.ended, 0);
    line(
        &format!("memory of a stream (bytes), of {MANY}, peer comfy-api-proxy with {LIFTED} and its limit lifted"),
        ours.memory,
        lifted.memory,
        0,
    );
    line("memory of the whole process with them (MB), peer as before", ours.whole / 1e6, lifted.whole / 1e6, 1);
    line("events told per CPU second, peer as before", ours.rate, lifted.rate, 0);
}

#[derive(Clone, Copy)]
enum Who {
    Ours,
    Proxy { max_streams: Option<usize> },
}

struct Followed {
    /// How many saw the end.
    ended: f64,
    /// Bytes of resident memory for each that was let in, while the task runs.
    memory: f64,
    whole: f64,
    /// Events told per CPU second.
    rate: f64,
}

async fn follow(who: Who, viewers: usize) -> Followed {
    let load = Load { steps: 250, pause: Duration::from_millis(20), states_every: 0 };
    let upstream = Upstream::start().await;
    let (server, path) = match who {
        Who::Ours => {
            let server = Server::start(super::Kind::Ours, std::slice::from_ref(&upstream), load.steps).await;
            (server, format!("/progress/{}", upstream.until_prompt().await))
        }
        Who::Proxy { max_streams } => {
            let server = Server::proxy(&upstream, max_streams).await;
            (server, format!("/api/v2/jobs/{}/events", upstream.until_prompt().await))
        }
    };
    let watch = Watch::new(super::Speaks::Comfyui, load.steps);
    let upstreams = [upstream.clone()];

    // Those who came first have paid what is paid once. That they are gone is seen when they are told something.
    let warm_up = Load { steps: 50, ..load };
    let first = Viewers::open(server.addr, &path, ITS_LIMIT).await;
    warm_up.say(&upstreams, &watch).await;
    drop(first);
    warm_up.say(&upstreams, &watch).await;
    sleep(SETTLE).await;

    let before = server.memory();
    let all = Viewers::open(server.addr, &path, viewers).await;
    let let_in = all.count(|got| got.events.load(Ordering::Relaxed) > 0);
    let cpu = server.cpu();
    let told = all.events();
    load.say(&upstreams, &watch).await;
    sleep(SETTLE).await;
    let whole = server.memory();
    upstream.end();
    let until = Instant::now() + PATIENCE;
    while all.count(|got| got.ended.load(Ordering::Relaxed)) < let_in && Instant::now() < until {
        sleep(Duration::from_millis(50)).await;
    }
    let (events, cpu) = (all.events() - told, server.cpu() - cpu);
    let ended = all.count(|got| got.ended.load(Ordering::Relaxed));
    println!("  {viewers} follow: {let_in} let in, {ended} saw the end, {events} events in {cpu:.2} CPU seconds, {:.1} MB", whole / 1e6);
    Followed { ended: ended as f64, memory: (whole - before) / let_in as f64, whole, rate: events as f64 / cpu }
}

/// What one of them got.
#[derive(Default)]
struct Got {
    events: AtomicU64,
    refused: AtomicBool,
    ended: AtomicBool,
}

/// As small as clients can be: what is measured is the server's.
struct Viewers {
    each: Vec<Arc<Got>>,
    jobs: Vec<JoinHandle<()>>,
}

impl Drop for Viewers {
    fn drop(&mut self) {
        self.jobs.iter().for_each(JoinHandle::abort);
    }
}

impl Viewers {
    /// Each has heard something, or was refused, when this is done.
    async fn open(addr: SocketAddr, path: &str, count: usize) -> Self {
        let mut viewers = Self { each: Vec::new(), jobs: Vec::new() };
        for _ in 0..count {
            let got = Arc::new(Got::default());
            let socket = TcpStream::connect(addr).await.expect("is there");
            viewers.jobs.push(tokio::spawn(read(socket, format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\n\r\n"), got.clone())));
            viewers.each.push(got);
        }
        let until = Instant::now() + PATIENCE;
        let answered = |got: &Got| got.events.load(Ordering::Relaxed) > 0 || got.refused.load(Ordering::Relaxed);
        while viewers.count(answered) < count {
            assert!(Instant::now() < until, "{} of {count} were answered", viewers.count(answered));
            sleep(Duration::from_millis(20)).await;
        }
        sleep(SETTLE).await;
        viewers
    }

    fn count(&self, is: impl Fn(&Got) -> bool) -> usize {
        self.each.iter().filter(|got| is(got)).count()
    }

    fn events(&self) -> u64 {
        self.each.iter().map(|got| got.events.load(Ordering::Relaxed)).sum()
    }
}

async fn read(mut socket: TcpStream, request: String, got: Arc<Got>) {
    if socket.write_all(request.as_bytes()).await.is_err() {
        return;
    }
    // What was read of a line that is not yet whole.
    let mut text = Vec::new();
    loop {
        match socket.read_buf(&mut text).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in text[..whole].split(|byte| *byte == b'\n') {
            if line.starts_with(b"HTTP/1.1 ") && !line.starts_with(b"HTTP/1.1 200") {
                got.refused.store(true, Ordering::Relaxed);
            } else if line.starts_with(b"data: ") {
                got.events.fetch_add(1, Ordering::Relaxed);
                let says = |words: &[u8]| line.windows(words.len()).any(|window| window == words);
                if says(br#""status":"completed""#) || says(br#""status":"succeeded""#) {
                    got.ended.store(true, Ordering::Relaxed);
                }
            }
        }
        text.drain(..whole);
    }
}
