//! Working on with the picture itself: as the start, to paint on, as a mask, larger, or as the workflow that is written in it.

use leptos::{ev, prelude::*};

use super::{form_changes, form_snapshot::FormSnapshot, used_notice};
use crate::live::{Live, ToastKind, use_live};
use crate::{
    base_path::{use_navigate, with_base},
    components::{
        form::{FormKind, FormModel, use_form},
        icon::{Glyph, Icon},
        reactive::{Erased, When, listener, part, truth},
        stage::{UpscaleOpen, UpscaleSlot, UpscaleSource},
    },
};
use proto::{
    edit::StartLine,
    gallery::{GalleryId, OutputFacts},
    ids::TaskId,
    task::OutputKind,
};

/// What most people do next. `task`: its task and its number there, if that is still there. `children`: other buttons, which come first.
#[component]
pub(super) fn WorkOn(id: GalleryId, facts: OutputFacts, task: Option<(TaskId, u32)>, children: Children) -> impl IntoView {
    let (form, live) = (use_form(), use_live());
    let navigate = StoredValue::new(use_navigate());
    let go = move |to: &str| navigate.with_value(|navigate| navigate(to, Default::default()));
    let is_picture = facts.kind == Some(OutputKind::Image);
    let facts = StoredValue::new(facts);
    let upscale = use_context::<UpscaleSlot>();
    let upscaling = RwSignal::new(false);
    provide_context(UpscaleOpen(upscaling));
    let edit = match task {
        Some((task, output)) => with_base(&format!("/inpaint?task={task}&output={output}")),
        None => with_base(&format!("/inpaint?gallery={id}")),
    };
    let start = move || match task {
        Some((task, output)) => started(form, id, StartLine::of_result(task, output), go),
        None => start_from_file(form, live, id, go),
    };
    let source = move || match task {
        Some((task, output)) => UpscaleSource::Result(task, output),
        None => {
            let recipe = facts.with_value(|facts| form_changes::recipe(facts, |field| form.value(field).get_untracked()));
            UpscaleSource::Output(id, Box::new(recipe))
        }
    };
    view! {
        <div class="actions" role="group" aria-label="Work on with it">
            {children()}
            <When holds=is_picture>
                <button type="button" class="button with-script" on:click=listener(move |_: ev::MouseEvent| start())>
                    <Icon glyph=Glyph::Play /><span>"As the start"</span>
                </button>
                <a class="button with-script" href=edit.clone()><Icon glyph=Glyph::Picture /><span>"Inpaint"</span></a>
                <When holds=upscale.is_some()>
                    <button
                        type="button"
                        class="button with-script"
                        aria-expanded=truth(move || upscaling.get())
                        on:click=listener(move |_: ev::MouseEvent| upscaling.update(|open| *open = !*open))
                    >
                        <Icon glyph=Glyph::Up /><span>"Upscale"</span>
                    </button>
                </When>
            </When>
        </div>
        {part(move || match upscale {
            Some(UpscaleSlot(draw)) if upscaling.get() => draw(source()),
            _ => ().into_any(),
        })}
    }
    .into_any()
}

/// What few people do: as a mask, or as the workflow that is written in the file, if there is one.
#[component]
pub(super) fn MoreWork(id: GalleryId, facts: OutputFacts, has_task: bool) -> impl IntoView {
    let (form, live) = (use_form(), use_live());
    let navigate = StoredValue::new(use_navigate());
    let is_picture = facts.kind == Some(OutputKind::Image);
    let has_settings = has_task || facts.has_sampling() || !facts.models.is_empty() || !facts.workflow.is_empty();
    let may_have_workflow = has_settings && matches!(facts.kind, Some(OutputKind::Image | OutputKind::Video));
    let name = facts.filename;
    let open_workflow = move || {
        let before = FormSnapshot::of(form);
        navigate.with_value(|navigate| navigate("/", Default::default()));
        open_as_workflow(form, live, id, name.clone(), before);
    };
    view! {
        <When holds=is_picture>
            <a class="button with-script" href=with_base(&format!("/inpaint?mask={id}"))><Icon glyph=Glyph::Brush /><span>"As a mask"</span></a>
        </When>
        {may_have_workflow.then(|| view! {
            <button type="button" class="button with-script" on:click=listener(move |_: ev::MouseEvent| open_workflow())>
                <Icon glyph=Glyph::Sliders /><span>"As a workflow"</span>
            </button>
        }.erased())}
    }
    .into_any()
}

/// The picture is in the slot of Studio.
fn started(form: FormModel, id: GalleryId, line: StartLine, go: impl Fn(&str)) {
    let before = FormSnapshot::of(form);
    form.kind.set(FormKind::Text);
    form.start.set(line.as_str().to_owned());
    go("/");
    used_notice::show(form, id, "The next picture starts from this one.".into(), before);
}

/// A picture without a task is first made one that can be worked on.
fn start_from_file(form: FormModel, live: Live, id: GalleryId, go: impl Fn(&str) + 'static) {
    #[cfg(feature = "hydrate")]
    leptos::task::spawn_local(async move {
        use proto::edit::StartPicture;
        match crate::components::pictures::give_output(id).await {
            Ok((picture, size)) => {
                let start = StartPicture { edit: "redraw".into(), picture, size, strength: None, parent: None };
                started(form, id, StartLine::of_picture(&start), go);
            }
            Err(why) => live.toast(ToastKind::Bad, "Not used", why, None),
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (form, live, id, go, ToastKind::Bad);
}

/// Opens the file as if it were dropped on Studio, which reads the workflow or the settings in it.
fn open_as_workflow(form: FormModel, live: Live, id: GalleryId, name: String, before: FormSnapshot) {
    #[cfg(feature = "hydrate")]
    leptos::task::spawn_local(async move {
        match super::source_file::fetched(id, &name).await {
            Ok(file) => match form.open.get_value() {
                Some(open) => {
                    form.opening.set(true);
                    open(form, file);
                    used_notice::show(form, id, "This output is opened as a workflow.".into(), before);
                }
                None => live.toast(ToastKind::Bad, "Not opened", "Studio is not there yet. Try again.", None),
            },
            Err(why) => live.toast(ToastKind::Bad, "Not opened", why, None),
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (form, live, id, name, before);
}
