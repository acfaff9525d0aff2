//! `POST /api/uploads`: a file for workflows, streamed to every ComfyUI that can be reached, never held in memory as a whole.

mod fan_out;
mod probe;

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{
        FromRequest, Multipart, Request, State,
        multipart::{Field, MultipartError},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::BytesMut;
use serde::Serialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::ToSchema;

use self::{
    fan_out::FanOut,
    probe::{FileInfo, FileKind, Probe},
};
use super::{kind::ProblemKind, problem::ApiProblem, responses::problem_responses};
use crate::{AppState, backend::Upload};
use proto::limits;

/// Limits how many uploads run at once.
#[derive(Clone)]
pub(super) struct UploadPermits(Arc<Semaphore>);

impl UploadPermits {
    /// Held during an upload.
    pub(super) fn try_acquire(&self) -> Result<SemaphorePermit<'_>, ApiProblem> {
        let full = || ApiProblem::new(ProblemKind::Unavailable, "Too many uploads are under way. Try again in a moment.");
        self.0.try_acquire().map_err(|_| full())
    }
}

pub(super) fn upload_permits() -> Extension<UploadPermits> {
    Extension(UploadPermits(Arc::new(Semaphore::new(limits::UPLOADS))))
}

/// One file, and what it is for: `file`, `image`, or `original` and then `mask`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is a schema")]
#[serde(deny_unknown_fields)]
pub struct UploadForm {
    /// A picture as in `image`, or a sound, a video or a 3D model (GLB, GLTF, OBJ, STL, FBX) of at most 99 MiB.
    #[schema(value_type = Option<String>, format = Binary, nullable = false)]
    file: Option<String>,
    /// A picture: PNG, JPEG or WebP, at most 50 MiB and 64 megapixels.
    #[schema(value_type = Option<String>, format = Binary, nullable = false)]
    image: Option<String>,
    /// `image` of an earlier answer: the picture that the mask is for.
    #[schema(
        nullable = false,
        example = "darkroom/0195e0a4000070008000000000000001.png",
        pattern = r"^darkroom/[0-9a-f]{32}\.(png|jpg|webp)$"
    )]
    original: Option<String>,
    /// A picture whose transparency is applied to the original: PNG or WebP.
    #[schema(value_type = Option<String>, format = Binary, nullable = false)]
    mask: Option<String>,
}

/// A file that was taken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Uploaded)]
pub struct UploadReport {
    /// What to write as the input that takes it: `image` of LoadImage or LoadImageMask, `audio` of LoadAudio, `file` of LoadVideo, `model_file` of
    /// Load3D.
    #[schema(example = "darkroom/0195e0a4000070008000000000000001.png")]
    file: String,
    /// The same as `file`. Only of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "darkroom/0195e0a4000070008000000000000001.png")]
    image: Option<String>,
    kind: FileKind,
    filename: String,
    subfolder: &'static str,
    /// The folder at ComfyUI.
    #[serde(rename = "type")]
    #[schema(example = "input")]
    folder: &'static str,
    /// The type found in its bytes.
    #[schema(example = "image/png")]
    media_type: &'static str,
    /// In pixels. Only of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    width: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    height: Option<usize>,
    bytes: usize,
    /// The ComfyUIs that have it.
    backends: Vec<String>,
    /// Those that do not, and why: a task with this file cannot run there.
    missing: Vec<UploadFailure>,
}

/// A ComfyUI that does not have the file.
#[derive(Serialize, ToSchema)]
#[schema(as = Missing)]
pub struct UploadFailure {
    id: String,
    detail: String,
}

const SUBFOLDER: &str = "darkroom";
/// ComfyUI looks for 3D models here only.
const MODEL_SUBFOLDER: &str = "3d";

problem_responses!(UploadProblems {
    400 => "Not a multipart form, or not a whole one.",
    413 => "More than 50 MiB, or 99 MiB for what is no picture.",
    415 => "Not a form, or a file of another type.",
    422 => "Unknown fields, no file or several, too many pixels, or an unknown original.",
    502 => "No ComfyUI took it.",
    503 => "No ComfyUI can be reached, or too many uploads are under way.",
});

/// Upload a file
///
/// A form with one file, `file`, `image` or `mask`. It goes to every ComfyUI that can be reached, so that a task that uses it can run on any. Its name
/// is made here: nothing is overwritten.
#[utoipa::path(
    post,
    path = "/uploads",
    operation_id = "upload",
    tag = "Uploads",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "It is there.", body = UploadReport),
        UploadProblems,
    ),
)]
pub(super) async fn create(
    State(state): State<AppState>,
    Extension(permits): Extension<UploadPermits>,
    request: Request,
) -> Result<Response, ApiProblem> {
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"multipart/form-data"));
    if !is_form {
        return Err(ApiProblem::new(
            ProblemKind::UnsupportedType,
            "Send a form: multipart/form-data with a file in the field file, image or mask.",
        ));
    }
    let form = Multipart::from_request(request, &())
        .await
        .map_err(|error| ApiProblem::new(ProblemKind::BadBody, format!("{}.", error.body_text())))?;
    let _permit = permits.try_acquire()?;
    let uploaded = tokio::time::timeout(limits::UPLOAD_TIME, receive(&state, form)).await;
    let uploaded = uploaded
        .map_err(|_| ApiProblem::new(ProblemKind::BadBody, format!("An upload takes at most {} s.", limits::UPLOAD_TIME.as_secs())))??;
    Ok((StatusCode::CREATED, Json(uploaded)).into_response())
}

/// A file whose bytes were all sent, but whose uploads are not completed yet.
struct PendingUpload {
    file: FileInfo,
    filename: String,
    bytes: usize,
    fan_out: FanOut,
}

async fn receive(state: &AppState, mut form: Multipart) -> Result<UploadReport, ApiProblem> {
    let (mut original, mut sent) = (None, None);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            // Returning drops the `FanOut`, which aborts the uploads.
            "file" | "image" | "mask" | "original" if sent.is_some() => {
                return Err(ApiProblem::at(format!("/{name}"), "One file at a time, as the last field."));
            }
            "original" if original.is_none() => original = Some(read_original(field).await?),
            "original" => return Err(ApiProblem::at("/original", "The field original came twice.")),
            "file" | "image" if original.is_some() => {
                return Err(ApiProblem::at("/original", "An original is for a mask: send the file as mask."));
            }
            "file" => sent = Some(pass_on(state, field, Purpose::File).await?),
            "image" => sent = Some(pass_on(state, field, Purpose::Image).await?),
            "mask" => {
                let of = original
                    .as_deref()
                    .ok_or_else(|| ApiProblem::at("/original", "A mask is for an original: send the field original before mask."))?;
                sent = Some(pass_on(state, field, Purpose::MaskOf(of)).await?);
            }
            _ => return Err(unknown_field(&name)),
        }
    }
    let PendingUpload { file, filename, bytes, fan_out } =
        sent.ok_or_else(|| ApiProblem::at("/file", "There is no file: send one in the field file, image or mask."))?;
    let (mut backends, mut missing, mut no_original) = (Vec::new(), Vec::new(), false);
    for (backend, outcome) in fan_out.finish().await {
        match outcome {
            Ok(()) => backends.push(backend.0),
            Err(why) => {
                no_original |= why.no_original;
                missing.push(UploadFailure { id: backend.0, detail: why.detail });
            }
        }
    }
    if backends.is_empty() && no_original {
        return Err(ApiProblem::at("/original", "No ComfyUI has this picture: upload the original again."));
    } else if backends.is_empty() {
        let why = missing.first().map_or_else(String::new, |missing| format!(" {}: {}.", missing.id, missing.detail));
        return Err(ApiProblem::new(ProblemKind::BadGateway, format!("No ComfyUI took the file.{why}")));
    }
    let FileInfo { kind, media_type, size, .. } = file;
    let subfolder = subfolder(kind);
    let file = format!("{subfolder}/{filename}");
    Ok(UploadReport {
        image: (kind == FileKind::Image).then(|| file.clone()),
        file,
        kind,
        filename,
        subfolder,
        folder: "input",
        media_type,
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        bytes,
        backends,
        missing,
    })
}

/// What an uploaded file is for.
#[derive(Clone, Copy)]
enum Purpose<'a> {
    /// Any input: its type says which.
    File,
    Image,
    /// A mask for this original.
    MaskOf(&'a str),
}

fn subfolder(kind: FileKind) -> &'static str {
    if kind == FileKind::Model { MODEL_SUBFOLDER } else { SUBFOLDER }
}

/// Probes the first bytes of a file, then streams all of it to the backends.
async fn pass_on(state: &AppState, mut field: Field<'_>, purpose: Purpose<'_>) -> Result<PendingUpload, ApiProblem> {
    let original = if let Purpose::MaskOf(original) = purpose { Some(original) } else { None };
    let name = field.file_name().unwrap_or_default().to_owned();
    let mut head = BytesMut::new();
    let file = loop {
        let chunk = field.chunk().await.map_err(unreadable)?;
        let is_all = chunk.is_none();
        head.extend_from_slice(&chunk.unwrap_or_default());
        let is_enough = is_all || head.len() >= limits::UPLOAD_HEAD;
        let (probed, wanted) = match purpose {
            Purpose::File => (probe::probe_file(&head, is_enough, &name), "picture (PNG, JPEG, WebP), sound, video or 3D model"),
            Purpose::Image | Purpose::MaskOf(_) => (probe::probe_image(&head, is_enough), "PNG, JPEG or WebP"),
        };
        match probed {
            Probe::File(file) => break file,
            Probe::NeedMore => {}
            Probe::UnsupportedType => return Err(ApiProblem::new(ProblemKind::UnsupportedType, format!("This file is no {wanted}."))),
            Probe::Unreadable => {
                return Err(ApiProblem::new(ProblemKind::InvalidImage, "The size of this picture cannot be read: the file is damaged."));
            }
        }
    };
    if let Some(size) = file.size {
        check(size, file.media_type, original.is_some())?;
    }
    let limit = if file.kind == FileKind::Image { limits::UPLOAD } else { limits::MEDIA_UPLOAD };
    // ComfyUI saves a masked picture in the format of its extension, and needs PNG to keep the mask.
    let extension = if original.is_some() { "png" } else { file.extension };
    let filename = format!("{}.{extension}", uuid::Uuid::now_v7().simple());
    let upload = Upload {
        filename: filename.clone(),
        subfolder: subfolder(file.kind),
        media_type: file.media_type,
        original: original.map(str::to_owned),
    };
    let mut fan_out = FanOut::begin(state.pool().iter(), &upload).ok_or_else(|| {
        ApiProblem::new(ProblemKind::Unavailable, "No ComfyUI can be reached to take the file. Try again when one is there.")
    })?;
    let mut bytes = 0;
    let mut next = head.freeze();
    loop {
        bytes += next.len();
        if bytes > limit {
            return Err(too_large(limit));
        }
        fan_out.send(next).await;
        next = match field.chunk().await.map_err(unreadable)? {
            Some(chunk) => chunk,
            None => return Ok(PendingUpload { file, filename, bytes, fan_out }),
        };
    }
}

fn check((width, height): (usize, usize), media_type: &str, is_mask: bool) -> Result<(), ApiProblem> {
    if width == 0 || height == 0 {
        return Err(ApiProblem::new(ProblemKind::InvalidImage, "This picture has no pixels."));
    }
    if width.saturating_mul(height) > limits::UPLOAD_PIXELS {
        let detail =
            format!("This picture is {width} × {height} pixels; at most {} megapixels can be taken.", limits::UPLOAD_PIXELS / 1_000_000);
        return Err(ApiProblem::new(ProblemKind::InvalidImage, detail));
    }
    if is_mask && media_type == "image/jpeg" {
        return Err(ApiProblem::new(
            ProblemKind::UnsupportedType,
            "A mask is in the transparency of a picture, and a JPEG has none: send PNG or WebP.",
        ));
    }
    Ok(())
}

/// Bytes; longer than any name that an upload gets.
const ORIGINAL: usize = 200;

async fn read_original(mut field: Field<'_>) -> Result<String, ApiProblem> {
    let mut text = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        text.extend_from_slice(&chunk);
        if text.len() > ORIGINAL {
            break;
        }
    }
    let is_ours = |text: &&str| {
        let stem = text.strip_prefix(SUBFOLDER)?.strip_prefix('/')?.rsplit_once('.')?;
        (uuid::Uuid::try_parse(stem.0).is_ok() && stem.0.len() == 32 && ["png", "jpg", "webp"].contains(&stem.1)).then_some(())
    };
    let name = str::from_utf8(&text).ok().filter(|text| is_ours(text).is_some());
    name.map(str::to_owned)
        .ok_or_else(|| ApiProblem::at("/original", "An original is `image` of an earlier upload, such as darkroom/….png."))
}

fn unknown_field(name: &str) -> ApiProblem {
    let name: String = name.chars().take(ORIGINAL).collect();
    ApiProblem::at(format!("/{}", name.replace('~', "~0").replace('/', "~1")), "unknown field; there are file, image, mask and original")
}

fn too_large(limit: usize) -> ApiProblem {
    ApiProblem::new(ProblemKind::TooLarge, format!("Such a file is at most {} MiB.", limit >> 20))
}

fn unreadable(error: MultipartError) -> ApiProblem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        too_large(limits::MEDIA_UPLOAD)
    } else {
        ApiProblem::new(ProblemKind::BadBody, format!("{}.", error.body_text()))
    }
}
