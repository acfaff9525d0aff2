//! What speaks against the run that the form describes, shown before it is sent.

use leptos::prelude::*;

use super::{
    dom::random_seed,
    form::{FormKind, FormModel, use_form},
    later_styles::LaterStyles,
    memo, part,
    reactive::{Erased, listener},
    settled::ask_when_settled,
};
use crate::{api::check_run, base_path::with_base, live::use_live};
use proto::{
    ids::TaskId,
    recipe::Field,
    run_warnings::{RunCheck, RunWarning},
    submit::Submission,
};

/// Quiet lines above the button; nothing while nothing speaks against the run.
#[component]
pub fn RunNotes() -> impl IntoView {
    let form = use_form();
    let check = RwSignal::new(RunCheck::default());
    // What is wrong with the form is shown when it is sent.
    follow_check(check, move || track(form), move || form.submission().ok());
    let has_seed = memo(move || form.kind.get() == FormKind::Text || check.with(|check| !check.new_seeds.is_empty()));
    view! {
        <LaterStyles />
        <WarningList check has_seed new_seed=Callback::new(move |()| take_new_seed(form, check)) />
    }
    .erased()
}

/// The warnings of a check, with a button for another seed where the inputs are those of another task.
#[component]
pub(crate) fn WarningList(check: RwSignal<RunCheck>, has_seed: Memo<bool>, new_seed: Callback<()>) -> impl IntoView {
    let line = move |warning: &RunWarning| {
        let words = warning.words();
        let RunWarning::SameInputs { task, .. } = warning else {
            return view! { <p class="note">{words}</p> }.erased();
        };
        view! {
            <p class="note">
                {words}" "<a href=with_base(&format!("/tasks/{task}"))>"Show it"</a>
            </p>
            {has_seed.get().then(|| view! {
                <button type="button" class="button" on:click=listener(move |_| new_seed.run(()))>"New seed"</button>
            }.erased())}
        }
        .erased()
    };
    view! {
        <div class="run-notes" role="status">
            {part(move || check.get().warnings.iter().map(line).collect_view().into_any())}
        </div>
    }
    .erased()
}

fn take_new_seed(form: FormModel, check: RwSignal<RunCheck>) {
    let seeds = check.with_untracked(|check| check.new_seeds.clone());
    check.set(RunCheck::default());
    if form.kind.get_untracked() == FormKind::Text {
        return form.edit(Field::Seed, random_seed().to_string());
    }
    form.inputs.update(|inputs| {
        inputs.retain(|(key, _)| seeds.iter().all(|(seed, _)| seed != key));
        inputs.extend(seeds);
    });
}

/// Checks the submission of a form when it has not changed for a moment, and when the task that it was compared with ends. `track` subscribes to all
/// that a submission is made of; without a submission nothing is known against it.
pub(crate) fn follow_check(
    check: RwSignal<RunCheck>,
    track: impl Fn() + 'static,
    submission: impl Fn() -> Option<Submission> + Copy + 'static,
) {
    let live = use_live();
    let compared = move || {
        check.with(|check| {
            check.warnings.iter().find_map(|warning| match warning {
                RunWarning::SameInputs { task, .. } => Some(*task),
                RunWarning::OutOfMemory { .. } | RunWarning::Fallback { .. } => None,
            })
        })
    };
    let ended = memo(move || compared().and_then(|task: TaskId| live.with_task(task, |task| task.state.is_final())));
    let found = Callback::new(move |found: RunCheck| {
        check.maybe_update(|check| {
            let is_new = *check != found;
            *check = found;
            is_new
        });
    });
    ask_when_settled(
        move || {
            track();
            // Read, not only tracked: a memo that nobody reads knows of no change.
            ended.get();
        },
        move || {
            let submission = submission();
            Some(async move {
                match submission {
                    Some(submission) => check_run(submission).await.unwrap_or_default(),
                    None => RunCheck::default(),
                }
            })
        },
        found,
    );
}

/// Subscribes the caller to all that a submission is made of.
fn track(form: FormModel) {
    for field in Field::ALL {
        form.value(field).track();
    }
    form.kind.track();
    form.file.track();
    form.inputs.track();
    form.off.track();
    form.unwanted.track();
    form.loras.track();
    form.arrangement.track();
    form.sent.track();
    form.start.track();
    form.strength.track();
}
