//! `/ws/story`: the connection of a client that speaks the dialect of STORY-009.

use std::{collections::BTreeMap, time::Instant};

use axum::{
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::request::Parts,
    response::Response,
};
use bytes::Bytes;
use futures::future::OptionFuture;
use proto::{
    limits,
    production::{Moment, ProjectId},
    wire::{ProjectFrame, ProjectPlace, close},
};
use tokio::time::{self, MissedTickBehavior};

use super::{CloseReason, Disconnect, RATE, accepted, close_socket, projects::FollowedProjects, refuse, session_end};
use crate::{
    access::Caller,
    clock::now,
    production::EncodedEvent,
    routes::router_state::RouterState,
    store::StorySession,
    story::{StoryGeneration, StoryMessage, StoryMessageError, StoryReply, StorySessions},
    token_bucket::TokenBucket,
};

pub(in crate::routes) async fn upgrade(upgrade: WebSocketUpgrade, State(shared): State<RouterState>, parts: Parts) -> Response {
    let (upgrade, caller, room) = match accepted(upgrade, &shared, &parts) {
        Ok(accepted) => accepted,
        Err(response) => return *response,
    };
    upgrade.on_upgrade(move |socket| {
        Box::pin(async move {
            connection(socket, shared, caller).await;
            drop(room);
        })
    })
}

async fn connection(mut socket: WebSocket, shared: RouterState, caller: Caller) {
    let mut client = StoryClient::new(&shared);
    let end = tokio::select! {
        end = client.serve(&mut socket) => end,
        end = session_end(&shared, caller) => end,
    };
    // Before the close frame is sent: who sees that may be back at once.
    client.keep().await;
    if let Disconnect::Close(leave) = end {
        close_socket(&mut socket, leave).await;
    }
}

/// A client, and what is known of it.
struct StoryClient {
    sessions: StorySessions,
    generation: StoryGeneration,
    followed: FollowedProjects,
    /// `None`: it has not said.
    session: Option<String>,
    /// The last event of each followed project that was sent.
    sent: BTreeMap<ProjectId, Option<u64>>,
    /// The last that has arrived.
    arrived: BTreeMap<ProjectId, Option<u64>>,
    /// A ping on the way: its number, and what was sent before it.
    asked: Option<(u64, BTreeMap<ProjectId, Option<u64>>)>,
    pings: u64,
    /// `arrived` is not kept yet.
    is_changed: bool,
}

impl StoryClient {
    fn new(shared: &RouterState) -> Self {
        let productions = shared.state.productions();
        Self {
            sessions: shared.state.story_sessions().clone(),
            generation: StoryGeneration::new(productions.clone()),
            followed: FollowedProjects::new(productions.clone()),
            session: None,
            sent: BTreeMap::new(),
            arrived: BTreeMap::new(),
            asked: None,
            pings: 0,
            is_changed: false,
        }
    }

    async fn serve(&mut self, socket: &mut WebSocket) -> Disconnect {
        let mut messages = TokenBucket::new(RATE, Instant::now());
        let [mut heartbeat, mut ask, mut keep] = [limits::STORY_HEARTBEAT, limits::STORY_ASK, limits::STORY_KEEP].map(|period| {
            let mut interval = time::interval_at(time::Instant::now() + period, period);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        });
        loop {
            let step = tokio::select! {
                event = self.followed.next() => self.send_event(socket, event).await,
                message = socket.recv() => match message {
                    Some(Ok(_)) if !messages.acquire(RATE, Instant::now()) => Err(Disconnect::Close(CloseReason(close::TOO_MANY, "This client sent too many messages."))),
                    Some(Ok(message)) => Box::pin(self.receive(socket, message)).await,
                    Some(Err(error)) => Err(refuse(error)),
                    None => Err(Disconnect::PeerGone),
                },
                _ = heartbeat.tick() => reply(socket, &StoryReply::Heartbeat).await,
                Some(_) = OptionFuture::from((self.sent != self.arrived && self.asked.is_none()).then(|| ask.tick())) => self.ask(socket).await,
                Some(_) = OptionFuture::from(self.is_changed.then(|| keep.tick())) => {
                    self.keep().await;
                    Ok(())
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn send_event(&mut self, socket: &mut WebSocket, EncodedEvent { number, frame }: EncodedEvent) -> Result<(), Disconnect> {
        let Some(ProjectFrame { project, json, .. }) = ProjectFrame::decode(&frame) else { return Ok(()) };
        match std::str::from_utf8(json) {
            Ok("") | Err(_) => reply(socket, &StoryReply::ProjectReset { project_id: project, number }).await?,
            Ok(json) => socket.send(Message::text(json)).await?,
        }
        if number > 0 {
            self.sent.insert(project, Some(number));
        }
        Ok(())
    }

    /// Asks what has arrived: the answer comes after all that was sent before.
    async fn ask(&mut self, socket: &mut WebSocket) -> Result<(), Disconnect> {
        self.pings += 1;
        self.asked = Some((self.pings, self.sent.clone()));
        Ok(socket.send(Message::Ping(Bytes::copy_from_slice(&self.pings.to_be_bytes()))).await?)
    }

    fn has_arrived(&mut self, payload: &[u8]) {
        let Some((number, sent)) = self.asked.take() else { return };
        if payload != number.to_be_bytes() {
            self.asked = Some((number, sent));
            return;
        }
        // What is not followed any more is forgotten.
        for (project, at) in sent.into_iter().filter(|(project, _)| self.sent.contains_key(project)) {
            self.arrived.insert(project, at);
        }
        self.is_changed = true;
    }

    async fn keep(&mut self) {
        let Some(id) = self.session.as_ref().filter(|_| self.is_changed) else { return };
        let session = StorySession { places: self.arrived.clone() };
        match self.sessions.keep(id, session).await {
            Ok(()) => self.is_changed = false,
            Err(error) => tracing::warn!(%error, "the session of a client is not kept"),
        }
    }

    async fn receive(&mut self, socket: &mut WebSocket, message: Message) -> Result<(), Disconnect> {
        let text = match message {
            Message::Text(text) => text,
            Message::Pong(payload) => {
                self.has_arrived(&payload);
                return Ok(());
            }
            Message::Ping(_) => return Ok(()),
            Message::Binary(_) => return error(socket, "Binary messages are not understood.").await,
            Message::Close(_) => return Err(Disconnect::PeerGone),
        };
        match StoryMessage::read(&text) {
            Ok(message) => self.carry_out(socket, message).await,
            Err(why) => error(socket, why).await,
        }
    }

    async fn carry_out(&mut self, socket: &mut WebSocket, message: StoryMessage) -> Result<(), Disconnect> {
        match message {
            StoryMessage::Ping => reply(socket, &StoryReply::Heartbeat).await,
            StoryMessage::SessionInit { session_id, .. } => self.begin(socket, session_id).await,
            StoryMessage::Subscribe { project_id } => match project(&project_id) {
                Ok(project) => self.subscribe(socket, project, None).await,
                Err(why) => error(socket, why).await,
            },
            StoryMessage::Unsubscribe { project_id } => match project(&project_id) {
                Ok(project) => {
                    self.followed.unfollow(project);
                    self.sent.remove(&project);
                    self.is_changed |= self.arrived.remove(&project).is_some();
                    Ok(())
                }
                Err(why) => error(socket, why).await,
            },
            StoryMessage::StartGeneration(start) => {
                let (node_id, followed) = (start.node_id.clone(), self.followed_projects());
                let session = self.session.clone().unwrap_or_default();
                match self.generation.start(&session, *start, &followed).await {
                    // Its events tell.
                    Ok(()) => Ok(()),
                    Err(why) => not_made(socket, node_id, why).await,
                }
            }
            StoryMessage::CancelGeneration { node_id, project_id } => {
                match self.generation.cancel(&node_id, project_id.as_deref(), &self.followed_projects()).await {
                    Ok(()) => Ok(()),
                    Err(why) => error(socket, why).await,
                }
            }
        }
    }

    fn followed_projects(&self) -> Vec<ProjectId> {
        self.sent.keys().copied().collect()
    }

    /// Begins a session, or goes on with one: its projects are followed from where it was.
    async fn begin(&mut self, socket: &mut WebSocket, session_id: String) -> Result<(), Disconnect> {
        if !StorySessions::is_id(&session_id) {
            return error(socket, "The id of a session has 1 to 200 visible ASCII characters.").await;
        }
        let known = match self.sessions.find(&session_id).await {
            Ok(known) => known,
            Err(why) => return error(socket, why).await,
        };
        self.session = Some(session_id.clone());
        self.is_changed = true;
        let Some(StorySession { places }) = known else {
            return reply(socket, &StoryReply::SessionInit { session_id, reconnect: false }).await;
        };
        let subscriptions: Vec<ProjectId> = places.keys().copied().collect();
        reply(socket, &StoryReply::SessionRestored { session_id, reconnect: true, subscriptions }).await?;
        for (project, known) in places {
            if !self.followed.follows(project) {
                self.subscribe(socket, project, known).await?;
            }
        }
        Ok(())
    }

    /// A project that is followed already is not followed anew: so nothing is told twice.
    async fn subscribe(&mut self, socket: &mut WebSocket, project: ProjectId, known: Option<u64>) -> Result<(), Disconnect> {
        if self.followed.follows(project) {
            return Ok(());
        }
        let at = match self.sessions.place(project, known).await {
            Ok(at) => at,
            Err(why) => return error(socket, why).await,
        };
        if self.followed.follow(ProjectPlace { project, known: Some(at) }).is_err() {
            return error(socket, format!("A client follows at most {} projects.", limits::FOLLOWED_PROJECTS)).await;
        }
        self.sent.insert(project, Some(at));
        self.arrived.insert(project, Some(at));
        self.is_changed = true;
        // It is kept at once: who is away a moment later has followed it.
        self.keep().await;
        Ok(())
    }
}

fn project(text: &str) -> Result<ProjectId, StoryMessageError> {
    text.parse().map_err(|_| StoryMessageError::NoProject(text.to_owned()))
}

async fn reply(socket: &mut WebSocket, reply: &StoryReply) -> Result<(), Disconnect> {
    Ok(socket.send(Message::text(reply.to_json(Moment(now())))).await?)
}

async fn error(socket: &mut WebSocket, why: impl ToString) -> Result<(), Disconnect> {
    reply(socket, &StoryReply::Error { error: why.to_string() }).await
}

async fn not_made(socket: &mut WebSocket, node_id: String, why: impl ToString) -> Result<(), Disconnect> {
    let (error, message) = (why.to_string(), "Generation failed".to_owned());
    reply(socket, &StoryReply::GenerationError { node_id, task_id: String::new(), error, message }).await
}
