//! Pages, forms without JavaScript, pictures, and refused requests.

use crate::support::{
    darkroom_server::{Both, accepted, command, lighthouse},
    metrics::Scrape,
};
use darkroom::proto::{ids::TaskId, submit::Submission, wire::Command};
use reqwest::{Client, StatusCode, multipart::Form, redirect::Policy};

fn client() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

fn form(prompt: &str, steps: &str) -> Form {
    [("kind", "text"), ("checkpoint", "demo-safelight.safetensors"), ("width", "64"), ("height", "64"), ("batch", "1"), ("cfg", "7.0")]
        .into_iter()
        .chain([("sampler", "euler"), ("scheduler", "normal"), ("seed", "18446744073709551615"), ("negative", "")])
        .fold(Form::new(), |form, (name, value)| form.text(name, value))
        .text("prompt", prompt.to_owned())
        .text("steps", steps.to_owned())
}

#[tokio::test]
async fn the_form_works_without_javascript() {
    let both = Both::start(1e9).await;
    let response = client().post(both.url("/")).multipart(form("a cat by the sea", "3")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let place = response.headers()["location"].to_str().unwrap().to_owned();
    let id: TaskId = place.strip_prefix("/tasks/").unwrap().parse().unwrap();
    both.page().await.until_ended(id).await;
    let page = client().get(both.url(&place)).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()["cache-control"], "no-store");
    let html = page.text().await.unwrap();
    assert!(html.contains("A cat by the sea") && html.contains(&format!("/tasks/{id}/outputs/0")), "{html}");
}

#[tokio::test]
async fn a_refused_form_is_shown_with_its_values_and_the_error() {
    let both = Both::start(1e9).await;
    let response = client().post(both.url("/")).multipart(form("a very special cat", "20001")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let html = response.text().await.unwrap();
    for words in ["a very special cat", "20001", "18446744073709551615", "10000"] {
        assert!(html.contains(words), "{words} is lost: {html}");
    }
}

#[tokio::test]
async fn a_workflow_file_can_be_sent_without_javascript() {
    let both = Both::start(1e9).await;
    let send = async |json: &str| {
        let file = reqwest::multipart::Part::text(json.to_owned()).file_name("flow.json");
        client().post(both.url("/")).multipart(Form::new().text("kind", "workflow").part("workflow", file)).send().await.unwrap()
    };
    let json = r#"{"1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
                   "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}}"#;
    assert_eq!(send(json).await.status(), StatusCode::SEE_OTHER);
    let refused = send("not a workflow").await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.unwrap().contains("not JSON"));
}

#[tokio::test]
async fn a_task_can_be_cancelled_without_javascript() {
    let both = Both::start(20.0).await;
    let id = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 200))).await;
    let response = client().post(both.url(&format!("/tasks/{id}/cancel"))).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let ended = both.page().await.until_ended(id).await;
    assert_eq!(ended.state, proto::task::TaskState::Cancelled);
}

#[tokio::test]
async fn unknown_urls_give_404_with_a_message() {
    let both = Both::start(1e9).await;
    let nobody = TaskId(uuid::Uuid::nil());
    let id = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 2))).await;
    let paths = [
        format!("/tasks/{nobody}"),
        "/tasks/nonsense".into(),
        "/nowhere".into(),
        format!("/tasks/{nobody}/outputs/0"),
        format!("/tasks/{id}/outputs/99"),
        format!("/tasks/{nobody}/preview"),
        "/assets/nothing.js".into(),
    ];
    for path in paths {
        assert_eq!(client().get(both.url(&path)).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
    let malformed = client().get(both.url("/tasks/nonsense/outputs/0")).send().await.unwrap();
    assert_eq!(malformed.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn pages_of_other_sites_are_refused() {
    let both = Both::start(1e9).await;
    let foreign = |request: reqwest::RequestBuilder| request.header("origin", "http://evil.example");
    let posts = ["/", "/api/fn/order", "/api/tasks"];
    for path in posts {
        let response = foreign(client().post(both.url(path)).body("{}")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let handshake = client()
        .get(both.url("/ws"))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(foreign(handshake).send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn healthz_is_ok_while_alive_and_readyz_while_tasks_can_run() {
    let both = Both::start(1e9).await;
    assert_eq!(client().get(both.url("/healthz")).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(client().get(both.url("/readyz")).send().await.unwrap().status(), StatusCode::OK);
    let url = both.url("/readyz");
    let mut page = both.page().await;
    both.engine.stop().await;
    page.until(|state| state.backends.iter().all(|backend| !backend.state.is_reachable())).await;
    assert_eq!(client().get(url).send().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn with_an_unwritable_database_healthz_is_ok_and_readyz_is_not() {
    let both = Both::start(1e9).await;
    let get = async |path: &str| {
        let response = client().get(both.url(path)).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    };
    let until_ready = async |wanted: StatusCode| {
        for _ in 0..1_200 {
            let (status, text) = get("/readyz").await;
            if status == wanted {
                return text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("never {wanted}");
    };
    let other = rusqlite::Connection::open(both.folder.path().join("data/darkroom.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    command(both.darkroom.addr, Command::PauseQueue { paused: true }).await;
    assert_eq!(until_ready(StatusCode::SERVICE_UNAVAILABLE).await, "the database cannot be written\n");
    assert_eq!(get("/healthz").await.0, StatusCode::OK);
    assert_eq!(Scrape::of(both.darkroom.addr).await.get("darkroom_store_writable", &[]), 0.0);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(until_ready(StatusCode::OK).await, "ready\n");
    assert_eq!(Scrape::of(both.darkroom.addr).await.get("darkroom_store_writable", &[]), 1.0);
}
