//! A picture that is transparent in places stays so where nothing is painted.

use darkroom::demo::Options;
use image::{ImageFormat, Rgba, RgbaImage};
use serde_json::{Value, json};

use super::support::{FAST, SIDES, Studio, file, id, inpaint, mask, photo, png};
use crate::support::{
    api::Api,
    darkroom_server::{Both, backend, darkroom_with, demo_engine_with},
    media::MediaCaller,
    page::Page,
};
use darkroom::server::config::Config;

/// With every level of transparency.
fn transparent() -> RgbaImage {
    let photo = photo();
    RgbaImage::from_fn(SIDES.0, SIDES.1, |x, y| {
        let [red, green, blue] = photo.get_pixel(x, y).0;
        Rgba([red, green, blue, ((x + y * 3) % 256) as u8])
    })
}

impl Studio {
    async fn rgba(&self, task: &Value, output: usize) -> RgbaImage {
        let answer = self.api.get(task["outputs"][output]["url"].as_str().unwrap()).await;
        image::load_from_memory(&answer.bytes).unwrap().into_rgba8()
    }
}

#[tokio::test]
async fn outside_of_the_mask_transparency_stays_and_what_is_painted_is_opaque() {
    let mut studio = Studio::start().await;
    let mask = id(&studio.give(png(mask()), "image/png").await);
    for (format, kind) in [(ImageFormat::Png, "image/png"), (ImageFormat::WebP, "image/webp")] {
        let given = (id(&studio.give(file(transparent(), format), kind).await), mask.clone());
        for (name, value, takes) in [("seed", json!(1), 1), ("method", json!("erase"), 1), ("batchSize", json!(3), 3)] {
            let mut parameters = inpaint(&given);
            parameters[name] = value;
            let task = studio.run("inpaint", parameters).await;
            assert_eq!(task["outputs"].as_array().unwrap().len(), takes, "{name}: {task}");
            for output in 0..takes {
                let result = studio.rgba(&task, output).await;
                let source = transparent();
                let changed = source.enumerate_pixels().filter(|(x, y, old)| {
                    // 4 grown and 6 soft.
                    !((70..130).contains(x) && (50..100).contains(y)) && result.get_pixel(*x, *y) != *old
                });
                assert_eq!(changed.count(), 0, "{kind}, {name}: outside");
                let opaque = (82..118).flat_map(|x| (62..88).map(move |y| (x, y))).filter(|(x, y)| result.get_pixel(*x, *y)[3] == 255);
                assert_eq!(opaque.count(), 36 * 26, "{kind}, {name}: farther in than the soft edge");
                // In the soft edge never less than before.
                let lost = source.enumerate_pixels().filter(|(x, y, old)| result.get_pixel(*x, *y)[3] < old[3]).count();
                assert_eq!(lost, 0, "{kind}, {name}");
                assert_eq!(task["outputs"][output]["outside"]["changed"], 0, "{task}");
            }
        }
    }
}

#[tokio::test]
async fn an_extended_picture_is_opaque_where_it_is_new() {
    let mut studio = Studio::start().await;
    let picture = id(&studio.give(png(transparent()), "image/png").await);
    let extend = json!({"picture": picture, "prompt": "the sea", "steps": 3, "left": 40, "top": 24, "feather": 12});
    let task = studio.run("outpaint", extend).await;
    let result = studio.rgba(&task, 0).await;
    let opaque = result.enumerate_pixels().filter(|(x, y, pixel)| (*x < 40 || *y < 24) && pixel[3] == 255).count();
    assert_eq!(opaque, 240 * 174 - 200 * 150, "all that is new");
    let kept =
        transparent().enumerate_pixels().filter(|(x, y, old)| *x >= 12 && *y >= 12 && result.get_pixel(x + 40, y + 24) == *old).count();
    assert_eq!(kept, 188 * 138, "everything farther in than the soft edge");
    assert_eq!(task["outputs"][0]["outside"]["changed"], 0, "{task}");
}

/// No node too many for pictures that need none.
#[tokio::test]
async fn an_opaque_picture_is_saved_without_an_alpha_channel() {
    let mut studio = Studio::start().await;
    let opaque = RgbaImage::from_pixel(SIDES.0, SIDES.1, Rgba([10, 20, 30, 255]));
    let picture = id(&studio.give(png(opaque), "image/png").await);
    let mask = id(&studio.give(png(mask()), "image/png").await);
    let task = studio.run("inpaint", inpaint(&(picture, mask))).await;
    let answer = studio.api.get(task["outputs"][0]["url"].as_str().unwrap()).await;
    assert!(!image::load_from_memory(&answer.bytes).unwrap().color().has_alpha());
    assert_eq!(task["outputs"][0]["outside"]["changed"], 0, "{task}");
}

#[tokio::test]
async fn where_it_cannot_be_put_back_that_is_named_before_and_after_and_the_check_counts_it() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        Options { dir: folder.path().join("comfy"), speed: FAST, without_classes: vec!["JoinImageWithAlpha".into()], ..Options::default() };
    let engine = demo_engine_with(options, "127.0.0.1:0".parse().unwrap()).await;
    let config = Config { data: folder.path().join("data"), backends: vec![backend(engine.addr)], ..Config::default() };
    let darkroom = darkroom_with(config).await;
    let mut page = Page::open(darkroom.addr).await;
    page.until_connected().await;
    let (api, caller) = (Api::at(format!("http://{}", darkroom.addr)).await, MediaCaller::new(darkroom.addr));
    let mut studio = Studio { both: Both { engine, darkroom, folder }, api, caller, page };
    let given = (id(&studio.give(png(transparent()), "image/png").await), id(&studio.give(png(mask()), "image/png").await));
    let body = json!({"workflow": "inpaint", "parameters": inpaint(&given)});
    let checked = studio.api.post_json("/api/tasks/check", &body).await.json;
    assert_eq!(checked["warnings"][0]["kind"], "fallback", "{checked}");
    let answer = studio.api.post_json("/api/tasks", &body).await;
    assert_eq!(answer.json["notes"], json!([checked["warnings"][0]["message"]]), "{}", answer.json);
    assert!(answer.json["notes"][0].as_str().unwrap().contains("JoinImageWithAlpha"), "{}", answer.json);
    let task = studio.kept(answer.task()).await;
    assert!(studio.rgba(&task, 0).await.pixels().all(|pixel| pixel[3] == 255), "opaque");
    let check = &task["outputs"][0]["outside"];
    assert!(check["changed"].as_u64().unwrap() > 20_000, "nearly every pixel was transparent: {check}");
}
