//! Every page as rendered by the server, in typical states: the texts that must be readable, and the names that assistive technology and
//! external checks rely on.
//!
//! With `DARKROOM_PAGES=dir` each page is also written there with its stylesheet inlined, for inspection.

mod fixtures;
mod queue;
mod render;
mod settings;

use darkroom::{
    proto::{
        ids::NodeId,
        submit::Refusal,
        task::{BackendState, Problem, TaskState},
    },
    web::first_paint::ReturnedForm,
};
use fixtures::{demo, done, failed, first_paint, gpu, queued, running, task_id, workflow_result};
use render::{Page, render};

#[tokio::test]
async fn a_first_visit_shows_the_form_with_labelled_fields() {
    let page = render("empty", "/", first_paint(vec![], vec![gpu()])).await;
    for name in ["Prompt", "Negative prompt", "Checkpoint", "Width", "Height", "Batch", "Steps", "Guidance", "Sampler", "Scheduler", "Seed"]
    {
        page.shows(&format!(">{name}</label>"));
    }
    page.shows("Nothing developed yet").shows("Generate").shows(r#"aria-label="Random seed""#);
    page.shows(r#"<select id="checkpoint" name="checkpoint""#).shows(r#"type="number" id="seed" name="seed""#);
    page.shows(r#"max="18446744073709551615""#).shows("Workflow file").shows(r#"accept=".json,image/*,video/*,.mkv""#);
    page.shows(r#"method="post" action="/" enctype="multipart/form-data""#);
    page.shows(r#"aria-label="Notifications""#).shows("<title>Darkroom</title>").hides("Task progress");
    page.hides("undefined").hides("style=");
}

#[tokio::test]
async fn the_page_shows_that_the_demo_engine_runs() {
    let page = render("demo", "/", first_paint(vec![], vec![demo()])).await;
    page.shows("The demo engine is running").shows("darkroom serve --comfyui http://127.0.0.1:8188").shows("DARKROOM_COMFYUI");
}

#[tokio::test]
async fn without_a_backend_the_page_explains_that_tasks_wait() {
    let mut backend = gpu();
    backend.state = BackendState::Reconnecting { attempt: 3 };
    let mut first = first_paint(vec![queued(4)], vec![backend]);
    first.options = Default::default();
    let page = render("backend-down", "/", first).await;
    page.shows("The checkpoints are listed when a ComfyUI has been reached.")
        .shows("No ComfyUI can be reached; this task is kept and will be sent when one is back");
}

#[tokio::test]
async fn a_running_task_is_shown_with_its_progress_and_every_node() {
    let page = render("running", "/", first_paint(vec![done(1), failed(2), running(7)], vec![gpu()])).await;
    page.shows("42 % · Darkroom").shows(r#"role="progressbar" aria-label="Task progress""#).shows(r#"aria-valuenow="42""#);
    page.shows(r#"aria-valuetext="42 %, Sampling image, about 12 s left""#);
    page.shows("Sampling image, step 7 of 20").shows("Step 7 of 20").shows("1.4 steps a second").shows("Preview · step 7");
    page.shows(r#"<ol aria-label="Nodes" class="nodes">"#).shows(r#"data-node-id="3" data-state="running""#);
    page.shows(r#"data-node-id="4" data-state="cached""#).shows(r#"data-node-id="8" data-state="waiting""#);
    page.shows(&format!(r#"action="/tasks/{}/cancel""#, task_id(7)));
    assert_eq!(page.count("data-node-id="), 7);
    assert_eq!(page.count(">Cancel<"), 1, "one way to cancel one task");
}

#[tokio::test]
async fn results_have_alternative_texts_and_links() {
    let page = render("done", "/", first_paint(vec![failed(2), done(3)], vec![gpu()])).await;
    page.shows(r#"alt="Result 1 of 2: a lighthouse at dusk"#).shows(r#"aria-valuenow="100""#).shows("took 17.9 s");
    page.shows("Use these settings").shows("Download").shows("Open full size").shows("Task page").hides(">Cancel<");
}

#[tokio::test]
async fn a_failed_task_shows_the_error_the_node_and_the_next_step() {
    let page = render("failed", "/", first_paint(vec![done(1), failed(9)], vec![gpu()])).await;
    page.shows("Sample failed at step 7").shows("CUDA out of memory").shows("Try a smaller size or a smaller batch.");
    page.shows("node 3 · KSampler · torch.OutOfMemoryError").shows("Show traceback").shows(r#"data-node-id="3" data-state="failed""#);
    page.hides("Task progress");
}

#[tokio::test]
async fn a_refused_form_is_shown_with_the_entered_values() {
    let mut first = first_paint(vec![], vec![gpu()]);
    let typed = [("kind", "text"), ("prompt", "</textarea><b>fog & rain"), ("width", "wide"), ("seed", "18446744073709551615")];
    let width = Problem {
        node: Some(NodeId::from("5")),
        title: Some("Empty latent".into()),
        input: Some("width".into()),
        message: "This is not a whole number of pixels.".into(),
    };
    first.returned = Some(ReturnedForm {
        fields: typed.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        refusal: Refusal::new(vec![width]),
    });
    let page = render("returned", "/", first).await;
    page.shows("&lt;/textarea>&lt;b>fog &amp; rain</textarea>").hides("<b>fog").shows(r#"value="18446744073709551615""#);
    page.shows(r#"aria-describedby="width-problem""#).shows("This is not a whole number of pixels.").shows(r#"aria-invalid="true""#);
}

#[tokio::test]
async fn a_task_has_a_page_of_its_own() {
    let path = format!("/tasks/{}", task_id(3));
    let page = render("task-done", &path, first_paint(vec![done(3)], vec![gpu()])).await;
    page.shows("<h1>A lighthouse at dusk</h1>").shows(&task_id(3).to_string()).shows("18446744073709551615").shows("Settings");
    let page = render("task-running", &format!("/tasks/{}", task_id(7)), first_paint(vec![running(7)], vec![gpu()])).await;
    page.shows("Task progress").shows(">Cancel<");
}

#[tokio::test]
async fn the_page_of_an_unknown_task_says_so() {
    for path in [format!("/tasks/{}", task_id(99)), "/tasks/nonsense".to_owned()] {
        let page = render("task-unknown", &path, first_paint(vec![done(3)], vec![gpu()])).await;
        page.shows("There is no such task").shows("Go to Studio");
        assert_eq!(page.status, 404);
    }
    render("not-found", "/nowhere", first_paint(vec![], vec![gpu()])).await.shows("There is no page here");
}

#[tokio::test]
async fn waiting_and_cancelled_tasks_show_their_state() {
    let mut cancelled = running(5);
    cancelled.state = TaskState::Cancelled;
    cancelled.ended_at = cancelled.started_at.map(|at| at.plus_ms(4200));
    let page: Page = render("cancelled", "/", first_paint(vec![cancelled], vec![gpu()])).await;
    page.shows("Cancelled before there was a picture.").shows("took 4.2 s");
    let page = render("queued", "/", first_paint(vec![done(3), queued(4)], vec![gpu()])).await;
    page.shows("No ComfyUI can be reached, this waits").shows(r#"data-state="waiting""#);
}

#[tokio::test]
async fn texts_and_videos_are_shown_by_their_kind() {
    let page = render("outputs", "/", first_paint(vec![workflow_result(6)], vec![gpu()])).await;
    page.shows("Result text").shows("A caption of 12 words").shows(r#"aria-label="Show result 2""#);
}
