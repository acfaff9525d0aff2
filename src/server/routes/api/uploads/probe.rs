//! Recognizes the type of a file, and the size of an image, by its first bytes.

use imagesize::{ImageError, ImageType};
use infer::MatcherType;
use serde::Serialize;
use utoipa::ToSchema;

/// A file of a supported type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileInfo {
    pub(super) kind: FileKind,
    pub(super) media_type: &'static str,
    /// The extension of its file name.
    pub(super) extension: &'static str,
    /// Width and height in pixels. Only of images.
    pub(super) size: Option<(usize, usize)>,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    Image,
    Audio,
    Video,
    /// A 3D model.
    Model,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Probe {
    File(FileInfo),
    /// More bytes are needed.
    NeedMore,
    UnsupportedType,
    /// The type is supported, but the size cannot be read.
    Unreadable,
}

/// Bytes that suffice to recognize each type of image. The size comes soon after them, except in a JPEG, where metadata of any length may come
/// before.
const IMAGE_SIGNATURE: usize = 16;
/// Bytes in which the types of sound and video show: those of Matroska come after other elements.
const MEDIA_SIGNATURE: usize = 4096;

/// 3D models as ComfyUI's `Load3D` (0.8.0) lists them, with their media types. Most have no signature: their extension says what they are.
const MODELS: [(&str, &str); 5] = [
    ("glb", "model/gltf-binary"),
    ("gltf", "model/gltf+json"),
    ("obj", "model/obj"),
    ("stl", "model/stl"),
    ("fbx", "application/octet-stream"),
];

/// Recognizes an image. `is_all`: `head` is the whole file, or as much of it as is looked at.
pub(super) fn probe_image(head: &[u8], is_all: bool) -> Probe {
    if head.len() < IMAGE_SIGNATURE && !is_all {
        return Probe::NeedMore;
    }
    let (media_type, extension) = match imagesize::image_type(head) {
        Ok(ImageType::Png) => ("image/png", "png"),
        Ok(ImageType::Jpeg) => ("image/jpeg", "jpg"),
        Ok(ImageType::Webp) => ("image/webp", "webp"),
        Ok(_) | Err(_) => return Probe::UnsupportedType,
    };
    match imagesize::blob_size(head) {
        Ok(size) => Probe::File(FileInfo { kind: FileKind::Image, media_type, extension, size: Some((size.width, size.height)) }),
        Err(ImageError::IoError(_)) if !is_all => Probe::NeedMore,
        Err(_) => Probe::Unreadable,
    }
}

/// Recognizes an image, a sound, a video or a 3D model. `name`: the file's own name.
pub(super) fn probe_file(head: &[u8], is_all: bool, name: &str) -> Probe {
    match probe_image(head, is_all) {
        Probe::UnsupportedType if head.len() < MEDIA_SIGNATURE && !is_all => return Probe::NeedMore,
        Probe::UnsupportedType => {}
        other => return other,
    }
    let file = |kind, media_type, extension| Probe::File(FileInfo { kind, media_type, extension, size: None });
    match infer::get(head) {
        Some(found) if found.matcher_type() == MatcherType::Audio => file(FileKind::Audio, found.mime_type(), found.extension()),
        Some(found) if found.matcher_type() == MatcherType::Video => file(FileKind::Video, found.mime_type(), found.extension()),
        _ => {
            let own = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
            let model = MODELS.into_iter().find(|(extension, _)| *extension == own).filter(|_| is_model(head, &own));
            model.map_or(Probe::UnsupportedType, |(extension, media_type)| file(FileKind::Model, media_type, extension))
        }
    }
}

fn is_model(head: &[u8], extension: &str) -> bool {
    let start = head.trim_ascii_start();
    match extension {
        "glb" => head.starts_with(b"glTF"),
        "gltf" => start.starts_with(b"{"),
        // A web page, perhaps saved in place of the model.
        _ => !start.is_empty() && !start.starts_with(b"<"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat};
    use proptest::prelude::*;

    use super::*;

    fn file(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(33, 21).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// For every prefix of a file: first more bytes are needed, then the size is known, and stays known.
    #[test]
    fn recognizes_an_image_by_its_first_bytes() {
        for (format, media_type) in [(ImageFormat::Png, "image/png"), (ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::WebP, "image/webp")]
        {
            let file = file(format);
            let mut known = false;
            for end in 0..=file.len() {
                match probe_image(&file[..end], false) {
                    Probe::File(picture) => {
                        known = true;
                        assert_eq!((picture.kind, picture.media_type, picture.size), (FileKind::Image, media_type, Some((33, 21))));
                    }
                    Probe::NeedMore => assert!(!known, "{media_type} forgot at {end}"),
                    other => panic!("{media_type} at {end}: {other:?}"),
                }
            }
            assert!(known);
            assert_eq!(probe_image(&file[..20], true), Probe::Unreadable, "{media_type}");
            assert_eq!(probe_file(&file, true, "a.mp3"), probe_image(&file, true), "an image is one under any name");
        }
    }

    #[test]
    fn other_files_are_unsupported() {
        for file in [
            &b"GIF89a\x01\x00\x01\x00 and so on......"[..],
            b"<svg xmlns='http://www.w3.org/2000/svg'>",
            b"",
            b"\x89PNG",
            b"BM and so on, so on",
        ] {
            assert_eq!(probe_image(file, true), Probe::UnsupportedType, "{file:?}");
            assert_eq!(probe_file(file, true, "a.mp3"), Probe::UnsupportedType, "{file:?}");
        }
    }

    #[test]
    fn sounds_videos_and_models_are_recognized() {
        use FileKind::{Audio, Model, Video};
        let wav = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0";
        let mp4 = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2";
        let mut webm = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm".to_vec();
        // Shorter ones are not looked at.
        webm.resize(300, 0);
        for (head, name, kind, extension) in [
            (&wav[..], "a.wav", Audio, "wav"),
            (b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\x64", "a", Audio, "mp3"),
            (b"fLaC\0\0\0\x22 and so on", "a.wav", Audio, "flac"),
            (b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01vorbis", "a.ogg", Audio, "ogg"),
            (mp4, "a.bin", Video, "mp4"),
            (&webm, "a.mkv", Video, "webm"),
            (b"glTF\x02\0\0\0", "chair.GLB", Model, "glb"),
            (b"  {\"asset\": {\"version\": \"2.0\"}}", "chair.gltf", Model, "gltf"),
            (b"# a chair\nv 0 0 0", "chair.obj", Model, "obj"),
            (b"solid chair", "chair.stl", Model, "stl"),
        ] {
            assert_eq!(probe_file(&head[..8], false, name), Probe::NeedMore, "{name}");
            let Probe::File(file) = probe_file(head, true, name) else { panic!("{name}") };
            assert_eq!((file.kind, file.extension, file.size), (kind, extension, None), "{name}");
            assert_eq!(probe_image(head, true), Probe::UnsupportedType, "{name}");
        }
        for (head, name) in [
            (&b"not glTF"[..], "chair.glb"),
            (b"<!doctype html><p>Not found", "chair.obj"),
            (b"", "chair.stl"),
            (b"import os", "run.py"),
            (b"MZ\x90\0", "run.exe"),
            (b"PK\x03\x04", "chair.zip"),
        ] {
            assert_eq!(probe_file(head, true, name), Probe::UnsupportedType, "{name}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(start in 0..3_usize, rest in proptest::collection::vec(any::<u8>(), 0..200), is_all in any::<bool>()) {
            let mut bytes = [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff\xe0", b"RIFF\x10\0\0\0WEBPVP8 "][start].to_vec();
            bytes.extend(rest);
            let _ = (probe_image(&bytes, is_all), probe_file(&bytes, is_all, "a.glb"));
        }
    }
}
