//! Requests of others that are passed on to a ComfyUI as they are.

use reqwest::{Body, Method, Response, header::HeaderMap};
use serde_json::Value;

use super::{
    error::ComfyError,
    http::{ComfyClient, ok},
};

impl ComfyClient {
    /// Passes a request on: its path below ComfyUI's root, percent-encoded as it came, and its query. Whatever ComfyUI answers is the result, a redirect
    /// too.
    ///
    /// # Errors
    /// ComfyUI cannot be reached, or was not reached so often that it is not asked now.
    pub async fn pass(
        &self,
        method: Method,
        path: &str,
        query: Option<&str>,
        headers: HeaderMap,
        body: Option<Body>,
    ) -> Result<Response, ComfyError> {
        if self.retry_in().is_some() {
            return Err(ComfyError::GivenUp);
        }
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url.set_query(query);
        let mut request = self.http.request(method, url).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        self.execute_once(request.build()?).await
    }

    /// `POST /free`: frees memory after the prompt that runs.
    ///
    /// # Errors
    /// ComfyUI cannot be reached, or refuses it.
    pub async fn free(&self, body: &Value) -> Result<(), ComfyError> {
        ok(self.change(self.http.post(self.base.join("free")?).json(body)).await?).await.map(drop)
    }
}
