//! `POST /upload/image` and `/upload/mask` (fact 46).

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    body::Bytes,
    extract::{Multipart, State},
    http::StatusCode,
    response::Response,
};
use image::ImageFormat;
use serde_json::{Value, json};

use super::{app::App, files::Folder, python};

#[derive(Default)]
struct Form {
    image: Option<(String, Bytes)>,
    overwrite: bool,
    folder: Option<String>,
    subfolder: String,
    original_ref: Option<String>,
}

/// Why an upload failed.
enum Refusal {
    /// 400 with an empty body.
    Bad,
    /// Python raises: 500.
    Raised,
}

impl Refusal {
    fn answer(&self) -> Response {
        match self {
            Self::Bad => python::empty(StatusCode::BAD_REQUEST),
            Self::Raised => python::trouble(),
        }
    }
}

pub(super) async fn image(State(app): State<Arc<App>>, form: Multipart) -> Response {
    upload(app, form, |_, form| {
        let bytes = form.image.as_ref().map(|(_, bytes)| bytes.to_vec());
        Ok(bytes)
    })
    .await
}

/// Copies the alpha channel of the posted image to the original. Without the original nothing is written, and the
/// answer is the same.
pub(super) async fn mask(State(app): State<Arc<App>>, form: Multipart) -> Response {
    upload(app, form, |app, form| {
        let original = form.original_ref.as_deref().ok_or(Refusal::Raised)?;
        let original: Value = serde_json::from_str(original).map_err(|_| Refusal::Raised)?;
        let text = |name: &str| original.get(name).and_then(Value::as_str);
        let name = text("filename").ok_or(Refusal::Bad)?;
        let folder = Folder::parse(text("type").unwrap_or("output")).ok_or(Refusal::Bad)?;
        let dir = app.engine.folders.subfolder(folder, text("subfolder").unwrap_or_default()).ok_or(Refusal::Bad)?;
        if !is_plain(name) {
            return Err(Refusal::Bad);
        }
        let path = dir.join(name);
        if !path.is_file() {
            return Ok(None);
        }
        let mask = form.image.as_ref().map(|(_, bytes)| bytes.as_ref()).unwrap_or_default();
        masked(&path, mask).map(Some).ok_or(Refusal::Raised)
    })
    .await
}

fn masked(original: &Path, mask: &[u8]) -> Option<Vec<u8>> {
    let mut picture = image::load_from_memory(&fs::read(original).ok()?).ok()?.to_rgba8();
    let (width, height) = picture.dimensions();
    let mask = image::load_from_memory(mask).ok()?;
    let mask = mask.resize_exact(width, height, image::imageops::FilterType::Triangle).to_rgba8();
    for (pixel, mask) in picture.pixels_mut().zip(mask.pixels()) {
        pixel.0[3] = mask.0[3];
    }
    let mut out = Vec::new();
    picture.write_to(&mut Cursor::new(&mut out), ImageFormat::Png).ok()?;
    Some(out)
}

async fn upload(
    app: Arc<App>,
    form: Multipart,
    content: impl FnOnce(&App, &Form) -> Result<Option<Vec<u8>>, Refusal> + Send + 'static,
) -> Response {
    let Some(form) = read(form).await else {
        return python::trouble();
    };
    tokio::task::spawn_blocking(move || store(&app, &form, content)).await.unwrap_or_else(|_| python::trouble())
}

async fn read(mut multipart: Multipart) -> Option<Form> {
    let mut form = Form::default();
    while let Some(field) = multipart.next_field().await.ok()? {
        let name = field.name().unwrap_or_default().to_owned();
        match (name.as_str(), field.file_name().map(str::to_owned)) {
            ("image", Some(filename)) => form.image = Some((filename, field.bytes().await.ok()?)),
            ("overwrite", _) => form.overwrite = matches!(field.text().await.ok()?.as_str(), "true" | "1"),
            ("type", _) => form.folder = Some(field.text().await.ok()?),
            ("subfolder", _) => form.subfolder = field.text().await.ok()?,
            ("original_ref", _) => form.original_ref = Some(field.text().await.ok()?),
            _ => {}
        }
    }
    Some(form)
}

fn store(app: &App, form: &Form, content: impl FnOnce(&App, &Form) -> Result<Option<Vec<u8>>, Refusal>) -> Response {
    match try_store(app, form, content) {
        Ok(answer) => python::ok(&answer),
        Err(refusal) => refusal.answer(),
    }
}

fn try_store(app: &App, form: &Form, content: impl FnOnce(&App, &Form) -> Result<Option<Vec<u8>>, Refusal>) -> Result<Value, Refusal> {
    let folder = Folder::parse(form.folder.as_deref().unwrap_or("input")).ok_or(Refusal::Raised)?;
    let (name, posted) = form.image.as_ref().ok_or(Refusal::Bad)?;
    let dir = app.engine.folders.subfolder(folder, &form.subfolder).ok_or(Refusal::Bad)?;
    if !is_plain(name) {
        return Err(Refusal::Bad);
    }
    fs::create_dir_all(&dir).map_err(|_| Refusal::Raised)?;
    let path = if form.overwrite { dir.join(name) } else { free_name(&dir, name, posted) };
    if let Some(bytes) = content(app, form)? {
        fs::write(&path, bytes).map_err(|_| Refusal::Raised)?;
    }
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    Ok(json!({"name": name, "subfolder": form.subfolder, "type": folder.name()}))
}

/// The name, or `name (1).png` when a different file has it; a file with the same bytes is reused.
fn free_name(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let (stem, ending) = match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    };
    let mut path = dir.join(name);
    let mut count = 0_u32;
    while path.exists() && fs::read(&path).is_ok_and(|there| there != bytes) {
        count += 1;
        path = dir.join(format!("{stem} ({count}){ending}"));
    }
    path
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0'])
}
