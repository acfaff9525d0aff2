//! Sends tasks to a ComfyUI, recalls them from its queue, and cancels them there. Each request can be repeated without harm.

use super::{
    handle::{BACKOFF, Backend},
    send_permit::SendPermit,
    sent_pictures::{NotSent, lacks_pictures},
};
use crate::{
    clock::now,
    store::{EXTRA_DATA_LOST, StoredExtra},
};
use comfyui::{BootInstant, ComfyError, Posted, StopPlace, reach};
use proto::{
    comfy::{NodeErrors, Rejection, Workflow, WorkflowNode},
    ids::{PromptId, TaskId},
    limits,
    task::{Change, Problem, TaskError, problems},
};

/// What became of a prompt that was sent.
pub enum SendResult {
    /// With what ComfyUI says against parts of the workflow, which it leaves out (fact 32).
    Queued(NodeErrors),
    /// ComfyUI finds the workflow invalid; with its own words, if it is ComfyUI that refuses it.
    Refused(Vec<Problem>, Option<Box<Rejection>>),
    /// The prompt certainly did not arrive.
    Undelivered(ComfyError),
    /// The prompt may have arrived: it is looked up at ComfyUI before it is sent again.
    Unclear(ComfyError),
}

/// After this many internal errors (status 500) in a row, a prompt counts as refused: ComfyUI cannot handle its request (fact 33).
const MAX_INTERNAL_ERRORS: u32 = 3;

impl Backend {
    /// The permit to send a task that is assigned to this ComfyUI. It must be held until the result was applied: a reconciliation before that
    /// would send the task again. `None` while it is taken.
    pub fn send_permit(&self, task: TaskId) -> Option<SendPermit> {
        self.permits.acquire(task)
    }

    /// Sends the prompt of a task whose assignment is already on disk, by a commit that began at `committing`: it is sent soon after that, or not at all.
    pub async fn post(&self, permit: &SendPermit, committing: BootInstant) -> SendResult {
        let task = permit.task;
        reach(StopPlace::AfterCommit);
        let client = self.client.until(committing.plus(limits::SEND_VALIDITY));
        let Some(job) = self.tracker.job(task) else {
            return SendResult::Refused(Vec::new(), None);
        };
        let StoredExtra::Readable(extra_data) = &*job.extra_data else {
            return refused(EXTRA_DATA_LOST.into());
        };
        self.presence.lock().saw(task);
        // An earlier attempt may have left a history entry here, which must not be taken for the result of this one.
        let is_retry = self.tracker.task(task).is_some_and(|task| task.attempt > 1);
        if is_retry {
            if let Err(error) = client.delete_history(&task.into()).await {
                return SendResult::Undelivered(error);
            }
            reach(StopPlace::AfterDeleteHistory);
        }
        let workflow = job.workflow.spelled_for(&self.catalog());
        if let Err(error) = self.pictures.send(&workflow, &self.client).await {
            return not_sent(error, &workflow);
        }
        let mut posted = client.post_prompt(task, &workflow, extra_data, true).await;
        if let Ok(Posted::Rejected(rejection)) = &posted
            && lacks_pictures(&problems(rejection, &job.workflow), &job.workflow)
        {
            // They were there, and are not any more: its folder was emptied. A prompt that was refused did not arrive, so it may be sent once more.
            self.pictures.forget();
            if let Err(error) = self.pictures.send(&workflow, &self.client).await {
                return not_sent(error, &workflow);
            }
            posted = client.post_prompt(task, &workflow, extra_data, true).await;
        }
        match posted {
            Ok(Posted::Accepted(answer)) => {
                self.presence.lock().saw(task);
                if !answer.node_errors.is_empty() {
                    tracing::info!(backend = %self.id, %task, nodes = answer.node_errors.len(), "ComfyUI left out a part of the workflow");
                }
                SendResult::Queued(answer.node_errors)
            }
            Ok(Posted::Rejected(rejection)) => SendResult::Refused(problems(&rejection, &job.workflow), Some(rejection)),
            Err(error) if error.is_permanent_refusal() => refused(error.to_string()),
            Err(error) if error.never_arrived() => SendResult::Undelivered(error),
            Err(error) => SendResult::Unclear(error),
        }
    }

    /// Sends a task after those that were enqueued before.
    pub fn enqueue(&self, task: TaskId) {
        if let Some(permit) = self.send_permit(task) {
            // Fails only while Darkroom stops; the task is sent after the next start.
            let _ = self.outbox.send(permit);
        }
    }

    /// Sends an enqueued task and applies the result. A refusal fails the task.
    pub(super) async fn send(&self, permit: SendPermit) {
        let task = permit.task;
        let Some(assigned) = self.tracker.task(task) else { return };
        let committing = BootInstant::now();
        reach(StopPlace::BeforeCommit);
        if let Err(error) = self.store.keep_now(&assigned).await {
            // Otherwise, after a crash, it would be unknown which ComfyUI has the task.
            tracing::error!(%task, %error, "not sent: it cannot be written down who gets it");
            self.back_off(BACKOFF);
            return self.unassign(task);
        }
        let result = self.post(&permit, committing).await;
        self.apply_send_result(task, result);
        drop(permit);
        if self.tracker.task(task).is_some_and(|task| task.cancelling) {
            self.try_cancel(task).await;
        }
    }

    pub fn apply_send_result(&self, task: TaskId, result: SendResult) {
        match result {
            SendResult::Queued(_) => self.tracker.queued(&self.id, task),
            SendResult::Refused(problems, _) => self.tracker.refused(&self.id, task, refusal(problems)),
            SendResult::Undelivered(error) => self.undelivered(task, &error),
            SendResult::Unclear(error) => self.unclear(task, &error),
        }
    }

    /// The task waits again, and this ComfyUI gets no tasks for a moment.
    fn undelivered(&self, task: TaskId, error: &ComfyError) {
        tracing::warn!(backend = %self.id, %task, %error, "a task was not sent");
        self.back_off(BACKOFF);
        if let Some(why) = error.refusal() {
            self.report_refusal(why);
        }
        self.unassign(task);
    }

    pub(super) fn unassign(&self, task: TaskId) {
        self.presence.lock().forget(task);
        self.tracker.unassign(&self.id, task);
    }

    /// The request had no answer, or one that leaves open whether the prompt was accepted.
    fn unclear(&self, task: TaskId, error: &ComfyError) {
        tracing::warn!(backend = %self.id, %task, %error, "no answer to a prompt");
        if let Some(why) = error.refusal() {
            self.report_refusal(why);
        }
        if error.is_internal_error() {
            let mut errors = self.internal_errors.lock();
            let count = errors.entry(task).or_default();
            *count += 1;
            if *count >= MAX_INTERNAL_ERRORS {
                errors.remove(&task);
                drop(errors);
                return self.tracker.refused(&self.id, task, TaskError::plain(error.to_string()));
            }
        }
        self.request_reconcile();
    }

    /// False if the task is being recalled already. If true, [`Backend::recall`] must follow.
    pub fn begin_recall(&self, task: TaskId) -> bool {
        self.recalls.begin(task)
    }

    /// Takes a task back out of this ComfyUI's queue. One that runs already stays.
    pub async fn recall(&self, task: TaskId) {
        let prompt = PromptId::from(task);
        reach(StopPlace::InRecall);
        let removed = async {
            self.client.delete_pending(&prompt).await?;
            self.client.is_known(&prompt).await
        };
        match removed.await {
            Ok(false) if self.presence.lock().is_unbroken(task) => self.finish_recall(task),
            // The task runs or has ended; or ComfyUI restarted in between and may have started it before. The reconciliation finds out.
            Ok(_) => {
                self.recalls.end(task);
                self.request_reconcile();
            }
            Err(error) => {
                tracing::warn!(backend = %self.id, %task, %error, "a task could not be taken back");
                match error {
                    ComfyError::NotAllowed => self.recalls.end(task),
                    _ => self.recalls.fail(task),
                }
                self.request_reconcile();
            }
        }
    }

    /// The task is out of this ComfyUI's queue.
    pub(super) fn finish_recall(&self, task: TaskId) {
        self.recalls.end(task);
        self.presence.lock().forget(task);
        self.tracker.decide_at(&self.id, task, |task| {
            task.started_at.is_none().then_some(Change::TaskRecalled { task: task.id }).into_iter().collect()
        });
    }

    /// Cancels a task here. Returns whether ComfyUI carried it out; if not, the next reconciliation tries again, because the task is marked.
    pub async fn try_cancel(&self, task: TaskId) -> bool {
        if self.permits.is_taken(task) {
            return false;
        }
        let cancelled = self.cancel(task).await;
        if let Err(error) = &cancelled {
            tracing::warn!(backend = %self.id, %task, %error, "not cancelled yet");
        }
        cancelled.is_ok()
    }

    /// Deletes the prompt from ComfyUI's queue, or interrupts it if it runs. Never touches another prompt.
    async fn cancel(&self, task: TaskId) -> Result<(), ComfyError> {
        let prompt = PromptId::from(task);
        self.client.stop(&prompt).await?;
        // A prompt that was deleted while it waited leaves no trace (fact 39) and causes no more messages. One that ran will report its end.
        if !self.client.is_known(&prompt).await? {
            self.tracker.decide_at(&self.id, task, |task| {
                let ran = task.started_at.is_some() || task.verdict.is_some();
                (!ran).then(|| Change::cancelled(task.id, now())).into_iter().collect()
            });
            self.request_reconcile();
        }
        Ok(())
    }
}

/// The prompt was not sent, because a file that it loads is not there.
fn not_sent(error: NotSent, workflow: &Workflow) -> SendResult {
    let message = match error {
        NotSent::ComfyUi(error) if !error.is_permanent_refusal() => return SendResult::Undelivered(error),
        NotSent::ComfyUi(error) => format!("ComfyUI does not take a file that this loads: {error}"),
        // Darkroom's disk may be back in a moment.
        NotSent::Store(failure) => return SendResult::Undelivered(ComfyError::Unsent(failure.to_string())),
        NotSent::Gone(file) => {
            let reads =
                |node: &WorkflowNode| node.inputs().find(|(_, value)| value.as_str() == Some(&file)).map(|(name, _)| name.to_owned());
            let place = workflow.0.iter().find_map(|(id, node)| Some((id.clone(), node, reads(node)?)));
            let message = "This file is not in Darkroom any more. Give it again.".to_owned();
            let (node, title, input) = match place {
                Some((id, node, input)) => (Some(id), Some(node.title().unwrap_or(node.class_type()).to_owned()), Some(input)),
                None => (None, None, None),
            };
            return SendResult::Refused(vec![Problem { node, title, input, message }], None);
        }
    };
    refused(message)
}

fn refused(message: String) -> SendResult {
    SendResult::Refused(vec![Problem { node: None, title: None, input: None, message }], None)
}

fn refusal(problems: Vec<Problem>) -> TaskError {
    let message = match problems.as_slice() {
        [] => "Its workflow is lost.".to_owned(),
        [one] => one.message.clone(),
        many => format!("ComfyUI refused the workflow: {} things are wrong.", many.len()),
    };
    TaskError { node: problems.first().and_then(|problem| problem.node.clone()), problems, ..TaskError::plain(message) }
}
