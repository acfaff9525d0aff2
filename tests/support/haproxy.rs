//! A real HAProxy, started by the test that needs it, with the settings of `make cluster`.

use std::{
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{net::TcpStream, time::sleep};

use super::process::free_port;

/// Where Debian has it: that folder is not in everybody's PATH.
const PROGRAM: &str = "/usr/sbin/haproxy";

/// Balances over three HTTP servers; ends when it is dropped.
pub struct HaProxy {
    pub addr: SocketAddr,
    child: Child,
}

impl HaProxy {
    /// `folder`: for its log.
    pub async fn before(servers: [SocketAddr; 3], folder: &Path) -> Self {
        assert!(Path::new(PROGRAM).exists(), "HAProxy is not installed: run `make setup-test` (Debian's package haproxy)");
        let addr = free_port().await;
        std::fs::create_dir_all(folder).expect("a folder");
        let log = std::fs::File::create(folder.join("log")).expect("a log");
        let mut command = Command::new(PROGRAM);
        command.arg("-db").arg("-f").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("end2end/haproxy.cfg"));
        command.env("BALANCER", addr.to_string());
        for (at, server) in servers.iter().enumerate() {
            command.env(format!("DARKROOM_{}", at + 1), server.to_string());
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("starts");
        let mut proxy = Self { addr, child };
        for _ in 0..1_000 {
            if TcpStream::connect(addr).await.is_ok() {
                return proxy;
            }
            assert!(proxy.child.try_wait().expect("a status").is_none(), "{}", std::fs::read_to_string(folder.join("log")).expect("a log"));
            sleep(Duration::from_millis(15)).await;
        }
        panic!("HAProxy does not listen");
    }
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
