//! Why a ComfyUI no longer has a task: it restarted and lost it, or another client removed it.
//!
//! ComfyUI has no message for a restart. But a restart ends its socket: a task that vanishes while one socket stays open was removed. When
//! contact was lost in between, a restart is assumed; when its port was closed meanwhile, a restart is certain.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use proto::ids::TaskId;

#[derive(Default)]
pub struct Presence {
    /// The number of the present contact, incremented each time contact is lost.
    contact: u64,
    /// Contacts with a lower number were with a process that has certainly ended.
    first_after_restart: u64,
    tasks: HashMap<TaskId, LastSeen>,
}

#[derive(Default)]
struct LastSeen {
    /// The contact during which the task was last seen there. `None`: before this process started.
    there: Option<u64>,
    /// A request of an earlier owner may still remove it.
    is_unsettled: bool,
    missing_since: Option<Instant>,
}

/// What it means that a task is neither in the queue nor in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Too early to decide: poll again.
    Unclear,
    /// The ComfyUI restarted, certainly or probably, and forgot the task.
    Forgotten,
    /// The ComfyUI did not restart: another client removed the task, or cleared the history.
    Removed,
}

impl Presence {
    /// The socket ended, or HTTP was not reached.
    pub fn contact_lost(&mut self) {
        self.contact += 1;
    }

    /// Its port was closed: the process ended, and its successor has an empty queue and history.
    pub fn gone(&mut self) {
        self.contact += 1;
        self.first_after_restart = self.contact;
    }

    /// Contact holds since it was last seen there, or sent there: the ComfyUI is the same.
    pub fn is_unbroken(&self, task: TaskId) -> bool {
        self.tasks.get(&task).is_some_and(|seen| seen.there == Some(self.contact))
    }

    /// The task is there, or on the way there.
    pub fn saw(&mut self, task: TaskId) {
        self.tasks.insert(task, LastSeen { there: Some(self.contact), ..LastSeen::default() });
    }

    /// The task is there, but perhaps not for long: a request of an earlier owner may still remove it, which must not look like the act of another client.
    pub fn saw_unsettled(&mut self, task: TaskId) {
        let is_unsettled = self.is_inherited(task);
        self.tasks.insert(task, LastSeen { there: Some(self.contact), is_unsettled, missing_since: None });
    }

    /// An earlier process may have sent it: this one did not.
    pub fn is_inherited(&self, task: TaskId) -> bool {
        self.tasks.get(&task).is_none_or(|seen| seen.there.is_none() || seen.is_unsettled)
    }

    /// Forgets the others.
    pub fn retain(&mut self, mut is_here: impl FnMut(TaskId) -> bool) {
        self.tasks.retain(|task, _| is_here(*task));
    }

    pub fn forget(&mut self, task: TaskId) {
        self.tasks.remove(&task);
    }

    /// How long the task has been missing, since the first poll that did not find it.
    pub fn missing_for(&mut self, task: TaskId, now: Instant) -> Duration {
        let seen = self.tasks.entry(task).or_default();
        now.duration_since(*seen.missing_since.get_or_insert(now))
    }

    /// `history_lag`: for this long an absent task may just have ended.
    pub fn judge(&mut self, task: TaskId, history_lag: Duration, now: Instant) -> Absence {
        let missing = self.missing_for(task, now);
        let seen = self.tasks.get(&task);
        let is_unsettled = seen.is_some_and(|seen| seen.is_unsettled);
        match seen.and_then(|seen| seen.there) {
            Some(contact) if contact < self.first_after_restart => Absence::Forgotten,
            _ if missing < history_lag => Absence::Unclear,
            Some(contact) if contact == self.contact && !is_unsettled => Absence::Removed,
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
    fn a_prompt_that_vanishes_while_connected_was_removed() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        presence.saw(task());
        assert_eq!(presence.judge(task(), HISTORY_LAG, start), Absence::Unclear);
        assert_eq!(presence.judge(task(), HISTORY_LAG, start + HISTORY_LAG), Absence::Removed);
    }

    #[test]
    fn after_a_loss_of_contact_a_missing_prompt_is_lost_once_the_history_had_time() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        presence.saw(task());
        presence.contact_lost();
        assert_eq!(presence.judge(task(), HISTORY_LAG, start), Absence::Unclear);
        assert_eq!(presence.judge(task(), HISTORY_LAG, start + HISTORY_LAG), Absence::Forgotten);
    }

    #[test]
    fn after_a_closed_port_a_missing_prompt_is_lost() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        presence.saw(task());
        presence.gone();
        assert_eq!(presence.judge(task(), HISTORY_LAG, start), Absence::Forgotten);
        presence.saw(task());
        assert_eq!(presence.judge(task(), HISTORY_LAG, start), Absence::Unclear, "it was seen after that");
    }

    #[test]
    fn after_a_restart_of_darkroom_a_missing_prompt_is_awaited() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        assert_eq!(presence.judge(task(), HISTORY_LAG, start), Absence::Unclear);
        assert_eq!(presence.judge(task(), HISTORY_LAG, start + HISTORY_LAG), Absence::Forgotten);
    }

    #[test]
    fn a_prompt_that_a_late_request_may_remove_is_lost_and_not_removed() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        assert!(presence.is_inherited(task()));
        presence.saw_unsettled(task());
        assert!(presence.is_inherited(task()) && presence.is_unbroken(task()));
        presence.missing_for(task(), start);
        assert_eq!(presence.judge(task(), HISTORY_LAG, start + HISTORY_LAG), Absence::Forgotten);
        // What this process has sent itself, no earlier one knows of.
        presence.saw(task());
        presence.saw_unsettled(task());
        assert!(!presence.is_inherited(task()));
        presence.missing_for(task(), start);
        assert_eq!(presence.judge(task(), HISTORY_LAG, start + HISTORY_LAG), Absence::Removed);
    }

    #[test]
    fn a_prompt_that_is_found_restarts_the_wait() {
        let (mut presence, start) = (Presence::default(), Instant::now());
        presence.saw(task());
        presence.judge(task(), HISTORY_LAG, start);
        presence.saw(task());
        assert_eq!(presence.judge(task(), HISTORY_LAG, start + HISTORY_LAG), Absence::Unclear);
    }
}
