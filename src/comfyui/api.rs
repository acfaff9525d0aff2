//! ComfyUI's HTTP API, as far as Darkroom uses it: a method for each request, with a typed answer.

use std::time::Duration;

use proto::{
    comfy::{Catalog, ExtraData, HistoryEntry, PromptAnswer, Queue, Rejection, RemoteChoices, Workflow, parse_lenient},
    ids::{PromptId, TaskId},
    limits,
    task::OutputContent,
};
use reqwest::{
    Response, StatusCode,
    multipart::{Form, Part},
};
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    error::ComfyError,
    http::{ComfyClient, ok},
};

/// The result of posting a prompt.
pub enum Posted {
    Accepted(PromptAnswer),
    /// Rejected by validation: nothing will run.
    Rejected(Box<Rejection>),
}

/// Version, first device and one of the settings, from `/system_stats`.
#[derive(Debug, Default)]
pub struct SystemStats {
    pub version: Option<String>,
    pub device: Option<String>,
    pub vram: Option<(u64, u64)>,
    /// Its samplers send previews also of prompts that do not ask for them (fact 48).
    pub has_previews: bool,
}

/// Whether `--preview-method` turns previews on; by default they are off. `argv`: how ComfyUI was started.
fn has_previews(argv: &[&str]) -> bool {
    let mut methods = argv.iter().copied().enumerate().filter_map(|(at, argument)| match argument.strip_prefix("--preview-method")? {
        "" => argv.get(at + 1).copied(),
        joined => joined.strip_prefix('='),
    });
    methods.next_back().is_some_and(|method| method != "none")
}

/// A file in ComfyUI's input folder.
#[derive(Debug, Deserialize)]
pub struct Uploaded {
    name: String,
    #[serde(default)]
    subfolder: String,
}

impl Uploaded {
    /// The value for the input of a loader node.
    pub fn input(&self) -> String {
        if self.subfolder.is_empty() { self.name.clone() } else { format!("{}/{}", self.subfolder, self.name) }
    }
}

const TIMEOUT: Duration = Duration::from_secs(30);

impl ComfyClient {
    /// `POST /prompt`, with the task's id as `prompt_id`, so that the prompt can be found even if the answer is lost.
    /// Previews are off by default; ComfyUI reads that setting from each prompt's extra data, too.
    pub async fn post_prompt(
        &self,
        task: TaskId,
        workflow: &Workflow,
        extra_data: &ExtraData,
        previews: bool,
    ) -> Result<Posted, ComfyError> {
        let mut body = json!({
            "prompt": workflow,
            "prompt_id": task,
            "client_id": self.client_id,
            "extra_data": extra_data.for_comfyui(previews),
        });
        if let Some(members) = body.as_object_mut() {
            for (name, value) in extra_data.beside() {
                members.entry(name).or_insert_with(|| value.clone());
            }
        }
        let request = self.http.post(self.base.join("prompt")?).timeout(TIMEOUT).json(&body);
        let response = self.change(request).await?;
        if response.status() == StatusCode::BAD_REQUEST {
            let text = response.text().await?;
            return Ok(Posted::Rejected(Box::new(parse_lenient(&extra_data.hide(&text))?)));
        }
        let text = match ok(response).await {
            Ok(response) => response.text().await?,
            // A proxy may repeat what was sent to it.
            Err(ComfyError::Status { status, text }) => {
                return Err(ComfyError::Status { status, text: extra_data.hide(&text).into_owned() });
            }
            Err(error) => return Err(error),
        };
        Ok(Posted::Accepted(parse_lenient(&extra_data.hide(&text))?))
    }

    /// The run in the history. `None` while it waits or runs, and when it is unknown (fact 42).
    pub async fn history(&self, id: &PromptId) -> Result<Option<HistoryEntry>, ComfyError> {
        let mut entries: Value = self.json(&format!("history/{}", id.as_str())).await?;
        let entry = entries.get_mut(id.as_str()).map(Value::take);
        Ok(entry.map(serde_json::from_value).transpose()?)
    }

    /// The names of the embeddings, without their endings.
    pub async fn embeddings(&self) -> Result<Vec<String>, ComfyError> {
        self.json("embeddings").await
    }

    /// A list of choices: texts, or numbers as texts.
    pub async fn choices(&self, remote: &RemoteChoices) -> Result<Vec<String>, ComfyError> {
        let answer: Value = self.json(remote.route.trim_start_matches('/')).await?;
        let list = if remote.response_key.is_empty() { Some(&answer) } else { answer.get(&remote.response_key) };
        let choice = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        Ok(list.and_then(Value::as_array).into_iter().flatten().filter_map(choice).take(limits::REMOTE_CHOICES).collect())
    }

    pub async fn queue(&self) -> Result<Queue, ComfyError> {
        self.json("queue").await
    }

    /// Takes a waiting prompt out of the queue. One that is not there is no error (fact 39).
    pub async fn delete_pending(&self, id: &PromptId) -> Result<(), ComfyError> {
        self.post("queue", json!({"delete": [id]})).await
    }

    /// Forgets how a prompt ended. One that is not there is no error (fact 39).
    pub async fn delete_history(&self, id: &PromptId) -> Result<(), ComfyError> {
        self.post("history", json!({"delete": [id]})).await
    }

    /// It is in the queue, or in the history.
    pub async fn is_known(&self, id: &PromptId) -> Result<bool, ComfyError> {
        Ok(self.queue().await?.has(id) || self.history(id).await?.is_some())
    }

    /// Takes one prompt out of the queue, or interrupts it. Newer versions do both in one step; for older ones, the queue is read
    /// first, and the prompt is interrupted by its id if it runs: a version that ignores the id would interrupt another prompt.
    pub async fn stop(&self, id: &PromptId) -> Result<(), ComfyError> {
        if self.cancel_job(id).await? {
            return Ok(());
        }
        self.delete_pending(id).await?;
        if self.queue().await?.runs(id) {
            self.interrupt(id).await?;
        }
        Ok(())
    }

    /// Interrupts this prompt if it is the one that runs, and no other (fact 30).
    async fn interrupt(&self, id: &PromptId) -> Result<(), ComfyError> {
        self.post("interrupt", json!({"prompt_id": id})).await
    }

    /// Cancels a prompt in one step, waiting or running, where the version can (0.26 answers `{"cancelled": bool}`). False where it cannot,
    /// or has no such prompt.
    async fn cancel_job(&self, id: &PromptId) -> Result<bool, ComfyError> {
        let request = self.http.post(self.base.join(&format!("api/jobs/{}/cancel", id.as_str()))?).timeout(TIMEOUT);
        match ok(self.change(request).await?).await {
            Ok(response) => {
                let answer: Value = parse_lenient(&response.text().await?)?;
                Ok(answer.get("cancelled").and_then(Value::as_bool) == Some(true))
            }
            Err(ComfyError::Status { status: StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The text of `/object_info`, several megabytes: see [`Catalog::parse`].
    pub async fn object_info(&self) -> Result<String, ComfyError> {
        self.text("object_info").await
    }

    /// One node class, by `GET /object_info/{class}`: empty when the ComfyUI does not have it.
    pub async fn node_class(&self, class_type: &str) -> Result<Catalog, ComfyError> {
        let class: String = form_urlencoded::byte_serialize(class_type.as_bytes()).collect();
        Ok(Catalog::parse(&self.text(&format!("object_info/{}", class.replace('+', "%20"))).await?)?)
    }

    pub async fn system_stats(&self) -> Result<SystemStats, ComfyError> {
        let stats: Value = self.json("system_stats").await?;
        let device = stats.pointer("/devices/0");
        let bytes = |key: &str| device.and_then(|device| device.get(key)).and_then(Value::as_u64);
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let argv = stats.pointer("/system/argv").and_then(Value::as_array).into_iter().flatten();
        let argv: Vec<&str> = argv.filter_map(Value::as_str).collect();
        Ok(SystemStats {
            version: text(stats.pointer("/system/comfyui_version")),
            device: text(device.and_then(|device| device.get("name"))),
            vram: bytes("vram_free").zip(bytes("vram_total")).filter(|(_, total)| *total > 0),
            has_previews: has_previews(&argv),
        })
    }

    /// The bytes of an output, as they come. `small` asks for a smaller picture.
    ///
    /// [`ComfyError::NotServed`] if the file is outside ComfyUI's folders and ComfyUI refuses it for that.
    pub async fn view(&self, content: &OutputContent, small: bool) -> Result<Response, ComfyError> {
        let OutputContent::File { filename, subfolder, folder } = content else {
            return Err(ComfyError::Status { status: StatusCode::NOT_FOUND, text: "not a file".into() });
        };
        let mut url = self.base.join("view")?;
        url.query_pairs_mut()
            .append_pair("filename", filename)
            .append_pair("subfolder", subfolder)
            .append_pair("type", folder_or_default(folder));
        if small {
            url.query_pairs_mut().append_pair("preview", "webp;80");
        }
        match ok(self.send(self.http.get(url)).await?).await {
            Err(ComfyError::Status { status: StatusCode::FORBIDDEN | StatusCode::INTERNAL_SERVER_ERROR, .. }) if content.is_outside() => {
                Err(ComfyError::NotServed { path: content.path() })
            }
            answer => answer,
        }
    }

    /// `POST /upload/image`, into the input folder. The same bytes under the same name are the same file; others get a free name (fact 46).
    pub async fn upload(&self, image: Part) -> Result<Uploaded, ComfyError> {
        let form = Form::new().part("image", image).text("type", "input");
        let response = ok(self.send(self.http.post(self.base.join("upload/image")?).multipart(form)).await?).await?;
        Ok(parse_lenient(&response.text().await?)?)
    }

    async fn json<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, ComfyError> {
        Ok(parse_lenient(&self.text(path).await?)?)
    }

    async fn text(&self, path: &str) -> Result<String, ComfyError> {
        let response = ok(self.send(self.http.get(self.base.join(path)?).timeout(TIMEOUT)).await?).await?;
        Ok(response.text().await?)
    }

    async fn post(&self, path: &str, body: Value) -> Result<(), ComfyError> {
        let request = self.http.post(self.base.join(path)?).timeout(TIMEOUT).json(&body);
        ok(self.change(request).await?).await.map(drop)
    }
}

/// Tasks of earlier versions may have no folder in their outputs.
fn folder_or_default(folder: &str) -> &str {
    if folder.is_empty() { "output" } else { folder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previews_are_off_unless_comfyui_was_started_with_them() {
        for (argv, expected) in [
            (&["main.py"][..], false),
            (&["main.py", "--preview-method", "auto"], true),
            (&["main.py", "--preview-method=latent2rgb", "--cpu"], true),
            (&["main.py", "--preview-method", "auto", "--preview-method", "none"], false),
            (&["main.py", "--preview-method"], false),
            (&["main.py", "--preview-methods", "auto"], false),
        ] {
            assert_eq!(has_previews(argv), expected, "{argv:?}");
        }
    }
}
