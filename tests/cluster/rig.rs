//! Three Darkrooms with one PostgreSQL, an HAProxy before them, and demo engines; whatever ends by itself is started again, as by a service manager.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex as StdMutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};
use tokio_postgres::{Client, NoTls};

use crate::{
    judge::Kill,
    now_ms,
    support::{
        haproxy::HaProxy,
        postgres::Postgres,
        process::{self, Process, free_port},
        proxy::Proxy,
    },
};

pub const DARKROOMS: usize = 3;
pub const ENGINES: usize = 2;
/// `[store] lease_s`. Short, so that many takeovers take minutes.
pub const LEASE: Duration = Duration::from_millis(1_500);
/// Short enough for a few runs between two kills, long enough for kills to hit runs.
const SPEED: f64 = 1.5;
/// What all Darkrooms have in common, besides the media folder.
const KEY_FILE: &str = "key";
const SECRET_FILE: &str = "webhook-secret";
/// Between two looks at the processes.
const WATCH: Duration = Duration::from_millis(100);

/// A Darkroom, and its own ways to PostgreSQL and to the engines.
pub struct Member {
    pub addr: SocketAddr,
    /// Locked while a fault has it.
    pub process: Mutex<Process>,
    /// Before each PostgreSQL.
    pub to_postgres: Vec<Proxy>,
    pub to_engines: Vec<Proxy>,
}

pub struct Engine {
    pub folder: PathBuf,
    pub process: Mutex<Process>,
}

pub struct Rig {
    pub balancer: HaProxy,
    pub members: Vec<Member>,
    pub engines: Vec<Engine>,
    pub kills: StdMutex<Vec<Kill>>,
    /// The one that writes, and its standby, if there is one.
    pub postgres: Mutex<(Postgres, Option<Postgres>)>,
    postgres_ports: Vec<u16>,
    last_owner: AtomicUsize,
    /// Why Darkrooms ended by themselves, one line for each.
    pub exits: StdMutex<Vec<String>>,
    folder: TempDir,
}

/// The address of PostgreSQL at these ports: of them the one that writes.
fn url(ports: &[u16]) -> String {
    let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    format!(
        "postgres://darkroom:secret-of-postgres@{}/postgres?sslmode=disable&target_session_attrs=read-write&connect_timeout=2",
        hosts.join(",")
    )
}

impl Rig {
    /// `with_standby`: a second PostgreSQL, which can be promoted.
    pub async fn start(with_standby: bool) -> Arc<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Postgres::start().await;
        let mut postgres_ports = vec![first.port];
        let second = if with_standby {
            let port = free_port().await.port();
            postgres_ports.push(port);
            Some(first.standby(port).await)
        } else {
            None
        };
        let mut engines = Vec::new();
        for at in 0..ENGINES {
            let folder = folder.path().join(format!("engine{at}"));
            engines.push(Engine { process: Mutex::new(process::engine(&folder, SPEED).await), folder });
        }
        std::fs::create_dir(folder.path().join("media")).expect("a folder");
        std::fs::write(folder.path().join(KEY_FILE), "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n").expect("a key");
        std::fs::write(folder.path().join(SECRET_FILE), "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n").expect("a secret");
        let mut members = Vec::new();
        for at in 0..DARKROOMS {
            members.push(member(folder.path(), at, &postgres_ports, &engines).await);
        }
        let addrs = std::array::from_fn::<SocketAddr, DARKROOMS, _>(|at| members[at].addr);
        let balancer = HaProxy::before(addrs, &folder.path().join("haproxy")).await;
        let (kills, exits, last_owner) = (StdMutex::default(), StdMutex::default(), AtomicUsize::new(0));
        let postgres = Mutex::new((first, second));
        let rig = Arc::new(Self { balancer, members, engines, kills, postgres, postgres_ports, last_owner, exits, folder });
        rig.until_served().await;
        rig
    }

    /// Until somebody answers through HAProxy.
    pub async fn until_served(&self) {
        let url = format!("http://{}/readyz", self.balancer.addr);
        for _ in 0..4_000 {
            if reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        let logs: Vec<String> = (0..DARKROOMS).map(|at| self.log_of(at)).collect();
        panic!("no Darkroom gets ready: {}", logs.join("\n\n"));
    }

    /// Starts what has ended by itself, until it is dropped.
    pub async fn keep_running(self: Arc<Self>) {
        loop {
            sleep(WATCH).await;
            for (at, member) in self.members.iter().enumerate() {
                let Ok(mut process) = member.process.try_lock() else { continue };
                if let Some(status) = process.has_ended() {
                    let text = process.log_text();
                    let why = text.lines().rev().find(|line| line.contains("ERROR") || line.starts_with("darkroom:")).unwrap_or_default();
                    self.exits.lock().expect("lock").push(format!("darkroom {at} ended with {status}: {why}"));
                    process.spawn();
                }
            }
        }
    }

    pub fn log_of(&self, member: usize) -> String {
        std::fs::read_to_string(self.folder.path().join(format!("darkroom{member}/log"))).unwrap_or_default()
    }

    /// Of the Darkroom that writes; the last one that was known while PostgreSQL does not say.
    pub async fn owner(&self) -> usize {
        if let Some(owner) = timeout(Duration::from_millis(700), self.find_owner()).await.ok().flatten() {
            self.last_owner.store(owner, Ordering::Relaxed);
        }
        self.last_owner.load(Ordering::Relaxed)
    }

    async fn find_owner(&self) -> Option<usize> {
        let row = self.connect().await?.query_one("SELECT row_to_json(owner)::text FROM darkroom.owner", &[]).await.ok()?;
        let row: String = row.get(0);
        if let Some(owner) = self.members.iter().position(|member| row.contains(&member.addr.to_string())) {
            return Some(owner);
        }
        // A row without addresses: only the one that writes is ready.
        for (at, member) in self.members.iter().enumerate() {
            let asking = reqwest::get(format!("http://{}/readyz", member.addr));
            if timeout(Duration::from_millis(200), asking).await.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status().is_success()))
            {
                return Some(at);
            }
        }
        None
    }

    pub async fn connect(&self) -> Option<Client> {
        let (client, connection) = tokio_postgres::connect(&url(&self.postgres_ports), NoTls).await.ok()?;
        tokio::spawn(connection);
        Some(client)
    }

    /// The one number that a query gives.
    pub async fn number(&self, query: &str) -> i64 {
        self.connect().await.expect("PostgreSQL").query_one(query, &[]).await.expect("an answer").get(0)
    }

    pub async fn kill_engine(&self, engine: usize) {
        let mut process = self.engines[engine].process.lock().await;
        let from = now_ms();
        process.kill();
        self.kills.lock().expect("lock").push(Kill { engine, from, to: now_ms() });
        sleep(Duration::from_millis(200)).await;
        process.spawn();
    }
}

async fn member(folder: &Path, at: usize, postgres: &[u16], engines: &[Engine]) -> Member {
    let mut to_postgres = Vec::new();
    for port in postgres {
        to_postgres.push(Proxy::before(([127, 0, 0, 1], *port).into()).await);
    }
    let mut to_engines = Vec::new();
    for engine in engines {
        to_engines.push(Proxy::before(engine.process.lock().await.addr).await);
    }
    let ports: Vec<u16> = to_postgres.iter().map(|proxy| proxy.addr.port()).collect();
    // Attempts must not run out: here engines die far more often than anywhere else.
    let mut settings = format!(
        "[store]\nurl = '{}'\nlease_s = {:?}\nkey_file = {:?}\n[media]\nfolder = {:?}\n[webhooks]\nsecret_file = {:?}\n\
         [server]\nrequests_per_second = 0\n[comfyui]\nmax_attempts = 1000\n",
        url(&ports),
        LEASE.as_secs_f64(),
        folder.join(KEY_FILE),
        folder.join("media"),
        folder.join(SECRET_FILE),
    );
    // The same names everywhere, behind other addresses.
    for (engine, proxy) in to_engines.iter().enumerate() {
        settings += &format!("[[comfyui.backend]]\nname = 'engine {engine}'\nurl = 'http://{}'\n", proxy.addr);
    }
    let process = process::darkroom_standing_by(&folder.join(format!("darkroom{at}")), &[], &settings).await;
    Member { addr: process.addr, process: Mutex::new(process), to_postgres, to_engines }
}
