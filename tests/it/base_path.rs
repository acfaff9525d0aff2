//! All of Darkroom below a base path: no address in a page or an answer leads out of it. Which callers each route admits there: `access_matrix`.

use std::time::Duration;

use crate::support::{
    access::{Guarded, TOKEN, cookie_of, header},
    darkroom_server::{Running, backend, darkroom_with, demo_engine},
    postgres::Postgres,
    process,
};
use darkroom::server::config::{AccessConfig, Config, GatewayConfig};
use reqwest::{Client, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use tempfile::TempDir;

const BASE: &str = "/studio/darkroom";

/// A Darkroom below [`BASE`] with a demo engine, and a browser.
struct Stage {
    darkroom: Running,
    _engine: Running,
    _folder: TempDir,
    client: Client,
}

impl Stage {
    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = demo_engine(&folder, 1e9).await;
        let mut config = Config {
            data: folder.path().join("data"),
            base_path: BASE.parse().unwrap(),
            backends: vec![backend(engine.addr)],
            ..Config::default()
        };
        change(&mut config);
        let darkroom = darkroom_with(config).await;
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let stage = Self { darkroom, _engine: engine, _folder: folder, client };
        while stage.get(&format!("{BASE}/readyz")).await.status() != StatusCode::OK {}
        stage
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.darkroom.addr)
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> (Response, Value) {
        let response = self.client.post(self.url(path)).json(&body).send().await.unwrap();
        let head = Response::from(http_head(&response));
        (head, response.json().await.unwrap_or_default())
    }

    /// A completed task whose picture is kept and in the gallery: the ids of both.
    async fn made(&self) -> (String, String) {
        let body = json!({"workflow": "text-to-image", "parameters": {"prompt": "a lighthouse", "width": 64, "height": 64, "steps": 1}});
        let (_, task) = self.post(&format!("{BASE}/api/tasks"), body).await;
        let task = task["taskId"].as_str().unwrap().to_owned();
        loop {
            let found: Value = self.get(&format!("{BASE}/api/outputs")).await.json().await.unwrap();
            if let Some(id) = found["outputs"][0]["outputId"].as_str() {
                return (task, id.to_owned());
            }
        }
    }
}

/// Status and headers, for after the body was read.
fn http_head(response: &Response) -> axum::http::Response<String> {
    let mut head = axum::http::Response::new(String::new());
    *head.status_mut() = response.status();
    *head.headers_mut() = response.headers().clone();
    head
}

/// The addresses in a document: those of its links, forms, files and scripts.
fn addresses(html: &str) -> Vec<&str> {
    let attributes = ["href", "src", "action", "formaction", "poster"];
    let of_attributes = attributes.iter().flat_map(|name| {
        let start = format!(" {name}=\"");
        let mut found = Vec::new();
        let mut rest = html;
        while let Some((_, after)) = rest.split_once(&start) {
            let (value, after) = after.split_once('"').unwrap();
            found.push(value);
            rest = after;
        }
        found
    });
    // `import … from '/…'`
    let of_scripts = html.split('\'').skip(1).step_by(2).filter(|text| text.starts_with('/'));
    of_attributes.chain(of_scripts).collect()
}

/// Whether a browser stays below the base path with it. What begins with no slash is relative, or on another site.
fn is_inside(address: &str) -> bool {
    !address.starts_with('/') || address == BASE || address.starts_with(&format!("{BASE}/")) || address.starts_with(&format!("{BASE}?"))
}

#[tokio::test]
async fn no_link_of_a_page_leads_out_of_it() {
    let stage = Stage::with(|_| {}).await;
    let (task, output) = stage.made().await;
    let (_, project) = stage.post(&format!("{BASE}/api/projects"), json!({"title": "A film"})).await;
    let project = project["id"].as_str().unwrap().to_owned();
    let (_, chapter) = stage.post(&format!("{BASE}/api/projects/{project}/chapters"), json!({"title": "One"})).await;
    let scene = json!({"title": "Dawn", "chapter": chapter["id"]});
    let (_, scene) = stage.post(&format!("{BASE}/api/projects/{project}/scenes"), scene).await;
    let (_, shot) = stage.post(&format!("{BASE}/api/projects/{project}/shots"), json!({"title": "Sea", "scene": scene["id"]})).await;
    let shot = shot["id"].as_str().unwrap();
    let paths = [
        "".to_owned(),
        "/".into(),
        format!("/inpaint?gallery={output}"),
        "/inpaint".into(),
        "/queue".into(),
        "/settings".into(),
        format!("/tasks/{task}"),
        "/gallery".into(),
        "/gallery?q=lighthouse".into(),
        format!("/gallery/{output}"),
        format!("/gallery/compare?ids={output}"),
        "/grids".into(),
        "/grids/new".into(),
        "/projects".into(),
        format!("/projects/{project}"),
        format!("/projects/{project}/shots/{shot}"),
        format!("/projects/{project}/activity"),
        format!("/projects/{project}/agents"),
        format!("/projects/{project}/assets"),
        format!("/projects/{project}/dailies"),
        format!("/projects/{project}/story"),
        "/agents".into(),
        "/external".into(),
        "/nowhere/at/all".into(),
        "/api/docs".into(),
        "/client/example.html".into(),
    ];
    let mut outside = Vec::new();
    for path in paths {
        let response = stage.get(&format!("{BASE}{path}")).await;
        let expected = match path.as_str() {
            "/nowhere/at/all" => StatusCode::NOT_FOUND,
            // One output cannot be compared.
            path if path.starts_with("/gallery/compare") => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        };
        assert_eq!(response.status(), expected, "{path}");
        let html = response.text().await.unwrap();
        let found = addresses(&html);
        assert!(found.len() > 1, "{path}: {html}");
        outside.extend(found.into_iter().filter(|address| !is_inside(address)).map(|address| format!("{path}: {address}")));
        if html.contains("hydrate(") {
            assert!(html.contains(&format!("hydrate('{BASE}')")), "{path}");
            assert!(html.contains(&format!("<a href=\"{BASE}/queue\"")), "{path}: the router knows the base path");
        }
    }
    assert!(outside.is_empty(), "{outside:#?}");
    let studio = stage.get(BASE).await.text().await.unwrap();
    assert!(studio.contains(&format!("<a href=\"{BASE}/\" aria-current=\"page\"")), "{studio}");
}

/// The texts in an answer that are addresses: all that begin with a slash.
fn paths_in(json: &Value) -> Vec<String> {
    match json {
        Value::String(text) if text.starts_with('/') => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(paths_in).collect(),
        // JSON Pointers, and the paths of the API document, which are below its server.
        Value::Object(members) => members.iter().filter(|(name, _)| *name != "pointer").flat_map(|(_, member)| paths_in(member)).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn addresses_in_answers_have_the_base_path() {
    let stage = Stage::with(|_| {}).await;
    let (task, output) = stage.made().await;
    let (_, workflow) = stage
        .post(
            &format!("{BASE}/api/workflows"),
            json!({"name": "One", "workflow": {"1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 7}}, "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}}}),
        )
        .await;
    let grid = json!({"name": "G", "workflow": "text-to-image", "parameters": {"prompt": "x", "width": 64, "height": 64, "steps": 1}, "axes": [{"field": "cfg", "values": [5, 7]}]});
    let (made, grid) = stage.post(&format!("{BASE}/api/grids"), grid).await;
    assert_eq!(header(&made, "location"), grid["links"]["self"].as_str().unwrap());
    let picture = stage.client.post(stage.url(&format!("{BASE}/api/pictures"))).header("content-type", "image/png");
    let bytes = stage.get(&format!("{BASE}/api/outputs/{output}/file")).await.bytes().await.unwrap();
    let picture: Value = picture.body(bytes).send().await.unwrap().json().await.unwrap();
    let mut answers = vec![("the workflow".to_owned(), workflow), ("the grid".into(), grid), ("the picture".into(), picture)];
    for path in [
        "/api/tasks".to_owned(),
        format!("/api/tasks/{task}"),
        "/api/tasks/nothing".into(),
        "/api/nothing".into(),
        "/api/outputs".into(),
        format!("/api/outputs/{output}"),
        "/api/workflows".into(),
        "/api/grids".into(),
    ] {
        answers.push((path.clone(), stage.get(&format!("{BASE}{path}")).await.json().await.unwrap()));
    }
    for (path, answer) in &answers {
        let found = paths_in(answer);
        assert!(!found.is_empty(), "{path}: {answer}");
        for address in found {
            assert!(is_inside(&address), "{path}: {address} in {answer}");
            if !address.contains("/nothing") {
                let followed = stage.get(&address).await.status();
                assert!(followed.is_success() || followed == StatusCode::METHOD_NOT_ALLOWED, "{path}: {address} is {followed}");
            }
        }
    }
    let document: Value = stage.get(&format!("{BASE}/api/openapi.json")).await.json().await.unwrap();
    assert_eq!(document["servers"], json!([{"url": BASE}]));
    let events = stage.get(&format!("{BASE}/progress/{task}")).await.text().await.unwrap();
    assert!(events.contains(&format!("\"{BASE}/api/tasks/{task}/outputs/0\"")), "{events}");
    // Whole urls, in the Comfy API v2.
    let jobs: Value = stage.get(&format!("{BASE}/api/v2/jobs")).await.json().await.unwrap();
    assert!(jobs.to_string().contains(&stage.url(&format!("{BASE}/api/v2/jobs/{task}"))), "{jobs}");
}

#[tokio::test]
async fn outside_of_it_is_a_hint() {
    let stage = Stage::with(|_| {}).await;
    let root = stage.get("/").await;
    assert_eq!((root.status(), header(&root, "location")), (StatusCode::TEMPORARY_REDIRECT, format!("{BASE}/")));
    for path in ["/queue", "/api/tasks", "/healthz", "/studio", "/studio/darkrooms", "/assets/x/y"] {
        let response = stage.get(path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(response.text().await.unwrap().contains(&format!("{BASE}/")), "{path}");
    }
    assert_eq!(stage.client.post(stage.url("/")).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_proxy_that_takes_the_prefix_off_says_so() {
    let trusting = Stage::with(|config| config.access = AccessConfig { behind_proxy: true, ..AccessConfig::default() }).await;
    let doubting = Stage::with(|_| {}).await;
    for (stage, status) in [(&trusting, StatusCode::OK), (&doubting, StatusCode::NOT_FOUND)] {
        let response = stage.client.get(stage.url("/queue")).header("x-forwarded-prefix", BASE).send().await.unwrap();
        assert_eq!(response.status(), status);
    }
    // The browser's address is the same as without such a proxy.
    let html = trusting.client.get(trusting.url("/")).header("x-forwarded-prefix", BASE).send().await.unwrap().text().await.unwrap();
    assert!(addresses(&html).into_iter().all(is_inside) && html.contains(&format!("<a href=\"{BASE}/queue\"")), "{html}");
    let v2 = trusting.client.get(trusting.url("/api/v2/jobs")).header("x-forwarded-prefix", BASE).send().await.unwrap();
    assert!(!v2.text().await.unwrap().contains(&format!("{BASE}{BASE}")));
}

#[tokio::test]
async fn signing_in_and_out_stays_below_it() {
    let guarded = Guarded::below(BASE).await;
    let refused = guarded.get("/queue?a=b").header("accept", "text/html").send().await.unwrap();
    assert_eq!(header(&refused, "location"), format!("{BASE}/sign-in?next=%2Fqueue%3Fa%3Db"));
    let form = guarded.get("/sign-in?next=%2Fqueue").send().await.unwrap().text().await.unwrap();
    assert!(form.contains(&format!("action=\"{BASE}/sign-in\"")) && addresses(&form).into_iter().all(is_inside), "{form}");
    let entered = guarded.enter(TOKEN, "/queue?a=b").await;
    assert_eq!(header(&entered, "location"), format!("{BASE}/queue?a=b"));
    assert!(header(&entered, "set-cookie").contains(&format!("; Path={BASE};")), "{:?}", entered.headers());
    let cookie = cookie_of(&entered);
    let page = guarded.get("/settings").header("cookie", &cookie).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("action=\"{BASE}/sign-out\"")), "{page}");
    let left = guarded.request(reqwest::Method::POST, "/sign-out").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(header(&left, "location"), format!("{BASE}/sign-in"));
    assert!(header(&left, "set-cookie").contains(&format!("; Path={BASE};")), "{:?}", left.headers());
    let lost = guarded.request(reqwest::Method::POST, "/gallery/searches").header("sec-fetch-mode", "navigate").send().await.unwrap();
    let lost = lost.text().await.unwrap();
    assert!(lost.contains(&format!("href=\"{BASE}/sign-in\"")), "{lost}");
}

#[tokio::test]
async fn forms_without_javascript_lead_to_pages_below_it() {
    let stage = Stage::with(|_| {}).await;
    let form = reqwest::multipart::Form::new().text("kind", "text");
    let fields = [
        ("prompt", "a heron"),
        ("negative", ""),
        ("checkpoint", "demo-safelight.safetensors"),
        ("width", "64"),
        ("height", "64"),
        ("batch", "1"),
        ("steps", "1"),
        ("cfg", "7"),
        ("sampler", "euler"),
        ("scheduler", "normal"),
        ("seed", "42"),
    ];
    let form = fields.into_iter().fold(form, |form, (name, value)| form.text(name, value));
    let sent = stage.client.post(stage.url(&format!("{BASE}/"))).multipart(form).send().await.unwrap();
    let task = header(&sent, "location");
    assert!(sent.status() == StatusCode::SEE_OTHER && task.starts_with(&format!("{BASE}/tasks/")), "{sent:?}");
    assert_eq!(stage.get(&task).await.status(), StatusCode::OK);
    let (_, project) = stage.post(&format!("{BASE}/api/projects"), json!({"title": "A film"})).await;
    let made = stage.client.post(stage.url(&format!("{BASE}/projects"))).form(&[("title", "Another")]).send().await.unwrap();
    assert!(header(&made, "location").starts_with(&format!("{BASE}/projects")), "{made:?} {project}");
}

#[tokio::test]
async fn the_gateway_of_the_main_port_is_below_it() {
    let stage = Stage::with(|config| {
        config.gateway = Some(GatewayConfig::at("127.0.0.1:0".parse().unwrap()));
    })
    .await;
    let page = stage.get(&format!("{BASE}/comfy")).await;
    assert_eq!((page.status(), header(&page, "location")), (StatusCode::PERMANENT_REDIRECT, format!("{BASE}/comfy/")));
    let queue: Value = stage.get(&format!("{BASE}/comfy/queue")).await.json().await.unwrap();
    assert_eq!(queue["queue_running"], json!([]));
    assert_eq!(stage.get("/comfy/queue").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_darkroom_that_is_not_the_owner_answers_below_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start().await;
    let engine = process::engine(&folder.path().join("engine"), 1e9).await;
    let media = folder.path().join("media");
    let (store, media) = (postgres.url(), media.display());
    let settings = format!("[server]\nbase_path = '{BASE}'\n[store]\nurl = '{store}'\n[media]\nfolder = '{media}'");
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let started = async |name: &str| {
        let darkroom = process::darkroom_standing_by(&folder.path().join(name), &[engine.addr], &settings).await;
        let ready = format!("http://{}{BASE}/readyz", darkroom.addr);
        let mut tries = 0;
        while !client.get(&ready).send().await.is_ok_and(|answer| answer.status() == StatusCode::OK) {
            tries += 1;
            assert!(tries < 6_000, "{name} is never ready");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        darkroom
    };
    let _owner = started("first").await;
    let follower = started("second").await;
    let url = |path: &str| format!("http://{}{path}", follower.addr);
    // The owner makes these answers, at its own base path.
    let page = client.get(url(BASE)).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("hydrate('{BASE}')")) && addresses(&page).into_iter().all(is_inside), "{page}");
    let body = json!({"workflow": "text-to-image", "parameters": {"prompt": "a lighthouse", "width": 64, "height": 64, "steps": 1}});
    let made = client.post(url(&format!("{BASE}/api/tasks"))).json(&body).send().await.unwrap();
    let task = header(&made, "location");
    assert!(made.status() == StatusCode::ACCEPTED && task.starts_with(&format!("{BASE}/api/tasks/")), "{made:?}");
    assert_eq!(client.get(url(&task)).send().await.unwrap().status(), StatusCode::OK);
    let led = client.get(url(&format!("{BASE}/api"))).send().await.unwrap();
    assert_eq!(header(&led, "location"), format!("{BASE}/api/docs"));
    let missing = client.get(url(&format!("{BASE}/api/tasks/nothing"))).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(missing["instance"], format!("{BASE}/api/tasks/nothing"));
    // And these it makes itself.
    let root = client.get(url("/")).send().await.unwrap();
    assert_eq!(header(&root, "location"), format!("{BASE}/"));
    assert_eq!(client.get(url("/healthz")).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}
