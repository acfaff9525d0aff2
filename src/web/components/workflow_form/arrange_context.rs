//! What the lines of the arrangement have in common: the form, and how it is changed.

use leptos::prelude::*;

use super::{
    arrange_list::ArrangeList,
    arrangement::{arrangement, set_arrangement},
};
use crate::components::form::FormModel;
use proto::form::{Arrangement, Form};

/// The id of the list of existing headings.
pub(super) const HEADINGS: &str = "arrange-headings";

#[derive(Clone, Copy)]
pub(super) struct ArrangeContext {
    pub model: FormModel,
    /// As Darkroom makes it.
    pub base: StoredValue<Form>,
    /// As it is arranged.
    pub now: Memo<Form>,
    pub lines: Memo<ArrangeList>,
    /// For screen readers: what was done last.
    pub said: RwSignal<String>,
}

impl ArrangeContext {
    /// Changes the arrangement. `change` gets it with the form as Darkroom makes it and as it is now, and gives what it did, for people. The focus stays
    /// where it is, or goes to the control `id` if that was moved or hidden with the change.
    pub fn change(self, id: &str, change: impl FnOnce(&mut Arrangement, &Form, &Form) -> String) {
        let mut arrangement = untrack(|| arrangement(self.model));
        let said = self.base.with_value(|base| self.now.with_untracked(|form| change(&mut arrangement, base, form)));
        keep_focus(id);
        set_arrangement(self.model, &arrangement);
        self.said.set(said);
    }
}

/// A line that is moved in the document loses the focus.
fn keep_focus(id: &str) {
    #[cfg(feature = "hydrate")]
    {
        use crate::components::dom;
        let had = document().active_element().map(|element| element.id()).unwrap_or_default();
        let ids = [had, id.to_owned()];
        request_animation_frame(move || {
            for id in ids.iter().filter(|id| !id.is_empty()) {
                let is_lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
                if is_lost {
                    dom::focus(id);
                }
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}
