//! Commands and submissions of a page that Darkroom has not answered yet. They wait while Darkroom is unreachable, are sent in order, and
//! are carried out once.
//!
//! The browser stores each order under its own key ([`Pending::key`]) in a storage shared by all its tabs. Every tab may send the stored
//! orders: the server carries out an id once, and gives the same answer to repeated requests with it.

use serde::{Deserialize, Serialize};

use super::{
    ids::{CommandId, TaskId},
    limits,
    submit::{Refusal, Submission},
    time::Timestamp,
    wire::Command,
};

/// The kinds of orders: a submission or a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    Submit(Submission),
    Command(Command),
    /// Run a finished task again as a new one: as it was, or with new random seeds.
    Rerun {
        task: TaskId,
        new_seed: bool,
    },
}

/// Darkroom's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Carried out; with the accepted task of a submission.
    Done { task: Option<TaskId> },
    /// Refused permanently; the reason names what to change.
    Refused(Refusal),
    /// Not possible now; with the reason.
    Later(String),
}

/// An order without an answer, or an unread refusal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The `Idempotency-Key` of a submission.
    pub id: CommandId,
    pub order: Order,
    /// Its title: "Cancel Lighthouse".
    pub label: String,
    /// When it was created, by the page's estimate of the server clock.
    pub at: Timestamp,
    /// Sent at least once without an answer: it may have been carried out.
    pub tried: bool,
    /// Why it has not been carried out yet.
    pub note: Option<String>,
    /// Refused permanently; `note` contains the reason.
    pub refused: bool,
    /// Stored in the browser; otherwise it is lost with the page.
    #[serde(skip)]
    pub stored: bool,
}

/// The first byte of a stored order. Incremented when a type in it changes: postcard has no field names to detect it.
const FORMAT: u8 = 3;
/// Prefix of every key of a stored order.
pub const KEY_PREFIX: &str = "darkroom:order:";

impl Pending {
    #[must_use]
    pub fn new(id: CommandId, order: Order, label: String, at: Timestamp) -> Self {
        Self { id, order, label, at, tried: false, note: None, refused: false, stored: false }
    }

    /// Its key in the browser's storage. Keys sort in the order of creation.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{KEY_PREFIX}{:014}-{}", self.at.0, self.id)
    }

    /// # Errors
    /// Never for these types; the signature is the encoder's.
    pub fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_extend(self, vec![FORMAT])
    }

    /// `None` for bytes of another version of Darkroom, or damaged bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let pending: Self = postcard::from_bytes(bytes.strip_prefix(&[FORMAT])?).ok()?;
        Some(Self { stored: true, ..pending })
    }

    /// Darkroom forgets ids after a day: a later request could be carried out twice.
    fn expire(&mut self, now: Timestamp) {
        if !self.refused && u128::from(now.since(self.at)) >= limits::KEY_LIFE.as_millis() {
            let sure = if self.tried { "Whether it was carried out is not known." } else { "It was not carried out." };
            self.note = Some(format!("Darkroom could not be reached for a day, and this was given up. {sure}"));
            self.refused = true;
        }
    }
}

/// The orders of a page, oldest first; at most one is being sent.
#[derive(Debug, Default)]
pub struct Outbox {
    orders: Vec<Pending>,
    on_its_way: Option<CommandId>,
}

/// Why an order was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboxError {
    #[error("{} orders wait already. Withdraw one, or wait until Darkroom can be reached.", limits::OUTBOX)]
    Full,
    #[error("This is too large to be kept while Darkroom cannot be reached. Send it again when it can be.")]
    TooLarge,
}

impl Outbox {
    #[must_use]
    pub fn orders(&self) -> &[Pending] {
        &self.orders
    }

    #[must_use]
    pub fn is_on_its_way(&self, id: CommandId) -> bool {
        self.on_its_way == Some(id)
    }

    /// Replaces the stored orders by those now in the storage, in any order: other tabs add and remove orders.
    pub fn load(&mut self, stored: Vec<Pending>, now: Timestamp) {
        self.orders.retain(|pending| !pending.stored && stored.iter().all(|other| other.id != pending.id));
        stored.into_iter().for_each(|pending| self.put(pending));
        self.orders.iter_mut().for_each(|pending| pending.expire(now));
    }

    /// Appends an order. A command that is already waiting is not added twice: returns the id of the first.
    ///
    /// # Errors
    /// See [`OutboxError`]. `bytes`: its stored length.
    pub fn add(&mut self, mut pending: Pending, bytes: usize) -> Result<CommandId, OutboxError> {
        let same = |last: &&Pending| !last.refused && last.order == pending.order;
        if matches!(pending.order, Order::Command(_))
            && let Some(last) = self.orders.last().filter(same)
        {
            return Ok(last.id);
        }
        if self.orders.len() >= limits::OUTBOX {
            return Err(OutboxError::Full);
        }
        // Without others before it, it can be sent at once and need not be stored.
        if bytes > limits::OUTBOX_ORDER && !self.orders.is_empty() {
            return Err(OutboxError::TooLarge);
        }
        // A clock that was set back must not change the order.
        pending.at = self.orders.last().map_or(pending.at, |last| last.at.max(pending.at));
        let id = pending.id;
        // Ids are random: makes the second order of the same millisecond sort later.
        if self.orders.last().is_some_and(|last| last.at == pending.at) {
            pending.at.0 += 1;
        }
        self.orders.push(pending);
        Ok(id)
    }

    /// Marks the order as written to the storage.
    pub fn stored(&mut self, id: CommandId) {
        if let Some(pending) = self.orders.iter_mut().find(|pending| pending.id == id) {
            pending.stored = true;
        }
    }

    /// What to send now: the oldest, when none is being sent. The caller then calls [`Outbox::answered`] or [`Outbox::unanswered`].
    pub fn send(&mut self, now: Timestamp) -> Option<Pending> {
        if self.on_its_way.is_some() {
            return None;
        }
        self.orders.iter_mut().for_each(|pending| pending.expire(now));
        let next = self.orders.iter_mut().find(|pending| !pending.refused)?;
        next.tried = true;
        self.on_its_way = Some(next.id);
        Some(next.clone())
    }

    /// Handles an answer. `None`: the order is removed; else it stays in the returned state.
    pub fn answered(&mut self, id: CommandId, answer: &Answer) -> Option<Pending> {
        self.sending_ended(id);
        let pending = self.orders.iter_mut().find(|pending| pending.id == id)?;
        match answer {
            Answer::Later(why) => pending.note = Some(why.clone()),
            Answer::Done { .. } | Answer::Refused(_) => {
                self.orders.retain(|pending| pending.id != id);
                return None;
            }
        }
        Some(pending.clone())
    }

    /// Handles a missing answer: the order is sent again later.
    pub fn unanswered(&mut self, id: CommandId) {
        self.sending_ended(id);
    }

    /// Keeps the refusal until a person has read it.
    pub fn refuse(&mut self, mut pending: Pending, why: String) -> Pending {
        pending.refused = true;
        pending.note = Some(why);
        self.put(pending.clone());
        pending
    }

    /// Removes an order that is not being sent.
    pub fn withdraw(&mut self, id: CommandId) -> Option<Pending> {
        if self.is_on_its_way(id) {
            return None;
        }
        let at = self.orders.iter().position(|pending| pending.id == id)?;
        Some(self.orders.remove(at))
    }

    /// Inserts it in order. A linear search: orders are few, and `sort` would enlarge the WASM module.
    fn put(&mut self, pending: Pending) {
        let after = |other: &Pending| (other.at, other.id) <= (pending.at, pending.id);
        let at = self.orders.partition_point(after);
        self.orders.insert(at, pending);
    }

    fn sending_ended(&mut self, id: CommandId) {
        if self.is_on_its_way(id) {
            self.on_its_way = None;
        }
    }
}

#[cfg(test)]
mod tests;
