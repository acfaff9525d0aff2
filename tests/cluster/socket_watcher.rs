//! A page without a browser that does not give up: it resumes where it was, and keeps its state with the same reducer.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use darkroom::proto::{
    ids::SessionId,
    task::{Change, Numbered, Snapshot, TaskState},
    wire::{ClientMessage, Frame, PROTOCOL, Prefer, Resume, ServerMessage, Topic},
};
use futures::{SinkExt, StreamExt};
use rand::Rng;
use tokio::{
    net::TcpStream,
    time::{Instant, interval, sleep, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use uuid::Uuid;

use crate::witness::Witness;

/// Between two pings, and how long the answer may take: a process that is stopped says nothing, and closes nothing.
const PING: Duration = Duration::from_secs(1);
const SILENCE: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Default)]
pub struct Watched {
    pub state: Snapshot,
    pub witness: Witness,
    /// Since when it has no connection.
    lost: Option<Instant>,
    pub longest_away: Duration,
}

pub struct SocketWatcher {
    balancer: SocketAddr,
    pub watched: Arc<Mutex<Watched>>,
}

impl SocketWatcher {
    pub fn new(balancer: SocketAddr) -> Self {
        Self { balancer, watched: Arc::default() }
    }

    /// Until it is dropped.
    pub async fn watch(self) {
        loop {
            if let Ok(Ok((socket, _))) = timeout(SILENCE, connect_async(format!("ws://{}/ws", self.balancer))).await {
                self.watched.lock().expect("lock").witness.connections += 1;
                let _closed = self.listen(socket).await;
                self.watched.lock().expect("lock").lost.get_or_insert_with(Instant::now);
            }
            let pause = rand::rng().random_range(50..500);
            sleep(Duration::from_millis(pause)).await;
        }
    }

    /// Until the connection is of no use any more.
    async fn listen(&self, mut socket: Socket) -> Option<()> {
        let resume = {
            let Watched { state, witness, .. } = &*self.watched.lock().expect("lock");
            // Nothing is known before the first snapshot.
            (witness.resyncs > 0).then_some(Resume { epoch: state.epoch, seq: state.seq })
        };
        let (protocol, session, topics) = (PROTOCOL, SessionId(Uuid::nil()), vec![Topic::All]);
        send(&mut socket, &ClientMessage::Hello { protocol, session, resume, topics, prefer: Prefer::default() }).await?;
        let mut pings = interval(PING);
        let mut heard = Instant::now();
        let mut is_welcome = false;
        while heard.elapsed() < SILENCE {
            tokio::select! {
                _ = pings.tick() => send(&mut socket, &ClientMessage::Ping { t: 1 }).await?,
                message = socket.next() => {
                    heard = Instant::now();
                    match message?.ok()? {
                        Message::Binary(bytes) => self.hear(&bytes, &mut is_welcome),
                        Message::Close(_) => return None,
                        _ => {}
                    }
                }
            }
        }
        Some(())
    }

    fn hear(&self, bytes: &[u8], is_welcome: &mut bool) {
        let Watched { state, witness, lost, longest_away } = &mut *self.watched.lock().expect("lock");
        if let Some(lost) = lost.take() {
            *longest_away = (*longest_away).max(lost.elapsed());
        }
        match Frame::decode(bytes) {
            Ok(Frame::Changes(changes)) => {
                if !*is_welcome {
                    witness.complaints.push("changes before the welcome, or of another epoch than what is known".to_owned());
                    witness.backwards += 1;
                }
                changes.iter().for_each(|change| apply(state, witness, change));
            }
            Ok(Frame::Message(ServerMessage::Welcome { epoch, .. })) => *is_welcome = epoch == state.epoch,
            Ok(Frame::Message(ServerMessage::Snapshot { snapshot })) => {
                *is_welcome = true;
                witness.starts_over_at((snapshot.epoch.0, snapshot.seq.0, 0));
                snapshot.tasks.iter().for_each(|task| witness.sees(task.id, task.state));
                *state = *snapshot;
            }
            Ok(_) => {}
            Err(error) => witness.complaints.push(format!("a frame that is not of the protocol: {error:?}")),
        }
    }
}

fn apply(state: &mut Snapshot, witness: &mut Witness, numbered: &Numbered) {
    witness.moves_to((state.epoch.0, numbered.seq.0, 0));
    match &numbered.change {
        Change::TaskEnded { task, state, .. } => witness.is_told_end(*task, *state),
        Change::TaskStarted { task, .. } => witness.sees(*task, TaskState::Running),
        Change::TaskQueued { task, .. } => witness.sees(*task, TaskState::Queued),
        Change::TaskRestarted { task, .. } | Change::TaskRecalled { task } => witness.sees(*task, TaskState::Accepted),
        Change::TaskAdded(task) => witness.sees(task.id, task.state),
        _ => {}
    }
    state.apply(numbered);
}

async fn send(socket: &mut Socket, message: &ClientMessage) -> Option<()> {
    let text = serde_json::to_string(message).expect("JSON");
    timeout(SILENCE, socket.send(Message::text(text))).await.ok()?.ok()
}
