//! What speaks against the run, before it is sent.

use leptos::prelude::*;

use super::model::InpaintModel;
use crate::components::{
    dom::random_seed,
    reactive::{Erased, memo},
    run_notes::{WarningList, follow_check},
};
use proto::{
    edit::{Edit, EditRun},
    recipe::Field,
    run_warnings::RunCheck,
    submit::{EncodedEdit, Submission},
};

/// Quiet lines above the button. A mask is checked once Darkroom has it: until it was sent, no earlier run can have had it.
#[component]
pub(super) fn EditNotes(model: InpaintModel) -> impl IntoView {
    let check = RwSignal::new(RunCheck::default());
    follow_check(
        check,
        move || {
            for field in Field::ALL {
                model.form.value(field).track();
            }
            model.planned.track();
            model.editor.painted.track();
            model.sent_mask.track();
        },
        move || submission(model),
    );
    let new_seed = move |()| {
        check.set(RunCheck::default());
        model.form.edit(Field::Seed, random_seed().to_string());
    };
    view! { <WarningList check has_seed=memo(|| true) new_seed=Callback::new(new_seed) /> }.erased()
}

fn submission(model: InpaintModel) -> Option<Submission> {
    let run = model.run().ok()?;
    let run = match run.edit {
        Edit::Inpaint(_) => {
            let revision = model.editor.painted.with_untracked(|painted| painted.revision);
            let sent = model.sent_mask.get_untracked().filter(|sent| sent.source == run.source && sent.revision == revision)?;
            EditRun { edit: run.edit.with_mask(sent.id), ..run }
        }
        _ => run,
    };
    Some(Submission::Edit(EncodedEdit::of(&run)))
}
