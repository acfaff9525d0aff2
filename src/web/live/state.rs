//! What the live state consists of, and the subscriptions to its parts.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use leptos::prelude::*;

use super::{
    log::PageLog,
    message::MessageListener,
    order::{OrderHandlers, PendingOrder},
    project_listener::{ProjectListener, ProjectsHandler},
    toast::Toast,
    watch::Watch,
};
use proto::{ids::TaskId, link::LinkState, preferences::Preferences, task::Snapshot, time::Timestamp};

/// The context. Cheap to copy; get it with [`use_live`].
#[derive(Clone, Copy)]
pub struct Live {
    pub(super) model: StoredValue<Snapshot>,
    triggers: StoredValue<HashMap<Watch, ArcTrigger>>,
    pub(super) connection: RwSignal<PageConnection>,
    pub(super) now: RwSignal<Timestamp>,
    pub(super) previews: RwSignal<HashMap<TaskId, String>>,
    pub(super) toasts: RwSignal<Vec<Toast>>,
    pub(super) retry: StoredValue<Option<RetryHandler>>,
    pub(super) disconnect: StoredValue<Option<RetryHandler>>,
    /// The loss of the connection was announced, and the connection is not back yet.
    pub(super) loss_announced: StoredValue<bool>,
    pub(super) browser: StoredValue<BrowserState>,
}

/// State of this browser rather than of the server. One value without its own signals: each type of signal is code that every
/// browser loads.
#[derive(Default)]
pub(super) struct BrowserState {
    pub preferences: Preferences,
    pub on_preferences: Option<PreferencesHandler>,
    pub log: PageLog,
    pub on_order: Option<OrderHandlers>,
    pub pending_orders: Vec<PendingOrder>,
    /// The server runs another build of the front end than this page.
    pub outdated: bool,
    /// Task and attempt of the ends that were announced.
    pub announced: HashSet<(TaskId, u32)>,
    /// Those who are called with each message, by a number.
    pub listeners: Vec<(u32, MessageListener)>,
    /// Those who follow projects.
    pub project_listeners: Vec<ProjectListener>,
    pub on_projects: Option<ProjectsHandler>,
    pub last_listener: u32,
}

pub(super) type RetryHandler = Arc<dyn Fn() + Send + Sync>;
pub(super) type PreferencesHandler = Arc<dyn Fn(Preferences) + Send + Sync>;

/// The page's own link to Darkroom.
#[derive(Clone, Debug, PartialEq)]
pub struct PageConnection {
    pub state: LinkState,
    /// When this state began.
    pub since: Timestamp,
    /// When the next try is due, by this page's estimate of the server's clock.
    pub next_try: Option<Timestamp>,
    /// The newest round-trip times in microseconds, oldest first, at most [`ROUND_TRIPS`].
    pub round_trips: Vec<u32>,
    pub last_message: Timestamp,
    /// The device itself is offline, according to the browser.
    pub offline: bool,
    /// The link failed because the session has ended. Never true in another state than [`LinkState::Failed`].
    pub signed_out: bool,
}

/// Round-trip times kept for the sparkline.
pub const ROUND_TRIPS: usize = 20;

/// Makes the live state of this page, from the state of its first paint, and provides it as context.
pub fn provide_live(first: Snapshot) -> Live {
    let live = Live {
        connection: RwSignal::new(PageConnection {
            state: LinkState::Connecting,
            since: first.now,
            next_try: None,
            round_trips: Vec::new(),
            last_message: first.now,
            offline: false,
            signed_out: false,
        }),
        now: RwSignal::new(first.now),
        model: StoredValue::new(first),
        triggers: StoredValue::new(HashMap::new()),
        previews: RwSignal::new(HashMap::new()),
        toasts: RwSignal::new(Vec::new()),
        retry: StoredValue::new(None),
        disconnect: StoredValue::new(None),
        loss_announced: StoredValue::new(false),
        browser: StoredValue::new(BrowserState::default()),
    };
    provide_context(live);
    live
}

/// The live state of this page.
///
/// # Panics
/// Outside of the app, where no live state is provided: a programming error.
#[must_use]
pub fn use_live() -> Live {
    expect_context()
}

/// Subscriptions.
impl Live {
    /// Subscribes the caller to a part.
    pub(super) fn track(&self, watch: Watch) {
        if let Some(trigger) = self.triggers.try_update_value(|triggers| triggers.entry(watch).or_default().clone()) {
            trigger.track();
        }
    }

    /// Wakes the subscribers of these parts.
    pub(super) fn notify(&self, touched: HashSet<Watch>) {
        let triggers: Vec<ArcTrigger> =
            self.triggers.with_value(|triggers| touched.iter().filter_map(|watch| triggers.get(watch)).cloned().collect());
        for trigger in triggers {
            trigger.notify();
        }
    }

    /// Wakes all subscribers.
    pub(super) fn notify_all(&self) {
        self.notify(self.triggers.with_value(|triggers| triggers.keys().cloned().collect()));
    }

    /// Forgets the subscriptions to tasks that are gone. Their subscribers are woken and subscribe anew.
    pub(super) fn forget_gone(&self) {
        let here: HashSet<TaskId> = self.model.with_value(|model| model.tasks.iter().map(|task| task.id).collect());
        let mut gone = Vec::new();
        self.triggers.update_value(|triggers| {
            triggers.retain(|watch, trigger| {
                let stays = watch.task().is_none_or(|task| here.contains(&task));
                if !stays {
                    gone.push(trigger.clone());
                }
                stays
            });
        });
        self.browser.update_value(|browser| browser.announced.retain(|(task, _)| here.contains(task)));
        gone.iter().for_each(ArcTrigger::notify);
    }
}
