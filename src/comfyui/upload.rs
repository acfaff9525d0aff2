//! Uploads of pictures to a ComfyUI.

use reqwest::{
    Body, Response, StatusCode,
    multipart::{Form, Part},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    error::ComfyError,
    http::{ComfyClient, ok},
};
use proto::{
    comfy::parse_lenient,
    edit::{INPUT_FOLDER, PictureFile},
    limits,
    task::OutputContent,
};

/// A picture that is being uploaded, and its target.
#[derive(Clone)]
pub struct Upload {
    /// A free file name: no other upload has it.
    pub filename: String,
    /// A folder below ComfyUI's input folder.
    pub subfolder: &'static str,
    pub media_type: &'static str,
    /// The upload is a mask: its transparency is applied to this existing picture, `subfolder/filename`.
    pub original: Option<String>,
}

#[derive(Deserialize)]
struct StoredFile {
    name: String,
    #[serde(default)]
    subfolder: String,
}

impl ComfyClient {
    /// `POST /upload/image`: a stored picture, in the place of an earlier file of its name, which has the same bytes unless it was damaged.
    pub async fn put_picture(&self, file: &PictureFile, bytes: impl Into<Body>) -> Result<(), ComfyError> {
        self.put_input(INPUT_FOLDER, &file.file_name(), file.media_type(), bytes).await
    }

    /// The same for any file below the input folder.
    pub async fn put_input(&self, folder: &str, filename: &str, media_type: &str, bytes: impl Into<Body>) -> Result<(), ComfyError> {
        let part = Part::stream(bytes).file_name(filename.to_owned()).mime_str(media_type)?;
        let form = Form::new().text("type", "input").text("subfolder", folder.to_owned()).text("overwrite", "true").part("image", part);
        let request = self.http.post(self.base.join("upload/image")?).timeout(limits::UPLOAD_TIME).multipart(form);
        let response = self.upload_for_task(request).await?;
        stored_as(ok(response).await?, filename, folder).await
    }

    /// `POST /upload/image`: a file of any kind into one of ComfyUI's folders, in the place of an earlier one of its name.
    pub async fn put_file(&self, folder: &'static str, subfolder: &str, filename: &str, bytes: Vec<u8>) -> Result<(), ComfyError> {
        let part = Part::bytes(bytes).file_name(filename.to_owned());
        // ComfyUI takes the name as it stands there.
        let form = Form::new().percent_encode_noop().text("type", folder).text("subfolder", subfolder.to_owned());
        let form = form.text("overwrite", "true").part("image", part);
        let request = self.http.post(self.base.join("upload/image")?).timeout(limits::UPLOAD_TIME).multipart(form);
        let response = self.upload_for_task(request).await?;
        stored_as(ok(response).await?, filename, subfolder).await
    }

    /// Whether there is a file of this name (`HEAD /view`).
    pub async fn has_file(&self, folder: &str, subfolder: &str, filename: &str) -> Result<bool, ComfyError> {
        let mut url = self.base.join("view")?;
        url.query_pairs_mut().append_pair("filename", filename).append_pair("subfolder", subfolder).append_pair("type", folder);
        let response = self.send(self.http.head(url).timeout(limits::UPLOAD_TIME)).await?;
        // Names that it finds odd are refused: there is no such file either.
        if response.status().is_client_error() {
            return Ok(false);
        }
        ok(response).await.map(|_| true)
    }

    /// `POST /upload/image`, or `/upload/mask` when there is an original (fact 46).
    ///
    /// The breaker may refuse the request, but its outcome is not reported to the breaker: an upload that its sender aborts is no evidence about ComfyUI.
    pub async fn pass_on(&self, upload: Upload, body: Body) -> Result<(), ComfyError> {
        if self.retry_in().is_some() {
            return Err(ComfyError::GivenUp);
        }
        let Upload { filename, subfolder, media_type, original } = upload;
        let part = Part::stream(body).file_name(filename.clone()).mime_str(media_type)?;
        let mut form = Form::new().text("type", "input").text("subfolder", subfolder);
        let path = match original {
            None => "upload/image",
            Some(original) => {
                let (folder, name) = original.rsplit_once('/').unwrap_or(("", &original));
                // Without the original ComfyUI writes nothing, but answers 200.
                let content = OutputContent::File { filename: name.into(), subfolder: folder.into(), folder: "input".into() };
                match self.view(&content, false).await {
                    Ok(_) => {}
                    Err(ComfyError::Status { status: StatusCode::NOT_FOUND, .. }) => return Err(ComfyError::NoOriginal),
                    Err(error) => return Err(error),
                }
                form = form.text("original_ref", json!({"filename": name, "subfolder": folder, "type": "input"}).to_string());
                "upload/mask"
            }
        };
        let request = self.http.post(self.base.join(path)?).timeout(limits::UPLOAD_TIME).multipart(form.part("image", part));
        let response = self.execute(request.build()?).await?;
        stored_as(ok(response).await?, &filename, subfolder).await
    }
}

/// Checks where ComfyUI put the file.
async fn stored_as(response: Response, filename: &str, subfolder: &str) -> Result<(), ComfyError> {
    let stored: StoredFile = parse_lenient(&response.text().await?)?;
    if stored.name != filename || stored.subfolder.trim_matches(['/', '\\']) != subfolder {
        let text = format!("it was put elsewhere, as {}/{}", stored.subfolder, stored.name);
        return Err(ComfyError::Unexpected(text));
    }
    Ok(())
}
