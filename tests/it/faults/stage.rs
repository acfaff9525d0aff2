//! The setup of every test here: engines that accept fault orders, a Darkroom connected to them, a page that watches, and the final check.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use darkroom::{
    demo::Options,
    proto::{
        ids::TaskId,
        submit::Submission,
        task::{Backend, BackendState, Task, TaskState},
        time::Timestamp,
        wire::Command,
    },
    server::config::{BackendConfig, Config},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    darkroom_server::{Running, accepted, backend, command, darkroom_with, lighthouse, snapshot, workflow},
    faults::{Control, Ending, Execution, FaultyEngine},
    link::brisk_link,
    page::Page,
};

/// No delays in the engine: tests hold it where needed.
pub const FAST: f64 = 1e9;

pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Shorter delays than in production.
pub fn brisk() -> Config {
    Config { link: brisk_link(), history_lag: ms(1_000), request_lag: ms(300), ..Config::default() }
}

pub struct Stage {
    pub engines: Vec<FaultyEngine>,
    pub darkroom: Running,
    /// Connected from the beginning, or since Darkroom was last started.
    pub page: Page,
    config: Config,
    folder: TempDir,
    /// Ends that earlier pages received.
    ends: Vec<(TaskId, TaskState)>,
    restarted: bool,
    /// Executions of removed engines.
    past: Vec<Execution>,
}

impl Stage {
    /// One engine and short delays.
    pub async fn start() -> Self {
        Self::with(brisk()).await
    }

    pub async fn with(config: Config) -> Self {
        Self::open(config, vec![FaultyEngine::start(FAST).await]).await
    }

    pub async fn two(config: Config) -> Self {
        Self::open(config, vec![FaultyEngine::start(FAST).await, FaultyEngine::start(FAST).await]).await
    }

    /// A Darkroom connected to these engines, or to the backends in the settings, if any.
    pub async fn open(config: Config, engines: Vec<FaultyEngine>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let named = if config.backends.is_empty() { backends(&engines) } else { config.backends };
        let config = Config { data: folder.path().join("data"), backends: named, ..config };
        let darkroom = darkroom_with(config.clone()).await;
        let mut page = Page::open(darkroom.addr).await;
        page.until_connected().await;
        Self { engines, darkroom, page, config, folder, ends: Vec::new(), restarted: false, past: Vec::new() }
    }

    /// Stops Darkroom, runs the closure, and restarts it on the same data.
    pub async fn restart_after(self, meanwhile: impl AsyncFnOnce(&[FaultyEngine])) -> Self {
        let Self { engines, darkroom, page, config, folder, mut ends, past, .. } = self;
        is_in_order(&page.seqs);
        ends.extend(page.ends);
        darkroom.stop().await;
        meanwhile(&engines).await;
        let darkroom = darkroom_with(config.clone()).await;
        let page = Page::open(darkroom.addr).await;
        Self { engines, darkroom, page, config, folder, ends, restarted: true, past }
    }

    pub fn addr(&self) -> SocketAddr {
        self.darkroom.addr
    }

    pub fn engine(&self) -> &Control {
        &self.engines[0]
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("data/darkroom.db")
    }

    /// Removes an engine permanently.
    pub async fn kill(&mut self, engine: usize) {
        let engine = self.engines.remove(engine);
        self.past.extend(engine.executions().await);
        engine.stop().await;
    }

    /// A picture in six steps; `seed` makes it unique, so that nothing is cached.
    pub async fn submit(&self, seed: u64) -> TaskId {
        accepted(self.addr(), picture(seed)).await
    }

    pub async fn submit_nodes(&self, nodes: Value) -> TaskId {
        accepted(self.addr(), workflow(nodes)).await
    }

    /// A started task, held at step 3 of 6.
    pub async fn running(&mut self, seed: u64) -> TaskId {
        self.engine().hold_at_step("KSampler", 3).await;
        let id = self.submit(seed).await;
        // The step is reported before the engine stops after it.
        self.engine().held().await;
        self.page.until_step(id, 3).await;
        id
    }

    /// A running, held task, and a second one in the engine's queue.
    pub async fn running_and_queued(&mut self) -> (TaskId, TaskId) {
        let running = self.running(1).await;
        let queued = self.submit(2).await;
        self.page.until_state(queued, TaskState::Queued).await;
        (running, queued)
    }

    /// Releases the held worker, after waiting until it is held: an earlier release would be lost.
    pub async fn release(&self) {
        self.engine().held().await;
        self.engine().release().await;
    }

    pub async fn command(&self, order: Command) {
        command(self.addr(), order).await;
    }

    pub fn backend(&self) -> &Backend {
        &self.page.state.backends[0]
    }

    /// When the link entered its current state.
    pub fn since(&self) -> Timestamp {
        self.backend().since
    }

    pub async fn until_link(&mut self, wanted: impl Fn(&BackendState) -> bool) {
        self.page.until(|state| wanted(&state.backends[0].state)).await;
    }

    /// Waits for a connection made after `since`.
    pub async fn until_connected_again(&mut self, since: Timestamp) {
        let is_new = |backend: &Backend| backend.state == BackendState::Connected && backend.since != since;
        self.page.until(|state| is_new(&state.backends[0])).await;
    }

    pub async fn until_completed(&mut self, id: TaskId) -> Task {
        let done = self.page.until_ended(id).await;
        assert_eq!(done.state, TaskState::Completed, "{:?}", done.error);
        assert_eq!(done.pictures().count(), 1, "{:?}", done.error);
        done
    }

    /// The order in which tasks started on the engines.
    pub async fn order_of(&self, tasks: &[TaskId]) -> Vec<TaskId> {
        let ran = self.executions().await;
        ran.iter().filter_map(|ran| tasks.iter().find(|id| id.to_string() == ran.prompt_id).copied()).collect()
    }

    /// All executions on all engines, by start time.
    pub async fn executions(&self) -> Vec<Execution> {
        let mut all = self.past.clone();
        for engine in &self.engines {
            all.extend(engine.executions().await);
        }
        all.sort_by_key(|execution| execution.started_at);
        all
    }

    /// Checks the invariants at the end of every test: sequence numbers in order, every task over, its end reported once and in agreement
    /// with the engines' executions, one for each attempt.
    pub async fn judge(mut self) {
        self.page.until(|state| state.tasks.iter().all(|task| task.state.is_final())).await;
        for engine in &self.engines {
            engine.until_executions(|all| all.iter().all(|one| one.outcome.is_some())).await;
        }
        // Everything sent before this command arrives before its change.
        let paused = !self.page.state.queue_paused;
        self.command(Command::PauseQueue { paused }).await;
        self.page.until(|state| state.queue_paused == paused).await;

        is_in_order(&self.page.seqs);
        assert_eq!(self.page.snapshots, 1, "the page was never set back");
        self.ends.append(&mut self.page.ends);
        let executions = self.executions().await;
        let truth = snapshot(self.addr()).await;
        assert_eq!(truth.tasks.len(), self.page.state.tasks.len());
        for task in &self.page.state.tasks {
            let published: Vec<TaskState> = self.ends.iter().filter(|(id, _)| *id == task.id).map(|(_, state)| *state).collect();
            // No page is connected between two Darkroom processes.
            assert!(
                published == [task.state] || (self.restarted && published.is_empty()),
                "{} is {:?}, but pages got {published:?}",
                task.id,
                task.state
            );
            let same = truth.task(task.id).map(|task| (task.state, task.attempt));
            assert_eq!(same, Some((task.state, task.attempt)), "the server's own account of {}", task.id);
            let name = task.id.to_string();
            let ran: Vec<&Execution> = executions.iter().filter(|ran| ran.prompt_id == name).collect();
            is_true(task, &ran);
        }
    }
}

fn backends(engines: &[FaultyEngine]) -> Vec<BackendConfig> {
    engines.iter().map(|engine| backend(engine.addr)).collect()
}

fn is_in_order(seqs: &[u64]) {
    assert!(seqs.windows(2).all(|pair| pair[0] < pair[1]), "numbers out of order: {seqs:?}");
}

/// A task's end must agree with the engines' executions.
fn is_true(task: &Task, ran: &[&Execution]) {
    let attempts = usize::try_from(task.attempt).expect("a number");
    assert!(ran.len() <= attempts, "{} ran {} times in {attempts} attempts: {ran:?}", task.id, ran.len());
    let said = task.error.as_ref().map(|error| error.message.as_str()).unwrap_or_default();
    let last = ran.last().and_then(|ran| ran.outcome);
    let holds = match task.state {
        TaskState::Completed => ran.iter().any(|ran| ran.outcome == Some(Ending::Success)),
        TaskState::Cancelled => matches!(last, None | Some(Ending::Interrupted | Ending::Lost)),
        TaskState::Failed => last != Some(Ending::Success) || said.contains("outcome is unknown"),
        TaskState::Accepted | TaskState::Queued | TaskState::Running => false,
    };
    assert!(holds, "{} is {:?} ({said:?}), and what ran is {ran:?}", task.id, task.state);
}

pub fn picture(seed: u64) -> Submission {
    Submission::TextToImage(lighthouse(seed, 6))
}

/// Other node classes: a blurred colour, saved.
pub fn blur(color: u64) -> Value {
    json!({
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": color}},
        "2": {"class_type": "ImageBlur", "inputs": {"image": ["1", 0], "blur_radius": 3, "sigma": 1.0}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "blur"}},
    })
}

/// Actions of another user on an engine.
pub async fn post(engine: &Control, path: &str, body: &Value) -> Value {
    let url = format!("http://{}{path}", engine.addr);
    let answer = reqwest::Client::new().post(url).body(body.to_string()).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    serde_json::from_str(&answer.text().await.expect("text")).unwrap_or_default()
}

/// Another user's prompt; returns its id.
pub async fn foreign_prompt(engine: &Control, nodes: Value) -> String {
    let answer = post(engine, "/prompt", &json!({"prompt": nodes, "client_id": "somebody else"})).await;
    answer["prompt_id"].as_str().expect("an id").to_owned()
}

/// An engine that has only these checkpoints.
pub fn with_checkpoint(name: &str) -> Options {
    Options { speed: FAST, checkpoints: vec![name.to_owned()], ..Options::default() }
}
