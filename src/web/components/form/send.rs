//! Sending the form: once at a time, and nothing that was typed is lost whatever the answer is.

use leptos::prelude::*;

use super::model::{FormModel, Kind};
use crate::{
    components::{dom, page_state::PageState},
    live::{Live, OrderOutcome},
};
use proto::{outbox::Order, recipe::Field, submit::Refusal};

impl FormModel {
    /// Hands in what stands in the form. The new task becomes the one that is shown.
    pub(super) fn send(self, live: Live, page: PageState) {
        if self.sending.get_untracked() {
            return;
        }
        let submission = match self.submission() {
            Ok(submission) => submission,
            Err(refusal) => return self.refuse(refusal),
        };
        self.refusal.set(None);
        self.sending.set(true);
        let answered = move |outcome| {
            self.sending.set(false);
            match outcome {
                OrderOutcome::Done(task) => {
                    if let Some(task) = task {
                        page.select(task);
                    }
                    self.next_seed();
                    dom::show_stage();
                }
                OrderOutcome::Refused(refusal) => self.refuse(refusal),
                // A toast says so. It may be sent again with another seed meanwhile.
                OrderOutcome::Deferred => self.next_seed(),
                OrderOutcome::Withdrawn => {}
            }
        };
        live.order(Order::Submit(submission), Box::new(answered));
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
