//! The workflow of a task, for its page and for downloads: as a drawing, as a file of ComfyUI's editor, as a request.

use std::sync::Arc;

use proto::{
    comfy::{Catalog, Workflow},
    editor::{self, EditorText},
    form::{Form, FormField},
    graph::{TaskWorkflow, WorkflowGraph},
    recipe::TextToImage,
};
use serde_json::{Map, Value, json};

use crate::{
    pool::Pool,
    store::{Stored, StoredExtra},
    workflow_forms::classes,
};

/// What the page of a task shows. On a thread of its own: a workflow may have thousands of nodes.
///
/// # Errors
/// Darkroom is stopping.
pub async fn describe(pool: &Pool, stored: Stored) -> Result<TaskWorkflow, String> {
    let catalogs = pool.form_catalogs();
    let described = tokio::task::spawn_blocking(move || TaskWorkflow {
        graph: WorkflowGraph::of(&stored.workflow, catalogs.iter().map(Arc::as_ref)),
        inputs: if stored.task.recipe.is_some() { Vec::new() } else { inputs(&catalogs, &stored.workflow) },
        request: request(&stored).to_string(),
        left_out: left_out(&stored),
    });
    described.await.map_err(|_| "Darkroom is stopping. Try again in a moment.".into())
}

/// The workflow as a file of ComfyUI's editor: the one that came with the task, if it still gives the workflow that ran, else a written one. `None`: no
/// ComfyUI was reached yet, whose node classes are needed.
pub async fn editor_file(pool: &Pool, stored: Stored) -> Option<EditorText> {
    let catalogs = pool.form_catalogs();
    let made = tokio::task::spawn_blocking(move || {
        let own = match &stored.extra_data {
            StoredExtra::Readable(extra_data) => extra_data.editor_file(),
            StoredExtra::Lost => None,
        };
        editor::file_of(&stored.workflow, own, &catalogs)
    });
    made.await.ok().flatten()
}

/// The important values of the workflow's form.
fn inputs(catalogs: &[Arc<Catalog>], workflow: &Workflow) -> Vec<(String, String)> {
    let form = Form::of(workflow, &classes(catalogs, workflow));
    let shown: Vec<&FormField> = form.fields.iter().filter(|field| field.pinned && !field.hidden && form.is_there(field)).collect();
    let label = |field: &FormField| {
        let same = shown.iter().filter(|other| other.label == field.label).count();
        if same > 1 && field.title != field.label { format!("{} · {}", field.title, field.label) } else { field.label.clone() }
    };
    shown.iter().map(|field| (label(field), field.value.clone())).collect()
}

/// The body of the `POST /api/tasks` that makes the same task.
fn request(stored: &Stored) -> Value {
    let Stored { task, workflow, origin, .. } = stored;
    let mut body = Map::new();
    match &task.recipe {
        Some(recipe) => {
            body.insert("workflow".into(), "text-to-image".into());
            body.insert("parameters".into(), parameters(recipe));
        }
        None => drop(body.insert("workflow".into(), serde_json::to_value(&**workflow).unwrap_or_default())),
    }
    body.insert("name".into(), task.name.as_str().into());
    if task.place.priority != 0 {
        body.insert("priority".into(), task.place.priority.into());
    }
    if !origin.metadata.is_empty() {
        body.insert("metadata".into(), origin.metadata.clone().into());
    }
    body.into()
}

/// As `POST /api/tasks` takes them.
fn parameters(recipe: &TextToImage) -> Value {
    let TextToImage { prompt, negative, checkpoint, width, height, batch, steps, cfg, sampler, scheduler, seed } = recipe;
    json!({
        "prompt": prompt,
        "negativePrompt": negative,
        "checkpoint": checkpoint,
        "width": width,
        "height": height,
        "batchSize": batch,
        "steps": steps,
        "cfg": cfg.trim().parse::<f64>().unwrap_or_default(),
        "sampler": sampler,
        "scheduler": scheduler,
        "seed": seed,
    })
}

/// What came with the task and is never given back, because it may be secret.
fn left_out(stored: &Stored) -> String {
    let extra_data = match &stored.extra_data {
        StoredExtra::Readable(extra_data) => !extra_data.is_empty(),
        StoredExtra::Lost => true,
    };
    match (extra_data, stored.origin.webhook.is_some()) {
        (true, true) => "Its extra_data and its webhook are not in it: they may hold secrets.".into(),
        (true, false) => "Its extra_data is not in it: it may hold secrets.".into(),
        (false, true) => "Its webhook is not in it: its address may hold a secret.".into(),
        (false, false) => String::new(),
    }
}
