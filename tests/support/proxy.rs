//! A TCP proxy between two sides that simulates network faults.
//!
//! It does not parse HTTP, with one exception: [`Proxy::cut_reply`] and [`Proxy::cut_request`] look for a request that begins with certain
//! bytes.

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

/// The direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client (Darkroom).
    Up,
    /// From the server (the engine).
    Down,
}

/// The faults of one direction.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Stops all bytes without closing anything. They are delivered when the rule is removed.
    pub blackhole: bool,
    /// Bytes per second.
    pub throttle: Option<usize>,
    /// Writes every byte separately.
    pub slice: bool,
    /// Ends each connection after this many bytes in this direction.
    pub close_after: Option<usize>,
}

#[derive(Debug, Clone, Default)]
struct Settings {
    up: Rules,
    down: Rules,
    refuse: bool,
}

/// A request that will fail.
#[derive(Debug, Clone)]
struct Ambush {
    begins: Vec<u8>,
    /// Number of matching requests to let pass first.
    pass: usize,
    /// The request arrives, and only its response is lost.
    arrives: bool,
}

pub struct Proxy {
    /// The address to connect to instead of `upstream`.
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    upstream: SocketAddr,
    settings: watch::Sender<Settings>,
    idle: watch::Sender<Option<Duration>>,
    ambushes: Mutex<Vec<Ambush>>,
    /// A change ends all open connections; true: with a reset.
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

    /// Changes the rules of one direction, for open connections too.
    pub fn rules(&self, way: Way, change: impl FnOnce(&mut Rules)) {
        self.shared.settings.send_modify(|settings| {
            change(match way {
                Way::Up => &mut settings.up,
                Way::Down => &mut settings.down,
            });
        });
    }

    /// Changes the rules of both directions.
    pub fn blackhole(&self, on: bool) {
        self.rules(Way::Up, |rules| rules.blackhole = on);
        self.rules(Way::Down, |rules| rules.blackhole = on);
    }

    /// Closes connections that are idle for this long, as proxies do.
    pub fn cut_idle_after(&self, time: Option<Duration>) {
        self.shared.idle.send_replace(time);
    }

    /// Resets new connections at once; open ones stay.
    pub fn refuse(&self, on: bool) {
        self.shared.settings.send_modify(|settings| settings.refuse = on);
    }

    /// Removes all faults.
    pub fn pass(&self) {
        self.shared.settings.send_replace(Settings::default());
        self.shared.idle.send_replace(None);
        self.shared.ambushes.lock().expect("lock").clear();
    }

    /// Resets every open connection on both sides.
    pub fn reset(&self) {
        self.shared.end.send_replace(true);
    }

    /// Closes every open connection cleanly.
    pub fn close(&self) {
        self.shared.end.send_replace(false);
    }

    /// Lets a request that begins with these bytes, such as `POST /prompt`, arrive, then loses its response with the connection; `pass`
    /// matching requests succeed first.
    pub fn cut_reply(&self, begins: &str, pass: usize) {
        self.ambush(begins, pass, true);
    }

    /// Loses a request that begins with these bytes, and its connection, before any of it arrives; `pass` matching requests succeed first.
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

/// Counts a connection until it is dropped, even if its task is aborted.
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
    // When bytes last passed; a change wakes the idle timer.
    let (alive, mut lively) = watch::channel(tokio::time::Instant::now());
    // Responses to an ambushed request must not pass.
    let silenced = watch::Sender::new(false);
    let mut up = Pipe { way: Way::Up, from: from_client, to: to_server, shared: &shared, alive: &alive, silenced: &silenced };
    let mut down = Pipe { way: Way::Down, from: from_server, to: to_client, shared: &shared, alive: &alive, silenced: &silenced };
    let resets = tokio::select! {
        // TCP half-close: one direction may end before the other; a cut ends both.
        _ = async { tokio::try_join!(up.run(), down.run()) } => false,
        () = until_idle(&mut lively, shared.idle.subscribe()) => false,
        Ok(()) = end.changed() => *end.borrow(),
    };
    if resets {
        for to in [up.to, down.to] {
            let _ = to.as_ref().set_zero_linger();
            // Dropping the socket would close it cleanly first.
            to.forget();
        }
    }
}

/// Returns when nothing has passed for the idle limit.
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
