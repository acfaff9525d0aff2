//! Sending the form. What was typed stays in the form, whatever the answer is.

use leptos::prelude::*;

use super::model::{FormKind, FormModel, input_id};
use crate::{
    components::{dom, page_state::PageState},
    live::{Live, OrderOutcome},
};
use proto::{outbox::Order, recipe::Field, submit::Refusal};

impl FormModel {
    /// Submits the form, unless a submission is in progress. The page shows the active task: the new one, unless others come first.
    pub(crate) fn send(self, live: Live, page: PageState) {
        if self.sending.get_untracked() {
            return;
        }
        if self.opening.get_untracked() && self.kind.get_untracked() == FormKind::Workflow {
            return self.send_opened.set_value(true);
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
                OrderOutcome::Done(_) => {
                    page.follow_active();
                    self.next_seed();
                    dom::show_stage();
                }
                OrderOutcome::Refused(refusal) => self.refuse(refusal),
                // A toast says so. A new seed, in case the form is sent again meanwhile.
                OrderOutcome::Deferred => self.next_seed(),
                OrderOutcome::Withdrawn => {}
            }
        };
        live.order(Order::Submit(submission), Box::new(answered));
    }

    /// Submits the form once a file is opened, if it was sent while it was being opened.
    pub(super) fn send_when_opened(self, live: Live, page: PageState) {
        Effect::new(move |_| {
            let is_sent = !self.opening.get() && self.send_opened.try_update_value(std::mem::take).unwrap_or_default();
            if is_sent && self.kind.get_untracked() == FormKind::Workflow {
                self.send(live, page);
            }
        });
    }

    /// Shows the problems, and moves the focus to the first field that has one.
    pub(crate) fn refuse(self, refusal: Refusal) {
        let first = match self.kind.get_untracked() {
            FormKind::Text => Field::ALL.into_iter().find(|field| refusal.at(*field).is_some()).map(|field| field.name().to_owned()),
            FormKind::Workflow => {
                refusal.problems.iter().find_map(|problem| Some(input_id(problem.node.as_ref()?.as_str(), problem.input.as_ref()?)))
            }
        };
        self.refusal.set(Some(refusal));
        if let Some(field) = first {
            dom::focus(&field);
        }
    }

    /// A new seed, whether or not each run is to have one. The form of a workflow changes its own seeds.
    pub(crate) fn draw_seed(self) {
        self.sent.update(|sent| *sent += 1);
        if self.kind.get_untracked() == FormKind::Text {
            self.value(Field::Seed).set(dom::random_seed().to_string());
        }
    }

    /// After a submission.
    pub(crate) fn next_seed(self) {
        self.sent.update(|sent| *sent += 1);
        if self.kind.get_untracked() == FormKind::Text && self.new_seed.get_untracked() {
            self.value(Field::Seed).set(dom::random_seed().to_string());
        }
    }
}
