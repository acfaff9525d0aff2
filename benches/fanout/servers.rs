//! The servers that are measured, each a process of its own: Darkroom, the same fan-out with Node's `ws` and with Python's aiohttp, and
//! comfy-api-proxy.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use darkroom::proto::submit::Submission;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::sleep;

use super::{
    support::{
        darkroom_server::accepted,
        process::{self, Process},
    },
    upstream::{CLASS, Upstream},
    watchers::Speaks,
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Ours,
    Node,
    Aiohttp,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Ours, Self::Node, Self::Aiohttp];

    pub fn speaks(self) -> Speaks {
        if self == Self::Ours { Speaks::Darkroom } else { Speaks::Comfyui }
    }
}

pub struct Server {
    pub addr: SocketAddr,
    pid: u32,
    peer: Option<Child>,
    _ours: Option<(Process, TempDir)>,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(peer) = &mut self.peer {
            let _ = peer.kill();
            let _ = peer.wait();
        }
    }
}

impl Server {
    /// Of these upstreams. Darkroom has handed in one task to each, of nodes named 0 to `nodes`, when this is done.
    pub async fn start(kind: Kind, upstreams: &[Upstream], nodes: usize) -> Self {
        let server = Self::launch(kind, upstreams).await;
        if kind == Kind::Ours {
            let graph: serde_json::Map<_, _> =
                (0..=nodes).map(|node| (node.to_string(), json!({"class_type": CLASS, "inputs": {}}))).collect();
            for _ in upstreams {
                let json = serde_json::Value::from(graph.clone()).to_string();
                accepted(server.addr, Submission::Workflow { name: "bench".into(), json }).await;
            }
        }
        for upstream in upstreams {
            upstream.until_clients(1).await;
        }
        server
    }

    /// With nothing handed in.
    pub async fn launch(kind: Kind, upstreams: &[Upstream]) -> Self {
        if kind == Kind::Ours {
            let folder = tempfile::tempdir().expect("a folder");
            let addrs: Vec<SocketAddr> = upstreams.iter().map(|upstream| upstream.addr).collect();
            let ours = process::darkroom(folder.path(), &addrs, "[comfyui]\nprompts_at_once = 1\n").await;
            return Self { addr: ours.addr, pid: ours.id(), peer: None, _ours: Some((ours, folder)) };
        }
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let (program, script) = match kind {
            Kind::Node => (PathBuf::from("node"), "end2end/measure/relay.mjs"),
            _ => (root.join("target/bench-python/bin/python"), "end2end/measure/relay.py"),
        };
        let urls = upstreams.iter().map(|upstream| format!("http://{}", upstream.addr));
        let mut peer =
            Command::new(program).arg(root.join(script)).args(urls).stdout(Stdio::piped()).spawn().expect("the peer starts (make bench)");
        let mut line = String::new();
        BufReader::new(peer.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        Self { addr: line.trim().parse().expect("an address"), pid: peer.id(), peer: Some(peer), _ours: None }
    }

    /// comfy-api-proxy, with one job handed in. `max_streams`: instead of its own limit, which is no setting.
    pub async fn proxy(upstream: &Upstream, max_streams: Option<usize>) -> Self {
        let python = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-python/bin/python");
        let addr = process::free_port().await;
        let lift = max_streams.map(|max| format!("comfy_api_proxy.app._MAX_CONCURRENT_STREAMS = {max}; ")).unwrap_or_default();
        let script = format!("import sys, comfy_api_proxy.app, comfy_api_proxy.cli; {lift}sys.exit(comfy_api_proxy.cli.main())");
        let (port, comfyui) = (addr.port().to_string(), format!("http://{}", upstream.addr));
        let peer = Command::new(python)
            .args(["-c", &script, "--comfyui", &comfyui, "--port", &port])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the peer starts (make bench)");
        let server = Self { addr, pid: peer.id(), peer: Some(peer), _ours: None };
        let job = json!({"workflow": {"0": {"class_type": CLASS, "inputs": {}}}});
        let request = reqwest::Client::new().post(format!("http://{addr}/api/v2/jobs")).json(&job);
        // It says nothing of when it is ready.
        while !request.try_clone().expect("no stream").send().await.is_ok_and(|response| response.status() == 201) {
            sleep(Duration::from_millis(50)).await;
        }
        server
    }

    /// User and system time of the whole process so far, seconds.
    pub fn cpu(&self) -> f64 {
        cpu_of(&self.pid.to_string())
    }

    /// Memory that is in use (resident), bytes.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).expect("runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") * 1024.0
    }
}

/// User and system time of a process so far, seconds; `self` is this one.
pub fn cpu_of(process: &str) -> f64 {
    /// Of Linux, on every platform it is asked on here.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("runs");
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th field after it.
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / TICKS_PER_SECOND
}
