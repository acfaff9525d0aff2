//! Drives the connection machine with a gloo-net socket and browser timers.

mod hidden;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use futures::{
    SinkExt, StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    future::{Either, select},
};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use gloo_timers::callback::{Interval, Timeout};
use leptos::{prelude::ServerFnError, task::spawn_local};
use send_wrapper::SendWrapper;

use self::hidden::Hidden;
use super::{
    frames::{Frames, Update},
    is_hidden, monotonic,
    orders::Orders,
    preferences,
    previews::Previews,
    recorder::Recorder,
    session::Session,
    socket::{self, Opening},
    wall_clock,
};
use crate::{
    api,
    live::{Answered, Live, Recorded, ToastKind},
};
use proto::{
    link::{Generation, Input, Link, LinkState, Loss, Now, Output},
    preferences::{Preferences, RATES},
    time::Timestamp,
    wire::{ClientMessage, Frame, News, PROTOCOL, ServerMessage, Topic, close},
};

/// Cheap to clone; one a page.
#[derive(Clone)]
pub(super) struct Driver(Rc<Inner>);

struct Inner {
    live: Live,
    link: RefCell<Link>,
    session: Session,
    /// Of the front end that this page was loaded with.
    build: String,
    wake: Cell<Option<Timeout>>,
    socket: RefCell<Option<(Generation, UnboundedSender<Message>)>>,
    /// Milliseconds to add to the browser's clock to get the server's.
    clock_offset: Rc<Cell<f64>>,
    frames: Frames,
    previews: Previews,
    orders: Orders,
    preferences: Cell<Preferences>,
    recorder: Rc<Recorder>,
    /// Somebody asked for live updates, or prefers them: then events of the page may connect.
    wanted: Cell<bool>,
    clock: Cell<Option<Interval>>,
    /// A message was not understood: what is here may be wrong, and the next hello asks for everything.
    doubtful: Cell<bool>,
    hidden: Cell<Hidden>,
    ticks: Cell<u32>,
    /// While it sleeps.
    asks: Cell<Option<Interval>>,
}

/// How often "12 s left" becomes "11 s left". Milliseconds.
const CLOCK: u32 = 1_000;
/// In ticks of that clock: how often the tab remembers how far it has read.
const KEEP_EVERY: u32 = 5;

/// A message of the server could not be read.
const NOT_UNDERSTOOD: u16 = 1007;

impl Driver {
    pub(super) fn new(live: Live, build: String) -> Self {
        let preferences = preferences::load();
        let clock_offset = Rc::new(Cell::new(0.0));
        let offset = clock_offset.clone();
        let recorder = Rc::new(Recorder::new(live));
        Self(Rc::new(Inner {
            live,
            link: RefCell::new(Link::new(preferences.link_config())),
            session: Session::begin(live),
            build,
            wake: Cell::new(None),
            socket: RefCell::new(None),
            clock_offset,
            frames: Frames::new(live),
            previews: Previews::new(live),
            orders: Orders::new(live, recorder.clone(), move || server_time(offset.get())),
            preferences: Cell::new(preferences),
            recorder,
            wanted: Cell::new(preferences.auto_connect),
            clock: Cell::new(None),
            doubtful: Cell::new(false),
            hidden: Cell::new(Hidden::No),
            ticks: Cell::new(0),
            asks: Cell::new(None),
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
        let (giving, withdrawing) = (SendWrapper::new(self.0.orders.clone()), SendWrapper::new(self.0.orders.clone()));
        self.0.live.on_order(move |order, label, then| giving.give(order, label, then), move |id| withdrawing.withdraw(id));
        self.0.orders.load();
        let ticking = self.clone();
        self.0.clock.set(Some(Interval::new(CLOCK, move || ticking.tick())));
        if is_hidden() {
            self.set_hidden(true);
        }
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
        self.send(&ClientMessage::Prefer(self.prefer()));
        if preferences.auto_connect && !before.auto_connect {
            self.0.wanted.set(true);
            self.input(Input::Start);
        }
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
        let Some(url) = socket::url() else { return };
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
        match socket::opened(&mut socket, outbox).await {
            Opening::Open if socket.send(self.hello()).await.is_ok() => {}
            Opening::Open => return Some(socket::why_closed(socket).await),
            Opening::Lost(Some(WebSocketError::ConnectionClose(event))) => return Some(Loss::closed(event.code, &event.reason)),
            Opening::Lost(_) => return Some(socket::why_closed(socket).await),
            Opening::LetGo => return None,
        }
        loop {
            match select(socket.next(), outbox.next()).await {
                Either::Left((Some(Ok(message)), _)) => self.receive(generation, message),
                Either::Left((Some(Err(WebSocketError::ConnectionClose(event))), _)) => {
                    return Some(Loss::closed(event.code, &event.reason));
                }
                Either::Left((Some(Err(_)) | None, _)) => return Some(socket::why_closed(socket).await),
                Either::Right((Some(message), _)) => {
                    if !matches!(socket.state(), State::Open) || socket.send(message).await.is_err() {
                        return Some(socket::why_closed(socket).await);
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
            session: self.0.session.id,
            resume: (!self.0.doubtful.get()).then(|| self.0.live.resume()),
            topics: vec![Topic::All],
            prefer: self.prefer(),
        };
        let text = serde_json::to_string(&hello).unwrap_or_default();
        self.0.recorder.add(|| Recorded::Sent(hello.clone(), text.len()));
        Message::Text(text)
    }

    fn send(&self, message: &ClientMessage) {
        if let Some((_, outbox)) = &*self.0.socket.borrow()
            && let Ok(text) = serde_json::to_string(message)
        {
            self.0.recorder.add(|| Recorded::Sent(message.clone(), text.len()));
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
        self.0.recorder.add(|| Recorded::received(&bytes));
        match frame {
            // One that was under way when they were switched off.
            Ok(Frame::Preview(_)) if !self.0.preferences.get().previews => {}
            Ok(Frame::Preview(frame)) => self.0.previews.show(frame.task, frame.image),
            // Only now is somebody there: a proxy may accept a socket for a server that is away.
            Ok(Frame::Message(ServerMessage::Welcome { now, version, .. })) => {
                self.set_clock(now);
                self.0.live.set_outdated(!self.0.build.is_empty() && version != self.0.build);
                self.input(Input::Opened(generation));
            }
            Ok(Frame::Message(ServerMessage::Pong { t, now })) => {
                self.0.live.add_round_trip(u32::try_from(microseconds().saturating_sub(t)).unwrap_or(u32::MAX));
                self.set_clock(now);
                self.input(Input::Pong(generation));
            }
            Ok(Frame::Message(ServerMessage::Done { .. })) => {}
            Ok(Frame::Message(ServerMessage::Snapshot { snapshot })) => {
                self.0.doubtful.set(false);
                self.take(Update::Snapshot(snapshot));
            }
            Ok(Frame::Changes(changes)) => self.take(Update::Changes(changes)),
            Err(_) => {
                leptos::logging::warn!("a message was not understood");
                self.0.doubtful.set(true);
                drop(self.0.socket.take());
                self.input(Input::Lost(generation, Loss::Closed { code: NOT_UNDERSTOOD }));
            }
        }
    }

    fn take(&self, update: Update) {
        self.0.frames.take(update);
        let busy = self.0.live.is_busy();
        self.input(Input::Expecting(busy));
    }

    fn poll(&self) {
        let driver = self.clone();
        self.0.recorder.add(|| Recorded::Poll);
        spawn_local(async move {
            let answer = api::fetch_news(driver.0.live.resume()).await;
            driver.0.recorder.add(|| Recorded::Polled(answer.as_ref().ok().map(Answered::of)));
            let news = match answer {
                Ok(news) => news,
                Err(ServerFnError::ServerError(why)) if why == close::SIGNED_OUT => return driver.input(Input::Refused(why)),
                // Not reached: the machine goes on trying, and the page says since when it is out of date.
                Err(_) => return,
            };
            let now = match news {
                News::Changes { frame, now } => {
                    if let Ok(Frame::Changes(changes)) = Frame::decode(&frame) {
                        driver.0.frames.take(Update::Changes(changes));
                    }
                    now
                }
                News::Snapshot(snapshot) => {
                    let now = snapshot.now;
                    driver.0.frames.take(Update::Snapshot(snapshot));
                    now
                }
            };
            driver.set_clock(now);
            driver.0.live.heard(now);
            driver.0.orders.go_on();
            driver.input(Input::Expecting(driver.0.live.is_busy()));
            driver.wake_when_busy();
        });
    }

    fn show(&self, state: LinkState) {
        self.0.recorder.add(|| Recorded::State(state.clone()));
        let at = match &state {
            LinkState::Reconnecting { at, .. } | LinkState::Suspended { at } => Some(*at),
            LinkState::Polling { probe_at } => Some(*probe_at),
            _ => None,
        };
        let wait: Option<Duration> = at.map(|at| at.saturating_sub(monotonic()));
        let connected = state == LinkState::Connected;
        self.0.live.set_connection(state, self.server_now(), wait);
        if connected {
            self.0.orders.go_on();
        }
    }

    /// Another tab changed what waits to be sent.
    pub(super) fn orders_changed(&self) {
        self.0.orders.load();
    }

    pub(super) fn set_offline(&self, offline: bool) {
        self.0.live.set_offline(offline);
        self.page_event(if offline { Input::Offline } else { Input::RetryNow });
        self.0.orders.go_on();
    }

    /// The page is left, frozen or hidden: it may never run again.
    pub(super) fn keep_session(&self) {
        self.0.session.keep(self.0.live.resume(), self.server_now());
    }

    fn tick(&self) {
        self.sleep_when_long_hidden();
        self.0.ticks.set(self.0.ticks.get().wrapping_add(1));
        if self.0.ticks.get().is_multiple_of(KEEP_EVERY) {
            self.keep_session();
        }
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
        server_time(self.0.clock_offset.get())
    }
}

/// `offset`: milliseconds to add to the browser's clock.
fn server_time(offset: f64) -> Timestamp {
    Timestamp((wall_clock().0 as f64 + offset) as u64)
}

fn microseconds() -> u64 {
    u64::try_from(monotonic().as_micros()).unwrap_or(u64::MAX)
}
