use serde_json::{Value, json};

use super::support::{SIDES, Studio, inpaint, photo};
use darkroom::proto::ids::TaskId;

/// Pixels of the result that differ from the photo: inside and outside of the rectangle in which the mask may reach.
fn changed(result: &image::RgbImage, left: u32, top: u32) -> (usize, usize) {
    let (mut inside, mut outside) = (0, 0);
    for (x, y, old) in photo().enumerate_pixels() {
        if result.get_pixel(x + left, y + top) != old {
            // 4 grown and 6 soft.
            let may = (70..130).contains(&x) && (50..100).contains(&y);
            *(if may { &mut inside } else { &mut outside }) += 1;
        }
    }
    (inside, outside)
}

#[tokio::test]
async fn an_inpaint_changes_only_what_was_painted_and_that_is_measured() {
    let mut studio = Studio::start().await;
    let given = studio.photo_and_mask().await;
    for (more, what) in [
        (json!({}), "a part, for an ordinary model"),
        (json!({"context": null}), "the whole picture"),
        (json!({"method": "inpaint-model"}), "a model for inpainting"),
        (json!({"method": "erase", "strength": 0.1}), "erased"),
        (json!({"batchSize": 3}), "three takes"),
    ] {
        let mut parameters = inpaint(&given);
        for (name, value) in more.as_object().unwrap() {
            if value.is_null() {
                parameters.as_object_mut().unwrap().remove(name)
            } else {
                parameters.as_object_mut().unwrap().insert(name.clone(), value.clone())
            };
        }
        let task = studio.run("inpaint", parameters).await;
        let outputs = task["outputs"].as_array().unwrap();
        assert_eq!(outputs.len(), if more.get("batchSize").is_some() { 3 } else { 1 }, "{what}: {task}");
        for (number, output) in outputs.iter().enumerate() {
            let result = studio.pixels(&task, number).await;
            assert_eq!(result.dimensions(), SIDES, "{what}");
            let (inside, outside) = changed(&result, 0, 0);
            assert!(inside > 40 * 30 / 2, "{what}: only {inside} pixels were painted");
            assert_eq!(outside, 0, "{what}");
            let check = &output["outside"];
            assert_eq!((&check["changed"], &check["tolerance"]), (&json!(0), &json!(0)), "{what}: {output}");
            let compared = check["outside"].as_u64().unwrap();
            assert!((200 * 150 - 60 * 50..200 * 150 - 40 * 30).contains(&compared), "{what}: {compared}");
        }
    }
}

/// Without the composite the VAE shifts the colours everywhere, and the demo engine's does, too.
#[tokio::test]
async fn a_redrawn_picture_promises_nothing_and_has_the_size_of_its_source() {
    let mut studio = Studio::start().await;
    let (picture, _) = studio.photo_and_mask().await;
    let task = studio.run("redraw", json!({"picture": picture, "prompt": "a red door", "strength": 0.5, "steps": 4})).await;
    let result = studio.pixels(&task, 0).await;
    assert_eq!(result.dimensions(), (200, 152), "multiples of 8");
    assert!(task["outputs"][0].get("outside").is_none(), "{task}");
    let workflow = studio.api.get(&format!("/api/tasks/{}/workflow", task["taskId"].as_str().unwrap())).await.json;
    assert_eq!(
        (&workflow["3"]["class_type"], &workflow["3"]["inputs"]["start_at_step"]),
        (&json!("KSamplerAdvanced"), &json!(2)),
        "2 of 4 steps"
    );
}

#[tokio::test]
async fn an_extended_picture_keeps_its_source() {
    let mut studio = Studio::start().await;
    let (picture, _) = studio.photo_and_mask().await;
    let extend = json!({"picture": picture, "prompt": "the sea", "steps": 3, "left": 40, "top": 24, "feather": 12});
    let task = studio.run("outpaint", extend).await;
    let result = studio.pixels(&task, 0).await;
    assert_eq!(result.dimensions(), (240, 174));
    let kept = photo().enumerate_pixels().filter(|(x, y, old)| *x >= 12 && *y >= 12 && result.get_pixel(x + 40, y + 24) == *old).count();
    assert_eq!(kept, 188 * 138, "everything farther in than the soft edge");
    assert_eq!(task["outputs"][0]["outside"]["changed"], 0, "{task}");
    let grey = result.enumerate_pixels().filter(|(x, y, pixel)| (*x < 40 || *y < 24) && pixel.0 == [127; 3]).count();
    assert!(grey < 100, "{grey} pixels of the new part were not painted");
}

#[tokio::test]
async fn a_picture_is_enlarged_in_three_ways() {
    let mut studio = Studio::start().await;
    let (picture, _) = studio.photo_and_mask().await;
    let model = "demo-4x.safetensors";
    for (parameters, sides) in [
        (json!({"picture": picture, "percent": 200}), (400, 300)),
        (json!({"picture": picture, "targetWidth": 301, "resize": "bicubic"}), (301, 226)),
        (json!({"picture": picture, "percent": 250, "upscaleModel": model}), (500, 375)),
        (json!({"picture": picture, "percent": 200, "upscaleModel": model, "strength": 0.3, "prompt": "sharp", "steps": 10}), (400, 304)),
    ] {
        let task = studio.run("upscale", parameters.clone()).await;
        assert_eq!(studio.pixels(&task, 0).await.dimensions(), sides, "{parameters}");
    }
}

#[tokio::test]
async fn a_rerun_is_measured_too() {
    let mut studio = Studio::start().await;
    let given = studio.photo_and_mask().await;
    let first = studio.run("inpaint", inpaint(&given)).await;
    let id = first["taskId"].as_str().unwrap();
    let again: TaskId = studio.api.post(&format!("/api/tasks/{id}/retry")).await.task();
    let second = studio.kept(again).await;
    assert_eq!(second["outputs"][0]["outside"]["changed"], 0, "{second}");
}

/// The check survives a restart of Darkroom.
#[tokio::test]
async fn the_check_is_kept_on_disk() {
    let mut studio = Studio::start().await;
    let given = studio.photo_and_mask().await;
    let task = studio.run("inpaint", inpaint(&given)).await;
    let id = task["taskId"].as_str().unwrap().to_owned();
    let Studio { both, .. } = studio;
    both.darkroom.stop().await;
    let darkroom = crate::support::darkroom_server::darkroom(both.folder.path().join("data"), both.engine.addr).await;
    let again: Value = reqwest::get(format!("http://{}/api/tasks/{id}", darkroom.addr)).await.unwrap().json().await.unwrap();
    assert_eq!(again["outputs"][0]["outside"], task["outputs"][0]["outside"], "{again}");
}
