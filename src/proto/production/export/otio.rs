//! A timeline of OpenTimelineIO, with the schemas of its version 0.17 (`Timeline.1`, `Stack.1`, `Track.1`, `Clip.2`, `Gap.1`).

use serde_json::{Value, json};

use super::cut::{CutClip, CutList, CutTake};

/// The timeline as JSON, with one video track. A shot without a take is a gap.
#[must_use]
pub fn otio(cut: &CutList) -> Value {
    let fps = cut.rate.fps();
    let children: Vec<Value> = cut.placed().map(|(clip, _, frames)| item(clip, frames, fps)).collect();
    json!({
        "OTIO_SCHEMA": "Timeline.1",
        "name": cut.title,
        "metadata": {},
        "global_start_time": time(cut.rate.frames_of_hours(1), fps),
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "name": "tracks",
            "metadata": {},
            "source_range": null,
            "effects": [],
            "markers": [],
            "enabled": true,
            "children": [{
                "OTIO_SCHEMA": "Track.1",
                "name": "V1",
                "kind": "Video",
                "metadata": {},
                "source_range": null,
                "effects": [],
                "markers": [],
                "enabled": true,
                "children": children,
            }],
        },
    })
}

fn time(frames: u64, fps: f64) -> Value {
    json!({ "OTIO_SCHEMA": "RationalTime.1", "rate": fps, "value": frames as f64 })
}

fn range(frames: u64, fps: f64) -> Value {
    json!({ "OTIO_SCHEMA": "TimeRange.1", "start_time": time(0, fps), "duration": time(frames, fps) })
}

fn item(clip: &CutClip, frames: u64, fps: f64) -> Value {
    let about = json!({
        "darkroom": {
            "chapter": clip.chapter,
            "scene_id": clip.scene,
            "shot_id": clip.shot,
            "title": clip.title,
            "shot_type": clip.shot_type,
            "dialogue": clip.dialogue,
            "status": clip.status,
            "take": clip.take.as_ref().map(take),
        },
    });
    let source_range = range(frames, fps);
    match &clip.take {
        None => json!({
            "OTIO_SCHEMA": "Gap.1",
            "name": clip.code(),
            "metadata": about,
            "source_range": source_range,
            "effects": [],
            "markers": [],
            "enabled": true,
        }),
        Some(take) => json!({
            "OTIO_SCHEMA": "Clip.2",
            "name": take.file_name(),
            "metadata": about,
            "source_range": source_range,
            "effects": [],
            "markers": [],
            "enabled": true,
            "active_media_reference_key": "DEFAULT_MEDIA",
            "media_references": {
                "DEFAULT_MEDIA": {
                    "OTIO_SCHEMA": "ExternalReference.1",
                    "name": take.file_name(),
                    "metadata": {},
                    "available_range": range(frames, fps),
                    "available_image_bounds": null,
                    "target_url": take.path,
                },
            },
        }),
    }
}

fn take(take: &CutTake) -> Value {
    json!({
        "node_id": take.node,
        "take_number": take.number,
        "quality_preset": take.quality,
        // As text, because the numbers of JavaScript end at 2⁵³.
        "seed": take.seed.map(|seed| seed.to_string()),
        "rating": take.rating,
        "review": take.review,
        "note": take.note,
        "prompt": take.prompt,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::production::export::cut::sample;

    #[test]
    fn shots_are_clips_and_those_without_a_take_are_gaps() {
        let timeline = otio(&sample(25.0));
        let children = timeline["tracks"]["children"][0]["children"].as_array().unwrap();
        let schemas: Vec<_> =
            children.iter().map(|child| (child["OTIO_SCHEMA"].as_str().unwrap(), child["name"].as_str().unwrap())).collect();
        assert_eq!(schemas, [("Clip.2", "S001_P001_T003.png"), ("Clip.2", "S001_P002_T001.png"), ("Gap.1", "S002_P001")]);
        let duration = &children[0]["source_range"]["duration"];
        assert_eq!((&duration["value"], &duration["rate"]), (&json!(48.0), &json!(25.0)));
        let media = &children[0]["media_references"][children[0]["active_media_reference_key"].as_str().unwrap()];
        assert_eq!(media["target_url"], "03_Renders/S001/P001/S001_P001_T003.png");
        assert_eq!(children[0]["metadata"]["darkroom"]["take"]["seed"], u64::MAX.to_string());
        assert_eq!(timeline["global_start_time"]["value"], json!(90_000.0));
    }

    #[test]
    fn an_empty_project_is_an_empty_timeline() {
        let mut cut = sample(24.0);
        cut.clips.clear();
        assert_eq!(otio(&cut)["tracks"]["children"][0]["children"], json!([]));
    }
}
