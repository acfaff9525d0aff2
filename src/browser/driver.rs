//! Drives the connection machine with a gloo-net socket and browser timers.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::Poll,
    time::Duration,
};

use futures::{
    SinkExt, StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    future::{Either, poll_fn, select},
};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use gloo_timers::callback::{Interval, Timeout};
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;
use uuid::{Builder, Uuid};

use super::{
    frames::{Frames, Update},
    is_hidden, monotonic, preferences,
    previews::Previews,
    recorder::Recorder,
    wall_clock,
};
use crate::{
    api,
    live::{Event, Live, ToastKind},
    proto::{
        ids::SessionId,
        link::{Generation, Input, Link, LinkState, Loss, Now, Output},
        preferences::{Preferences, RATES},
        time::Timestamp,
        wire::{ClientMessage, Frame, PROTOCOL, ServerMessage, Topic},
    },
};

/// Cheap to clone; one a page.
#[derive(Clone)]
pub(super) struct Driver(Rc<Inner>);

struct Inner {
    live: Live,
    link: RefCell<Link>,
    session: SessionId,
    wake: Cell<Option<Timeout>>,
    socket: RefCell<Option<(Generation, UnboundedSender<Message>)>>,
    /// Milliseconds to add to the browser's clock to get the server's.
    clock_offset: Cell<f64>,
    frames: Frames,
    previews: Previews,
    preferences: Cell<Preferences>,
    recorder: Recorder,
    /// Somebody asked for live updates, or prefers them: then events of the page may connect.
    wanted: Cell<bool>,
    clock: Cell<Option<Interval>>,
}

/// How often "12 s left" becomes "11 s left".
const CLOCK: u32 = 1_000;

impl Driver {
    pub(super) fn new(live: Live) -> Self {
        let preferences = preferences::load();
        Self(Rc::new(Inner {
            live,
            link: RefCell::new(Link::new(preferences.link_config())),
            session: SessionId(random_uuid()),
            wake: Cell::new(None),
            socket: RefCell::new(None),
            clock_offset: Cell::new(0.0),
            frames: Frames::new(live),
            previews: Previews::new(live),
            preferences: Cell::new(preferences),
            recorder: Recorder::new(live),
            wanted: Cell::new(preferences.auto_connect),
            clock: Cell::new(None),
        }))
    }

    pub(super) fn start(&self) {
        let retry = SendWrapper::new(self.clone());
        self.0.live.on_retry(move || {
            retry.0.wanted.set(true);
            retry.input(Input::RetryNow);
        });
        let preferred = self.0.preferences.get();
        self.prefers(preferred);
        self.0.live.set_preferences(preferred);
        let changed = SendWrapper::new(self.clone());
        self.0.live.on_preferences(move |preferences| changed.prefers(preferences));
        preferences::follow_other_tabs(self.0.live);
        let ticking = self.clone();
        self.0.clock.set(Some(Interval::new(CLOCK, move || ticking.tick())));
        if preferred.auto_connect {
            self.input(Input::Start);
        } else {
            self.show(LinkState::Disconnected);
        }
    }

    /// Keeps what the person prefers, and carries it out.
    fn prefers(&self, preferences: Preferences) {
        let before = self.0.preferences.replace(preferences);
        if !preferences::keep(preferences) {
            let why = "This browser lets pages keep nothing: they hold until this page is closed.";
            self.0.live.toast(ToastKind::Waiting, "Preferences are not kept", why, None);
        }
        preferences::show_theme(preferences);
        self.0.recorder.configure(preferences);
        let pace = if preferences.updates_per_second == RATES[0] { 0 } else { preferences.tick_ms() };
        self.0.frames.set_pace(Duration::from_millis(pace.into()));
        self.0.link.borrow_mut().configure(preferences.link_config());
        if preferences.auto_connect && !before.auto_connect {
            self.0.wanted.set(true);
            self.input(Input::Start);
        }
    }

    /// Whether previews are to be sent, and the milliseconds between two changes of the page: what the server is to be told.
    fn prefer(&self) -> (bool, u16) {
        let preferences = self.0.preferences.get();
        (preferences.previews, preferences.tick_ms())
    }

    /// What happened to the page. It does not connect a page that is not to be connected.
    pub(super) fn page_event(&self, input: Input) {
        if self.0.wanted.get() {
            self.input(input);
        }
    }

    /// Feeds the machine, and carries out what it decides.
    pub(super) fn input(&self, input: Input) {
        self.0.link.borrow_mut().handle(input, Now { at: monotonic(), jitter: js_sys::Math::random() });
        loop {
            let output = self.0.link.borrow_mut().poll_output();
            match output {
                Some(output) => self.carry_out(output),
                None => break,
            }
        }
    }

    fn carry_out(&self, output: Output) {
        match output {
            Output::Connect(generation) => self.connect(generation),
            // Dropping the sender ends the task that holds the socket, which closes it.
            Output::Close(_) => drop(self.0.socket.take()),
            Output::Ping(_) => self.send(&ClientMessage::Ping { t: microseconds() }),
            // Checks are for links that watch for stalls; this one does not (`LinkConfig::browser`).
            Output::Poll | Output::Check => self.poll(),
            Output::State(state) => self.show(state),
            Output::Wake(at, _) => {
                let driver = self.clone();
                let wait = u32::try_from(at.saturating_sub(monotonic()).as_millis()).unwrap_or(u32::MAX).saturating_add(1);
                // The timer before is dropped, which cancels it.
                self.0.wake.set(Some(Timeout::new(wait, move || driver.input(Input::Wake))));
            }
        }
    }

    fn connect(&self, generation: Generation) {
        let Some(url) = socket_url() else { return };
        let (sender, mut outbox) = unbounded();
        self.0.socket.replace(Some((generation, sender)));
        let driver = self.clone();
        spawn_local(async move {
            if let Some(loss) = driver.converse(&url, generation, &mut outbox).await {
                driver.input(Input::Lost(generation, loss));
            }
        });
    }

    /// Opens a socket, says hello, and passes messages both ways until the end. `None` when the end was ours.
    async fn converse(&self, url: &str, generation: Generation, outbox: &mut UnboundedReceiver<Message>) -> Option<Loss> {
        let Ok(mut socket) = WebSocket::open(url) else { return Some(Loss::Dropped) };
        match opened(&mut socket, outbox).await {
            Opening::Open if socket.send(self.hello()).await.is_ok() => {}
            Opening::Open => return Some(why_closed(socket).await),
            Opening::Lost(Some(WebSocketError::ConnectionClose(event))) => return Some(Loss::closed(event.code, &event.reason)),
            Opening::Lost(_) => return Some(why_closed(socket).await),
            Opening::LetGo => return None,
        }
        loop {
            match select(socket.next(), outbox.next()).await {
                Either::Left((Some(Ok(message)), _)) => self.receive(generation, message),
                Either::Left((Some(Err(WebSocketError::ConnectionClose(event))), _)) => {
                    return Some(Loss::closed(event.code, &event.reason));
                }
                Either::Left((Some(Err(_)) | None, _)) => return Some(why_closed(socket).await),
                Either::Right((Some(message), _)) => {
                    if !matches!(socket.state(), State::Open) || socket.send(message).await.is_err() {
                        return Some(why_closed(socket).await);
                    }
                }
                // The machine let go of it.
                Either::Right((None, _)) => {
                    let _ = socket.close(None, None);
                    return None;
                }
            }
        }
    }

    fn hello(&self) -> Message {
        let hello = ClientMessage::Hello {
            protocol: PROTOCOL,
            session: self.0.session,
            resume: Some(self.0.live.resume()),
            topics: vec![Topic::All],
        };
        let text = serde_json::to_string(&hello).unwrap_or_default();
        self.0.recorder.add(|| Event::sent(&hello, text.len()));
        Message::Text(text)
    }

    fn send(&self, message: &ClientMessage) {
        if let Some((_, outbox)) = &*self.0.socket.borrow()
            && let Ok(text) = serde_json::to_string(message)
        {
            self.0.recorder.add(|| Event::sent(message, text.len()));
            // A closed socket is told by its reader.
            let _ = outbox.unbounded_send(Message::Text(text));
        }
    }

    fn receive(&self, generation: Generation, message: Message) {
        if self.0.socket.borrow().as_ref().is_none_or(|(current, _)| *current != generation) {
            return;
        }
        self.input(Input::Received(generation));
        self.0.live.heard(self.server_now());
        let Message::Bytes(bytes) = message else { return };
        let frame = Frame::decode(&bytes);
        self.0.recorder.add(|| Event::received(frame.as_ref().ok(), bytes.len()));
        match frame {
            // One that was under way when they were switched off.
            Ok(Frame::Preview(_)) if !self.prefer().0 => {}
            Ok(Frame::Preview(frame)) => self.0.previews.show(frame.task, frame.image),
            // Only now is somebody there: a proxy may accept a socket for a server that is away.
            Ok(Frame::Message(ServerMessage::Welcome { now, .. })) => {
                self.set_clock(now);
                self.input(Input::Opened(generation));
            }
            Ok(Frame::Message(ServerMessage::Pong { t, now })) => {
                self.0.live.add_round_trip(u32::try_from(microseconds().saturating_sub(t)).unwrap_or(u32::MAX));
                self.set_clock(now);
                self.input(Input::Pong(generation));
            }
            Ok(Frame::Message(ServerMessage::Done { .. })) => {}
            Ok(Frame::Message(ServerMessage::Snapshot { snapshot })) => self.take(Update::Snapshot(snapshot)),
            Ok(Frame::Changes(changes)) => self.take(Update::Changes(changes)),
            Err(_) => leptos::logging::warn!("a message was not understood"),
        }
    }

    fn take(&self, update: Update) {
        self.0.frames.take(update);
        let busy = self.0.live.is_busy();
        self.input(Input::Expecting(busy));
    }

    fn poll(&self) {
        let driver = self.clone();
        self.0.recorder.add(Event::poll);
        spawn_local(async move {
            let answer = api::fetch_snapshot().await;
            driver.0.recorder.add(|| Event::polled(answer.as_ref().ok().map(|snapshot| snapshot.tasks.len())));
            // Not reached: the machine goes on trying, and the page says since when it is out of date.
            if let Ok(snapshot) = answer {
                driver.set_clock(snapshot.now);
                driver.0.live.heard(snapshot.now);
                driver.0.live.replace(snapshot);
                driver.input(Input::Expecting(driver.0.live.is_busy()));
            }
        });
    }

    fn show(&self, state: LinkState) {
        self.0.recorder.add(|| Event::state(&state));
        let at = match &state {
            LinkState::Reconnecting { at, .. } | LinkState::Suspended { at } => Some(*at),
            LinkState::Polling { probe_at } => Some(*probe_at),
            _ => None,
        };
        let wait: Option<Duration> = at.map(|at| at.saturating_sub(monotonic()));
        self.0.live.set_connection(state, self.server_now(), wait);
    }

    fn tick(&self) {
        if !is_hidden() {
            self.0.live.set_now(self.server_now());
        }
        self.0.previews.release_stale();
    }

    fn set_clock(&self, server: Timestamp) {
        self.0.clock_offset.set(server.0 as f64 - js_sys::Date::now());
        self.0.live.set_now(server);
    }

    fn server_now(&self) -> Timestamp {
        Timestamp((wall_clock().0 as f64 + self.0.clock_offset.get()) as u64)
    }
}

enum Opening {
    Open,
    Lost(Option<WebSocketError>),
    LetGo,
}

/// Waits for whatever comes first: the socket is open, it is lost before it was, or the machine has let go of it.
async fn opened(socket: &mut WebSocket, outbox: &mut UnboundedReceiver<Message>) -> Opening {
    poll_fn(|context| {
        if let Poll::Ready(None) = outbox.poll_next_unpin(context) {
            return Poll::Ready(Opening::LetGo);
        }
        match socket.poll_next_unpin(context) {
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Opening::Lost(Some(error))),
            Poll::Ready(None) => return Poll::Ready(Opening::Lost(None)),
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        // Also ready when it could not be opened: the state tells.
        socket.poll_ready_unpin(context).map(|ready| match (ready, socket.state()) {
            (Ok(()), State::Open) => Opening::Open,
            (ready, _) => Opening::Lost(ready.err()),
        })
    })
    .await
}

/// The close frame comes after the error, if it comes at all.
async fn why_closed(mut socket: WebSocket) -> Loss {
    while let Some(message) = socket.next().await {
        if let Err(WebSocketError::ConnectionClose(event)) = message {
            return Loss::closed(event.code, &event.reason);
        }
    }
    Loss::Dropped
}

fn microseconds() -> u64 {
    u64::try_from(monotonic().as_micros()).unwrap_or(u64::MAX)
}

fn socket_url() -> Option<String> {
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/ws", location.host().ok()?))
}

fn random_uuid() -> Uuid {
    let bytes = std::array::from_fn(|_| (js_sys::Math::random() * 256.0) as u8);
    Builder::from_random_bytes(bytes).into_uuid()
}
