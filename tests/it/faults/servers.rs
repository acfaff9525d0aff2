//! Servers that are not quite what they should be: they refuse sockets, refuse everything, or redirect. Fault rows 34 to 36.

use darkroom::{
    proto::{
        ids::BackendId,
        link::LinkConfig,
        task::{BackendState, HttpState, TaskState},
        wire::Command,
    },
    server::config::Config,
};

use super::stage::{Stage, brisk, ms};
use crate::support::{
    faults::{Answer, Fault},
    link::brisk_link,
};

/// What was refused is tried again after this long.
fn asked_again_after(milliseconds: u64) -> Config {
    Config { link: LinkConfig { refused_retry: Some(ms(milliseconds)), ..brisk_link() }, ..brisk() }
}

const NEVER: u64 = 3_600_000;

fn everything(answer: Answer) -> Fault {
    Fault::Http { route: "*".into(), answer }
}

fn prompts(answer: Answer) -> Fault {
    Fault::Http { route: "POST /prompt".into(), answer }
}

fn redirect(status: u16, to: &str) -> Answer {
    Answer::Redirect { status, to: to.into() }
}

impl Stage {
    /// The reason for which the link failed.
    async fn until_failed(&mut self) -> String {
        self.until_link(|state| matches!(state, BackendState::Failed { .. })).await;
        let BackendState::Failed { why } = &self.backend().state else { unreachable!("just seen") };
        why.clone()
    }

    async fn try_now(&self) {
        let backend: BackendId = self.backend().id.clone();
        self.command(Command::RetryBackend { backend }).await;
    }
}

#[tokio::test]
async fn tasks_run_by_polling_when_only_sockets_are_refused() {
    for status in [401, 403, 404, 200] {
        let mut stage = Stage::with(asked_again_after(NEVER)).await;
        stage.engine().fault(Fault::RefuseSockets { status: Some(status) }.always()).await;
        stage.engine().fault(Fault::Drop).await;
        stage.until_link(|state| *state == BackendState::Polling).await;
        assert_eq!(stage.backend().http, HttpState::Up, "{status}");
        let id = stage.submit(1).await;
        assert_eq!(stage.until_completed(id).await.attempt, 1, "{status}");
        stage.engine().clear().await;
        stage.try_now().await;
        stage.until_link(|state| *state == BackendState::Connected).await;
        stage.judge().await;
    }
}

#[tokio::test]
async fn a_refused_socket_is_retried_automatically() {
    let mut stage = Stage::with(asked_again_after(300)).await;
    stage.engine().fault(Fault::RefuseSockets { status: Some(403) }.times(3)).await;
    stage.engine().fault(Fault::Drop).await;
    stage.until_link(|state| *state == BackendState::Polling).await;
    stage.until_link(|state| *state == BackendState::Connected).await;
    let id = stage.submit(1).await;
    stage.until_completed(id).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_comfyui_that_refuses_everything_has_failed_and_waiting_tasks_show_why() {
    let answers = [(Answer::Status(403), "403"), (Answer::Status(404), "404"), (Answer::Page(200), "not ComfyUI's")];
    for (answer, says) in answers {
        let mut stage = Stage::with(asked_again_after(300)).await;
        stage.engine().fault(Fault::RefuseSockets { status: Some(403) }.always()).await;
        stage.engine().fault(everything(answer).always()).await;
        stage.engine().fault(Fault::Drop).await;
        let why = stage.until_failed().await;
        assert!(why.contains(says), "{why}");
        let id = stage.submit(1).await;
        stage.page.until(|state| state.task(id).is_some_and(|task| task.note.as_ref().is_some_and(|note| note.contains(says)))).await;
        assert_eq!(stage.page.state.task(id).map(|task| (task.state, task.backend.clone())), Some((TaskState::Accepted, None)));
        stage.engine().clear().await;
        let done = stage.until_completed(id).await;
        assert_eq!((done.attempt, done.note), (1, None), "it came back by itself");
        stage.judge().await;
    }
}

#[tokio::test]
async fn refusing_http_beside_a_working_socket_is_detected() {
    let mut stage = Stage::with(asked_again_after(300)).await;
    stage.engine().fault(everything(Answer::Status(403)).always()).await;
    let id = stage.submit(1).await;
    let why = stage.until_failed().await;
    assert!(why.contains("403"), "{why}");
    stage.engine().clear().await;
    assert_eq!(stage.until_completed(id).await.attempt, 1);
    stage.judge().await;
}

#[tokio::test]
async fn a_prompt_that_is_redirected_is_sent_once_and_the_new_url_is_named() {
    for status in [301, 302, 303, 307, 308] {
        let mut stage = Stage::with(asked_again_after(NEVER)).await;
        stage.engine().fault(prompts(redirect(status, "https://pod.example:8443/comfy{path}?secret=hush")).always()).await;
        let id = stage.submit(1).await;
        let why = stage.until_failed().await;
        assert_eq!(why, format!("it redirects to https://pod.example:8443/comfy/ ({status}); use that url"));
        stage.page.until(|state| state.task(id).is_some_and(|task| task.note.as_ref().is_some_and(|note| note.contains(&why)))).await;
        assert_eq!(stage.engine().state().await.wronged, 1, "{status}: sent once");
        stage.engine().clear().await;
        stage.try_now().await;
        assert_eq!(stage.until_completed(id).await.attempt, 1);
        stage.judge().await;
    }
}

#[tokio::test]
async fn redirects_of_all_requests_are_named_from_the_start() {
    let mut stage = Stage::with(asked_again_after(NEVER)).await;
    stage.engine().fault(everything(redirect(302, "https://login.example/sign-in?next=hush")).always()).await;
    stage.engine().fault(Fault::RefuseSockets { status: Some(302) }.always()).await;
    stage.engine().fault(Fault::Drop).await;
    let why = stage.until_failed().await;
    assert!(why.starts_with("it redirects to https://login.example/sign-in (302); use that url"), "{why}");
    assert!(why.contains("sign in") && !why.contains("hush"), "{why}");
    stage.engine().clear().await;
    stage.try_now().await;
    stage.until_link(|state| *state == BackendState::Connected).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_redirect_to_the_same_host_that_keeps_the_request_is_followed() {
    let mut stage = Stage::with(asked_again_after(NEVER)).await;
    for status in [307, 308] {
        stage.engine().fault(prompts(redirect(status, "/api{path}"))).await;
        let id = stage.submit(status.into()).await;
        assert_eq!(stage.until_completed(id).await.attempt, 1);
    }
    assert_eq!(stage.engine().state().await.wronged, 2);
    // One that leads in a circle ends.
    stage.engine().fault(prompts(redirect(307, "{path}")).always()).await;
    let id = stage.submit(1).await;
    let why = stage.until_failed().await;
    assert!(why.contains("redirects"), "{why}");
    stage.engine().clear().await;
    stage.try_now().await;
    stage.until_completed(id).await;
    stage.judge().await;
}

#[tokio::test]
async fn a_prompt_answered_with_a_html_page_is_not_repeated() {
    let mut stage = Stage::with(asked_again_after(NEVER)).await;
    stage.engine().fault(prompts(Answer::Page(200)).always()).await;
    let id = stage.submit(1).await;
    let why = stage.until_failed().await;
    assert!(why.contains("not ComfyUI's"), "{why}");
    assert_eq!(stage.engine().state().await.wronged, 1);
    stage.engine().clear().await;
    stage.try_now().await;
    stage.until_completed(id).await;
    stage.judge().await;
}
