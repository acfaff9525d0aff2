//! A real PostgreSQL, started by the test that needs it.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::time::sleep;
use tokio_postgres::{Client, NoTls};

use super::process::free_port;

/// A PostgreSQL on a free port, which stays the same when it is started again. Its data is gone when it is dropped.
pub struct Postgres {
    pub port: u16,
    folder: TempDir,
    child: Option<Child>,
}

/// Of the newest version that is installed.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let folder = versions.max().expect("PostgreSQL is not installed: run `make setup-test` (Debian's package postgresql)");
    folder.join(name)
}

/// It refuses to run as root: then it runs as Debian's user for it.
fn command(name: &str) -> Command {
    if !is_root() {
        return Command::new(program(name));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program(name));
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout.trim_ascii() == b"0"
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().expect("runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Postgres {
    pub async fn start() -> Self {
        let mut server = Self::new(free_port().await.port());
        run(command("initdb").args(["--auth=trust", "--username=darkroom", "--no-sync", "-D"]).arg(server.data()));
        server.restart().await;
        server
    }

    /// A second one at that port, which follows this one. Commits of this one wait for it from now on.
    #[allow(dead_code, reason = "of the cluster test alone")]
    pub async fn standby(&self, port: u16) -> Self {
        let mut server = Self::new(port);
        let from = ["-h", "127.0.0.1", "-U", "darkroom", "-p", &self.port.to_string()];
        let copy = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--wal-method=stream", "-D"];
        run(command("pg_basebackup").args(from).args(copy).arg(server.data()));
        server.restart().await;
        self.alter("synchronous_standby_names = '*'").await;
        // Not before it follows is it one that is waited for.
        while self.number("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'").await == 0 {
            sleep(Duration::from_millis(20)).await;
        }
        server
    }

    /// It becomes the one that writes. Its commits wait for nobody, until it has a standby of its own.
    #[allow(dead_code, reason = "of the cluster test alone")]
    pub async fn promote(&mut self) {
        run(command("pg_ctl").args(["promote", "--wait", "-D"]).arg(self.data()));
        self.alter("synchronous_standby_names = ''").await;
    }

    #[allow(dead_code, reason = "of the cluster test alone")]
    async fn alter(&self, setting: &str) {
        let client = self.try_connect().await.expect("PostgreSQL");
        // One by one: it may not be done in a transaction.
        for statement in [format!("ALTER SYSTEM SET {setting}"), "SELECT pg_reload_conf()".to_owned()] {
            client.batch_execute(&statement).await.expect("a setting");
        }
    }

    /// With an empty folder for its data; not started.
    fn new(port: u16) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        run(Command::new("chmod").arg("755").arg(folder.path()));
        let server = Self { port, folder, child: None };
        std::fs::create_dir(server.data()).expect("a folder");
        run(Command::new("chmod").arg("700").arg(server.data()));
        if is_root() {
            run(Command::new("chown").arg("postgres:").arg(server.data()));
        }
        server
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// The same behind another port.
    pub fn url_at(&self, port: u16) -> String {
        format!("postgres://darkroom:secret-of-postgres@127.0.0.1:{port}/postgres?sslmode=disable")
    }

    /// A database of its own on this server.
    pub async fn create(&self, database: &str) -> String {
        self.try_connect().await.expect("PostgreSQL").batch_execute(&format!("CREATE DATABASE {database}")).await.expect("made");
        self.url().replace("/postgres?", &format!("/{database}?"))
    }

    /// Starts it (again), with what it has.
    pub async fn restart(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.log()).expect("a log");
        let settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=100"];
        let mut command = command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]).args(settings.iter().flat_map(|one| ["-c", one]));
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("starts"));
        for _ in 0..4_000 {
            if self.try_connect().await.is_some() {
                return;
            }
            sleep(Duration::from_millis(15)).await;
        }
        panic!("PostgreSQL does not start: {}", std::fs::read_to_string(self.log()).unwrap_or_default());
    }

    fn log(&self) -> PathBuf {
        Path::new(self.folder.path()).join("log")
    }

    async fn try_connect(&self) -> Option<Client> {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await.ok()?;
        tokio::spawn(connection);
        Some(client)
    }

    /// The one number that a query gives at one of [`Postgres::create`].
    pub async fn number_at(url: &str, query: &str) -> i64 {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("PostgreSQL");
        tokio::spawn(connection);
        client.query_one(query, &[]).await.expect("an answer").get(0)
    }

    /// The one number that a query gives.
    pub async fn number(&self, query: &str) -> i64 {
        self.try_connect().await.expect("PostgreSQL").query_one(query, &[]).await.expect("an answer").get(0)
    }

    /// Waits until there were so many owners.
    pub async fn until_term(&self, term: i64) {
        while self.number("SELECT term FROM darkroom.owner").await < term {
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops all its processes, as on a machine that is suspended.
    #[allow(dead_code, reason = "of the cluster test alone")]
    pub fn pause(&self) {
        let Some(child) = &self.child else { return };
        // The first one, so that it starts no more of them.
        signal(child.id(), "-STOP");
        signal_children(child.id(), "-STOP");
    }

    pub fn resume(&self) {
        let Some(child) = &self.child else { return };
        signal_children(child.id(), "-CONT");
        signal(child.id(), "-CONT");
    }

    /// At once, as by a crash: it recovers when it is started again.
    pub fn crash(&mut self) {
        self.resume();
        if let Some(mut child) = self.child.take() {
            signal(child.id(), "-QUIT");
            let _ = child.wait();
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.crash();
        // Files of another user.
        let _ = std::fs::remove_dir_all(self.data());
    }
}

/// There may be none.
fn signal_children(id: u32, signal: &str) {
    Command::new("pkill").args([signal, "--parent", &id.to_string()]).status().expect("pkill");
}

fn signal(id: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &id.to_string()]).status().expect("kill").success());
}
