//! A TCP proxy that stands between two sides and does to their bytes what networks do.
//!
//! It knows nothing of HTTP, but for one thing: [`Proxy::cut_reply`] and [`Proxy::cut_request`] watch for a request that
//! begins with certain bytes.

mod pipe;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinHandle},
    time::sleep_until,
};

use pipe::Pipe;

/// Which bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From whoever connects (Darkroom).
    Up,
    /// From whom it connects to (the engine).
    Down,
}

/// What is done to the bytes of one way.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Nothing passes; nobody is told. What was sent meanwhile passes when the rule is gone.
    pub blackhole: bool,
    /// Bytes a second.
    pub throttle: Option<usize>,
    /// Every byte in a write of its own.
    pub slice: bool,
    /// Each connection ends after that many bytes of this way.
    pub close_after: Option<usize>,
}

#[derive(Debug, Clone, Default)]
struct Settings {
    up: Rules,
    down: Rules,
    refuse: bool,
}

/// A request that will not go well.
#[derive(Debug, Clone)]
struct Ambush {
    begins: Vec<u8>,
    /// So many of them pass before.
    pass: usize,
    /// It arrives, and only its answer is lost.
    arrives: bool,
}

pub struct Proxy {
    /// Where to connect instead of `upstream`.
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    upstream: SocketAddr,
    settings: watch::Sender<Settings>,
    idle: watch::Sender<Option<Duration>>,
    ambushes: Mutex<Vec<Ambush>>,
    /// Ends the connections that are open when it changes; true with a reset.
    end: watch::Sender<bool>,
    connections: watch::Sender<usize>,
    jobs: Mutex<Vec<AbortHandle>>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.shared.jobs.lock().expect("lock").drain(..).for_each(|job| job.abort());
    }
}

impl Proxy {
    pub async fn before(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared {
            upstream,
            settings: watch::Sender::default(),
            idle: watch::Sender::default(),
            ambushes: Mutex::default(),
            end: watch::Sender::default(),
            connections: watch::Sender::default(),
            jobs: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self { addr, shared, accepting }
    }

    /// Changes the rules of one way, for open connections too.
    pub fn rules(&self, way: Way, change: impl FnOnce(&mut Rules)) {
        self.shared.settings.send_modify(|settings| {
            change(match way {
                Way::Up => &mut settings.up,
                Way::Down => &mut settings.down,
            });
        });
    }

    /// Both ways.
    pub fn blackhole(&self, on: bool) {
        self.rules(Way::Up, |rules| rules.blackhole = on);
        self.rules(Way::Down, |rules| rules.blackhole = on);
    }

    /// Connections on which nothing passes for this long are closed, as proxies do.
    pub fn cut_idle_after(&self, time: Option<Duration>) {
        self.shared.idle.send_replace(time);
    }

    /// New connections end at once with a reset; open ones stay.
    pub fn refuse(&self, on: bool) {
        self.shared.settings.send_modify(|settings| settings.refuse = on);
    }

    /// Everything passes again.
    pub fn pass(&self) {
        self.shared.settings.send_replace(Settings::default());
        self.shared.idle.send_replace(None);
        self.shared.ambushes.lock().expect("lock").clear();
    }

    /// Ends every open connection with a TCP reset on both sides.
    pub fn reset(&self) {
        self.shared.end.send_replace(true);
    }

    /// Ends every open connection in an orderly way.
    pub fn close(&self) {
        self.shared.end.send_replace(false);
    }

    /// Of the requests that begin so, such as `POST /prompt`, one arrives and its answer is lost with the connection; `pass`
    /// of them go well before.
    pub fn cut_reply(&self, begins: &str, pass: usize) {
        self.ambush(begins, pass, true);
    }

    /// Of the requests that begin so one is lost with the connection before any of it arrives; `pass` go well before.
    pub fn cut_request(&self, begins: &str, pass: usize) {
        self.ambush(begins, pass, false);
    }

    fn ambush(&self, begins: &str, pass: usize, arrives: bool) {
        let ambush = Ambush { begins: begins.as_bytes().to_vec(), pass, arrives };
        self.shared.ambushes.lock().expect("lock").push(ambush);
    }

    pub async fn until_connections(&self, wanted: impl FnMut(&usize) -> bool) {
        self.shared.connections.subscribe().wait_for(wanted).await.expect("lives");
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        if shared.settings.borrow().refuse {
            let _ = client.set_zero_linger();
            continue;
        }
        let job = tokio::spawn(connection(client, shared.clone()));
        let mut jobs = shared.jobs.lock().expect("lock");
        jobs.retain(|job| !job.is_finished());
        jobs.push(job.abort_handle());
    }
}

/// Counts a connection for as long as it lives, aborted ones too.
struct Counted(Arc<Shared>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.send_modify(|count| *count -= 1);
    }
}

async fn connection(client: TcpStream, shared: Arc<Shared>) {
    let Ok(server) = TcpStream::connect(shared.upstream).await else { return };
    shared.connections.send_modify(|count| *count += 1);
    let _counted = Counted(shared.clone());
    let mut end = shared.end.subscribe();
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // When bytes last passed; a change wakes the watch over idleness.
    let (alive, mut lively) = watch::channel(tokio::time::Instant::now());
    // The answers of an ambushed request are not to pass.
    let silenced = watch::Sender::new(false);
    let mut up = Pipe { way: Way::Up, from: from_client, to: to_server, shared: &shared, alive: &alive, silenced: &silenced };
    let mut down = Pipe { way: Way::Down, from: from_server, to: to_client, shared: &shared, alive: &alive, silenced: &silenced };
    let resets = tokio::select! {
        // One way may come to its end before the other, as TCP has it; what cuts one cuts both.
        _ = async { tokio::try_join!(up.run(), down.run()) } => false,
        () = until_idle(&mut lively, shared.idle.subscribe()) => false,
        Ok(()) = end.changed() => *end.borrow(),
    };
    if resets {
        for to in [up.to, down.to] {
            let _ = to.as_ref().set_zero_linger();
            // Dropped, it would say an orderly goodbye first.
            to.forget();
        }
    }
}

/// Until nothing has passed for as long as the limit says.
pub async fn until_idle(lively: &mut watch::Receiver<tokio::time::Instant>, mut limits: watch::Receiver<Option<Duration>>) {
    loop {
        let limit = *limits.borrow_and_update();
        let last = *lively.borrow_and_update();
        let out = async {
            match limit {
                Some(limit) => sleep_until(last + limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = out => return,
            Ok(()) = lively.changed() => {}
            Ok(()) = limits.changed() => {}
            else => return,
        }
    }
}
