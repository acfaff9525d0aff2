//! The page's link to Darkroom.

use leptos::prelude::*;

use crate::live::{
    message::LiveMessage,
    state::{Live, use_live},
};
use proto::{link::LinkState, time::Timestamp};

/// The page's link to Darkroom, and its control.
#[derive(Clone, Copy)]
pub struct ConnectionHandle {
    pub status: ConnectionStatus,
    live: Live,
}

impl ConnectionHandle {
    /// When the last message was received, by the server's clock.
    #[must_use]
    pub fn last_message(&self) -> Timestamp {
        self.live.connection().last_message
    }

    /// Connects a page whose live updates are off. One that waits for its next try tries now.
    pub fn connect(&self) {
        self.live.retry_now();
    }

    /// Turns live updates off, until [`ConnectionHandle::connect`] or a reload. Orders are still sent.
    pub fn disconnect(&self) {
        self.live.disconnect();
    }

    /// Tries to connect now, instead of waiting for the next try.
    pub fn retry_now(&self) {
        self.live.retry_now();
    }

    /// Calls `listener` with each message that changed the live state, after it did. Until the component that calls this is unmounted.
    pub fn on_message(&self, listener: impl Fn(&LiveMessage) + Send + Sync + 'static) {
        let live = self.live;
        let id = live.add_listener(listener);
        on_cleanup(move || live.remove_listener(id));
    }
}

/// The link and its control: the counterpart of `useWebSocket` in other frameworks.
///
/// ```
/// use darkroom_web::live::{LiveMessage, hooks::use_connection};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Switch() -> impl IntoView {
///     let connection = use_connection();
///     let changes = RwSignal::new(0);
///     connection.on_message(move |message| match message {
///         LiveMessage::Change(_) => changes.update(|changes| *changes += 1),
///         LiveMessage::Snapshot => changes.set(0),
///     });
///     view! {
///         <button on:click=move |_| connection.connect()>"Connect"</button>
///         <button on:click=move |_| connection.disconnect()>"Disconnect"</button>
///         <p>{changes}" changes since the last snapshot"</p>
///     }
/// }
/// ```
#[must_use]
pub fn use_connection() -> ConnectionHandle {
    let live = use_live();
    ConnectionHandle { status: use_connection_status(), live }
}

/// The state of the link.
#[derive(Clone, Copy)]
pub struct ConnectionStatus {
    live: Live,
}

impl ConnectionStatus {
    #[must_use]
    pub fn state(&self) -> LinkState {
        self.live.connection().state
    }

    /// When this state began, by the server's clock.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.live.connection().since
    }

    /// When the next try is due, by the server's clock. `None`: no try is scheduled.
    #[must_use]
    pub fn next_try(&self) -> Option<Timestamp> {
        self.live.connection().next_try
    }
}

/// The state of the link: the counterpart of `useWebSocketStatus`.
///
/// ```
/// use darkroom_web::live::hooks::use_connection_status;
/// use proto::link::LinkState;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Light() -> impl IntoView {
///     let status = use_connection_status();
///     view! { <p>{move || if status.state() == LinkState::Connected { "live" } else { "not live" }}</p> }
/// }
/// ```
#[must_use]
pub fn use_connection_status() -> ConnectionStatus {
    ConnectionStatus { live: use_live() }
}
