//! A page without a browser: speaks the live protocol and updates its state with the same reducer.

use std::{net::SocketAddr, time::Duration};

use darkroom::proto::{
    ids::{SessionId, TaskId},
    production::ProjectId,
    task::{Backend, BackendState, Change, Snapshot, Task, TaskState},
    wire::{ClientMessage, Frame, PROTOCOL, Prefer, Resume, ServerMessage, Topic},
};
use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use uuid::Uuid;

pub struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub state: Snapshot,
    /// Sequence numbers of the received changes.
    pub seqs: Vec<u64>,
    pub snapshots: usize,
    /// Received frames with changes.
    pub frames: usize,
    /// Every reported end of a task.
    pub ends: Vec<(TaskId, TaskState)>,
    pub previews: Vec<(TaskId, usize)>,
    /// Events of projects with their numbers; `Null`: everything is to be read anew.
    pub project_events: Vec<(ProjectId, u64, Value)>,
}

/// Timeout, so that a hang fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

impl Page {
    pub async fn open(addr: SocketAddr) -> Self {
        Self::resume(addr, None, Snapshot::default()).await
    }

    pub async fn resume(addr: SocketAddr, resume: Option<Resume>, state: Snapshot) -> Self {
        let mut page = Self::dial(addr).await;
        page.state = state;
        page.send(&ClientMessage::Hello {
            protocol: PROTOCOL,
            session: SessionId(Uuid::nil()),
            resume,
            topics: vec![Topic::All],
            prefer: Prefer::default(),
        })
        .await;
        let Some(ServerMessage::Welcome { .. }) = page.receive().await else { panic!("no welcome") };
        page
    }

    /// Connects without sending anything.
    pub async fn dial(addr: SocketAddr) -> Self {
        let (socket, _) = connect_async(format!("ws://{addr}/ws")).await.expect("a socket");
        Self {
            socket,
            state: Snapshot::default(),
            seqs: Vec::new(),
            snapshots: 0,
            frames: 0,
            ends: Vec::new(),
            previews: Vec::new(),
            project_events: Vec::new(),
        }
    }

    pub async fn send(&mut self, message: &ClientMessage) {
        self.send_text(&serde_json::to_string(message).expect("JSON")).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("sent");
    }

    /// Applies messages up to the first that is not a preview or change; returns `None` for a frame of changes, and for an event of a project.
    pub async fn receive(&mut self) -> Option<ServerMessage> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.expect("a message in time").expect("open").expect("a message");
            let Message::Binary(bytes) = message else { continue };
            match Frame::decode(&bytes).expect("of the protocol") {
                Frame::Preview(frame) => self.previews.push((frame.task, frame.image.len())),
                Frame::Changes(changes) => {
                    self.frames += 1;
                    for change in changes {
                        self.seqs.push(change.seq.0);
                        if let Change::TaskEnded { task, state, .. } = change.change {
                            self.ends.push((task, state));
                        }
                        self.state.apply(&change);
                    }
                    return None;
                }
                Frame::Project(event) => {
                    let json = serde_json::from_slice(event.json).unwrap_or_default();
                    self.project_events.push((event.project, event.number, json));
                    return None;
                }
                Frame::Message(message) => {
                    if let ServerMessage::Snapshot { snapshot } = &message {
                        self.snapshots += 1;
                        self.state = (**snapshot).clone();
                    }
                    return Some(message);
                }
            }
        }
    }

    /// Waits for the next event of a project.
    pub async fn next_event(&mut self) -> (ProjectId, u64, Value) {
        let known = self.project_events.len();
        let hearing = async {
            while self.project_events.len() == known {
                self.receive().await;
            }
        };
        timeout(2 * PATIENCE, hearing).await.expect("it is told");
        self.project_events[known].clone()
    }

    /// The close code that the server sends.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("an end in time") {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("no close frame: {other:?}"),
            }
        }
    }

    pub async fn until(&mut self, mut holds: impl FnMut(&Snapshot) -> bool) {
        let hearing = async {
            while !holds(&self.state) {
                self.receive().await;
            }
        };
        // Some tests produce endless changes.
        timeout(2 * PATIENCE, hearing).await.expect("it comes to pass");
    }

    pub async fn until_connected(&mut self) {
        let is_up = |backend: &Backend| backend.state == BackendState::Connected && backend.version.is_some();
        // A page knows no tasks before its first snapshot.
        self.until(|state| !state.backends.is_empty() && state.backends.iter().all(is_up)).await;
    }

    pub async fn until_state(&mut self, id: TaskId, wanted: TaskState) -> Task {
        self.until(|state| state.task(id).is_some_and(|task| task.state == wanted)).await;
        self.state.task(id).cloned().expect("known")
    }

    /// Waits until the task is over, in any final state.
    pub async fn until_ended(&mut self, id: TaskId) -> Task {
        self.until(|state| state.task(id).is_some_and(|task| task.state.is_final())).await;
        self.state.task(id).cloned().expect("known")
    }

    /// Waits until some node is at step `step`.
    pub async fn until_step(&mut self, id: TaskId, step: u32) {
        self.until(|state| state.task(id).is_some_and(|task| task.nodes.iter().any(|node| node.value >= step))).await;
    }
}
