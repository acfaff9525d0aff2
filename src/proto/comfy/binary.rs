//! ComfyUI's binary frames: previews with and without metadata, and text of API nodes (fact 22). All integers are big-endian `u32`.

use serde::{Deserialize, Serialize};

use super::DecodeError;
use crate::ids::{NodeId, PromptId};

/// A decoded frame; pictures borrow from it.
#[derive(Clone, Debug, PartialEq)]
pub enum BinaryFrame<'a> {
    Preview(Preview<'a>),
    /// Type 3: text output of a running node.
    Text {
        node: NodeId,
        text: String,
    },
}

/// A preview image. `metadata` is `None` for type 1, which contains neither prompt nor node: it belongs to the latest `progress` event.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview<'a> {
    pub format: ImageFormat,
    pub metadata: Option<PreviewMetadata>,
    pub image: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    Jpeg,
    Png,
}

impl ImageFormat {
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// Detected from the bytes, because custom nodes may declare the wrong format. Falls back to the declared one.
    fn of(image: &[u8], named: Self) -> Self {
        match image {
            [0x89, b'P', b'N', b'G', ..] => Self::Png,
            [0xff, 0xd8, ..] => Self::Jpeg,
            _ => named,
        }
    }
}

/// The JSON inside a type 4 frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewMetadata {
    pub node_id: NodeId,
    pub prompt_id: PromptId,
    #[serde(default)]
    pub display_node_id: Option<NodeId>,
    #[serde(default)]
    pub parent_node_id: Option<NodeId>,
    #[serde(default)]
    pub real_node_id: Option<NodeId>,
    #[serde(default)]
    pub image_type: Option<String>,
}

/// Decodes a binary frame.
///
/// # Errors
/// The frame is shorter than its length fields, has an unknown type, or its metadata cannot be parsed. Callers count and skip it.
pub fn decode_binary(frame: &[u8]) -> Result<BinaryFrame<'_>, DecodeError> {
    let (kind, rest) = word(frame)?;
    match kind {
        1 => {
            let (format, image) = word(rest)?;
            let named = if format == 2 { ImageFormat::Png } else { ImageFormat::Jpeg };
            Ok(BinaryFrame::Preview(Preview { format: ImageFormat::of(image, named), metadata: None, image }))
        }
        3 => {
            let (node, text) = prefixed(rest)?;
            Ok(BinaryFrame::Text {
                node: NodeId(String::from_utf8_lossy(node).into_owned()),
                text: String::from_utf8_lossy(text).into_owned(),
            })
        }
        4 => {
            let (json, image) = prefixed(rest)?;
            let metadata: PreviewMetadata = serde_json::from_slice(json).map_err(|_| DecodeError::Metadata)?;
            let named = match metadata.image_type.as_deref() {
                Some("image/png") => ImageFormat::Png,
                _ => ImageFormat::Jpeg,
            };
            Ok(BinaryFrame::Preview(Preview { format: ImageFormat::of(image, named), metadata: Some(metadata), image }))
        }
        other => Err(DecodeError::UnknownBinary(other)),
    }
}

fn word(bytes: &[u8]) -> Result<(u32, &[u8]), DecodeError> {
    let (head, rest) = bytes.split_first_chunk::<4>().ok_or(DecodeError::Short(bytes.len()))?;
    Ok((u32::from_be_bytes(*head), rest))
}

/// Reads a length and that many bytes. Returns the bytes and the rest.
fn prefixed(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let (len, rest) = word(bytes)?;
    let len = usize::try_from(len).map_err(|_| DecodeError::Short(bytes.len()))?;
    rest.split_at_checked(len).ok_or(DecodeError::Short(bytes.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_a_text_frame_of_an_api_node() {
        let frame = [&[0, 0, 0, 3, 0, 0, 0, 2][..], b"12", "läuft".as_bytes()].concat();
        assert_eq!(decode_binary(&frame).unwrap(), BinaryFrame::Text { node: "12".into(), text: "läuft".into() });
    }

    #[test]
    fn refuses_a_length_beyond_the_frame() {
        assert!(matches!(decode_binary(&[0, 0, 0, 4, 255, 255, 255, 255, 1]), Err(DecodeError::Short(_))));
    }

    #[test]
    fn trusts_the_bytes_over_the_named_format() {
        let frame = [&[0, 0, 0, 1, 0, 0, 0, 1][..], &[0x89, b'P', b'N', b'G', 1]].concat();
        let BinaryFrame::Preview(preview) = decode_binary(&frame).unwrap() else { panic!("a preview") };
        assert_eq!(preview.format, ImageFormat::Png);
    }

    proptest! {
        #[test]
        fn never_panics(frame in proptest::collection::vec(any::<u8>(), 0..64), kind in 0u32..6) {
            let _ = decode_binary(&frame);
            let _ = decode_binary(&[&kind.to_be_bytes()[..], &frame].concat());
        }
    }
}
