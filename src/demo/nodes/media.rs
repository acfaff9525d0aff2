//! Sounds and videos: loaded and saved as they are. This engine decodes and encodes none.

use std::{fs, sync::Arc};

use serde_json::{Value, json};

use super::{
    call::Call,
    data::{Data, Media},
    failure::{Failure, raised},
    output::NodeOutput,
    outputs::shown,
};
use crate::files::Folder;

/// `LoadAudio` and `LoadVideo`.
pub(super) fn load(call: &mut Call<'_, '_>, input: &str) -> Result<NodeOutput, Failure> {
    let name = call.text(input)?;
    let path = call.run.engine.folders.annotated(&name).ok_or_else(|| raised("FileNotFoundError", format!("No such file: '{name}'")))?;
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("bin").to_owned();
    let bytes = fs::read(&path)?;
    Ok(Data::Media(Arc::new(Media { bytes, extension })).into())
}

pub(super) fn save_audio(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let file = write(call, "audio")?;
    Ok(shown([("audio", json!([file]))]))
}

/// ComfyUI reports videos among the images, and says that they move.
pub(super) fn save_video(call: &mut Call<'_, '_>) -> Result<NodeOutput, Failure> {
    let file = write(call, "video")?;
    Ok(shown([("images", json!([file])), ("animated", json!([true]))]))
}

fn write(call: &Call<'_, '_>, input: &str) -> Result<Value, Failure> {
    let media = call.media(input)?;
    let mut names = call.run.engine.folders.new_files(Folder::Output, &call.text("filename_prefix")?)?;
    let name = names.next(&media.extension);
    fs::write(names.dir.join(&name), &media.bytes)?;
    Ok(json!({"filename": name, "subfolder": names.subfolder, "type": Folder::Output.name()}))
}
