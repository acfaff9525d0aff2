//! What a task is doing, in words. One table, used on every page.

use super::{Node, Task, TaskState, Verdict};

/// What a node of this class does, as a person would say it. An unknown class is said by its title.
#[must_use]
pub fn step_words(class: &str, title: &str) -> String {
    let words = match class {
        "CheckpointLoaderSimple" | "CheckpointLoader" | "UNETLoader" | "unCLIPCheckpointLoader" => "Loading model",
        "VAELoader" => "Loading VAE",
        "CLIPLoader" | "DualCLIPLoader" | "TripleCLIPLoader" => "Loading text encoder",
        "LoraLoader" | "LoraLoaderModelOnly" => "Loading LoRA",
        "ControlNetLoader" => "Loading ControlNet",
        "UpscaleModelLoader" => "Loading upscale model",
        "CLIPTextEncode" | "CLIPTextEncodeSDXL" | "CLIPTextEncodeFlux" => "Encoding prompt",
        "KSampler" | "KSamplerAdvanced" | "SamplerCustom" | "SamplerCustomAdvanced" => "Sampling image",
        "VAEDecode" | "VAEDecodeTiled" => "Decoding image",
        "VAEEncode" | "VAEEncodeTiled" | "VAEEncodeForInpaint" => "Encoding image",
        "SaveImage" | "SaveAnimatedPNG" | "SaveAnimatedWEBP" => "Saving image",
        "PreviewImage" => "Showing image",
        "LoadImage" | "LoadImageMask" => "Loading image",
        "ImageUpscaleWithModel" | "ImageScale" | "ImageScaleBy" | "LatentUpscale" | "LatentUpscaleBy" => "Upscaling image",
        "ImageBlur" => "Blurring image",
        "SaveVideo" | "SaveWEBM" => "Saving video",
        "SaveAudio" | "SaveAudioMP3" | "SaveAudioOpus" => "Saving audio",
        _ => return title.to_owned(),
    };
    words.to_owned()
}

/// One line about the whole task: "Sampling image, step 7 of 20".
#[must_use]
pub fn task_words(task: &Task) -> String {
    match task.state {
        TaskState::Accepted => task.note.clone().unwrap_or_else(|| "Waiting to be sent".into()),
        TaskState::Queued => task.note.clone().unwrap_or_else(|| "Waiting in ComfyUI's queue".into()),
        TaskState::Running => task.current_node().map_or_else(|| between_nodes(task), node_words),
        TaskState::Completed => "Complete".into(),
        TaskState::Failed => "Failed".into(),
        TaskState::Cancelled => "Cancelled".into(),
    }
}

fn between_nodes(task: &Task) -> String {
    if task.verdict == Some(Verdict::Success) { "Fetching the result" } else { "Starting" }.into()
}

fn node_words(node: &Node) -> String {
    let words = step_words(&node.class, &node.title);
    match node.step() {
        Some((value, max)) => format!("{words}, step {value} of {max}"),
        None => words,
    }
}
