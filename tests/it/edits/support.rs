//! A Darkroom with a demo engine, a photo and a mask.

use std::io::Cursor;

use darkroom::proto::{ids::TaskId, task::TaskState};
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    api::{Answer, Api},
    darkroom_server::Both,
    media::MediaCaller,
    page::Page,
};

pub const FAST: f64 = 1e9;
pub const SIDES: (u32, u32) = (200, 150);

pub struct Studio {
    pub both: Both,
    pub api: Api,
    pub caller: MediaCaller,
    pub page: Page,
}

impl Studio {
    pub async fn start() -> Self {
        Self::of(Both::start(FAST).await).await
    }

    pub async fn of(both: Both) -> Self {
        let (api, caller, page) = (Api::of(&both).await, MediaCaller::new(both.darkroom.addr), both.page().await);
        Self { both, api, caller, page }
    }

    /// Gives a picture, which must be taken.
    pub async fn give(&self, bytes: Vec<u8>, content_type: &str) -> Value {
        let answer = give(&self.api, bytes, content_type).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
        answer.json
    }

    /// The ids of the photo and of a mask with a white rectangle.
    pub async fn photo_and_mask(&self) -> (String, String) {
        (id(&self.give(png(photo()), "image/png").await), id(&self.give(png(mask()), "image/png").await))
    }

    /// Runs a built-in workflow and waits until its outputs are kept.
    pub async fn run(&mut self, workflow: &str, parameters: Value) -> Value {
        let id = self.api.accepted(&json!({"workflow": workflow, "parameters": parameters})).await;
        self.kept(id).await
    }

    pub async fn kept(&mut self, id: TaskId) -> Value {
        let task = self.page.until_ended(id).await;
        assert_eq!(task.state, TaskState::Completed, "{:?}", task.error);
        self.caller.until_kept(&id.to_string()).await
    }

    /// The pixels of an output.
    pub async fn pixels(&self, task: &Value, output: usize) -> RgbImage {
        let answer = self.api.get(task["outputs"][output]["url"].as_str().unwrap()).await;
        image::load_from_memory(&answer.bytes).unwrap().into_rgb8()
    }
}

pub async fn give(api: &Api, bytes: Vec<u8>, content_type: &str) -> Answer {
    api.send(api.request(Method::POST, "/api/pictures").header("content-type", content_type).body(bytes)).await
}

pub fn id(picture: &Value) -> String {
    picture["id"].as_str().unwrap().to_owned()
}

/// Every pixel differs from its neighbours.
pub fn photo() -> RgbImage {
    RgbImage::from_fn(SIDES.0, SIDES.1, |x, y| Rgb([(x * 7 % 256) as u8, (y * 5 % 256) as u8, ((x * 3 + y * 11) % 256) as u8]))
}

/// White from (80, 60) to (120, 90).
pub fn mask() -> GrayImage {
    GrayImage::from_fn(SIDES.0, SIDES.1, |x, y| Luma([if (80..120).contains(&x) && (60..90).contains(&y) { 255 } else { 0 }]))
}

pub fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    file(picture, ImageFormat::Png)
}

pub fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn inpaint((picture, mask): &(String, String)) -> Value {
    json!({
        "picture": picture, "mask": mask, "prompt": "a red door", "steps": 4, "strength": 0.75, "grow": 4, "feather": 6, "context": 8, "seed": 7,
        "width": 64, "height": 64,
    })
}
