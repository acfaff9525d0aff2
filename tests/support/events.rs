//! A plain HTTP client that follows tasks: parses an event stream as the HTML Standard specifies.

use std::{net::SocketAddr, time::Duration};

use reqwest::{Client, Response, StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::time::timeout;

/// Timeout, so that a hang fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Events {
    response: Response,
    unread: String,
    /// The last event id received.
    pub last_id: String,
    /// The name of the last event; empty where it has none.
    pub name: String,
    /// Milliseconds.
    pub retry: Option<u64>,
}

impl Events {
    /// `last_id`: sent like a browser that reconnects.
    pub async fn open(addr: SocketAddr, path: &str, last_id: Option<&str>) -> Self {
        let response = ask(addr, path, last_id).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, unread: String::new(), last_id: last_id.unwrap_or_default().to_owned(), name: String::new(), retry: None }
    }

    /// The same while servers come and go: `None` if there is no stream now.
    #[allow(dead_code, reason = "of the cluster test alone")]
    pub async fn try_open(base: &str, path: &str, last_id: &str) -> Option<Self> {
        let request = Client::new().get(format!("{base}{path}"));
        let request = if last_id.is_empty() { request } else { request.header("last-event-id", last_id) };
        let response = timeout(PATIENCE, request.send()).await.ok()?.ok()?;
        let is_stream = response.status() == StatusCode::OK;
        is_stream.then(|| Self { response, unread: String::new(), last_id: last_id.to_owned(), name: String::new(), retry: None })
    }

    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The data of the next event; `None` when the stream is closed.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            while let Some((block, rest)) = self.unread.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                let mut data = None;
                self.name.clear();
                for line in block.lines() {
                    match line.split_once(": ") {
                        Some(("id", id)) => self.last_id = id.to_owned(),
                        Some(("event", name)) => self.name = name.to_owned(),
                        Some(("data", json)) => data = Some(serde_json::from_str(json).expect("JSON")),
                        Some(("retry", ms)) => self.retry = Some(ms.parse().expect("a number")),
                        _ => assert!(line.starts_with(':'), "{line:?}"),
                    }
                }
                if data.is_some() {
                    return data;
                }
            }
            match timeout(PATIENCE, self.response.chunk()).await.expect("an event in time") {
                Ok(Some(bytes)) => self.unread += std::str::from_utf8(&bytes).expect("text"),
                Ok(None) => {
                    assert_eq!(self.unread, "", "the stream was closed in the middle of an event");
                    return None;
                }
                // The server is gone without closing the stream.
                Err(_) => return None,
            }
        }
    }

    /// All events until the stream is closed.
    pub async fn all(mut self) -> Vec<Value> {
        let mut all = Vec::new();
        while let Some(event) = self.next().await {
            all.push(event);
        }
        all
    }

    /// Reads until `wanted` accepts an event, and returns it.
    pub async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next().await.expect("the stream is open");
            if wanted(&event) {
                return event;
            }
        }
    }
}

/// The response, whatever its status.
pub async fn ask(addr: SocketAddr, path: &str, last_id: Option<&str>) -> Response {
    let request = Client::new().get(format!("http://{addr}{path}"));
    let request = last_id.map_or(request.try_clone().expect("no body"), |id| request.header("last-event-id", id));
    request.send().await.expect("answers")
}

/// The event without how its outputs are stored: their copies may be made at any time after the end of the task.
pub fn without_storage(mut event: Value) -> Value {
    for list in ["images", "outputs"] {
        for output in event["result"][list].as_array_mut().into_iter().flatten() {
            output.as_object_mut().unwrap().remove("storage");
        }
    }
    event
}
