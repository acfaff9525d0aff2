//! The texts that describe what a task is doing. One table, used on every page.

use super::{Node, Task, TaskState, Verdict};
use crate::limits;

/// Patterns of node classes and a text for what they do; `*` matches any text, the first match counts. Patterns instead of all names keep
/// the WASM module small.
const TABLE: &[(&str, &str)] = &[
    ("*Lora*Loader*", "Loading LoRA"),
    ("*ControlNetLoader", "Loading ControlNet"),
    ("*UpscaleModelLoader", "Loading upscale model"),
    ("*VAELoader", "Loading VAE"),
    ("*CLIPLoader", "Loading text encoder"),
    ("*TextEncoderLoader", "Loading text encoder"),
    ("*Loader*", "Loading model"),
    ("*TextEncode*", "Encoding prompt"),
    ("KSamplerSelect", "Preparing sampling"),
    ("KSampler*", "Sampling image"),
    ("SamplerCustom*", "Sampling image"),
    ("*Scheduler", "Preparing sampling"),
    ("*Sigmas*", "Preparing sampling"),
    ("*Guider", "Preparing sampling"),
    ("RandomNoise", "Preparing sampling"),
    ("Model*", "Preparing model"),
    ("*Upscale*", "Upscaling image"),
    ("ImageScale*", "Upscaling image"),
    ("*VAEDecodeAudio", "Decoding audio"),
    ("*VAEDecode*", "Decoding image"),
    ("VAEEncodeAudio", "Encoding audio"),
    ("*VAEEncode*", "Encoding image"),
    ("CLIPVisionEncode", "Encoding image"),
    ("*ControlNet*", "Applying ControlNet"),
    ("*Conditioning*", "Preparing prompt"),
    ("Empty*Audio", "Preparing audio"),
    ("Empty*Video", "Preparing video"),
    ("Empty*", "Preparing canvas"),
    ("*ToVideo", "Preparing video"),
    ("SaveVideo", "Saving video"),
    ("SaveWEBM", "Saving video"),
    ("CreateVideo", "Making video"),
    ("SaveAudio*", "Saving audio"),
    ("SaveAnimated*", "Saving image"),
    ("SaveImage*", "Saving image"),
    ("LoadImage*", "Loading image"),
    ("LoadVideo", "Loading video"),
    ("LoadAudio", "Loading audio"),
    ("PreviewAudio", "Showing audio"),
    ("PreviewImage", "Showing image"),
    ("PreviewAny", "Showing result"),
    ("MaskPreview", "Showing mask"),
    ("*Mask", "Preparing mask"),
    ("ImageBlur", "Blurring image"),
    ("ImageSharpen", "Sharpening image"),
    ("ImageInvert", "Inverting image"),
    ("ImageBlend", "Blending images"),
    ("*ImageComposite*", "Combining images"),
    ("*Crop*", "Cropping image"),
    ("Canny", "Finding edges"),
];

/// The text for what a node of this class does; for an unknown class, its title.
#[must_use]
pub fn step_words(class: &str, title: &str) -> String {
    let known = TABLE.iter().find(|(pattern, _)| fits(class, pattern));
    known.map_or(title, |(_, words)| words).to_owned()
}

/// Matches a pattern: its start and end anchored, the parts between `*` in order.
fn fits(class: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return class == pattern };
    let Some(class) = class.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut class) = class.strip_suffix(end) else { return false };
    middle.split('*').all(|part| match class.find(part) {
        Some(at) => {
            class = &class[at + part.len()..];
            true
        }
        None => false,
    })
}

/// "about 12 s left", or a range if the estimate is uncertain: "1–3 min left". `within_ms`: the expected error, ±.
#[must_use]
pub fn time_left_words(left_ms: u64, within_ms: Option<u32>) -> String {
    let left_ms = left_ms.min(limits::TIME_LEFT_MS);
    let within = within_ms.map_or(0, u64::from);
    let (low, high) = (left_ms.saturating_sub(within), left_ms + within);
    let unit = Unit::of(left_ms);
    if left_ms < 5_000 && high < 10_000 {
        "less than 5 s left".into()
    } else if within.saturating_mul(3) <= left_ms {
        format!("about {} left", unit.text(unit.count(left_ms)))
    } else {
        // The unit of the upper bound, which may differ from that of the estimate.
        let unit = Unit::of(high);
        match (unit.count(low), unit.count_up(high)) {
            (0, high) => format!("less than {} left", unit.text(high)),
            (low, high) => format!("{low}–{} left", unit.text(high)),
        }
    }
}

/// Whole seconds below a minute and a half, whole minutes below an hour and a half, whole hours.
#[derive(Clone, Copy)]
struct Unit {
    ms: u64,
    name: &'static str,
}

impl Unit {
    fn of(ms: u64) -> Self {
        match ms {
            0..90_000 => Self { ms: 1_000, name: "s" },
            90_000..5_400_000 => Self { ms: 60_000, name: "min" },
            _ => Self { ms: 3_600_000, name: "h" },
        }
    }

    /// To the nearest whole; above 20 to the nearest five: more precision is of no use.
    fn count(self, ms: u64) -> u64 {
        let step = if ms / self.ms < 20 { 1 } else { 5 };
        (ms + self.ms * step / 2) / (self.ms * step) * step
    }

    fn count_up(self, ms: u64) -> u64 {
        let step = if ms / self.ms < 20 { 1 } else { 5 };
        ms.div_ceil(self.ms * step) * step
    }

    fn text(self, count: u64) -> String {
        format!("{count} {}", self.name)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_readable_descriptions() {
        let said = |class| step_words(class, "its title");
        let cases = [
            ("CheckpointLoaderSimple", "Loading model"),
            ("UNETLoader", "Loading model"),
            ("ImageOnlyCheckpointLoader", "Loading model"),
            ("CLIPVisionLoader", "Loading model"),
            ("LoraLoader", "Loading LoRA"),
            ("LoraLoaderModelOnly", "Loading LoRA"),
            ("QuadrupleCLIPLoader", "Loading text encoder"),
            ("DiffControlNetLoader", "Loading ControlNet"),
            ("LatentUpscaleModelLoader", "Loading upscale model"),
            ("CLIPTextEncodeFlux", "Encoding prompt"),
            ("TextEncodeQwenImageEdit", "Encoding prompt"),
            ("KSamplerAdvanced", "Sampling image"),
            ("KSamplerSelect", "Preparing sampling"),
            ("SamplerCustomAdvanced", "Sampling image"),
            ("VAEDecodeTiled", "Decoding image"),
            ("LTXVAudioVAEDecode", "Decoding image"),
            ("VAEDecodeAudio", "Decoding audio"),
            ("VAEEncodeForInpaint", "Encoding image"),
            ("ImageUpscaleWithModel", "Upscaling image"),
            ("LatentUpscaleBy", "Upscaling image"),
            ("EmptySD3LatentImage", "Preparing canvas"),
            ("EmptyHunyuanLatentVideo", "Preparing video"),
            ("SaveImageWebsocket", "Saving image"),
            ("SaveAudioMP3", "Saving audio"),
            ("LoadImageMask", "Loading image"),
            ("WanImageToVideo", "Preparing video"),
            ("MyOwnNode", "its title"),
            ("", "its title"),
        ];
        for (class, words) in cases {
            assert_eq!(said(class), words, "{class}");
        }
    }

    #[test]
    fn patterns_do_not_use_a_letter_twice() {
        assert!(fits("AbC", "A*C") && fits("AC", "A*C") && fits("xAyBz", "*A*B*"));
        assert!(!fits("ABA", "AB*BA") && !fits("BA", "*A*B*") && !fits("A", "B"));
    }

    #[test]
    fn time_left_is_rounded_by_its_error_bound() {
        let said = |left: u64, within: Option<u32>| time_left_words(left, within);
        assert_eq!(said(12_300, Some(1_000)), "about 12 s left");
        assert_eq!(said(12_300, None), "about 12 s left");
        assert_eq!(said(43_000, Some(2_000)), "about 45 s left");
        assert_eq!(said(118_000, Some(9_000)), "about 2 min left");
        assert_eq!(said(7_100_000, Some(9_000)), "about 2 h left");
        assert_eq!(said(1_200, Some(300)), "less than 5 s left");
        assert_eq!(said(0, None), "less than 5 s left");
        assert_eq!(said(120_000, Some(60_000)), "1–3 min left");
        assert_eq!(said(12_000, Some(5_000)), "7–17 s left");
        assert_eq!(said(3_000, Some(12_000)), "less than 15 s left");
        assert_eq!(said(60_000, Some(80_000)), "less than 3 min left");
        assert_eq!(said(u64::MAX, Some(0)), "about 170 h left");
    }
}
