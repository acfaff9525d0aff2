//! What the tracker keeps of an unfinished task besides what pages see.

use std::{collections::BTreeMap, sync::Arc};

use tokio::time::Instant;

use super::seat::{PoolSeat, SeatSocket};
use crate::store::StoredExtra;
use proto::{
    comfy::{ComfyEvent, ExtraData, Needs, Workflow},
    limits,
    task::{RunSeen, needs_socket},
};

#[derive(Clone)]
pub struct TaskJob {
    pub workflow: Arc<Workflow>,
    pub needs: Arc<Needs>,
    /// Its results come over the socket, and are kept.
    pub(super) needs_socket: bool,
    /// Since when it could be sent, but only to a ComfyUI whose socket is not open.
    pub(super) socket_wait: Option<Instant>,
    /// What was handed in beside the workflow.
    pub extra_data: Arc<StoredExtra>,
    /// How many messages of each type ComfyUI sent about the task.
    pub(super) messages: BTreeMap<String, u32>,
    /// How much of its run came over one socket.
    pub(super) seen: RunSeen,
}

impl TaskJob {
    #[must_use]
    pub fn new(workflow: Arc<Workflow>) -> Self {
        Self {
            needs: Arc::new(Needs::of(&workflow)),
            needs_socket: needs_socket(&workflow),
            socket_wait: None,
            workflow,
            extra_data: Arc::default(),
            messages: BTreeMap::new(),
            seen: RunSeen::default(),
        }
    }

    #[must_use]
    pub fn with_extra_data(self, extra_data: StoredExtra) -> Self {
        Self { extra_data: Arc::new(extra_data), ..self }
    }

    /// Whether this one of the ComfyUIs has all that the task needs.
    #[must_use]
    pub fn fits(&self, seat: &PoolSeat, seats: &[PoolSeat]) -> bool {
        self.socket_available(seat, seats) && self.needs.met_by(&seat.catalog)
    }

    /// Whether this one of the ComfyUIs has the socket that the task needs. One whose socket is refused, or did not open for
    /// [`limits::SOCKET_WAIT`], counts if no other would do better.
    pub(super) fn socket_available(&self, seat: &PoolSeat, seats: &[PoolSeat]) -> bool {
        if !self.needs_socket || seat.socket == SeatSocket::Open {
            return true;
        }
        (seat.socket == SeatSocket::Refused || self.socket_wait_is_over()) && !self.fits_connected(seats)
    }

    pub(super) fn socket_wait_is_over(&self) -> bool {
        self.socket_wait.is_some_and(|since| since.elapsed() >= limits::SOCKET_WAIT)
    }

    /// Whether a ComfyUI that has all that the task needs takes tasks over an open socket.
    fn fits_connected(&self, seats: &[PoolSeat]) -> bool {
        seats.iter().any(|seat| seat.takes_tasks && seat.socket == SeatSocket::Open && self.needs.met_by(&seat.catalog))
    }

    /// Begins or ends the wait for a socket. `is_ready`: the task may be assigned.
    pub(super) fn observe_sockets(&mut self, is_ready: bool, seats: &[PoolSeat]) {
        if !self.needs_socket {
            return;
        }
        let answers = |seat: &PoolSeat| seat.takes_tasks && self.needs.met_by(&seat.catalog);
        if !is_ready || self.fits_connected(seats) || !seats.iter().any(answers) {
            self.socket_wait = None;
        } else {
            self.socket_wait.get_or_insert_with(Instant::now);
        }
    }

    /// Extra data with secrets, which must not come back in what ComfyUI says.
    pub(super) fn secrets(&self) -> Option<&ExtraData> {
        match &*self.extra_data {
            StoredExtra::Readable(extra_data) => extra_data.has_secrets().then_some(extra_data),
            StoredExtra::Lost => None,
        }
    }

    /// What was known of the attempt before does not hold for the next.
    pub(super) fn begin_attempt(&mut self) {
        self.seen = RunSeen::default();
        self.socket_wait = None;
    }

    /// A message of its run came over the socket.
    pub(super) fn see(&mut self, event: &ComfyEvent) {
        self.count_message(event.kind());
        self.seen = self.seen.after(event);
    }

    /// Types beyond the first [`limits::EVENT_TYPES`] are not counted.
    fn count_message(&mut self, kind: &str) {
        if let Some(count) = self.messages.get_mut(kind) {
            *count += 1;
        } else if self.messages.len() < limits::EVENT_TYPES {
            self.messages.insert(kind.to_owned(), 1);
        }
    }
}
