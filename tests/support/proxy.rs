//! A TCP proxy between two sides that simulates network faults.
//!
//! It does not parse HTTP, with one exception: [`Proxy::cut_reply`], [`Proxy::cut_request`] and
//! [`Proxy::hold_request`] look for a request that begins with certain
//! bytes.

mod pipe;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinHandle},
    time::sleep_until,
};

use pipe::Pipe;

/// The receive buffer of [`Proxy::narrow`], bytes.
const NARROW: u32 = 4 << 10;

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

/// A request that will fail, or be late.
#[derive(Debug, Clone)]
struct Ambush {
    begins: Vec<u8>,
    /// Number of matching requests to let pass first.
    pass: usize,
    then: Ambushed,
}

/// What happens to such a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ambushed {
    /// None of it arrives.
    Lost,
    /// It arrives, and only its response is lost.
    Unanswered,
    /// It arrives when [`Proxy::deliver`] is called.
    Held,
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
    /// Connections with a request that is held, or was until it was delivered.
    held: watch::Sender<usize>,
    /// Held requests pass.
    delivers: watch::Sender<bool>,
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
        Self::behind(TcpListener::bind("127.0.0.1:0").await.expect("a port"), upstream)
    }

    /// A proxy that receives little more than it has read: the rest of a long request stays in the kernel of the sender, as behind a link that is cut.
    pub async fn narrow(upstream: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(NARROW).expect("a small buffer");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
        Self::behind(socket.listen(64).expect("listens"), upstream)
    }

    fn behind(listener: TcpListener, upstream: SocketAddr) -> Self {
        let addr = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared {
            upstream,
            settings: watch::Sender::default(),
            idle: watch::Sender::default(),
            ambushes: Mutex::default(),
            held: watch::Sender::default(),
            delivers: watch::Sender::default(),
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
        self.ambush(begins, pass, Ambushed::Unanswered);
    }

    /// Loses a request that begins with these bytes, and its connection, before any of it arrives; `pass` matching requests succeed first.
    pub fn cut_request(&self, begins: &str, pass: usize) {
        self.ambush(begins, pass, Ambushed::Lost);
    }

    /// Holds a request that begins with these bytes until [`Self::deliver`], even if the client has ended by then.
    pub fn hold_request(&self, begins: &str, pass: usize) {
        self.shared.delivers.send_replace(false);
        self.ambush(begins, pass, Ambushed::Held);
    }

    pub async fn until_held(&self) {
        self.shared.held.subscribe().wait_for(|held| *held > 0).await.expect("lives");
    }

    /// Lets held requests pass, and waits until their connections have ended.
    pub async fn deliver(&self) {
        self.shared.delivers.send_replace(true);
        self.shared.held.subscribe().wait_for(|held| *held == 0).await.expect("lives");
    }

    fn ambush(&self, begins: &str, pass: usize, then: Ambushed) {
        let ambush = Ambush { begins: begins.as_bytes().to_vec(), pass, then };
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
struct Counted<'a>(&'a watch::Sender<usize>);

impl<'a> Counted<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

async fn connection(client: TcpStream, shared: Arc<Shared>) {
    let Ok(server) = TcpStream::connect(shared.upstream).await else { return };
    let _counted = Counted::new(&shared.connections);
    let mut end = shared.end.subscribe();
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // When bytes last passed; a change wakes the idle timer.
    let (alive, mut lively) = watch::channel(tokio::time::Instant::now());
    // Responses to an ambushed request must not pass. Subscribers are notified of each that does.
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
