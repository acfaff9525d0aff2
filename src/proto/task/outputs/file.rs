//! The files that nodes name: by an object, or by a path.

use serde_json::{Map, Value};

use crate::{
    limits,
    task::{OutputContent, OutputKind},
};

/// An output in a node's report, before the task gives it a number.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedOutput {
    pub kind: OutputKind,
    pub temporary: bool,
    pub content: OutputContent,
}

/// Endings of 3D models. A preview of one names it by a path, not by an object (fact 62).
const MODELS: [&str; 13] = ["glb", "gltf", "obj", "fbx", "stl", "ply", "splat", "ksplat", "spz", "usd", "usdz", "3mf", "dae"];

/// The file that an object names. Missing members have ComfyUI's defaults (fact 63).
pub(super) fn file(members: &Map<String, Value>, key: &str) -> Option<ReportedOutput> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    Some(located(key, filename(members)?, text("subfolder"), text("type")))
}

pub(super) fn filename(members: &Map<String, Value>) -> Option<&str> {
    let name = members.get("filename")?.as_str()?;
    // Not only folders, of which nothing could be fetched.
    (!split(without_annotation(name).0).1.is_empty()).then_some(name)
}

/// A file by its path, which may be annotated with its folder (fact 45).
pub(super) fn located(key: &str, path: &str, subfolder: Option<&str>, folder: Option<&str>) -> ReportedOutput {
    let (path, annotated) = without_annotation(path);
    // ComfyUI has no folder of this name, and what Darkroom calls so is its own.
    let folder = annotated.or(folder).filter(|folder| *folder != OutputContent::SOCKET).unwrap_or("output");
    let (inner, name) = split(path);
    let subfolder = match (subfolder.unwrap_or_default(), inner) {
        (outer, "") => outer.to_owned(),
        ("", inner) => inner.to_owned(),
        (outer, inner) => format!("{}/{inner}", outer.trim_end_matches('/')),
    };
    let content = OutputContent::File { filename: name.to_owned(), subfolder, folder: folder.to_owned() };
    ReportedOutput { kind: kind_of(key, name), temporary: folder == "temp", content }
}

/// The name without ` [output]`, and that folder.
fn without_annotation(path: &str) -> (&str, Option<&'static str>) {
    let folders = ["output", "input", "temp"];
    let annotated = folders.into_iter().find_map(|folder| {
        let bare = path.strip_suffix(']')?.strip_suffix(folder)?.strip_suffix('[')?;
        Some((bare.trim_end_matches(' '), Some(folder)))
    });
    annotated.unwrap_or((path, None))
}

/// Folders and name of a path. A backslash separates only where there is no slash: on Linux it may be a part of a name.
fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        // The root stays one.
        Some(("", name)) => ("/", name),
        Some(parts) => parts,
        None if is_model(path) => path.rsplit_once('\\').unwrap_or(("", path)),
        None => ("", path),
    }
}

fn ending(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())
}

/// By the file's ending: videos come under `images` too (fact 21).
fn kind_of(key: &str, filename: &str) -> OutputKind {
    match ending(filename).as_deref() {
        Some("png" | "jpg" | "jpeg" | "webp" | "gif" | "avif" | "bmp" | "tiff") => OutputKind::Image,
        Some("mp4" | "webm" | "mov" | "mkv") => OutputKind::Video,
        Some("flac" | "mp3" | "wav" | "ogg" | "opus") => OutputKind::Audio,
        None if key == "images" => OutputKind::Image,
        _ => OutputKind::File,
    }
}

/// A path that ends like a 3D model.
pub(super) fn is_model(path: &str) -> bool {
    let (name, _) = without_annotation(path);
    let is_path = !name.contains(['\n', '\r']) && name.len() <= limits::OUTPUT_PATH;
    is_path && ending(name).is_some_and(|ending| MODELS.contains(&ending.as_str()))
}

pub(super) fn is_picture(path: &str) -> bool {
    kind_of("", path) == OutputKind::Image
}
