//! Handing a task to a ComfyUI, taking it back, cancelling it there. Each can be repeated without harm.

use super::{
    send_permit::SendPermit,
    state::{Backend, LONG_REST, REST},
};
use crate::clock::now;
use comfyui::{ComfyError, Posted};
use proto::{
    ids::{PromptId, TaskId},
    task::{Change, Problem, TaskError, problems},
};

/// What became of a prompt that was sent.
pub(crate) enum Sent {
    Queued,
    /// ComfyUI finds it invalid.
    Refused(Vec<Problem>),
    /// It certainly did not arrive, for this reason.
    Undelivered(ComfyError),
    /// It may have arrived: the next look asks ComfyUI before anything is sent again.
    Unclear(ComfyError),
}

/// A 500 for the same prompt, this often in a row, is an answer: something in it breaks ComfyUI's door (fact 33).
const BROKEN_AFTER: u32 = 3;

impl Backend {
    /// The right to send a task that is this ComfyUI's. To be held until what came of it is known to the tracker: a look in between would
    /// send it again. `None` while somebody else has it.
    pub(crate) fn may_send(&self, task: TaskId) -> Option<SendPermit> {
        self.sending.enter(task)
    }

    /// Sends a prompt whose task is already this ComfyUI's, on disk too.
    pub(crate) async fn post(&self, right: &SendPermit) -> Sent {
        let task = right.task;
        let Some(job) = self.tracker.job(task) else {
            return Sent::Refused(Vec::new());
        };
        self.presence.lock().saw(task);
        // An earlier attempt may have left its end here, which must not be taken for the end of this one.
        let is_again = self.tracker.task(task).is_some_and(|task| task.attempt > 1);
        if is_again && let Err(error) = self.client.delete_history(&task.into()).await {
            return Sent::Undelivered(error);
        }
        match self.client.post_prompt(task, &job.workflow, true).await {
            Ok(Posted::Accepted(answer)) => {
                self.presence.lock().saw(task);
                if !answer.node_errors.is_empty() {
                    tracing::info!(backend = %self.id, %task, nodes = answer.node_errors.len(), "ComfyUI left out a part of the workflow");
                }
                Sent::Queued
            }
            Ok(Posted::Rejected(rejection)) => Sent::Refused(problems(&rejection, &job.workflow)),
            Err(error) if error.is_final_no() => {
                Sent::Refused(vec![Problem { node: None, title: None, input: None, message: error.to_string() }])
            }
            Err(error) if error.never_arrived() => Sent::Undelivered(error),
            Err(error) => Sent::Unclear(error),
        }
    }

    /// Sends a task of the queue after those that were given before.
    pub(crate) fn send_soon(&self, task: TaskId) {
        if let Some(right) = self.may_send(task) {
            // Nobody receives any more when Darkroom stops: the next life sends it.
            let _ = self.outbox.send(right);
        }
    }

    /// Sends a task of the queue. What ComfyUI refuses now, fails.
    pub(super) async fn send(&self, right: SendPermit) {
        let task = right.task;
        let Some(assigned) = self.tracker.task(task) else { return };
        if let Err(error) = self.store.keep_now(&assigned).await {
            // Nobody would know after a crash who has it.
            tracing::error!(%task, %error, "not sent: it cannot be written down who gets it");
            self.rest(REST);
            return self.set_free(task);
        }
        let sent = self.post(&right).await;
        self.settle_sent(task, sent);
        drop(right);
        if self.tracker.task(task).is_some_and(|task| task.cancelling) {
            self.try_cancel(task).await;
        }
    }

    /// Takes in what came of a prompt that was sent.
    pub(crate) fn settle_sent(&self, task: TaskId, sent: Sent) {
        match sent {
            Sent::Queued => self.tracker.queued(&self.id, task),
            Sent::Refused(problems) => self.tracker.refused(&self.id, task, refusal(problems)),
            Sent::Undelivered(error) => self.not_sent(task, &error),
            Sent::Unclear(error) => self.unclear(task, &error),
        }
    }

    /// The task is free again, and this ComfyUI gets none for a moment.
    fn not_sent(&self, task: TaskId, error: &ComfyError) {
        tracing::warn!(backend = %self.id, %task, %error, "a task was not sent");
        self.rest(if error.is_locked_out() { LONG_REST } else { REST });
        self.set_free(task);
    }

    pub(super) fn set_free(&self, task: TaskId) {
        self.presence.lock().forget(task);
        self.tracker.set_free(&self.id, task);
    }

    /// No answer to a prompt, or one that says nothing about it.
    fn unclear(&self, task: TaskId, error: &ComfyError) {
        tracing::warn!(backend = %self.id, %task, %error, "no answer to a prompt");
        if error.is_broken_door() {
            let mut broken = self.broken.lock();
            let times = broken.entry(task).or_default();
            *times += 1;
            if *times >= BROKEN_AFTER {
                broken.remove(&task);
                drop(broken);
                return self.tracker.refused(&self.id, task, TaskError::plain(error.to_string()));
            }
        }
        self.look();
    }

    /// Says whether nobody takes this task back already. Then [`Backend::recall`] must follow.
    pub(crate) fn begin_recall(&self, task: TaskId) -> bool {
        self.recalls.begin(task)
    }

    /// Takes a task back that waits in this ComfyUI's queue. It stays when it runs already.
    pub(crate) async fn recall(&self, task: TaskId) {
        let prompt = PromptId::from(task);
        let asked = async {
            self.client.delete_pending(&prompt).await?;
            self.client.is_known(&prompt).await
        };
        match asked.await {
            Ok(false) if self.presence.lock().is_unbroken(task) => self.recalled(task),
            // It runs, or ended meanwhile; or the ComfyUI restarted in between, and may have begun it before: the next look decides.
            Ok(_) => {
                self.recalls.end(task);
                self.look();
            }
            Err(error) => {
                tracing::warn!(backend = %self.id, %task, %error, "a task could not be taken back");
                self.recalls.unclear(task);
                self.look();
            }
        }
    }

    /// It is out of the queue here.
    pub(super) fn recalled(&self, task: TaskId) {
        self.recalls.end(task);
        self.presence.lock().forget(task);
        self.tracker.decide_at(&self.id, task, |task| {
            task.started_at.is_none().then_some(Change::TaskRecalled { task: task.id }).into_iter().collect()
        });
    }

    /// Cancels, or leaves it to the next look: the wish is written down. Says whether ComfyUI was told.
    pub(crate) async fn try_cancel(&self, task: TaskId) -> bool {
        if self.sending.contains(task) {
            return false;
        }
        let told = self.cancel(task).await;
        if let Err(error) = &told {
            tracing::warn!(backend = %self.id, %task, %error, "not cancelled yet");
        }
        told.is_ok()
    }

    /// Cancels a task that was sent here: out of the queue if it waits there, interrupted if it runs. Never touches another.
    async fn cancel(&self, task: TaskId) -> Result<(), ComfyError> {
        let prompt = PromptId::from(task);
        self.client.stop(&prompt).await?;
        // What was deleted while it waited leaves no trace (fact 39), and nothing more will be heard of it. What ran will say its end.
        if !self.client.is_known(&prompt).await? {
            self.tracker.decide_at(&self.id, task, |task| {
                let ran = task.started_at.is_some() || task.verdict.is_some();
                (!ran).then(|| Change::cancelled(task.id, now())).into_iter().collect()
            });
            self.look();
        }
        Ok(())
    }
}

fn refusal(problems: Vec<Problem>) -> TaskError {
    let message = match problems.as_slice() {
        [] => "Its workflow is lost.".to_owned(),
        [one] => one.message.clone(),
        many => format!("ComfyUI refused the workflow: {} things are wrong.", many.len()),
    };
    TaskError { node: problems.first().and_then(|problem| problem.node.clone()), problems, ..TaskError::plain(message) }
}
