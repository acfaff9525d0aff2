//! Server functions, which pages call over HTTP. Thin: each calls the `Service` in its context and returns types of `proto`.
//!
//! Encoded in postcard, as on the WebSocket: a JSON codec is four times the code that every browser would load.

#[cfg(feature = "ssr")]
mod context;
mod error;
mod gallery;
mod grids;
mod production;
mod production_views;

use leptos::{prelude::*, server_fn::codec::Postcard};

use proto::{
    form::PartChanges,
    graph::TaskWorkflow,
    ids::{CommandId, TaskId, WorkflowId},
    outbox::{Answer, Order},
    prompts::{PromptMistake, PromptModel, PromptNames, PromptPreview, WildcardText},
    run_warnings::RunCheck,
    submit::{
        EditFacts, EncodedEdit, FormOptions, FormRun, OpenedFile, OpenedSavedWorkflow, SavedWorkflowName, Submission, WorkflowForm,
        WorkflowToSave,
    },
    task::Task,
    webhook::Delivery,
    wire::{News, Resume},
};

#[cfg(feature = "ssr")]
use context::service;
pub use error::CallError;
pub use gallery::{
    begin_comfyui_import, change_gallery, complete_search, empty_gallery_trash, fetch_comfyui_import, fetch_compared_outputs,
    fetch_gallery_detail, fetch_gallery_facets, fetch_gallery_tiles, fetch_saved_searches, remove_output, remove_saved_search,
    rerun_outputs, save_search, stop_comfyui_import, undo_gallery,
};
pub use grids::{act_on_grid, create_grid, fetch_grid, fetch_grids, plan_grid};
pub use production::{
    cancel_takes, change_production, fetch_board, fetch_board_trash, fetch_projects, fetch_shot, fetch_shot_prompt, fetch_stale_shots,
    generate_takes,
};
pub use production_views::{
    fetch_activity, fetch_agents, fetch_asset_shots, fetch_assets, fetch_dailies, fetch_external, fetch_story, reach_beat, revoke_external,
    share_dailies, switch_structure, unshare_dailies,
};

/// Carries out an order of a page, once per `id` even if it is sent repeatedly.
///
/// # Errors
/// See [`CallError`]; a refusal of the order is `Ok`.
#[server(prefix = "/api/fn", endpoint = "order", input = Postcard, output = Postcard)]
pub async fn send_order(id: CommandId, order: Order) -> Result<Answer, CallError> {
    Ok(service()?.order(id, order).await)
}

/// What speaks against a submission before it is sent.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "check_run", input = Postcard, output = Postcard)]
pub async fn check_run(submission: Submission) -> Result<RunCheck, CallError> {
    Ok(service()?.check_run(submission).await)
}

/// One task with all details.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "task", input = Postcard, output = Postcard)]
pub async fn fetch_task(id: TaskId) -> Result<Option<Task>, CallError> {
    Ok(service()?.task(id).await)
}

/// The workflow of a task. The inner error says why it cannot be read, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "task_workflow", input = Postcard, output = Postcard)]
pub async fn fetch_task_workflow(id: TaskId) -> Result<Result<Option<TaskWorkflow>, String>, CallError> {
    Ok(service()?.task_workflow(id).await)
}

/// The changes since `known`, for a page without a live connection.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "news", input = Postcard, output = Postcard)]
pub async fn fetch_news(known: Resume) -> Result<News, CallError> {
    Ok(service()?.news(known))
}

/// The messages about a task to webhooks, sent and pending, oldest first.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "webhooks", input = Postcard, output = Postcard)]
pub async fn fetch_webhooks(id: TaskId) -> Result<Vec<Delivery>, CallError> {
    Ok(service()?.deliveries(id).await)
}

/// Sends a message to a webhook again. `Some`: it was refused, and why.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "replay", input = Postcard, output = Postcard)]
pub async fn replay_webhook(id: TaskId, delivery: String) -> Result<Option<String>, CallError> {
    Ok(service()?.redeliver(id, delivery).await.err().map(|error| error.to_string()))
}

/// Opens a file that should hold a workflow, in any encoding and wrapper, or a picture that ComfyUI made. The inner error says what it is
/// instead, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "open", input = Postcard, output = Postcard)]
pub async fn open_file(bytes: Vec<u8>) -> Result<Result<OpenedFile, String>, CallError> {
    Ok(service()?.open_file(bytes).await)
}

/// The form of a workflow in API format. Of a saved one with all that was changed of it but the arrangement of its fields. The inner error says why
/// there is none, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "form", input = Postcard, output = Postcard)]
pub async fn fetch_workflow_form(json: String, saved: Option<WorkflowId>) -> Result<Result<WorkflowForm, String>, CallError> {
    Ok(service()?.workflow_form(json, saved).await)
}

/// What the parts that are off and the results that are not wanted change in a workflow. The inner error says why that is not known, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "part_changes", input = Postcard, output = Postcard)]
pub async fn fetch_part_changes(run: FormRun) -> Result<Result<PartChanges, String>, CallError> {
    Ok(service()?.part_changes(run).await)
}

/// The saved workflows, the one changed last first. The inner error says why they cannot be read, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "saved_workflows", input = Postcard, output = Postcard)]
pub async fn fetch_saved_workflows() -> Result<Result<Vec<SavedWorkflowName>, String>, CallError> {
    Ok(service()?.saved_workflows().await)
}

/// A saved workflow. The inner error says why there is none, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "open_workflow", input = Postcard, output = Postcard)]
pub async fn open_saved_workflow(id: WorkflowId) -> Result<Result<OpenedSavedWorkflow, String>, CallError> {
    Ok(service()?.open_workflow(id).await)
}

/// Saves a workflow. The inner error says why it was not, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "save_workflow", input = Postcard, output = Postcard)]
pub async fn save_workflow(workflow: WorkflowToSave) -> Result<Result<SavedWorkflowName, String>, CallError> {
    Ok(service()?.save_workflow(workflow).await)
}

/// What a template of a prompt gives. The inner error says what is wrong in it.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "preview_prompt", input = Postcard, output = Postcard)]
pub async fn preview_prompt(template: String) -> Result<Result<PromptPreview, PromptMistake>, CallError> {
    Ok(service()?.preview_prompt(template).await)
}

/// What can be inserted into a prompt.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "prompt_names", input = Postcard, output = Postcard)]
pub async fn fetch_prompt_names() -> Result<PromptNames, CallError> {
    Ok(service()?.prompt_names().await)
}

/// The words that a LoRA or an embedding was trained with. The inner error says why they cannot be read, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "trigger_words", input = Postcard, output = Postcard)]
pub async fn fetch_trigger_words(kind: PromptModel, name: String) -> Result<Result<Vec<String>, String>, CallError> {
    Ok(service()?.trigger_words(kind, name).await)
}

/// A wildcard. The inner error says why it cannot be read, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "read_wildcard", input = Postcard, output = Postcard)]
pub async fn read_wildcard(name: String) -> Result<Result<WildcardText, String>, CallError> {
    Ok(service()?.read_wildcard(name).await)
}

/// Writes a wildcard. The inner error says why it was not written, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "write_wildcard", input = Postcard, output = Postcard)]
pub async fn write_wildcard(name: String, text: String, revision: Option<String>) -> Result<Result<WildcardText, String>, CallError> {
    Ok(service()?.write_wildcard(name, text, revision).await)
}

/// Removes a wildcard. The inner error says why it was not removed, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "remove_wildcard", input = Postcard, output = Postcard)]
pub async fn remove_wildcard(name: String) -> Result<Result<(), String>, CallError> {
    Ok(service()?.remove_wildcard(name).await)
}

/// The choices of an input that ComfyUI lists on a route of its own. The inner error says why there are none, for people.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "remote_choices", input = Postcard, output = Postcard)]
pub async fn fetch_remote_choices(class: String, input: String) -> Result<Result<Vec<String>, String>, CallError> {
    Ok(service()?.remote_choices(class, input).await)
}

/// What a page shows before an edit is sent.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "edit_facts", input = Postcard, output = Postcard)]
pub async fn fetch_edit_facts(edit: EncodedEdit) -> Result<EditFacts, CallError> {
    Ok(service()?.edit_facts(edit).await)
}

/// The choices of the built-in form.
///
/// # Errors
/// See [`CallError`].
#[server(prefix = "/api/fn", endpoint = "options", input = Postcard, output = Postcard)]
pub async fn fetch_form_options() -> Result<FormOptions, CallError> {
    Ok(service()?.form_options())
}
