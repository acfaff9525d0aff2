//! A client of the Comfy API v2.

use reqwest::{
    Client, Method, RequestBuilder, StatusCode,
    header::HeaderMap,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    api::BEFORE_ALL,
    darkroom_server::{Both, lighthouse},
    document::ApiDocument,
};

/// It checks every answer against the server's own OpenAPI document.
pub struct V2 {
    pub base: String,
    client: Client,
    document: OnceCell<Option<ApiDocument>>,
}

#[derive(Debug)]
pub struct V2Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// `null` if the body is not JSON.
    pub json: Value,
}

impl V2Answer {
    /// The code of an error, whose body has the shape of all errors.
    pub fn code(&self) -> &str {
        let members: Vec<&str> = self.json["error"].as_object().expect("an error").keys().map(String::as_str).collect();
        assert_eq!(members, ["code", "message", "details"], "{}", self.json);
        assert!(!self.json["error"]["message"].as_str().expect("a text").is_empty());
        self.json["error"]["code"].as_str().expect("a text")
    }

    pub fn is(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.json);
    }

    pub fn text(&self, member: &str) -> &str {
        self.json[member].as_str().unwrap_or_else(|| panic!("{member} in {}", self.json))
    }
}

impl V2 {
    pub fn of(both: &Both) -> Self {
        Self::at(both.url(""))
    }

    pub fn at(base: String) -> Self {
        Self { base, client: Client::new(), document: OnceCell::new() }
    }

    /// `path`: below `/api/v2`, or a whole url.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}/api/v2{path}", self.base) };
        self.client.request(method, url)
    }

    pub async fn send(&self, request: RequestBuilder) -> V2Answer {
        let request = request.build().expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.client.execute(request).await.expect("answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.expect("whole").to_vec();
        let answer = V2Answer { status, headers, json: serde_json::from_slice(&bytes).unwrap_or_default(), bytes };
        self.check(&method, &path, &answer).await;
        answer
    }

    async fn check(&self, method: &Method, path: &str, answer: &V2Answer) {
        let Some(document) = self.document.get_or_init(|| ApiDocument::readable(&self.base)).await else { return };
        if !path.starts_with("/api/v2/") {
            return;
        }
        let described = |word: &str| document.operation(word, path);
        let own = described(&method.as_str().to_lowercase());
        // What answers GET answers HEAD, too.
        let operation = own.or_else(|| if *method == Method::HEAD { described("get") } else { None });
        let said = format!("{method} {path}: {} {}", answer.status, answer.json);
        let Some(operation) = operation else {
            let is_unknown = matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
            return assert!(is_unknown, "not in the document: {said}");
        };
        let responses = &operation["responses"];
        let known = responses.get(answer.status.as_str());
        assert!(known.is_some() || BEFORE_ALL.contains(&answer.status), "an undocumented status: {said}");
        let known = known.unwrap_or(&responses["default"]);
        if *method != Method::HEAD
            && let Some(json) = known["content"].get("application/json")
        {
            document.valid(&json["schema"], &answer.json, &said);
        }
    }

    pub async fn get(&self, path: &str) -> V2Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> V2Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn post_keyed(&self, path: &str, body: &Value, key: &str) -> V2Answer {
        self.send(self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// A job that is accepted.
    pub async fn job(&self, body: &Value) -> V2Answer {
        let job = self.post("/jobs", body).await;
        assert_eq!(job.status, StatusCode::CREATED, "{}", job.json);
        job
    }

    /// The events of a job, to its end: names and data.
    pub async fn events(&self, job: &V2Answer) -> Vec<(String, Value)> {
        let answer = self.get(job.json["urls"]["events"].as_str().expect("a url")).await;
        assert_eq!(answer.headers["content-type"], "text/event-stream");
        let text = String::from_utf8(answer.bytes).expect("text");
        assert!(!text.contains("\nid:") && !text.starts_with("id:"), "{text}");
        let event = |part: &str| {
            let line = |name: &str| part.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            Some((line("event: ")?, serde_json::from_str(&line("data: ")?).expect("JSON")))
        };
        text.split("\n\n").filter_map(event).collect()
    }

    /// A job after its end.
    pub async fn ended(&self, job: &V2Answer) -> V2Answer {
        self.events(job).await;
        self.get(job.json["urls"]["self"].as_str().expect("a url")).await
    }

    pub async fn upload(&self, form: Form) -> V2Answer {
        self.send(self.request(Method::POST, "/assets").multipart(form)).await
    }

    /// An uploaded file that is new.
    pub async fn asset(&self, path: &str, bytes: &[u8]) -> V2Answer {
        let asset = self.upload(form(path, bytes)).await;
        assert_eq!(asset.status, StatusCode::CREATED, "{}", asset.json);
        asset
    }
}

/// As the SDKs send it: the file last.
pub fn form(path: &str, bytes: &[u8]) -> Form {
    let file = Part::bytes(bytes.to_vec()).file_name("x.png").mime_str("image/png").expect("a type");
    Form::new().text("content_type", "image/png").text("file_path", path.to_owned()).part("file", file)
}

/// The workflow of the built-in form, in API format.
pub fn picture(seed: u64, steps: u32) -> Value {
    json!({"workflow": lighthouse(seed, steps).workflow()})
}

/// Loads a picture, and saves it.
pub fn load(image: Value) -> Value {
    json!({"workflow": {
        "1": {"class_type": "LoadImage", "inputs": {"image": image}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "loaded"}},
    }})
}

pub fn reference(asset: &V2Answer) -> Value {
    json!({"__type": "core/ASSET", "info": {"id": asset.json["id"], "hash": asset.json["hash"], "file_path": asset.json["file_path"]}})
}
