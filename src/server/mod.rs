//! Stub, to be replaced.
use crate::proto::{
    ids::TaskId,
    submit::{FormOptions, Submission, Submitted},
    task::{Snapshot, Task},
};
#[derive(Clone)]
pub struct AppState;
impl AppState {
    pub async fn submit(&self, _s: Submission) -> Submitted {
        Submitted::Refused(Default::default())
    }
    pub async fn cancel(&self, _t: TaskId) -> Result<(), String> {
        Ok(())
    }
    pub async fn task(&self, _t: TaskId) -> Option<Task> {
        None
    }
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::default()
    }
    pub fn form_options(&self) -> FormOptions {
        FormOptions::default()
    }
}
