//! The tools, the sliders and the buttons.

use leptos::{ev, prelude::*};

use super::{
    keys::{EditorCommand, EditorKey, KEYS, MORE_KEYS, other},
    model::MaskEditorModel,
    symbols::{Symbol, symbol},
    tools::{SLIDER_STEPS, Tool, diameter_at, slider_of},
};
use crate::components::{
    key_bindings::KeyLine,
    reactive::{Erased, listener, memo, truth},
};
use proto::limits;

/// The tool that is chosen.
#[component]
pub(super) fn Tools(model: MaskEditorModel) -> impl IntoView {
    let button = move |tool: Tool| {
        let chosen = truth(move || model.settings.with(|settings| settings.tool == tool));
        view! {
            <button
                type="button"
                class="mask-button"
                aria-pressed=chosen
                aria-label=tool.label()
                title=title_of(model, EditorCommand::Choose(tool))
                on:click=listener(move |_: ev::MouseEvent| model.run(EditorCommand::Choose(tool)))
            >
                {symbol(symbol_of(tool))}
            </button>
        }
        .erased()
    };
    view! { <div class="mask-group" role="group" aria-label="Tools">{Tool::ALL.map(button).into_iter().collect_view()}</div> }.erased()
}

/// Undo, redo, and what changes the whole mask.
#[component]
pub(super) fn Actions(model: MaskEditorModel) -> impl IntoView {
    let never = memo(|| false);
    let nothing_done = memo(move || !model.painted.with(|painted| painted.can_undo));
    let nothing_undone = memo(move || !model.painted.with(|painted| painted.can_redo));
    let empty = memo(move || model.painted.with(|painted| painted.bounds.is_none()));
    view! {
        <div class="mask-group" role="group" aria-label="Mask">
            {action(model, EditorCommand::Undo, Symbol::Undo, "Undo", nothing_done)}
            {action(model, EditorCommand::Redo, Symbol::Redo, "Redo", nothing_undone)}
            {action(model, EditorCommand::Invert, Symbol::Invert, "Invert the mask", never)}
            {action(model, EditorCommand::Clear, Symbol::Clear, "Clear the mask", empty)}
            {action(model, EditorCommand::FillAll, Symbol::All, "Paint everything", never)}
        </div>
    }
    .erased()
}

/// Zoom.
#[component]
pub(super) fn Zoom(model: MaskEditorModel) -> impl IntoView {
    let never = memo(|| false);
    let percent = memo(move || format!("{:.0} %", model.viewport.get().scale * 100.0));
    view! {
        <div class="mask-group mask-zoom" role="group" aria-label="View">
            {action(model, EditorCommand::ZoomOut, Symbol::ZoomOut, "Zoom out", never)}
            <span class="mask-scale">{percent}</span>
            {action(model, EditorCommand::ZoomIn, Symbol::ZoomIn, "Zoom in", never)}
            {action(model, EditorCommand::Fit, Symbol::Fit, "Show the whole picture", never)}
        </div>
    }
    .erased()
}

/// One that does nothing now keeps the focus, so that it is disabled for assistive technology only.
fn action(model: MaskEditorModel, command: EditorCommand, icon: Symbol, label: &'static str, disabled: Memo<bool>) -> AnyView {
    view! {
        <button
            type="button"
            class="mask-button"
            aria-label=label
            title=title_of(model, command)
            aria-disabled=truth(move || disabled.get())
            on:click=listener(move |_: ev::MouseEvent| {
                if !disabled.get_untracked() {
                    model.run(command);
                }
            })
        >
            {symbol(icon)}
        </button>
    }
    .erased()
}

/// How the brush and the edge of the mask are.
#[component]
pub(super) fn Sliders(model: MaskEditorModel) -> impl IntoView {
    let size_text = memo(move || format!("{} px", model.diameter()));
    let percent = |value: u8| format!("{value} %");
    view! {
        <div class="mask-sliders">
            {slider(Slider {
                id: "mask-size",
                label: "Size",
                max: SLIDER_STEPS,
                value: memo(move || slider_of(model.diameter())),
                text: size_text,
                set: Box::new(move |value| model.set_diameter(diameter_at(value))),
            })}
            {slider(Slider {
                id: "mask-hardness",
                label: "Hardness",
                max: 100.0,
                value: memo(move || f64::from(model.settings.get().hardness)),
                text: memo(move || percent(model.settings.get().hardness)),
                set: Box::new(move |value| model.settings.update(|settings| settings.hardness = value as u8)),
            })}
            {slider(Slider {
                id: "mask-opacity",
                label: "Opacity",
                max: 100.0,
                value: memo(move || f64::from(model.settings.get().opacity)),
                text: memo(move || percent(model.settings.get().opacity)),
                set: Box::new(move |value| model.settings.update(|settings| settings.opacity = (value as u8).max(1))),
            })}
            {slider(Slider {
                id: "mask-grow",
                label: "Grow",
                max: f64::from(limits::EDIT_GROW.min(SHAPE_SLIDER)),
                value: memo(move || f64::from(model.grow.get())),
                text: memo(move || format!("{} px", model.grow.get())),
                set: Box::new(move |value| model.grow.set(value as u32)),
            })}
            {slider(Slider {
                id: "mask-feather",
                label: "Feather",
                max: f64::from(limits::EDIT_FEATHER.min(SHAPE_SLIDER)),
                value: memo(move || f64::from(model.feather.get())),
                text: memo(move || format!("{} px", model.feather.get())),
                set: Box::new(move |value| model.feather.set(value as u32)),
            })}
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=memo(move || model.settings.get().pressure)
                    on:change=listener(move |event: ev::Event| {
                        let on = event_target_checked(&event);
                        model.settings.update(|settings| settings.pressure = on);
                    })
                />
                "Pen pressure"
            </label>
        </div>
    }
    .erased()
}

/// The sliders for the shape of the mask end here, pixels.
const SHAPE_SLIDER: u32 = 128;

struct Slider {
    id: &'static str,
    label: &'static str,
    max: f64,
    value: Memo<f64>,
    text: Memo<String>,
    set: Box<dyn Fn(f64)>,
}

fn slider(Slider { id, label, max, value, text, set }: Slider) -> AnyView {
    view! {
        <div class="mask-slider">
            <label for=id>{label}</label>
            <input
                type="range"
                id=id
                min="0"
                max=max.to_string()
                step="1"
                value=value.get_untracked().to_string()
                prop:value=memo(move || value.get().to_string())
                aria-valuetext=text
                on:input=listener(move |event: ev::Event| {
                    if let Ok(value) = event_target_value(&event).parse() {
                        set(value);
                    }
                })
            />
            <output for=id>{text}</output>
        </div>
    }
    .erased()
}

/// All keys, from the table that they are made of.
#[component]
pub(super) fn KeyList(model: MaskEditorModel) -> impl IntoView {
    let bindings = model.bindings;
    let line = move |row: &EditorKey| view! { <KeyLine bindings command=Some(row.name) usual=row.usual words=row.words other /> }.erased();
    let fixed = |(key, words): &(&'static str, &'static str)| {
        view! { <div class="key-line"><dt><kbd>{*key}</kbd></dt><dd>{*words}</dd></div> }.erased()
    };
    view! {
        <details class="mask-keys">
            <summary>"Keys"</summary>
            <dl>
                {KEYS.iter().map(line).collect_view()}
                {MORE_KEYS.iter().map(fixed).collect_view()}
            </dl>
        </details>
    }
    .erased()
}

/// "Brush (B)".
fn title_of(model: MaskEditorModel, command: EditorCommand) -> Memo<String> {
    memo(move || {
        let Some(row) = KEYS.iter().find(|row| row.command == command) else { return "Paint everything".to_owned() };
        let key = model.bindings.with(|bindings| bindings.keys(row.name, row.usual).first().map(|key| key.to_uppercase()));
        format!("{} ({})", row.words, key.unwrap_or_default())
    })
}

fn symbol_of(tool: Tool) -> Symbol {
    match tool {
        Tool::Brush => Symbol::Brush,
        Tool::Eraser => Symbol::Eraser,
        Tool::Fill => Symbol::Fill,
        Tool::Lasso => Symbol::Lasso,
    }
}
