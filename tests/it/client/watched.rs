//! A run watched by a test.

use std::{net::SocketAddr, time::Duration};

use darkroom::{
    client::{ClientError, Connection, Options, Outcome, Progress, Running, execute_workflow},
    proto::{comfy::Workflow, link::LinkConfig},
};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
    time::timeout,
};

use crate::support::{darkroom_server::lighthouse, link::brisk_link};

/// No delays in the engine: tests hold it where needed.
pub const FAST: f64 = 1e9;
/// Timeout, so that a hang fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub fn direct(addr: SocketAddr) -> Options {
    Options::comfyui(&format!("http://{addr}")).unwrap().link(brisk_link()).lags(ms(1_000), ms(300))
}

pub fn through(addr: SocketAddr) -> Options {
    Options::darkroom(&format!("http://{addr}")).unwrap().link(LinkConfig { stall_after: None, ..brisk_link() })
}

pub struct Watched {
    job: JoinHandle<Result<Outcome, ClientError>>,
    progress: UnboundedReceiver<Progress>,
    pub seen: Vec<Progress>,
}

pub fn run(workflow: Workflow, options: Options) -> Watched {
    let (tell, progress) = unbounded_channel();
    let job = tokio::spawn(execute_workflow(workflow, options, move |progress| drop(tell.send(progress))));
    Watched { job, progress, seen: Vec::new() }
}

impl Watched {
    /// Waits for a progress event that matches.
    pub async fn until(&mut self, wanted: impl Fn(&Progress) -> bool) {
        loop {
            let event = timeout(PATIENCE, self.progress.recv()).await.expect("an event in time");
            let Some(event) = event else { panic!("it ended before, after {:#?}", self.seen) };
            let found = wanted(&event);
            self.seen.push(event);
            if found {
                return;
            }
        }
    }

    /// Waits until that step is reported, or returns if it was.
    pub async fn until_step(&mut self, step: u32) {
        let is_there = |event: &Progress| matches!(event, Progress::Running(Running { node: Some(node), .. }) if node.value >= step);
        if !self.seen.iter().any(is_there) {
            self.until(is_there).await;
        }
    }

    pub async fn until_connection(&mut self, wanted: impl Fn(&Connection) -> bool) {
        self.until(|event| matches!(event, Progress::Connection(how) if wanted(how))).await;
    }

    /// The run's result, with all progress events.
    pub async fn end(mut self) -> (Result<Outcome, ClientError>, Vec<Progress>) {
        let ended = timeout(PATIENCE, self.job).await.expect("an end in time").expect("no panic");
        while let Some(event) = self.progress.recv().await {
            self.seen.push(event);
        }
        (ended, self.seen)
    }

    /// The run succeeded, with one valid picture.
    pub async fn completed(self) -> Vec<Progress> {
        let (ended, seen) = self.end().await;
        let outcome = ended.unwrap_or_else(|error| panic!("{error:?} after {seen:#?}"));
        let pictures: Vec<_> = outcome.kept().collect();
        assert_eq!(pictures.len(), 1, "{:?}", outcome.outputs);
        assert_eq!(image::load_from_memory(&pictures[0].bytes().await.unwrap()).unwrap().width(), 64);
        seen
    }

    pub async fn failed(self) -> ClientError {
        let (ended, seen) = self.end().await;
        ended.map(|outcome| panic!("{outcome:?} after {seen:#?}")).unwrap_err()
    }
}

pub fn says(seen: &[Progress], wanted: impl Fn(&Connection) -> bool) -> bool {
    seen.iter().any(|event| matches!(event, Progress::Connection(how) if wanted(how)))
}

pub fn polls(how: &Connection) -> bool {
    matches!(how, Connection::Polling { .. })
}

/// A picture in six steps; `seed` makes it unique, so that nothing is cached.
pub fn picture(seed: u64) -> Workflow {
    lighthouse(seed, 6).workflow()
}

pub fn nodes(nodes: Value) -> Workflow {
    Workflow::from_value(nodes).unwrap()
}

/// Fails at its second node.
pub fn failing() -> Value {
    json!({
        "1": {"class_type": "StubConstantImage", "inputs": {"value": 0.5, "height": 16, "width": 16, "batch_size": 1}},
        "3": {"class_type": "TestSyncError", "inputs": {"value": ["1", 0]}, "_meta": {"title": "The bad one"}},
        "4": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    })
}

/// Loads a picture and saves it.
pub fn loading() -> Value {
    json!({
        "1": {"class_type": "LoadImage", "inputs": {"image": "nothing.png"}, "_meta": {"title": "Load Image"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "loaded"}},
    })
}

/// A picture file with that width.
pub fn png(folder: &std::path::Path, name: &str, width: u32) -> std::path::PathBuf {
    let path = folder.join(name);
    image::RgbImage::from_pixel(width, 8, image::Rgb([9, 8, 7])).save(&path).unwrap();
    path
}
