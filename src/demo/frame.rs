//! The binary frames of the WebSocket (fact 22).

use axum::body::Bytes;
use serde_json::Value;

/// The image encoding of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Jpeg,
    Png,
}

/// Type 1: big-endian 1, the encoding, the image. Contains neither prompt nor node.
pub(super) fn plain(encoding: Encoding, picture: &[u8]) -> Bytes {
    let code: u32 = match encoding {
        Encoding::Jpeg => 1,
        Encoding::Png => 2,
    };
    [&1_u32.to_be_bytes(), &code.to_be_bytes(), picture].concat().into()
}

/// Type 4: big-endian 4, the length of the JSON, the JSON, the image.
pub(super) fn with_metadata(encoding: Encoding, mut metadata: serde_json::Map<String, Value>, picture: &[u8]) -> Bytes {
    let mime = match encoding {
        Encoding::Jpeg => "image/jpeg",
        Encoding::Png => "image/png",
    };
    metadata.insert("image_type".to_owned(), mime.into());
    let metadata = proto::comfy::python_json(&Value::Object(metadata));
    let length = u32::try_from(metadata.len()).unwrap_or(u32::MAX);
    [&4_u32.to_be_bytes(), &length.to_be_bytes(), metadata.as_bytes(), picture].concat().into()
}
