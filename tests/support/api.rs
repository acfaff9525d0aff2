//! An API client that checks every response against the server's own OpenAPI document.

use darkroom::proto::ids::TaskId;
use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use super::{darkroom_server::Both, document::ApiDocument};

/// A response that conforms to the document.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// `null` if the body is not JSON.
    pub json: Value,
    pub bytes: Vec<u8>,
}

/// Responses that any route may give before its handler runs: see [`darkroom::server::config::AccessConfig`].
pub const BEFORE_ALL: [StatusCode; 4] =
    [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::MISDIRECTED_REQUEST, StatusCode::TOO_MANY_REQUESTS];

pub struct Api {
    pub base: String,
    client: Client,
    document: ApiDocument,
}

impl Api {
    pub async fn of(both: &Both) -> Self {
        Self::at(both.url("")).await
    }

    pub async fn at(base: String) -> Self {
        let document = ApiDocument::of(&base).await;
        Self { base, client: Client::new(), document }
    }

    pub fn document(&self) -> &Value {
        &self.document.0
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a request without a body.
    pub async fn post(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.client.execute(request).await.expect("answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.expect("whole").to_vec();
        let answer = Answer { status, headers, json: serde_json::from_slice(&bytes).unwrap_or_default(), bytes };
        self.hold(&method, &path, &answer);
        answer
    }

    /// Submits a task that must be accepted.
    pub async fn accepted(&self, body: &Value) -> TaskId {
        let answer = self.post_json("/api/tasks", body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.json);
        answer.task()
    }

    /// Panics when the document does not describe the response.
    fn hold(&self, method: &Method, path: &str, answer: &Answer) {
        let word = method.as_str().to_lowercase();
        let said = format!("{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.bytes));
        let content_type = answer.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default();
        if answer.status.is_client_error() || answer.status.is_server_error() {
            assert_eq!(media_type, "application/problem+json", "{said}");
            assert_eq!(answer.json["instance"], json!(path), "{said}");
            assert_eq!(answer.json["status"], json!(answer.status.as_u16()), "{said}");
            self.document.valid(&json!({"$ref": "#/components/schemas/Problem"}), &answer.json, &said);
        }
        let Some(operation) = self.document.operation(&word, path) else {
            assert!(
                matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::BAD_REQUEST),
                "not in the document: {said}"
            );
            return;
        };
        // An output's bytes never change, so they may be cached (a small picture of ComfyUI's own only until Darkroom's takes its place);
        // everything else must not be.
        let is_output = ((path.starts_with("/api/tasks/") && path.contains("/outputs/"))
            || path.ends_with("/file")
            || path.starts_with("/api/pictures/"))
            && !answer.status.is_client_error()
            && !answer.status.is_server_error();
        let lasts: &[&str] = if is_output { &["immutable", "max-age=10"] } else { &["no-store"] };
        let control = answer.header("cache-control");
        assert!(lasts.iter().any(|word| control.contains(word)), "{lasts:?}: {said} {:?}", answer.headers);
        let responses = &operation["responses"];
        let known = responses.get(answer.status.as_str());
        assert!(
            known.is_some() || answer.status.is_server_error() || BEFORE_ALL.contains(&answer.status),
            "an undocumented status: {said}"
        );
        let known = known.unwrap_or(&responses["default"]);
        if known.get("content").is_none() {
            assert!(answer.bytes.is_empty(), "{said}");
            return;
        }
        let content = known["content"].get(media_type).unwrap_or_else(|| panic!("{media_type} is not documented: {said}"));
        if media_type.ends_with("json") {
            self.document.valid(&content["schema"], &answer.json, &said);
        }
    }
}

impl Answer {
    pub fn task(&self) -> TaskId {
        self.json["taskId"].as_str().expect("a task").parse().expect("a UUID")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The problem's kind: the last part of its `type`.
    pub fn problem(&self) -> &str {
        self.json["type"].as_str().and_then(|kind| kind.strip_prefix("/api/docs#")).unwrap_or_default()
    }

    /// The places in the body that are invalid.
    pub fn pointers(&self) -> Vec<&str> {
        self.json["errors"].as_array().into_iter().flatten().filter_map(|error| error["pointer"].as_str()).collect()
    }
}

/// A small picture that takes a moment to render.
pub fn lighthouse(seed: u64) -> Value {
    let parameters = json!({"prompt": "a lighthouse at dusk", "width": 64, "height": 64, "steps": 4, "seed": seed});
    json!({"workflow": "text-to-image", "parameters": parameters})
}
