//! Tasks of edits keep what they were made from; pictures that are shared from other apps and sent by forms without JavaScript.

use darkroom::proto::{
    edit::{Edit, EditArea, InpaintMethod, StartLine},
    ids::{CommandId, TaskId},
    outbox::{Answer, Order},
};
use reqwest::{
    StatusCode,
    multipart::{Form, Part},
    redirect::Policy,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{SIDES, Studio, id, photo, png};
use crate::support::darkroom_server::order;

fn form_with(name: &'static str, bytes: Vec<u8>) -> Form {
    Form::new().part(name, Part::bytes(bytes).file_name("photo.png"))
}

/// The text fields of Studio.
pub(super) fn fields(form: Form) -> Form {
    let texts = [
        ("kind", "text"),
        ("prompt", "a red door"),
        ("negative", ""),
        ("checkpoint", "demo-safelight.safetensors"),
        ("width", "512"),
        ("height", "512"),
        ("batch", "1"),
        ("steps", "10"),
        ("cfg", "7"),
        ("sampler", "euler"),
        ("scheduler", "normal"),
        ("seed", "7"),
    ];
    texts.into_iter().fold(form, |form, (name, value)| form.text(name, value))
}

impl Studio {
    pub(super) async fn post(&self, path: &str, form: Form, headers: &[(&'static str, &'static str)]) -> (StatusCode, String, String) {
        let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        let request = client.post(self.both.url(path)).multipart(form);
        let answer = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap();
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        (answer.status(), to, answer.text().await.unwrap())
    }

    /// A page: its status, the path it was redirected to, and its HTML.
    pub(super) async fn opened(&self, path: &str) -> (StatusCode, String, String) {
        let answer = reqwest::get(self.both.url(path)).await.unwrap();
        (answer.status(), answer.url().path().to_owned(), answer.text().await.unwrap())
    }

    pub(super) async fn workflow(&self, task: &Value) -> Value {
        self.api.get(&format!("/api/tasks/{}/workflow", task["taskId"].as_str().unwrap())).await.json
    }
}

#[tokio::test]
async fn an_edit_keeps_its_settings_and_its_picture_and_so_does_another_run() {
    let mut studio = Studio::start().await;
    let (picture, _) = studio.photo_and_mask().await;
    let parameters = json!({"picture": picture, "prompt": "a {red} door", "strength": 0.5, "steps": 4, "seed": 7});
    let task = studio.run("redraw", parameters).await;
    assert_eq!(task["workflow"], "redraw");
    let first: TaskId = task["taskId"].as_str().unwrap().parse().unwrap();
    let kept = studio.page.until_ended(first).await;
    let recipe = kept.recipe.clone().expect("the settings");
    assert_eq!((recipe.prompt.as_str(), recipe.seed, recipe.steps), ("a {red} door", 7, 4));
    assert_eq!((recipe.width, recipe.height), (200, 152), "the size of the result");
    let start = kept.start.as_ref().and_then(StartLine::picture).expect("the picture");
    assert_eq!((start.picture.as_str(), start.size.width, start.size.height), (picture.as_str(), SIDES.0, SIDES.1));
    assert_eq!((start.edit.as_str(), start.strength.map(|strength| strength.to_string())), ("redraw", Some("0.5".into())));

    let again = studio.api.post_json(&format!("/api/tasks/{first}/retry"), &json!({})).await;
    let again = studio.kept(again.task()).await;
    assert_eq!((&again["workflow"], &again["retryOf"]), (&json!("redraw"), &task["taskId"]));
    let run = studio.page.until_ended(again["taskId"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!((&run.recipe, &run.start), (&kept.recipe, &kept.start));
    assert_eq!(studio.workflow(&again).await, studio.workflow(&task).await, "the same nodes");
}

#[tokio::test]
async fn another_run_with_a_new_seed_keeps_that_seed() {
    let mut studio = Studio::start().await;
    let (picture, _) = studio.photo_and_mask().await;
    let task = studio.run("redraw", json!({"picture": picture, "prompt": "a red door", "strength": 0.5, "steps": 4, "seed": 7})).await;
    let rerun = Order::Rerun { task: task["taskId"].as_str().unwrap().parse().unwrap(), new_seed: true };
    let answer = order(studio.both.darkroom.addr, CommandId(Uuid::now_v7()), rerun).await;
    let Answer::Done { task: Some(again) } = answer else { panic!("{answer:?}") };
    let again = studio.kept(again).await;
    let run = studio.page.until_ended(again["taskId"].as_str().unwrap().parse().unwrap()).await;
    let seed = run.recipe.expect("the settings").seed;
    assert_ne!(seed, 7);
    assert_eq!(studio.workflow(&again).await["3"]["inputs"]["noise_seed"], json!(seed));
}

#[tokio::test]
async fn an_upscale_that_samples_nothing_has_no_settings() {
    let mut studio = Studio::start().await;
    let (picture, _) = studio.photo_and_mask().await;
    let task = studio.run("upscale", json!({"picture": picture, "percent": 200})).await;
    assert_eq!(task["workflow"], "upscale");
    let kept = studio.page.until_ended(task["taskId"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!(kept.recipe, None);
    assert_eq!(kept.start.and_then(|start| start.picture()).expect("the picture").strength, None);
}

/// As in text-to-image.
#[tokio::test]
async fn loras_that_the_prompt_of_an_edit_names_are_loaded() {
    let mut studio = Studio::start().await;
    let (picture, _) = studio.photo_and_mask().await;
    let parameters = json!({"picture": picture, "prompt": "a red door <lora:demo-grain:0.5>", "strength": 0.5, "steps": 4});
    let task = studio.run("redraw", parameters).await;
    let workflow = studio.workflow(&task).await;
    let nodes = || workflow.as_object().unwrap().values();
    let lora = nodes().find(|node| node["class_type"] == "LoraLoader").unwrap_or_else(|| panic!("no LoRA: {workflow}"));
    assert_eq!(lora["inputs"]["lora_name"], "demo-grain.safetensors");
    assert!(nodes().any(|node| node["inputs"]["text"] == "a red door"), "{workflow}");
}

#[tokio::test]
async fn a_picture_that_is_shared_opens_studio_with_it() {
    let studio = Studio::start().await;
    // As a browser sends what another app shares: for no page.
    let headers = [("origin", "null"), ("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")];
    let (status, to, _) = studio.post("/share", form_with("picture", png(photo())), &headers).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let shared = to.strip_prefix("/?start=").unwrap_or_else(|| panic!("{to}")).to_owned();
    let (status, _, text) = studio.opened(&to).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains(&format!("redraw {shared} 200 150 - -")), "the form has the picture");
    // Opened again, nothing is sent again.
    let (status, path, _) = studio.opened("/share").await;
    assert_eq!((status, path.as_str()), (StatusCode::OK, "/"));
    assert_eq!(id(&studio.give(png(photo()), "image/png").await), shared);
}

#[tokio::test]
async fn what_is_shared_and_no_picture_is_refused_with_its_reason() {
    let studio = Studio::start().await;
    for (form, status, words) in [
        (form_with("picture", b"hello".to_vec()), StatusCode::UNSUPPORTED_MEDIA_TYPE, "no PNG, JPEG or WebP"),
        (Form::new().text("title", "a link"), StatusCode::UNSUPPORTED_MEDIA_TYPE, "no PNG, JPEG or WebP"),
        (form_with("picture", png(photo())[..400].to_vec()), StatusCode::UNPROCESSABLE_ENTITY, "is damaged"),
        (form_with("picture", vec![7; (50 << 20) + (1 << 20)]), StatusCode::PAYLOAD_TOO_LARGE, "at most 50 MiB"),
    ] {
        let (redirected, to, answer) = studio.post("/share", form, &[]).await;
        assert_eq!(redirected, StatusCode::SEE_OTHER, "{words}: {answer}");
        let (found, _, text) = studio.opened(&to).await;
        assert_eq!(found, status, "{words}");
        assert!(text.contains(words) && text.contains("Generate"), "{words}: {text}");
    }
    let evil = [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let sandboxed = [("origin", "null"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    for headers in [&evil, &sandboxed] {
        assert_eq!(studio.post("/share", form_with("picture", png(photo())), headers).await.0, StatusCode::FORBIDDEN, "{headers:?}");
    }
    let (status, _, gone) = studio.opened(&format!("/?start={}", "0".repeat(64))).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(gone.contains("does not have this picture any more"));
}

#[tokio::test]
async fn a_form_without_javascript_starts_from_its_picture() {
    let mut studio = Studio::start().await;
    let refused = fields(form_with("start", png(photo())).text("strength", "7"));
    let (status, _, page) = studio.post("/", refused, &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("This must be a number from 0 to 1"), "{page}");
    // The picture came along, and needs not be chosen again.
    let line =
        page.split("name=\"start-picture\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("the picture").to_owned();
    let (status, to, page) = studio.post("/", fields(Form::new().text("start-picture", line).text("strength", "0.6")), &[]).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    let task = studio.kept(to.strip_prefix("/tasks/").unwrap().parse().unwrap()).await;
    assert_eq!(task["workflow"], "redraw");
    assert_eq!(studio.pixels(&task, 0).await.dimensions(), (200, 152), "as the picture");
    let (status, _, page) = studio.post("/", fields(form_with("start", b"hello".to_vec()).text("strength", "1")), &[]).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(page.contains("no PNG, JPEG or WebP") && page.contains("a red door"), "nothing is lost: {page}");
}

/// All of it can be asked for again: the mask as it was painted stays with the task.
#[tokio::test]
async fn an_inpaint_keeps_its_mask_and_all_that_was_chosen_and_so_does_another_run() {
    let mut studio = Studio::start().await;
    let given = studio.photo_and_mask().await;
    let mut parameters = super::support::inpaint(&given);
    parameters["method"] = json!("inpaint-model");
    let task = studio.run("inpaint", parameters).await;
    let first: TaskId = task["taskId"].as_str().unwrap().parse().unwrap();
    let kept = studio.page.until_ended(first).await;
    let start = kept.start.clone().expect("what it was made from");
    let part = start.part().expect("what was chosen");
    assert_eq!((part.model_size.width, part.model_size.height), (64, 64), "not the size of the result");
    let Edit::Inpaint(inpaint) = part.edit else { panic!("{part:?}") };
    assert_eq!((inpaint.mask.as_str(), inpaint.grow, inpaint.feather), (given.1.as_str(), 4, 6));
    assert_eq!((inpaint.area, inpaint.method), (EditArea::Masked { context: 8 }, InpaintMethod::InpaintModel));
    let again = studio.api.post_json(&format!("/api/tasks/{first}/retry"), &json!({})).await;
    let again = studio.kept(again.task()).await;
    let run = studio.page.until_ended(again["taskId"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!(run.start, kept.start);
    // Outpaints have no mask, but edges.
    let task = studio.run("outpaint", json!({"picture": given.0, "prompt": "the sea", "steps": 3, "left": 40, "top": 24})).await;
    let kept = studio.page.until_ended(task["taskId"].as_str().unwrap().parse().unwrap()).await;
    let Some(Edit::Outpaint(outpaint)) = kept.start.and_then(|start| start.part()).map(|part| part.edit) else { panic!("no edges") };
    assert_eq!((outpaint.left, outpaint.top, outpaint.right, outpaint.area), (40, 24, 0, EditArea::Whole));
}

/// The red channel counts, also under transparency, where no page can read it.
#[tokio::test]
async fn a_mask_with_transparency_is_kept_as_an_opaque_one() {
    let mut studio = Studio::start().await;
    let (picture, _) = studio.photo_and_mask().await;
    let mask = image::RgbaImage::from_fn(SIDES.0, SIDES.1, |x, y| {
        let white = (80..120).contains(&x) && (60..90).contains(&y);
        image::Rgba(if white { [255, 255, 255, 0] } else { [0, 0, 0, 0] })
    });
    let mask = id(&studio.give(png(mask), "image/png").await);
    let task = studio.run("inpaint", super::support::inpaint(&(picture, mask.clone()))).await;
    let kept = studio.page.until_ended(task["taskId"].as_str().unwrap().parse().unwrap()).await;
    let shown = kept.start.and_then(|start| start.mask()).expect("a mask");
    assert_ne!(shown.as_str(), mask);
    let answer = studio.api.get(&format!("/api/pictures/{shown}")).await;
    let shown = image::load_from_memory(&answer.bytes).unwrap();
    assert!(!shown.color().has_alpha());
    assert_eq!(shown.into_luma8(), super::support::mask());
}
