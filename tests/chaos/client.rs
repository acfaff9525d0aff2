//! Darkroom as a caller sees it who does not give up: every question is asked again until it is answered.

use std::{net::SocketAddr, time::Duration};

use darkroom::proto::{
    ids::{CommandId, Epoch, Resume, Seq, TaskId},
    outbox::{Answer, Order},
    recipe::TextToImage,
    submit::Submission,
    task::{OutputContent, Snapshot, Task},
    wire::News,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use tokio::time::sleep;

use crate::support::darkroom_server::lighthouse;

const PATIENCE: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(100);

/// The node that sends its picture over the socket, and the name of the tasks that have one.
const SOCKET_NODE: &str = "4";
const SOCKET_NAME: &str = "blur and send";

#[derive(Clone)]
pub struct Caller {
    addr: SocketAddr,
    http: reqwest::Client,
}

impl Caller {
    pub fn new(addr: SocketAddr) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        Self { addr, http }
    }

    /// Hands in until it is accepted, always with the same id: an answer may be lost, the submission not doubled.
    pub async fn submit(&self, submission: Submission, id: CommandId) -> TaskId {
        let order = Order::Submit(submission);
        loop {
            match self.ask("order", &(id, &order)).await {
                Some(Answer::Done { task: Some(task) }) => return task,
                // No ComfyUI can be reached at the moment: nothing has been accepted.
                Some(answer) => tracing::debug!(?answer, "refused for now"),
                None => {}
            }
            sleep(AGAIN).await;
        }
    }

    pub async fn snapshot(&self) -> Option<Snapshot> {
        match self.ask("news", &Resume { epoch: Epoch(0), seq: Seq(0) }).await? {
            News::Snapshot(snapshot) => Some(*snapshot),
            News::Changes { .. } => None,
        }
    }

    pub async fn task(&self, id: TaskId) -> Option<Task> {
        for _ in 0..50 {
            if let Some(answer) = self.ask::<Option<Task>>("task", &id).await {
                return answer;
            }
            sleep(AGAIN).await;
        }
        panic!("Darkroom does not answer");
    }

    /// Whether every picture of the task can be fetched, and there is one.
    pub async fn has_picture(&self, task: &Task) -> bool {
        let mut found = false;
        for picture in task.pictures() {
            let url = format!("http://{}/tasks/{}/outputs/{}", self.addr, task.id, picture.id);
            let Ok(answer) = self.http.get(url).send().await else { return false };
            let whole = answer.status().is_success() && answer.bytes().await.is_ok_and(|bytes| bytes.starts_with(b"\x89PNG"));
            if !whole {
                return false;
            }
            found = true;
        }
        found
    }

    /// How many of the task's outputs are gone: files that cannot be fetched, and a picture of [`SOCKET_NODE`] that is neither a file nor
    /// named as lost. (ComfyUI sends it once, so it is lost with a Darkroom that is killed at that moment; but never without a note.)
    pub async fn lost_outputs(&self, task: &Task) -> usize {
        let mut lost = usize::from(task.name.starts_with(SOCKET_NAME) && socket_result(task).is_none());
        for output in task.outputs.iter().filter(|output| matches!(output.content, OutputContent::File { .. })) {
            let url = format!("http://{}/tasks/{}/outputs/{}", self.addr, task.id, output.id);
            let whole = match self.http.get(url).send().await {
                Ok(answer) if answer.status().is_success() => answer.bytes().await.is_ok_and(|bytes| !bytes.is_empty()),
                _ => false,
            };
            lost += usize::from(!whole);
        }
        lost
    }

    /// A server function, as the page calls it; `None` when there is no (good) answer.
    async fn ask<T: DeserializeOwned>(&self, name: &str, arguments: &impl Serialize) -> Option<T> {
        let body = postcard::to_allocvec(arguments).expect("encodes");
        let request = self.http.post(format!("http://{}/api/fn/{name}", self.addr)).header("content-type", "application/x-postcard");
        let answer = request.body(body).send().await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        postcard::from_bytes(&answer.bytes().await.ok()?).ok()
    }
}

/// What became of the picture that the task's node sent over the socket: `true`, it is there; `false`, it is named as lost.
pub fn socket_result(task: &Task) -> Option<bool> {
    let output = task.outputs.iter().find(|output| output.node.as_str() == SOCKET_NODE)?;
    Some(matches!(output.content, OutputContent::File { .. }))
}

/// Light work of three kinds; `number` makes it unlike all other, so that nothing is cached.
pub fn submission(number: u64) -> Submission {
    if number.is_multiple_of(2) {
        return Submission::TextToImage(TextToImage { prompt: format!("a lighthouse, number {number}"), ..lighthouse(number, 8) });
    }
    let mut nodes = json!({
        "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": number}},
        "2": {"class_type": "ImageBlur", "inputs": {"image": ["1", 0], "blur_radius": 3, "sigma": 1.0}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "chaos"}},
    });
    let sends_over_socket = number % 4 == 1;
    if sends_over_socket {
        nodes[SOCKET_NODE] = json!({"class_type": "SaveImageWebsocket", "inputs": {"images": ["1", 0]}});
    }
    let name = if sends_over_socket { SOCKET_NAME } else { "blur" };
    Submission::Workflow { name: format!("{name} {number}"), json: nodes.to_string() }
}
