//! Binary messages for clients of different kinds (fact 22).

use serde_json::Value;

use crate::{
    comfy::{BinaryFrame, ImageFormat, Preview, decode_binary},
    ids::TaskId,
    task::sends_results,
};

/// Whether a picture is what its node runs for, as that of SaveImageWebsocket is: clients wait for it. Samplers send their previews as JPEG, and with
/// metadata where they can (fact 67). `workflow`: in API format.
#[must_use]
pub fn is_result(picture: &Preview<'_>, workflow: &Value) -> bool {
    let Some(metadata) = &picture.metadata else { return true };
    let class = workflow.get(metadata.node_id.as_str()).and_then(|node| node.get("class_type")).and_then(Value::as_str);
    picture.format == ImageFormat::Png || class.is_some_and(sends_results)
}

/// A preview with metadata (type 4) in the form for sockets that did not ask for that: type 1, `[1][1 JPEG | 2 PNG][picture]`. `None`: it is no such preview.
#[must_use]
pub fn as_plain_preview(frame: &[u8]) -> Option<Vec<u8>> {
    let Ok(BinaryFrame::Preview(preview)) = decode_binary(frame) else { return None };
    preview.metadata.as_ref()?;
    let format: u32 = match preview.format {
        ImageFormat::Jpeg => 1,
        ImageFormat::Png => 2,
    };
    let mut plain = Vec::with_capacity(8 + preview.image.len());
    plain.extend_from_slice(&1_u32.to_be_bytes());
    plain.extend_from_slice(&format.to_be_bytes());
    plain.extend_from_slice(preview.image);
    Some(plain)
}

/// A preview with metadata (type 4) that names its prompt as its client does. `None`: it is no such preview, or names another prompt.
#[must_use]
pub fn with_prompt_id(frame: &[u8], task: TaskId, prompt_id: &str) -> Option<Vec<u8>> {
    let (kind, rest) = frame.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (json, image) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let mut metadata: Value = serde_json::from_slice(json).ok()?;
    let named =
        metadata.get_mut("prompt_id").filter(|named| u32::from_be_bytes(*kind) == 4 && named.as_str() == Some(&task.to_string()))?;
    *named = prompt_id.into();
    let json = metadata.to_string();
    let mut renamed = Vec::with_capacity(8 + json.len() + image.len());
    renamed.extend_from_slice(kind);
    renamed.extend_from_slice(&u32::try_from(json.len()).ok()?.to_be_bytes());
    renamed.extend_from_slice(json.as_bytes());
    renamed.extend_from_slice(image);
    Some(renamed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn preview(metadata: &str, image: &[u8]) -> Vec<u8> {
        let length = u32::try_from(metadata.len()).unwrap();
        [&[0, 0, 0, 4][..], &length.to_be_bytes(), metadata.as_bytes(), image].concat()
    }

    #[test]
    fn a_preview_with_metadata_becomes_a_plain_one() {
        let task = TaskId(uuid::Uuid::from_u128(3));
        let metadata = format!("{{\"node_id\": \"3\", \"prompt_id\": \"{task}\", \"image_type\": \"image/jpeg\"}}");
        let jpeg = preview(&metadata, &[0xff, 0xd8, 7]);
        assert_eq!(as_plain_preview(&jpeg).unwrap(), [0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xd8, 7]);
        let png = preview(&metadata.replace("jpeg", "png"), &[0x89, b'P', b'N', b'G']);
        assert_eq!(as_plain_preview(&png).unwrap()[..8], [0, 0, 0, 1, 0, 0, 0, 2]);
        let renamed = with_prompt_id(&jpeg, task, "mine").unwrap();
        let Ok(BinaryFrame::Preview(read)) = decode_binary(&renamed) else { panic!("no preview") };
        assert_eq!((read.metadata.unwrap().prompt_id.as_str(), read.image), ("mine", &[0xff, 0xd8, 7][..]));
    }

    #[test]
    fn results_are_told_from_previews() {
        let workflow = serde_json::json!({"3": {"class_type": "KSampler"}, "9": {"class_type": "SaveImageWebsocket"}});
        let is_result = |frame: &[u8]| {
            let Ok(BinaryFrame::Preview(picture)) = decode_binary(frame) else { panic!("no picture") };
            is_result(&picture, &workflow)
        };
        let of = |node: &str| format!("{{\"node_id\": \"{node}\", \"prompt_id\": \"p\"}}");
        assert!(!is_result(&preview(&of("3"), &[0xff, 0xd8])));
        assert!(!is_result(&preview(&of("gone"), &[0xff, 0xd8])));
        assert!(is_result(&preview(&of("3"), &[0x89, b'P', b'N', b'G'])));
        assert!(is_result(&preview(&of("9"), &[0xff, 0xd8])));
        assert!(is_result(&[0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xd8]));
    }

    #[test]
    fn results_and_texts_stay_as_they_are() {
        assert_eq!(as_plain_preview(&[0, 0, 0, 1, 0, 0, 0, 2, 0x89]), None);
        assert_eq!(as_plain_preview(&[0, 0, 0, 3, 0, 0, 0, 1, b'1', b'x']), None);
        assert_eq!(with_prompt_id(&[0, 0, 0, 3, 0, 0, 0, 1, b'1', b'x'], TaskId(uuid::Uuid::from_u128(3)), "mine"), None);
    }

    proptest! {
        #[test]
        fn never_panics(frame in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = as_plain_preview(&frame);
            let _ = with_prompt_id(&frame, TaskId(uuid::Uuid::from_u128(3)), "mine");
        }
    }
}
