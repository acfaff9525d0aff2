//! `POST /upload/image` and `/upload/mask`: files of clients, kept for whichever ComfyUI runs their prompts.

use axum::{
    extract::{Multipart, State, multipart::MultipartError},
    http::StatusCode,
    response::Response,
};
use image::{ImageFormat, RgbaImage};
use serde::Deserialize;
use serde_json::json;

use super::{answer, shared::Gateway, view::bytes_of};
use crate::client_files::FilePlace;

#[derive(Default)]
struct ClientUpload {
    file: Option<(String, Vec<u8>)>,
    overwrite: bool,
    folder: String,
    subfolder: String,
    original: Option<OriginalRef>,
}

/// The picture that a mask belongs to.
#[derive(Deserialize)]
struct OriginalRef {
    filename: String,
    #[serde(default)]
    subfolder: String,
    #[serde(rename = "type", default)]
    folder: Option<String>,
}

async fn read(mut parts: Multipart) -> Result<ClientUpload, MultipartError> {
    let mut form = ClientUpload { folder: "input".to_owned(), ..ClientUpload::default() };
    while let Some(field) = parts.next_field().await? {
        match field.name().unwrap_or_default() {
            "image" => {
                let name = field.file_name().unwrap_or_default().to_owned();
                form.file = Some((name, field.bytes().await?.into()));
            }
            "overwrite" => form.overwrite = matches!(field.text().await?.as_str(), "true" | "1"),
            // As ComfyUI does it: a folder that it does not know is an error, none at all is that of inputs.
            "type" => form.folder = Some(field.text().await?).filter(|text| !text.is_empty()).unwrap_or_else(|| "input".to_owned()),
            "subfolder" => form.subfolder = field.text().await?,
            "original_ref" => form.original = serde_json::from_str(&field.text().await?).ok(),
            _ => {}
        }
    }
    Ok(form)
}

pub(super) async fn image(State(gateway): State<Gateway>, parts: Multipart) -> Response {
    match read(parts).await {
        Ok(ClientUpload { file: Some((name, bytes)), overwrite, folder, subfolder, .. }) => {
            store(&gateway, &folder, &subfolder, &name, bytes, overwrite).await
        }
        Ok(_) => answer::empty(StatusCode::BAD_REQUEST),
        Err(error) => answer::empty(error.status()),
    }
}

async fn store(gateway: &Gateway, folder: &str, subfolder: &str, name: &str, bytes: Vec<u8>, overwrite: bool) -> Response {
    let Some(place) = FilePlace::new(folder, subfolder, name) else { return answer::empty(StatusCode::BAD_REQUEST) };
    match gateway.files.store(place, bytes, overwrite).await {
        Ok(place) => answer::ok(&json!({"name": place.name, "subfolder": place.subfolder, "type": place.folder})),
        Err(error) => {
            tracing::error!(%error, "an uploaded file cannot be kept");
            answer::unavailable(&format!("Darkroom cannot keep this file: {error}."))
        }
    }
}

/// The transparency of the uploaded picture replaces that of the original.
pub(super) async fn mask(State(gateway): State<Gateway>, parts: Multipart) -> Response {
    let form = match read(parts).await {
        Ok(form) => form,
        Err(error) => return answer::empty(error.status()),
    };
    let ClientUpload { file: Some((name, mask)), overwrite, folder, subfolder, original: Some(original) } = form else {
        return answer::empty(StatusCode::BAD_REQUEST);
    };
    let of = original.folder.as_deref().unwrap_or("output");
    let Some(original) = bytes_of(&gateway, of, &original.subfolder, &original.filename).await else {
        return answer::empty(StatusCode::BAD_REQUEST);
    };
    let masked = tokio::task::spawn_blocking(move || masked(&original, &mask)).await.ok().flatten();
    match masked {
        Some(bytes) => store(&gateway, &folder, &subfolder, &name, bytes, overwrite).await,
        None => answer::trouble(),
    }
}

/// `None`: one of them is no picture, or they differ in size.
fn masked(original: &[u8], mask: &[u8]) -> Option<Vec<u8>> {
    let mut picture: RgbaImage = image::load_from_memory(original).ok()?.into_rgba8();
    let mask = image::load_from_memory(mask).ok()?.into_rgba8();
    if picture.dimensions() != mask.dimensions() {
        return None;
    }
    for (pixel, of) in picture.pixels_mut().zip(mask.pixels()) {
        pixel.0[3] = of.0[3];
    }
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).ok()?;
    Some(png.into_inner())
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    fn png(width: u32, pixel: [u8; 4]) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        RgbaImage::from_pixel(width, 1, Rgba(pixel)).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_mask_changes_nothing_but_the_transparency() {
        let both = masked(&png(2, [1, 2, 3, 255]), &png(2, [9, 9, 9, 7])).unwrap();
        assert_eq!(image::load_from_memory(&both).unwrap().into_rgba8().get_pixel(1, 0).0, [1, 2, 3, 7]);
        assert_eq!(masked(&png(2, [1, 2, 3, 255]), &png(3, [9, 9, 9, 7])), None);
        assert_eq!(masked(b"text", &png(3, [9, 9, 9, 7])), None);
    }
}
