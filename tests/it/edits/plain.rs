//! The form of the page for edits, sent without JavaScript.

use image::{GrayImage, Rgba, RgbaImage};
use reqwest::{
    StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::{
    starts::fields,
    support::{SIDES, Studio, mask, photo, png},
};

fn with_file(form: Form, name: &'static str, bytes: Vec<u8>) -> Form {
    form.part(name, Part::bytes(bytes).file_name(format!("{name}.png")))
}

/// As a browser sends it: all text fields. The model works with few pixels, so that it takes no time.
fn form(texts: &[(&'static str, &'static str)]) -> Form {
    let quick = [("width", "64"), ("height", "64"), ("steps", "3")];
    let own = [("strength", "0.75"), ("method", "noise"), ("grow", "4"), ("feather", "6"), ("context", "8")];
    let edges = [("left", "0"), ("top", "0"), ("right", "0"), ("bottom", "0")];
    let all = own.iter().chain(&edges).map(|(name, text)| {
        let changed = texts.iter().find(|(changed, _)| changed == name);
        (*name, changed.map_or(*text, |(_, text)| *text))
    });
    // The last of two counts.
    let form = all.chain(quick).fold(fields(Form::new()), |form, (name, text)| form.text(name, text));
    let more = texts.iter().filter(|(name, _)| !own.iter().chain(&edges).any(|(known, _)| known == name));
    more.fold(form, |form, (name, text)| form.text(*name, *text))
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let value = page.split(&format!("name=\"{name}\" value=\"")).nth(1).and_then(|rest| rest.split('"').next());
    value.unwrap_or_else(|| panic!("no {name}: {page}")).to_owned()
}

/// What the page says at a field.
fn problem(page: &str, name: &str) -> String {
    let text = page.split(&format!("id=\"plain-{name}-problem\"")).nth(1).and_then(|rest| rest.split_once('>')?.1.split("</p>").next());
    text.unwrap_or_default().replace("<!>", "").trim().to_owned()
}

impl Studio {
    async fn sent(&mut self, form: Form) -> Value {
        let (status, to, page) = self.post("/inpaint", form, &[]).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        self.kept(to.strip_prefix("/tasks/").unwrap().parse().unwrap()).await
    }
}

#[tokio::test]
async fn a_picture_and_its_mask_are_sent_as_files() {
    let mut studio = Studio::start().await;
    let (_, _, page) = studio.opened("/inpaint").await;
    assert!(page.contains("action=\"/inpaint\"") && page.contains("name=\"mask\""), "{page}");
    // Transparent where the mask is white.
    let white = mask();
    let transparent = RgbaImage::from_fn(SIDES.0, SIDES.1, |x, y| Rgba([9, 9, 9, 255 - white.get_pixel(x, y)[0]]));
    let mut ran = Vec::new();
    for mask in [png(mask()), png(transparent)] {
        let form = with_file(with_file(form(&[]), "picture", png(photo())), "mask", mask);
        let task = studio.sent(form).await;
        assert_eq!(task["workflow"], "inpaint");
        assert_eq!(task["outputs"][0]["outside"]["changed"], 0, "{task}");
        ran.push(studio.workflow(&task).await["12"].clone());
    }
    assert_eq!(ran[0], ran[1], "the same mask");
}

#[tokio::test]
async fn without_a_mask_the_picture_is_extended() {
    let mut studio = Studio::start().await;
    let form = with_file(with_file(form(&[("right", "40"), ("context", "")]), "picture", png(photo())), "mask", Vec::new());
    let task = studio.sent(form).await;
    assert_eq!(task["workflow"], "outpaint");
    assert_eq!(studio.pixels(&task, 0).await.dimensions(), (240, 150));
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_entered_is_lost() {
    let mut studio = Studio::start().await;
    let refused = with_file(form(&[("grow", "wide"), ("strength", "7")]), "picture", png(photo()));
    let (status, _, page) = studio.post("/inpaint", refused, &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem(&page, "mask").contains("Give a mask"), "{page}");
    assert!(problem(&page, "grow").contains("whole number of pixels") && problem(&page, "strength").contains("from 0 to 1"), "{page}");
    assert_eq!(problem(&page, "picture"), "");
    assert!(page.contains("value=\"wide\"") && page.contains("a red door"), "{page}");
    let picture = hidden(&page, "kept-picture");

    // The picture needs not be chosen again. A mask of another size is kept, too, until another one is chosen.
    let small = with_file(form(&[]).text("kept-picture", picture.clone()), "mask", png(GrayImage::from_pixel(9, 9, image::Luma([255]))));
    let (status, _, page) = studio.post("/inpaint", small, &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem(&page, "mask").contains("The mask is 9 × 9 pixels and the picture 200 × 150"), "{page}");
    let kept = hidden(&page, "kept-mask");
    let both = form(&[("left", "8")]).text("kept-picture", picture.clone()).text("kept-mask", kept);
    let (_, _, page) = studio.post("/inpaint", both, &[]).await;
    assert!(problem(&page, "left").contains("Either give a mask, or extend"), "{page}");
    let kept = hidden(&page, "kept-mask");
    let without = form(&[("left", "8"), ("without-mask", "1")]).text("kept-picture", picture.clone()).text("kept-mask", kept);
    assert_eq!(studio.sent(without).await["workflow"], "outpaint");
    let right = with_file(form(&[]).text("kept-picture", picture), "mask", png(mask()));
    let task = studio.sent(right).await;
    assert_eq!(task["outputs"][0]["outside"]["changed"], 0, "{task}");
}

#[tokio::test]
async fn files_that_cannot_be_used_are_refused_with_their_reason() {
    let studio = Studio::start().await;
    for (form, status, field, words) in [
        (form(&[("right", "8")]), StatusCode::UNPROCESSABLE_ENTITY, "picture", "Choose the picture to change."),
        (
            with_file(form(&[("right", "8")]), "picture", b"hello".to_vec()),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "picture",
            "no PNG, JPEG or WebP",
        ),
        (
            with_file(with_file(form(&[]), "picture", vec![7; 30 << 20]), "mask", vec![7; 30 << 20]),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "mask",
            "no PNG, JPEG or WebP",
        ),
        (
            with_file(form(&[("right", "8")]), "picture", vec![7; (50 << 20) + 1]),
            StatusCode::PAYLOAD_TOO_LARGE,
            "picture",
            "at most 50 MiB",
        ),
        (
            with_file(with_file(form(&[]), "picture", png(photo())), "mask", png(mask())[..90].to_vec()),
            StatusCode::UNPROCESSABLE_ENTITY,
            "mask",
            "cannot be read",
        ),
        (
            form(&[("right", "8")]).text("kept-picture", "0".repeat(64)),
            StatusCode::UNPROCESSABLE_ENTITY,
            "picture",
            "does not have this picture any more",
        ),
    ] {
        let (found, _, page) = studio.post("/inpaint", form, &[]).await;
        assert_eq!(found, status, "{words}");
        assert!(problem(&page, field).contains(words), "{words}: {page}");
    }
    let evil = [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    assert_eq!(studio.post("/inpaint", form(&[]), &evil).await.0, StatusCode::FORBIDDEN);
    // Nothing was run.
    assert_eq!(studio.api.get("/api/tasks").await.json["tasks"], json!([]));
}
