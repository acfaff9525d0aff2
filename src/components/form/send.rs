//! Sending the form: once at a time, and nothing that was typed is lost whatever the answer is.

use leptos::{prelude::*, task::spawn_local};

use super::model::{FormModel, Kind};
use crate::{
    api::submit_task,
    components::{dom, visit::Visit},
    proto::{
        recipe::Field,
        submit::{Refusal, Submitted},
    },
};

impl FormModel {
    /// Hands in what stands in the form. The new task becomes the one that is shown.
    pub(super) fn send(self, visit: Visit) {
        if self.sending.get_untracked() {
            return;
        }
        let submission = match self.submission() {
            Ok(submission) => submission,
            Err(refusal) => return self.refuse(refusal),
        };
        self.refusal.set(None);
        self.sending.set(true);
        spawn_local(async move {
            let answer = submit_task(submission).await;
            self.sending.set(false);
            match answer {
                Ok(Submitted::Accepted { task }) => {
                    visit.select(task);
                    self.next_seed();
                    dom::show_stage();
                }
                Ok(Submitted::Refused(refusal)) => self.refuse(refusal),
                Err(_) => self.refuse(Refusal {
                    message: "Darkroom did not answer. If this arrived, it shows up below the picture; if not, press Generate again."
                        .into(),
                    problems: Vec::new(),
                }),
            }
        });
    }

    /// Shows what is wrong, and goes to the first field of it.
    fn refuse(self, refusal: Refusal) {
        let first = Field::ALL.into_iter().find(|field| refusal.at(*field).is_some());
        self.refusal.set(Some(refusal));
        if let Some(field) = first.filter(|_| self.kind.get_untracked() == Kind::Text) {
            dom::focus(field.name());
        }
    }

    fn next_seed(self) {
        if self.kind.get_untracked() == Kind::Text && self.new_seed.get_untracked() {
            self.value(Field::Seed).set(dom::random_seed().to_string());
        }
    }
}
