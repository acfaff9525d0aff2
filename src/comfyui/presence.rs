//! What can be said of a task that a ComfyUI no longer knows: did it forget (it restarted), or did somebody take the task away?
//!
//! ComfyUI has no word for "I restarted". But a restart ends its socket: while one socket holds, what vanishes was removed. When contact
//! was lost in between, forgetting is assumed, and where its port was closed meanwhile, it is certain.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use proto::ids::TaskId;

#[derive(Default)]
pub struct Presence {
    /// Raised each time contact is lost.
    contact: u64,
    /// The newest contact before which this ComfyUI was certainly gone.
    reborn: u64,
    tasks: HashMap<TaskId, Seen>,
}

#[derive(Default)]
struct Seen {
    /// In which contact it was last known to be there; `None`: before this Darkroom was started.
    there: Option<u64>,
    missing_since: Option<Instant>,
}

/// What it means that a task is neither in the queue nor in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Too early to tell: look again.
    Unclear,
    /// The ComfyUI does not know it any more: it restarted, as far as can be told.
    Forgotten,
    /// The ComfyUI is the same that had it: somebody removed it, or cleared the history.
    Removed,
}

impl Presence {
    /// The socket ended, or HTTP was not reached.
    pub fn contact_lost(&mut self) {
        self.contact += 1;
    }

    /// Its port was closed: whatever comes back has forgotten everything.
    pub fn gone(&mut self) {
        self.contact += 1;
        self.reborn = self.contact;
    }

    /// Contact holds since it was last seen there, or sent there: the ComfyUI is the same.
    pub fn is_unbroken(&self, task: TaskId) -> bool {
        self.tasks.get(&task).is_some_and(|seen| seen.there == Some(self.contact))
    }

    /// It is there, or on its way there.
    pub fn saw(&mut self, task: TaskId) {
        self.tasks.insert(task, Seen { there: Some(self.contact), missing_since: None });
    }

    /// Forgets the others.
    pub fn retain(&mut self, mut is_here: impl FnMut(TaskId) -> bool) {
        self.tasks.retain(|task, _| is_here(*task));
    }

    pub fn forget(&mut self, task: TaskId) {
        self.tasks.remove(&task);
    }

    /// How long it has been missing, in looks one after another.
    pub fn missing_for(&mut self, task: TaskId, now: Instant) -> Duration {
        let seen = self.tasks.entry(task).or_default();
        now.duration_since(*seen.missing_since.get_or_insert(now))
    }

    /// `history_lag`: for this long an absent task may just have ended.
    pub fn judge(&mut self, task: TaskId, history_lag: Duration, now: Instant) -> Absence {
        let missing = self.missing_for(task, now);
        let there = self.tasks.get(&task).and_then(|seen| seen.there);
        match there {
            Some(contact) if contact < self.reborn => Absence::Forgotten,
            _ if missing < history_lag => Absence::Unclear,
            Some(contact) if contact == self.contact => Absence::Removed,
            _ => Absence::Forgotten,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HISTORY_LAG: Duration = Duration::from_secs(6);

    fn task() -> TaskId {
        TaskId(uuid::Uuid::from_u128(7))
    }

    #[test]
    fn while_the_socket_holds_what_vanishes_was_removed() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        presence.saw(task());
        assert_eq!(presence.judge(task(), HISTORY_LAG, start), Absence::Unclear);
        assert_eq!(presence.judge(task(), HISTORY_LAG, start + HISTORY_LAG), Absence::Removed);
    }

    #[test]
    fn after_a_loss_of_contact_it_was_forgotten_but_the_history_may_be_late() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        presence.saw(task());
        presence.contact_lost();
        assert_eq!(presence.judge(task(), HISTORY_LAG, start), Absence::Unclear);
        assert_eq!(presence.judge(task(), HISTORY_LAG, start + HISTORY_LAG), Absence::Forgotten);
    }

    #[test]
    fn a_closed_port_leaves_no_doubt() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        presence.saw(task());
        presence.gone();
        assert_eq!(presence.judge(task(), HISTORY_LAG, start), Absence::Forgotten);
        presence.saw(task());
        assert_eq!(presence.judge(task(), HISTORY_LAG, start), Absence::Unclear, "it was seen after that");
    }

    #[test]
    fn of_an_earlier_life_nothing_is_known_but_that_it_may_take_a_while() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        assert_eq!(presence.judge(task(), HISTORY_LAG, start), Absence::Unclear);
        assert_eq!(presence.judge(task(), HISTORY_LAG, start + HISTORY_LAG), Absence::Forgotten);
    }

    #[test]
    fn being_found_again_starts_the_wait_anew() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        presence.saw(task());
        presence.judge(task(), HISTORY_LAG, start);
        presence.saw(task());
        assert_eq!(presence.judge(task(), HISTORY_LAG, start + HISTORY_LAG), Absence::Unclear);
    }
}
