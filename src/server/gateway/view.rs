//! `GET /view`: outputs that Darkroom keeps, whichever ComfyUI made them and also after that is gone; files that clients uploaded; all others from a ComfyUI.

use axum::{
    body::{Body, to_bytes},
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use image::DynamicImage;
use proto::{gateway::unmarked, ids::TaskId, limits, task::OutputContent};
use serde::Deserialize;

use super::{answer, home, shared::Gateway};
use crate::{
    client_files::FilePlace,
    media::sniff,
    routes::{OutputRequest, fetch_output},
};

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ViewedFile {
    filename: Option<String>,
    #[serde(default)]
    subfolder: String,
    #[serde(rename = "type")]
    folder: Option<String>,
    channel: Option<String>,
    preview: Option<String>,
}

/// Where a file is, as ComfyUI reads the query.
struct NamedFile {
    folder: String,
    subfolder: String,
    filename: String,
}

pub(super) async fn show(State(gateway): State<Gateway>, Query(params): Query<ViewedFile>, request: Request) -> Response {
    let named = match name(&params) {
        Ok(named) => named,
        Err(status) => return answer::empty(status),
    };
    let is_changed = params.preview.is_some() || matches!(params.channel.as_deref(), Some("rgb" | "a"));
    // Only a whole picture can be changed.
    let headers = if is_changed { HeaderMap::new() } else { request.headers().clone() };
    let found = find(&gateway, &named, request.method(), headers).await;
    let Some(mut response) = found else {
        // One of another ComfyUI's files of that name would be another picture.
        return if unmarked(&named.subfolder).is_some() {
            answer::empty(StatusCode::NOT_FOUND)
        } else {
            home::pass(State(gateway), request).await
        };
    };
    if is_changed && response.status() == StatusCode::OK {
        response = changed(response, &params).await;
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let shown = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind != "application/octet-stream");
    if shown && let Ok(value) = HeaderValue::try_from(format!("filename=\"{}\"", named.filename)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

fn name(params: &ViewedFile) -> Result<NamedFile, StatusCode> {
    let Some(given) = params.filename.as_deref() else { return Err(StatusCode::NOT_FOUND) };
    let annotated = ["input", "output", "temp"].into_iter().find_map(|folder| Some((given.strip_suffix(&format!(" [{folder}]"))?, folder)));
    let (path, folder) = match annotated {
        Some((path, folder)) => (path, folder),
        None => (given, params.folder.as_deref().unwrap_or("output")),
    };
    if path.is_empty() || path.starts_with('/') || path.contains("..") || !matches!(folder, "input" | "output" | "temp") {
        return Err(StatusCode::BAD_REQUEST);
    }
    let subfolder = params.subfolder.trim_end_matches('/');
    if subfolder.starts_with('/') || subfolder.split('/').any(|part| part == "..") {
        return Err(StatusCode::FORBIDDEN);
    }
    let filename = path.rsplit_once('/').map_or(path, |(_, name)| name);
    Ok(NamedFile { folder: folder.to_owned(), subfolder: subfolder.to_owned(), filename: filename.to_owned() })
}

/// A kept output, or an uploaded file.
async fn find(gateway: &Gateway, named: &NamedFile, method: &Method, headers: HeaderMap) -> Option<Response> {
    if let Some(place) = FilePlace::new(&named.folder, &named.subfolder, &named.filename)
        && let Some(bytes) = gateway.files.read(&place).await
    {
        let kind = sniff(&bytes).unwrap_or("application/octet-stream");
        return Some(([(header::CONTENT_TYPE, kind)], bytes).into_response());
    }
    let (task, output) = output_of(gateway, named).await?;
    let request = OutputRequest { thumb: None, download: false, is_head: *method == Method::HEAD, headers };
    match fetch_output(&gateway.app, task, output, request).await {
        Ok(response) => Some(response),
        Err(error) => {
            tracing::debug!(%error, %task, output, "an output cannot be shown");
            None
        }
    }
}

async fn output_of(gateway: &Gateway, named: &NamedFile) -> Option<(TaskId, u32)> {
    let Some((task, subfolder)) = unmarked(&named.subfolder) else {
        let NamedFile { folder, subfolder, filename } = named;
        return gateway.app.store().newest_output(filename.clone(), subfolder.clone(), folder.clone()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "it cannot be looked up whose output a file is");
            None
        });
    };
    let task = gateway.app.archive().task(task).await?;
    let is_it = |content: &OutputContent| match content {
        OutputContent::File { filename, subfolder: of, folder } => {
            *filename == named.filename && of == subfolder && (*folder == named.folder || folder.is_empty())
        }
        OutputContent::Text { .. } => false,
    };
    let output = task.outputs.iter().find(|output| is_it(&output.content))?;
    Some((task.id, output.id))
}

/// The bytes of any file that clients can name.
pub(super) async fn bytes_of(gateway: &Gateway, folder: &str, subfolder: &str, filename: &str) -> Option<Vec<u8>> {
    let params = ViewedFile {
        filename: Some(filename.to_owned()),
        subfolder: subfolder.to_owned(),
        folder: Some(folder.to_owned()),
        channel: None,
        preview: None,
    };
    let named = name(&params).ok()?;
    let response = match find(gateway, &named, &Method::GET, HeaderMap::new()).await {
        Some(response) => response,
        None => {
            let content = OutputContent::File { filename: named.filename, subfolder: named.subfolder, folder: named.folder };
            for backend in gateway.home_first() {
                if let Ok(response) = backend.client.view(&content, false).await
                    && let Ok(bytes) = response.bytes().await
                {
                    return Some(bytes.into());
                }
            }
            return None;
        }
    };
    Some(to_bytes(response.into_body(), limits::GATEWAY_BODY).await.ok()?.into())
}

/// The picture in another format, or without some of its channels.
async fn changed(response: Response, params: &ViewedFile) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, limits::GATEWAY_BODY).await else { return answer::empty(StatusCode::BAD_GATEWAY) };
    let params = params.clone();
    let original = bytes.clone();
    match tokio::task::spawn_blocking(move || change(&original, &params)).await {
        Ok(Some((kind, bytes))) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        // It is no picture: as it is.
        _ => Response::from_parts(parts, Body::from(bytes)),
    }
}

fn change(bytes: &[u8], params: &ViewedFile) -> Option<(&'static str, Vec<u8>)> {
    let picture = image::load_from_memory(bytes).ok()?;
    let channel = params.channel.as_deref().unwrap_or("rgba");
    if let Some(preview) = &params.preview {
        let (format, quality) = preview.rsplit_once(';').unwrap_or((preview, ""));
        let quality = quality.parse::<u8>().unwrap_or(90).min(100);
        if format == "jpeg" && !channel.contains('a') {
            let mut jpeg = Vec::new();
            let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, quality);
            picture.to_rgb8().write_with_encoder(encoder).ok()?;
            return Some(("image/jpeg", jpeg));
        }
        let (width, height) = (picture.width(), picture.height());
        let webp = if channel == "rgb" {
            webp::Encoder::from_rgb(&picture.to_rgb8(), width, height).encode(f32::from(quality)).to_vec()
        } else {
            webp::Encoder::from_rgba(&picture.to_rgba8(), width, height).encode(f32::from(quality)).to_vec()
        };
        return Some(("image/webp", webp));
    }
    let picture = if channel == "rgb" {
        DynamicImage::ImageRgb8(picture.to_rgb8())
    } else {
        let mut alpha = picture.to_rgba8();
        alpha.pixels_mut().for_each(|pixel| pixel.0 = [0, 0, 0, pixel.0[3]]);
        DynamicImage::ImageRgba8(alpha)
    };
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).ok()?;
    Some(("image/png", png.into_inner()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(filename: Option<&str>, subfolder: &str, folder: Option<&str>) -> ViewedFile {
        let text = |text: &str| text.to_owned();
        ViewedFile { filename: filename.map(text), subfolder: text(subfolder), folder: folder.map(text), channel: None, preview: None }
    }

    #[test]
    fn the_query_is_read_as_comfyui_reads_it() {
        let read = |filename, subfolder, folder| {
            name(&params(filename, subfolder, folder)).map(|named| format!("{} {} {}", named.folder, named.subfolder, named.filename))
        };
        assert_eq!(read(Some("a.png"), "day", None), Ok("output day a.png".into()));
        assert_eq!(read(Some("deep/a.png [temp]"), "", Some("input")), Ok("temp  a.png".into()));
        assert_eq!(read(None, "", None), Err(StatusCode::NOT_FOUND));
        for (filename, folder) in [("", None), ("/etc/passwd", None), ("../a", None), ("a", Some("models"))] {
            assert_eq!(read(Some(filename), "", folder), Err(StatusCode::BAD_REQUEST), "{filename}");
        }
        assert_eq!(read(Some("a"), "../..", None), Err(StatusCode::FORBIDDEN));
    }
}
