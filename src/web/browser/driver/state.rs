//! What the driver consists of, and its estimate of the server's clock.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures::{channel::mpsc::UnboundedSender, future::AbortHandle};
use gloo_net::websocket::Message;
use gloo_timers::callback::{Interval, Timeout};

use super::visibility::Visibility;
use crate::{
    browser::{
        frame_pacer::FramePacer,
        orders::OrderSender,
        platform::{monotonic, wall_clock},
        preferences,
        previews::PreviewLoader,
        recorder::Recorder,
        session::TabSession,
    },
    live::Live,
};
use proto::{
    ids::Epoch,
    link::{Generation, Link},
    preferences::Preferences,
    time::Timestamp,
};

/// Cheap to clone; one per page.
#[derive(Clone)]
pub(in crate::browser) struct PageDriver(pub(super) Rc<DriverState>);

pub(super) struct DriverState {
    pub live: Live,
    pub link: RefCell<Link>,
    pub session: TabSession,
    /// The build of the front end that this page was loaded with.
    pub build: String,
    /// Where the server is reached. Empty: at the address of the page.
    pub live_address: String,
    /// The timer for the link's next wake-up.
    pub wake: Cell<Option<Timeout>>,
    /// The present socket: messages to send go into its channel, and dropping the sender closes it.
    pub socket: RefCell<Option<(Generation, UnboundedSender<Message>)>>,
    /// The epoch of the server at the other end of the present socket, from its welcome.
    pub epoch: Cell<Epoch>,
    /// The poll whose answer is awaited.
    pub poll: RefCell<Option<AbortHandle>>,
    /// Milliseconds to add to the browser's clock to get the server's.
    clock_offset: Rc<Cell<f64>>,
    pub frames: FramePacer,
    pub previews: PreviewLoader,
    pub orders: OrderSender,
    pub preferences: Cell<Preferences>,
    pub recorder: Rc<Recorder>,
    /// Live updates were requested, by preference or by the person: then page events may connect.
    pub live_updates: Cell<bool>,
    pub clock: Cell<Option<Interval>>,
    /// A message could not be decoded: the state may be wrong, so the next hello asks for a snapshot.
    pub needs_snapshot: Cell<bool>,
    pub visibility: Cell<Visibility>,
    /// Ticks of `clock` since the start.
    pub ticks: Cell<u32>,
    /// Polls while the page is asleep.
    pub sleep_poll: Cell<Option<Interval>>,
}

impl PageDriver {
    pub(in crate::browser) fn new(live: Live, build: String, live_address: String) -> Self {
        let preferences = preferences::load();
        let clock_offset = Rc::new(Cell::new(0.0));
        let offset = clock_offset.clone();
        let recorder = Rc::new(Recorder::new(live));
        Self(Rc::new(DriverState {
            live,
            link: RefCell::new(Link::new(preferences.link_config())),
            session: TabSession::begin(live),
            build,
            live_address,
            wake: Cell::new(None),
            socket: RefCell::new(None),
            epoch: Cell::default(),
            poll: RefCell::new(None),
            clock_offset,
            frames: FramePacer::new(live),
            previews: PreviewLoader::new(live),
            orders: OrderSender::new(live, recorder.clone(), move || server_time(offset.get())),
            preferences: Cell::new(preferences),
            recorder,
            live_updates: Cell::new(preferences.auto_connect),
            clock: Cell::new(None),
            needs_snapshot: Cell::new(false),
            visibility: Cell::new(Visibility::Visible),
            ticks: Cell::new(0),
            sleep_poll: Cell::new(None),
        }))
    }

    /// Sets the server's clock by a time it sent.
    pub(super) fn set_clock(&self, server: Timestamp) {
        self.0.clock_offset.set(server.0 as f64 - js_sys::Date::now());
        self.0.live.set_now(server);
    }

    pub(super) fn server_now(&self) -> Timestamp {
        server_time(self.0.clock_offset.get())
    }
}

/// `offset`: milliseconds to add to the browser's clock.
fn server_time(offset: f64) -> Timestamp {
    Timestamp((wall_clock().0 as f64 + offset) as u64)
}

/// The time since the page was opened, for pings.
pub(super) fn microseconds() -> u64 {
    u64::try_from(monotonic().as_micros()).unwrap_or(u64::MAX)
}
