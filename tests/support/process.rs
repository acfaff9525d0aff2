//! The real binary in its own processes: started, killed and restarted on the same port.

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use tokio::{net::TcpListener, time::sleep};

use super::{small_disk::SmallDisk, store::postgres_of};

/// A child process that is killed when dropped. Its port, folders and arguments stay the same across restarts.
pub struct Process {
    pub addr: SocketAddr,
    arguments: Vec<String>,
    /// Answers 200 when the process is ready.
    ready: &'static str,
    /// The log file of standard error, across restarts.
    log: PathBuf,
    /// `RUST_LOG`.
    filter: Option<&'static str>,
    /// The program that runs it, with its arguments; empty: none.
    within: Vec<String>,
    /// `DARKROOM_STORE`.
    store: Option<String>,
    child: Option<Child>,
}

/// `darkroom serve` with all its files in `folder`. `settings`: the content of its settings file.
pub async fn darkroom(folder: &Path, comfyui: &[SocketAddr], settings: &str) -> Process {
    let arguments = serve(folder, &folder.join("data"), comfyui, settings);
    Process::start(folder, arguments, "/readyz", None).await
}

/// Like [`darkroom`], and it need not get ready: it may wait to take over, or end.
pub async fn darkroom_standing_by(folder: &Path, comfyui: &[SocketAddr], settings: &str) -> Process {
    let arguments = serve(folder, &folder.join("data"), comfyui, settings);
    let mut process = Process::new(folder, arguments, "/readyz", None).await;
    process.spawn();
    process
}

/// Like [`darkroom`], and it stops itself at this place (see [`Process::until_stopped`]).
pub async fn darkroom_that_stops(folder: &Path, comfyui: &[SocketAddr], settings: &str, stop_at: &str) -> Process {
    let mut arguments = serve(folder, &folder.join("data"), comfyui, settings);
    arguments.extend(["--stop-at".to_owned(), stop_at.to_owned()]);
    Process::start(folder, arguments, "/readyz", None).await
}

/// Like [`darkroom`], with the ComfyUIs of its settings file and the log filter `filter`.
pub async fn darkroom_that_logs(folder: &Path, settings: &str, filter: &'static str) -> Process {
    let arguments = serve(folder, &folder.join("data"), &[], settings);
    Process::start(folder, arguments, "/readyz", Some(filter)).await
}

/// Like [`darkroom`], with this disk and `data` as its data folder.
pub async fn darkroom_with_disk(disk: &SmallDisk, folder: &Path, data: &Path, comfyui: &[SocketAddr], settings: &str) -> Process {
    let arguments = serve(folder, data, comfyui, settings);
    let mut process = Process::new(folder, arguments, "/readyz", None).await;
    process.within = disk.enter();
    process.restart().await;
    process
}

/// Writes the settings file, and returns the arguments.
fn serve(folder: &Path, data: &Path, comfyui: &[SocketAddr], settings: &str) -> Vec<String> {
    std::fs::create_dir_all(folder).expect("a folder");
    let config = folder.join("settings.toml");
    std::fs::write(&config, settings).expect("a settings file");
    let mut arguments = vec!["serve".to_owned(), "--config".to_owned(), text(&config), "--data".to_owned(), text(data)];
    arguments.extend(comfyui.iter().flat_map(|addr| ["--comfyui".to_owned(), format!("http://{addr}")]));
    arguments
}

/// `darkroom demo-comfyui` with fault orders enabled, and all its files in `folder` (see [`executions`]).
pub async fn engine(folder: &Path, speed: f64) -> Process {
    let (data, log, speed) = (text(&folder.join("comfy")), text(&folder.join("executions")), speed.to_string());
    let arguments = ["demo-comfyui", "--faults", "--speed", &speed, "--data", &data, "--executions", &log];
    Process::start(folder, arguments.map(str::to_owned).into(), "/system_stats", None).await
}

/// The execution log of an engine in that folder, across restarts.
pub fn executions(folder: &Path) -> Vec<super::faults::Execution> {
    let text = std::fs::read_to_string(folder.join("executions")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a whole line")).collect()
}

/// PostgreSQL, if the tests run with it and this process does not name one itself.
async fn store_of(arguments: &[String]) -> Option<String> {
    let value = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1);
    let (config, data) = (value("--config")?, value("--data")?);
    let has_store = std::fs::read_to_string(config).is_ok_and(|text| text.contains("[store]\nurl"));
    if has_store { None } else { postgres_of(Path::new(data)).await }
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

impl Process {
    async fn start(folder: &Path, arguments: Vec<String>, ready: &'static str, filter: Option<&'static str>) -> Self {
        let mut process = Self::new(folder, arguments, ready, filter).await;
        process.restart().await;
        process
    }

    /// Not started.
    async fn new(folder: &Path, arguments: Vec<String>, ready: &'static str, filter: Option<&'static str>) -> Self {
        std::fs::create_dir_all(folder).expect("a folder");
        let store = store_of(&arguments).await;
        Self { addr: free_port().await, arguments, ready, log: folder.join("log"), filter, within: Vec::new(), store, child: None }
    }

    /// Starts (or restarts) the process and waits until it is ready.
    pub async fn restart(&mut self) {
        self.spawn();
        self.until_ready().await;
    }

    /// Waits until it answers, ready or not.
    pub async fn until_alive(&mut self) {
        let ready = std::mem::replace(&mut self.ready, "/healthz");
        self.until_ready().await;
        self.ready = ready;
    }

    /// Starts (or restarts) the process without waiting.
    pub fn spawn(&mut self) {
        self.kill();
        let log = File::options().create(true).append(true).open(&self.log).expect("a log");
        let program = env!("CARGO_BIN_EXE_darkroom");
        let mut command = match self.within.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        // The developer's environment must not configure this process.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DARKROOM_")) {
            command.env_remove(name);
        }
        command.env("DARKROOM_DEMO_PRODUCTION", "false");
        command.envs(self.store.iter().map(|store| ("DARKROOM_STORE", store)));
        let (first, rest) = self.arguments.split_first().expect("a subcommand");
        command.arg(first).args(["--addr", &self.addr.to_string()]).args(rest);
        if let Some(filter) = self.filter {
            command.env("RUST_LOG", filter);
        }
        command.current_dir(self.log.parent().expect("a folder"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("starts");
        self.child = Some(child);
    }

    pub async fn until_ready(&mut self) {
        let url = format!("http://{}{}", self.addr, self.ready);
        for _ in 0..4_000 {
            if reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().expect("a status")) {
                panic!("ended with {status} instead of getting ready: {}", self.log_text());
            }
            sleep(Duration::from_millis(15)).await;
        }
        panic!("is not ready: {}", self.log_text());
    }

    /// Stops it, as a machine that is suspended; `-CONT` lets it go on.
    pub fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.id().to_string()]).status().expect("kill").success());
    }

    /// Waits until the process has stopped itself.
    pub async fn until_stopped(&self) {
        for _ in 0..6_000 {
            let status = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
            // After the name, which may have blanks.
            if status.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T')) {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("does not stop: {}", self.log_text());
    }

    /// It has exited, or says that another Darkroom is the owner.
    pub async fn until_not_owner(&mut self) {
        for _ in 0..6_000 {
            let has_exited = self.child.as_mut().is_some_and(|child| child.try_wait().expect("a status").is_some());
            if has_exited || self.log_text().contains("another Darkroom has taken over") {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("still takes itself for the owner: {}", self.log_text());
    }

    /// `kill -9`, and waits for the process to be reaped.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGTERM, and waits for the exit.
    pub async fn terminate(&mut self) -> ExitStatus {
        let sent = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().expect("kill");
        assert!(sent.success());
        self.ended().await
    }

    /// Waits for the process to exit by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("runs");
        for _ in 0..6_000 {
            if let Some(status) = child.try_wait().expect("a status") {
                return status;
            }
            sleep(Duration::from_millis(10)).await;
        }
        let _ = child.kill();
        panic!("does not end: {}", self.log_text());
    }

    /// How it ended, if it has ended by itself since it was last started.
    #[allow(dead_code, reason = "of the cluster test alone")]
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().and_then(|child| child.try_wait().expect("a status"))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.as_ref().expect("runs").id()
    }

    /// All output on standard error, across restarts.
    pub fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that was free just now.
pub async fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.and_then(|listener| listener.local_addr()).expect("a port")
}
