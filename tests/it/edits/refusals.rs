use image::GrayImage;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::support::{SIDES, Studio, id, inpaint, png};

/// The parameters of an inpaint, some of them changed or, with `null`, left out.
fn changed(given: &(String, String), more: Value) -> Value {
    let mut parameters = inpaint(given);
    for (name, value) in more.as_object().unwrap() {
        parameters[name] = value.clone();
    }
    parameters.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    parameters
}

#[tokio::test]
async fn what_cannot_be_edited_is_refused_at_its_parameter() {
    let studio = Studio::start().await;
    let given = studio.photo_and_mask().await;
    let empty = id(&studio.give(png(GrayImage::new(SIDES.0, SIDES.1)), "image/png").await);
    let small = id(&studio.give(png(GrayImage::from_pixel(20, 20, image::Luma([255]))), "image/png").await);
    let nobody = "0".repeat(64);
    for (workflow, parameters, pointer) in [
        ("inpaint", changed(&given, json!({"mask": empty})), "/parameters/mask"),
        ("inpaint", changed(&given, json!({"mask": small})), "/parameters/mask"),
        ("inpaint", changed(&given, json!({"mask": nobody})), "/parameters/mask"),
        ("inpaint", changed(&given, json!({"picture": nobody})), "/parameters/picture"),
        ("inpaint", changed(&given, json!({"picture": "photo.png"})), "/parameters/picture"),
        ("inpaint", changed(&given, json!({"strength": 1.5})), "/parameters/strength"),
        ("inpaint", changed(&given, json!({"strength": 0.01})), "/parameters/strength"),
        ("inpaint", changed(&given, json!({"grow": 100_000})), "/parameters/grow"),
        ("inpaint", changed(&given, json!({"feather": 100_000})), "/parameters/feather"),
        ("inpaint", changed(&given, json!({"context": 100_000})), "/parameters/context"),
        ("inpaint", changed(&given, json!({"method": "magic"})), "/parameters/method"),
        ("inpaint", changed(&given, json!({"prompt": " "})), "/parameters/prompt"),
        ("inpaint", changed(&given, json!({"batchSize": 65})), "/parameters/batchSize"),
        ("inpaint", changed(&given, json!({"left": 8})), "/parameters/left"),
        ("outpaint", json!({"picture": given.0, "prompt": "sea"}), "/parameters/right"),
        ("outpaint", json!({"picture": given.0, "prompt": "sea", "right": 60_000}), "/parameters/right"),
        ("upscale", json!({"picture": given.0}), "/parameters/targetWidth"),
        ("upscale", json!({"picture": given.0, "percent": 90_000}), "/parameters/percent"),
        ("upscale", json!({"picture": given.0, "percent": 200, "targetWidth": 9}), "/parameters/percent"),
        ("upscale", json!({"picture": given.0, "percent": 200, "prompt": "x"}), "/parameters/prompt"),
        ("upscale", json!({"picture": given.0, "percent": 200, "resize": "magic"}), "/parameters/upscaleModel"),
        ("redraw", json!({"picture": given.0, "prompt": "x"}), "/parameters"),
        ("redraw", json!({}), "/parameters"),
        ("paint", json!({}), "/workflow"),
    ] {
        let answer = studio.api.post_json("/api/tasks", &json!({"workflow": workflow, "parameters": parameters})).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{workflow} {parameters}: {}", answer.json);
        assert_eq!(answer.pointers(), [pointer], "{workflow} {parameters}: {}", answer.json);
    }
    let several = changed(&given, json!({"picture": nobody, "mask": "1".repeat(64), "prompt": ""}));
    let answer = studio.api.post_json("/api/tasks", &json!({"workflow": "inpaint", "parameters": several})).await;
    assert_eq!(answer.pointers(), ["/parameters/prompt", "/parameters/picture", "/parameters/mask"], "{}", answer.json);
}

#[tokio::test]
async fn a_model_that_nobody_has_is_named() {
    let studio = Studio::start().await;
    let (picture, _) = studio.photo_and_mask().await;
    let parameters = json!({"picture": picture, "percent": 200, "upscaleModel": "RealESRGAN_x4plus.pth"});
    let answer = studio.api.post_json("/api/tasks", &json!({"workflow": "upscale", "parameters": parameters})).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.json);
    assert!(answer.json["detail"].as_str().unwrap().contains("RealESRGAN_x4plus.pth"), "{}", answer.json);
}
