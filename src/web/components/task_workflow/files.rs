//! The workflow as a file, and the request that makes the same task.

use leptos::prelude::*;

use super::loaded::LoadedWorkflow;
use crate::{
    base_path::with_base,
    components::{
        icon::{Glyph, Icon},
        reactive::{Erased, listener, part},
        stage::copy_with_toast,
    },
    first_paint::FirstPaint,
    live::use_live,
};
use proto::{graph::TaskWorkflow, ids::TaskId};

/// Downloads of both formats, and the request as a command for a terminal.
#[component]
pub(super) fn WorkflowFiles(task: TaskId, known: RwSignal<LoadedWorkflow>) -> impl IntoView {
    let file = |format: &str| with_base(&format!("/api/tasks/{task}/workflow?format={format}&download=true"));
    view! {
        <section class="card task-files" aria-labelledby="task-files">
            <h2 id="task-files">"Workflow"</h2>
            <div class="actions">
                <a class="button" href=file("api") download="" rel="external"><Icon glyph=Glyph::Download /><span>"API format"</span></a>
                <a class="button" href=file("editor") download="" rel="external"><Icon glyph=Glyph::Download /><span>"Editor format"</span></a>
                <CurlButton known />
            </div>
            <p class="note">"ComfyUI's page opens both. The editor format has the nodes in their places."</p>
            <CurlText known />
        </section>
    }
    .erased()
}

/// The body of the request, and what it leaves out.
fn request_of(known: RwSignal<LoadedWorkflow>) -> Option<(String, String)> {
    known.with(|known| match known {
        LoadedWorkflow::Here(TaskWorkflow { request, left_out, .. }) => Some((request.clone(), left_out.clone())),
        _ => None,
    })
}

fn needs_token() -> bool {
    with_context::<FirstPaint, _>(|first| first.signed_in).unwrap_or_default()
}

#[component]
fn CurlButton(known: RwSignal<LoadedWorkflow>) -> impl IntoView {
    let live = use_live();
    let needs_token = needs_token();
    part(move || match request_of(known) {
        Some((request, _)) => {
            let copy = move |_| copy_with_toast(live, curl(&page_origin(), &request, needs_token));
            view! {
                <button type="button" class="button with-script" on:click=listener(copy)>
                    <Icon glyph=Glyph::Copy />
                    <span>"Copy as curl"</span>
                </button>
            }
            .erased()
        }
        None => ().into_any(),
    })
}

/// The command to read: where a browser does not allow copying, it can be selected.
#[component]
fn CurlText(known: RwSignal<LoadedWorkflow>) -> impl IntoView {
    let needs_token = needs_token();
    // Only the browser knows the address: the command has it from when it is opened.
    let origin = RwSignal::new(String::new());
    part(move || match request_of(known) {
        Some((request, left_out)) => view! {
            <details class="with-script" on:toggle=listener(move |_| origin.set(page_origin()))>
                <summary>"Show the request"</summary>
                <pre class="task-request" tabindex="0" aria-label="The request as a curl command">
                    {move || curl(&origin.get(), &request, needs_token)}
                </pre>
                {(!left_out.is_empty()).then(|| view! { <p class="note">{left_out}</p> }.erased())}
            </details>
        }
        .erased(),
        None => ().into_any(),
    })
}

/// The command for a shell. The body is a here-document, which needs no quoting, whatever is in it, and has no limit of length.
fn curl(origin: &str, body: &str, needs_token: bool) -> String {
    let token = if needs_token { " \\\n  -H \"Authorization: Bearer $DARKROOM_TOKEN\"" } else { "" };
    format!("curl '{origin}/api/tasks'{token} \\\n  -H 'Content-Type: application/json' \\\n  --data-binary @- <<'JSON'\n{body}\nJSON\n")
}

/// What the browser of this page reaches Darkroom by.
fn page_origin() -> String {
    #[cfg(feature = "hydrate")]
    {
        window().location().origin().unwrap_or_default() + &crate::base_path::base_path()
    }
    #[cfg(not(feature = "hydrate"))]
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_has_a_placeholder_for_the_token_only_if_one_is_needed() {
        let body = r#"{"workflow":"text-to-image","parameters":{"prompt":"it's $HOME"}}"#;
        assert_eq!(
            curl("https://studio.example", body, true),
            format!(
                "curl 'https://studio.example/api/tasks' \\\n  -H \"Authorization: Bearer $DARKROOM_TOKEN\" \\\n  -H 'Content-Type: application/json' \\\n  --data-binary @- <<'JSON'\n{body}\nJSON\n"
            )
        );
        assert!(!curl("http://127.0.0.1:3000", body, false).contains("Authorization"));
    }
}
