//! The queue page, and how other pages show tasks that wait, were retried, or cannot be cancelled yet.

use darkroom::proto::{
    task::{BackendState, HttpState, Task},
    time::Timestamp,
};

use super::fixtures::{NOW, ago, done, evening, first_paint, gpu, pod, queued, running, second_attempt, task_id, waiting};
use super::render::{Page, render};

#[tokio::test]
async fn the_queue_lists_unfinished_tasks_in_order() {
    let page = render("queue", "/queue", first_paint(evening(), vec![gpu(), pod()])).await;
    page.shows(">Queue</h1>").shows("2 running").shows("3 waiting").shows("1 paused").shows(r#"aria-label="Tasks in the queue""#);
    assert_eq!(rows(&page), [(8, "running"), (9, "running"), (11, "waiting"), (12, "waiting"), (13, "waiting"), (14, "paused")]);
    page.shows("Waiting 1").shows("Waiting 3").shows("text to image · 1024 × 768").shows("about 12 s left").shows("42 %");
    page.shows("starts in about 15 s").shows("starts in about 1 min").shows("starts in about 2 min");
    page.shows("Attempt 1 on pod-7.example: it restarted while this ran").shows("Only 127.0.0.1:8188 has flux-dev.safetensors");
    page.shows("Pause queue").shows("Clear waiting").shows("Cancel all 4 tasks that wait?").hides("style=");
    for (name, times) in [("Move up", 3), ("Move down", 3), ("Move to the top", 3), ("Pause", 3), ("Resume", 1), ("Cancel", 6)] {
        assert_eq!(page.count(&format!(r#"aria-label="{name}""#)), times, "{name}");
    }
    page.shows(&format!(r#"action="/tasks/{}/cancel""#, task_id(13)));
}

#[tokio::test]
async fn the_order_is_by_priority_and_then_by_position() {
    let place = |mut task: Task, priority, order| {
        (task.place.priority, task.place.order) = (priority, order);
        task
    };
    let tasks = vec![
        place(waiting(1, "a", 10), -1, 1),
        place(waiting(2, "b", 10), 0, 9),
        place(waiting(3, "c", 10), 0, 5),
        place(waiting(4, "d", 10), 1, 7),
    ];
    let page = render("queue-priorities", "/queue", first_paint(tasks, vec![gpu()])).await;
    assert_eq!(rows(&page), [(4, "waiting"), (3, "waiting"), (2, "waiting"), (1, "waiting")]);
    page.shows(r#"data-priority="high""#).shows(r#"data-priority="low""#);
}

#[tokio::test]
async fn prompts_of_other_clients_are_shown_apart() {
    let page = render("queue-foreign", "/queue", first_paint(vec![running(8)], vec![gpu(), pod()])).await;
    page.shows(r#"aria-label="Prompts of other clients""#).shows("Another client").shows(&task_id(901).to_string());
    assert_eq!(page.count("Another client"), 2);
    assert_eq!(rows(&page).len(), 1, "they are not ours");
    render("queue-none-foreign", "/queue", first_paint(vec![running(8)], vec![gpu()])).await.hides("Other clients");
}

#[tokio::test]
async fn a_paused_queue_shows_no_start_times() {
    let mut first = first_paint(evening(), vec![gpu(), pod()]);
    first.snapshot.queue_paused = true;
    let page = render("queue-paused", "/queue", first).await;
    page.shows("The queue is paused: ").shows("nothing is sent to ComfyUI").shows("Resume queue").hides("Pause queue").hides("starts in");
}

#[tokio::test]
async fn an_empty_queue_explains_itself() {
    let page = render("queue-empty", "/queue", first_paint(vec![done(3)], vec![gpu()])).await;
    page.shows("Nothing runs and nothing waits").shows("Go to Studio").hides("Tasks in the queue").hides("unfinished");
}

#[tokio::test]
async fn without_a_backend_the_queue_explains_that_tasks_wait() {
    let mut backend = gpu();
    backend.state = BackendState::Reconnecting { attempt: 3 };
    let page = render("queue-down", "/queue", first_paint(vec![queued(4)], vec![backend])).await;
    page.shows("No ComfyUI can be reached. ").shows("Tasks are kept, and sent when one is back.");
    // Its socket is open, and still nothing can be sent.
    let mut backend = gpu();
    backend.http = HttpState::Down { next_try: Timestamp(NOW + 8_000) };
    render("queue-http-down", "/queue", first_paint(vec![queued(4)], vec![backend])).await.shows("No ComfyUI can be reached. ");
}

#[tokio::test]
async fn every_page_counts_unfinished_tasks() {
    let page = render("busy", "/", first_paint(evening(), vec![gpu(), pod()])).await;
    page.shows(r#"<span class="nav-count">6<span class="visually-hidden"> unfinished</span></span>"#);
    page.shows(r#">2 running, 3 waiting, 1 paused</a>"#);
    render("alone", "/", first_paint(vec![running(8)], vec![gpu()])).await.hides("1 running").shows("unfinished");
}

#[tokio::test]
async fn when_nothing_runs_the_banner_shows_the_next_task() {
    let mut held = waiting(15, "Held back", 10);
    held.paused = true;
    held.place.order = 0;
    let tasks = vec![held, waiting(12, "Second", 60), waiting(11, "First", 10)];
    let page = render("next", "/queue", first_paint(tasks, vec![gpu()])).await;
    page.shows(r#"class="strip-name">First</a>"#).shows("Next in the queue").shows(" · starts in about 10 s").hides("0 %");
}

#[tokio::test]
async fn a_waiting_task_shows_its_position_and_start() {
    let path = format!("/tasks/{}", task_id(12));
    let page = render("task-waiting", &path, first_paint(evening(), vec![gpu()])).await;
    page.shows("Number 2 in the queue").shows("starts in about 1 min").shows("<dt>Behind this</dt><dd>1 task</dd>");
    let page = render("task-held", &format!("/tasks/{}", task_id(14)), first_paint(evening(), vec![gpu()])).await;
    page.shows("It is held back until somebody resumes it.");
    let mut first = first_paint(evening(), vec![gpu()]);
    first.snapshot.queue_paused = true;
    render("task-queue-paused", &path, first).await.shows("Waiting: the queue is paused").hides("starts in");
}

#[tokio::test]
async fn a_later_attempt_shows_the_reason() {
    let path = format!("/tasks/{}", task_id(9));
    let page = render("task-again", &path, first_paint(vec![second_attempt(9)], vec![gpu(), pod()])).await;
    page.shows("Attempt 1 on pod-7.example: it restarted while this ran").shows(r#"aria-label="Attempts""#).shows("It ran 34.0 s.");
    page.shows("<p>Attempt 2 on pod-7.example</p>");
    let page = render("task-once", &format!("/tasks/{}", task_id(7)), first_paint(vec![running(7)], vec![gpu()])).await;
    page.hides(r#"aria-label="Attempts""#);
}

#[tokio::test]
async fn a_pending_cancel_is_shown() {
    let mut task = running(7);
    task.cancelling = true;
    let page = render("task-cancelling", &format!("/tasks/{}", task_id(7)), first_paint(vec![task.clone()], vec![gpu()])).await;
    page.shows("Cancelling: ComfyUI cannot be reached; it will be told when it is back").shows("Cancelling…").hides("about 12 s left");
    let page = render("queue-cancelling", "/queue", first_paint(vec![task], vec![gpu()])).await;
    page.shows(">Cancelling</span>");
}

#[tokio::test]
async fn time_left_shows_its_error_bound() {
    let mut task = running(7);
    task.within_ms = Some(6_000);
    task.started_at = Some(ago(5_700));
    render("uncertain", "/", first_paint(vec![task], vec![gpu()])).await.shows("6–19 s left");
}

/// The numbers of the tasks in row order, each with its state.
fn rows(page: &Page) -> Vec<(u128, &str)> {
    let rows = page.html().split(r#"data-task-id=""#).skip(1);
    rows.map(|row| {
        let id = row.split('"').next().unwrap();
        let state = row.split(r#"data-state=""#).nth(1).unwrap().split('"').next().unwrap();
        (id.parse::<uuid::Uuid>().unwrap().as_u128() & 0xffff, state)
    })
    .collect()
}
