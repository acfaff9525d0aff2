//! Many WebSocket clients that cost little: raw TCP, the frames are counted, and read only where the measurement asks for it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::{Buf, BytesMut};
use darkroom::proto::{
    task::{Change, Numbered},
    wire::{Frame, PROTOCOL},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::sleep,
};

/// What the server speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    Darkroom,
    /// ComfyUI's own frames, passed on.
    Comfyui,
}

/// Shared by all watchers of one measurement.
pub struct Watch {
    pub speaks: Speaks,
    /// Read every frame, and note how late it is.
    pub reads: AtomicBool,
    /// When step `n` of the only task was said, in nanoseconds since `origin`.
    pub said: Vec<AtomicU64>,
    pub origin: Instant,
    /// Microseconds from a step said to a step known, of every watcher; the same of changes of state.
    pub late: Mutex<Vec<u32>>,
    pub late_states: Mutex<Vec<u32>>,
}

impl Watch {
    pub fn new(speaks: Speaks, steps: usize) -> Arc<Self> {
        let said = (0..=steps).map(|_| AtomicU64::new(0)).collect();
        let (reads, origin) = (AtomicBool::new(false), Instant::now());
        Arc::new(Self { speaks, reads, said, origin, late: Mutex::default(), late_states: Mutex::default() })
    }

    pub fn now(&self) -> u64 {
        self.origin.elapsed().as_nanos() as u64
    }

    fn lateness(&self, step: usize) -> u32 {
        ((self.now() - self.said[step].load(Ordering::Relaxed)) / 1_000) as u32
    }
}

/// What one watcher got. Previews, snapshots and greetings are not counted.
#[derive(Default)]
pub struct Got {
    pub frames: AtomicU64,
    /// Payload, bytes.
    pub bytes: AtomicU64,
    last: Mutex<Vec<u8>>,
    /// Of the judge alone.
    pub changes: Mutex<Vec<Numbered>>,
    ended: AtomicBool,
}

pub struct Watchers {
    pub each: Vec<Arc<Got>>,
    jobs: Vec<JoinHandle<()>>,
}

impl Drop for Watchers {
    fn drop(&mut self) {
        self.jobs.iter().for_each(JoinHandle::abort);
    }
}

impl Watchers {
    pub async fn open(addr: SocketAddr, count: usize, watch: &Arc<Watch>) -> Self {
        let mut watchers = Self { each: Vec::new(), jobs: Vec::new() };
        for nth in 0..count {
            let mut socket = TcpStream::connect(addr).await.expect("connects");
            let mut buffer = shake_hands(&mut socket, addr).await;
            if watch.speaks == Speaks::Darkroom {
                let hello =
                    format!(r#"{{"hello":{{"protocol":{PROTOCOL},"session":"{}","resume":null,"topics":["all"]}}}}"#, uuid::Uuid::nil());
                socket.write_all(&masked(hello.as_bytes())).await.expect("sent");
                // Welcomed: it is in.
                while !frame_is_whole(&buffer) {
                    assert!(socket.read_buf(&mut buffer).await.expect("reads") > 0);
                }
            }
            let got = Arc::new(Got::default());
            watchers.each.push(got.clone());
            watchers.jobs.push(tokio::spawn(read(socket, buffer, watch.clone(), got, nth == 0)));
        }
        watchers
    }

    /// From now on.
    pub fn reset(&self) {
        for got in &self.each {
            got.frames.store(0, Ordering::Relaxed);
            got.bytes.store(0, Ordering::Relaxed);
            got.changes.lock().expect("lock").clear();
        }
    }

    /// Until every one has heard `events` events of ComfyUI's, or, of Darkroom, all that the judge has heard when nothing more comes.
    pub async fn until_all(&self, speaks: Speaks, events: u64) {
        let late = Instant::now() + Duration::from_secs(90);
        loop {
            assert!(Instant::now() < late, "some watcher did not get everything");
            assert!(!self.each.iter().any(|got| got.ended.load(Ordering::Relaxed)), "a watcher was cut off");
            let all = match speaks {
                Speaks::Comfyui => self.each.iter().all(|got| got.frames.load(Ordering::Relaxed) >= events),
                Speaks::Darkroom => {
                    let judge = self.each[0].changes.lock().expect("lock").last().map(|change| change.seq);
                    judge.is_some() && self.each.iter().all(|got| got.last_seq() >= judge)
                }
            };
            if all {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn mean(&self, which: impl Fn(&Got) -> &AtomicU64) -> f64 {
        self.each.iter().map(|got| which(got).load(Ordering::Relaxed) as f64).sum::<f64>() / self.each.len() as f64
    }
}

impl Got {
    fn last_seq(&self) -> Option<proto::ids::Seq> {
        match Frame::decode(&self.last.lock().expect("lock")) {
            Ok(Frame::Changes(changes)) => changes.last().map(|change| change.seq),
            _ => None,
        }
    }
}

async fn shake_hands(socket: &mut TcpStream, addr: SocketAddr) -> BytesMut {
    socket.set_nodelay(true).expect("set");
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {addr}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut buffer = BytesMut::with_capacity(4096);
    loop {
        assert!(socket.read_buf(&mut buffer).await.expect("reads") > 0, "refused");
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            assert!(buffer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&buffer));
            buffer.advance(end + 4);
            return buffer;
        }
    }
}

/// A short text frame; the mask is 0.
fn masked(text: &[u8]) -> Vec<u8> {
    let len = u16::try_from(text.len()).expect("short").to_be_bytes();
    [&[0x81, 0x80 | 126, len[0], len[1], 0, 0, 0, 0], text].concat()
}

/// Where the payload of the first frame begins and ends.
fn bounds(buffer: &[u8]) -> Option<(usize, usize)> {
    let (start, len) = match *buffer.get(1)? {
        126 => (4, u16::from_be_bytes(buffer.get(2..4)?.try_into().ok()?).into()),
        127 => (10, usize::try_from(u64::from_be_bytes(buffer.get(2..10)?.try_into().ok()?)).ok()?),
        len => (2, usize::from(len)),
    };
    Some((start, start + len))
}

fn frame_is_whole(buffer: &[u8]) -> bool {
    bounds(buffer).is_some_and(|(_, end)| buffer.len() >= end)
}

async fn read(mut socket: TcpStream, mut buffer: BytesMut, watch: Arc<Watch>, got: Arc<Got>, judge: bool) {
    let mut known = 0;
    loop {
        while let Some((start, end)) = bounds(&buffer).filter(|(_, end)| buffer.len() >= *end) {
            if buffer[0] & 0x0f == 8 {
                got.ended.store(true, Ordering::Relaxed);
            } else {
                hear(&buffer[start..end], &watch, &got, judge, &mut known);
            }
            buffer.advance(end);
        }
        match socket.read_buf(&mut buffer).await {
            Ok(1..) => {}
            _ => return got.ended.store(true, Ordering::Relaxed),
        }
    }
}

fn hear(payload: &[u8], watch: &Watch, got: &Got, judge: bool, known: &mut usize) {
    let counts = match watch.speaks {
        Speaks::Darkroom => payload.first() == Some(&3),
        Speaks::Comfyui => payload.starts_with(br#"{"type":"progress""#) || payload.starts_with(br#"{"type":"executing""#),
    };
    if !counts {
        return;
    }
    let reads = watch.reads.load(Ordering::Relaxed);
    match watch.speaks {
        Speaks::Darkroom if judge || reads => {
            let Ok(Frame::Changes(changes)) = Frame::decode(payload) else { panic!("not of the protocol") };
            if reads {
                for change in &changes {
                    match &change.change {
                        Change::NodeProgress { value, .. } => progressed(*value as usize, watch, known),
                        // Its name is when it was said.
                        Change::NodeStarted { node, .. } => started(node.as_str(), watch),
                        _ => {}
                    }
                }
            }
            if judge {
                got.changes.lock().expect("lock").extend(changes);
            }
        }
        Speaks::Comfyui if reads => {
            let text = std::str::from_utf8(payload).expect("text");
            let field = |name: &str| text.split_once(name).and_then(|(_, rest)| rest.split([',', '"']).next());
            match (field(r#""value":"#), field(r#""node":""#)) {
                (Some(value), _) => progressed(value.parse().expect("a number"), watch, known),
                (None, Some(node)) => started(node, watch),
                _ => {}
            }
        }
        _ => {}
    }
    let mut last = got.last.lock().expect("lock");
    last.clear();
    last.extend_from_slice(payload);
    got.bytes.fetch_add(payload.len() as u64, Ordering::Relaxed);
    // Last: who waits for the count finds the rest.
    got.frames.fetch_add(1, Ordering::Relaxed);
}

/// Every step up to this one is known now.
fn progressed(step: usize, watch: &Watch, known: &mut usize) {
    let late = (*known + 1..=step).map(|step| watch.lateness(step));
    watch.late.lock().expect("lock").extend(late);
    *known = step.max(*known);
}

/// Node `n` was said to run right before step `n`.
fn started(node: &str, watch: &Watch) {
    if let Some(step) = node.parse().ok().filter(|step| *step < watch.said.len()) {
        watch.late_states.lock().expect("lock").push(watch.lateness(step));
    }
}
