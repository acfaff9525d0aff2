//! Feeds the link's state machine and carries out its outputs.

use std::time::Duration;

use gloo_timers::callback::Timeout;

use super::state::{PageDriver, microseconds};
use crate::{browser::platform::monotonic, live::LogEvent};
use proto::{
    link::{Input, LinkState, Now, Output},
    wire::ClientMessage,
};

impl PageDriver {
    /// Feeds an input that an event of the page caused. Does not connect a page whose live updates are off by preference.
    pub(in crate::browser) fn page_event(&self, input: Input) {
        if self.0.live_updates.get() {
            self.input(input);
        }
    }

    pub(in crate::browser) fn set_offline(&self, offline: bool) {
        self.0.live.set_offline(offline);
        self.page_event(if offline { Input::Offline } else { Input::RetryNow });
        self.0.orders.send_next();
    }

    /// Feeds an input, and carries out what the state machine decides.
    pub(in crate::browser) fn input(&self, input: Input) {
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
            // Only links that watch for stalls check; this one does not (`LinkConfig::browser`).
            Output::Poll | Output::Check => self.poll(),
            Output::State(state) => self.show(state),
            Output::Wake(at, _) => {
                let driver = self.clone();
                let wait = u32::try_from(at.saturating_sub(monotonic()).as_millis()).unwrap_or(u32::MAX).saturating_add(1);
                // Replacing the previous timer drops it, which cancels it.
                self.0.wake.set(Some(Timeout::new(wait, move || driver.input(Input::Wake))));
            }
        }
    }

    /// Shows the state of the link.
    pub(super) fn show(&self, state: LinkState) {
        self.0.recorder.add(|| LogEvent::State(state.clone()));
        let at = match &state {
            LinkState::Reconnecting { at, .. } | LinkState::Suspended { at } => Some(*at),
            LinkState::Polling { probe_at } => Some(*probe_at),
            _ => None,
        };
        let wait: Option<Duration> = at.map(|at| at.saturating_sub(monotonic()));
        let connected = state == LinkState::Connected;
        self.0.live.set_connection(state, self.server_now(), wait);
        if connected {
            self.stop_polling();
            self.0.orders.send_next();
        }
    }
}
