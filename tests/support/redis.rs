//! A real Redis and a real Celery worker, started by the test that needs them.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use darkroom::server::config::{Config, Overrides, RedisConfig};
use redis::{Client, TlsCertificates, aio::MultiplexedConnection};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, time::sleep};

use super::tls::PrivateCertificate;

/// A Redis on a free port, which stays the same when it is started again. It is killed when dropped.
pub struct RedisServer {
    pub port: u16,
    folder: TempDir,
    password: Option<&'static str>,
    /// It speaks only TLS.
    is_tls: bool,
    child: Option<Child>,
}

impl RedisServer {
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    pub async fn start_with(password: Option<&'static str>) -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder"), password, false).await
    }

    /// With a certificate of a private authority, which is in [`ca_file`](Self::ca_file).
    pub async fn start_tls() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let PrivateCertificate { ca_pem, certificate, key } = PrivateCertificate::new();
        for (name, pem) in [("ca.pem", ca_pem), ("server.pem", certificate.pem()), ("key.pem", key.serialize_pem())] {
            std::fs::write(folder.path().join(name), pem).expect("written");
        }
        Self::start_in(folder, None, true).await
    }

    async fn start_in(folder: TempDir, password: Option<&'static str>, is_tls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        drop(listener);
        let mut server = Self { port, folder, password, is_tls, child: None };
        server.restart().await;
        server
    }

    pub fn url(&self) -> String {
        let user = self.password.map(|password| format!(":{password}@")).unwrap_or_default();
        let scheme = if self.is_tls { "rediss" } else { "redis" };
        format!("{scheme}://{user}127.0.0.1:{}/0", self.port)
    }

    /// Of a Redis with TLS: the authority to trust.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn client(&self) -> Client {
        if !self.is_tls {
            return Client::open(self.url()).expect("a url");
        }
        // An error says that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let root_cert = std::fs::read(self.ca_file()).expect("a certificate");
        Client::build_with_tls(self.url(), TlsCertificates { client_tls: None, root_cert: Some(root_cert) }).expect("a url")
    }

    /// Starts it (again), with what it saved.
    pub async fn restart(&mut self) {
        let mut command = Command::new("redis-server");
        let port = self.port.to_string();
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        if self.is_tls {
            command.args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"]);
            command.args(["--tls-ca-cert-file", "ca.pem", "--tls-cert-file", "server.pem", "--tls-key-file", "key.pem"]);
        } else {
            command.args(["--port", &port]);
        }
        if let Some(password) = self.password {
            command.args(["--requirepass", password]);
        }
        let child = command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        self.child = Some(child.expect("redis-server is not installed: run `make setup-test` (Debian's package redis-server)"));
        for _ in 0..4_000 {
            if self.client().get_multiplexed_async_connection().await.is_ok() {
                return;
            }
            sleep(Duration::from_millis(15)).await;
        }
        panic!("Redis does not start");
    }

    pub async fn connect(&self) -> MultiplexedConnection {
        self.client().get_multiplexed_async_connection().await.expect("Redis")
    }

    /// Runs a command.
    pub async fn run(&self, words: &[&str]) -> redis::Value {
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(*word);
        }
        command.query_async(&mut self.connect().await).await.expect("an answer")
    }

    /// As Celery's result backend: stored, and published.
    pub async fn meta(&self, id: &str, meta: &Value) {
        let (key, value) = (format!("celery-task-meta-{id}"), meta.to_string());
        self.run(&["SETEX", &key, "86400", &value]).await;
        self.run(&["PUBLISH", &key, &value]).await;
    }

    /// The patterns that somebody is subscribed to.
    async fn patterns(&self) -> u32 {
        redis::cmd("PUBSUB").arg("NUMPAT").query_async(&mut self.connect().await).await.expect("an answer")
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// It stops answering, but its connections stay open.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().expect("running").id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The settings of a Darkroom that uses it. `settings`: further lines of `[redis]`.
pub fn redis_config(url: &str, settings: &str) -> Option<RedisConfig> {
    let folder = tempfile::tempdir().expect("a folder");
    let path: PathBuf = folder.path().join("settings.toml");
    std::fs::write(&path, format!("[redis]\nurl = '{url}'\n{settings}")).expect("a settings file");
    Config::load(Some(&path), Overrides::default()).expect("settings").redis
}

/// A worker with two processes, as `celery worker` starts it. It is killed when dropped.
pub struct CeleryWorker {
    child: Child,
    folder: TempDir,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

impl CeleryWorker {
    /// Waits until it takes commands. `arguments`: besides the app, the name and the number of processes.
    pub async fn start(redis: &RedisServer, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // It subscribes to commands as to a pattern.
        let before = redis.patterns().await;
        let celery = root().join("target/celery-python/bin/celery");
        assert!(celery.exists(), "Celery is not installed: run `make setup-test`, which installs it into target/celery-python");
        let mut command = Command::new(celery);
        command.args(["-A", "tasks", "worker", "-c", "2", "-n", "gpu@test", "--loglevel", "WARNING"]).args(arguments);
        command.env("REDIS_URL", redis.url()).env("GATE", folder.path().join("gate")).env("PYTHONDONTWRITEBYTECODE", "1");
        command.current_dir(root().join("tests/support/celery"));
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("Celery starts");
        let mut worker = Self { child, folder };
        for _ in 0..4_000 {
            if let Some(status) = worker.child.try_wait().expect("a status") {
                panic!("the worker ended with {status}: {}", worker.log());
            }
            if redis.patterns().await > before {
                return worker;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("the worker is not ready: {}", worker.log());
    }

    /// Tasks that wait go on.
    pub fn open_gate(&self) {
        std::fs::write(self.folder.path().join("gate"), "").expect("a file");
    }

    /// `kill -9` of the worker and its processes: nobody says anything about their tasks.
    pub fn kill_all(&mut self) {
        let id = self.child.id().to_string();
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &id]).output().expect("ps");
        let children = String::from_utf8_lossy(&children.stdout).into_owned();
        let _ = self.child.kill();
        let _ = self.child.wait();
        for id in children.split_whitespace() {
            let _ = Command::new("kill").args(["-KILL", id]).status();
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        Path::join(self.folder.path(), "log")
    }
}

impl Drop for CeleryWorker {
    fn drop(&mut self) {
        self.kill_all();
    }
}

/// Sends a task, as Celery's own programs do.
pub async fn send_task(redis: &RedisServer, name: &str, id: &str, arguments: Value) {
    send_task_with(redis, name, id, arguments, json!({})).await;
}

/// `headers`: more of them, such as `timelimit`.
pub async fn send_task_with(redis: &RedisServer, name: &str, id: &str, arguments: Value, headers: Value) {
    let body = json!([arguments, {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]);
    let mut message = json!({
        "body": STANDARD.encode(body.to_string()),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": name, "id": id, "retries": 0, "argsrepr": arguments.to_string(), "kwargsrepr": "{}"},
        "properties": {"delivery_info": {"exchange": "", "routing_key": "celery"}, "body_encoding": "base64", "delivery_tag": id, "delivery_mode": 2, "priority": 0},
    });
    for (name, value) in headers.as_object().expect("an object") {
        message["headers"][name] = value.clone();
    }
    redis.run(&["LPUSH", "celery", &message.to_string()]).await;
}
