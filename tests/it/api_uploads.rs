//! Uploads through the API to every ComfyUI.

use std::{io::Cursor, path::Path, time::Duration};

use crate::support::{
    api::{Answer, Api},
    darkroom_server::{Both, backend, darkroom_with, demo_engine},
    page::Page,
};
use darkroom::{
    proto::{limits, task::TaskState},
    server::config::Config,
};
use image::{ImageFormat, Rgba, RgbaImage};
use proptest::{prelude::*, sample::Index};
use reqwest::{
    Method, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const FAST: f64 = 1e9;

/// A red picture that is half transparent.
fn picture(format: ImageFormat) -> Vec<u8> {
    let picture = RgbaImage::from_pixel(24, 16, Rgba([255, 0, 0, 128]));
    let mut bytes = Cursor::new(Vec::new());
    match format {
        ImageFormat::Jpeg => image::DynamicImage::from(picture).to_rgb8().write_to(&mut bytes, format).unwrap(),
        _ => picture.write_to(&mut bytes, format).unwrap(),
    }
    bytes.into_inner()
}

fn file(bytes: Vec<u8>) -> Part {
    Part::bytes(bytes).file_name("../../holiday photo.png")
}

async fn upload(api: &Api, form: Form) -> Answer {
    api.send(api.request(Method::POST, "/api/uploads").multipart(form)).await
}

/// File names in ComfyUI's input folder.
fn inputs(folder: &Path) -> Vec<String> {
    let found = std::fs::read_dir(folder.join("comfy/input/darkroom"))
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()));
    found.map(Iterator::collect).unwrap_or_default()
}

fn load(image: &Value) -> Value {
    json!({"workflow": {
        "1": {"class_type": "LoadImage", "inputs": {"image": image}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }})
}

#[tokio::test]
async fn an_uploaded_picture_can_be_used_in_a_workflow() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let mut page = both.page().await;
    for (format, media_type, ending) in
        [(ImageFormat::Png, "image/png", ".png"), (ImageFormat::Jpeg, "image/jpeg", ".jpg"), (ImageFormat::WebP, "image/webp", ".webp")]
    {
        let bytes = picture(format);
        let answer = upload(&api, Form::new().part("image", file(bytes.clone()))).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
        let said = &answer.json;
        assert_eq!(said["mediaType"], json!(media_type));
        assert_eq!(said["width"], 24);
        assert_eq!(said["height"], 16);
        assert_eq!(said["bytes"], json!(bytes.len()));
        assert_eq!(said["backends"].as_array().unwrap().len(), 1);
        assert_eq!(said["missing"], json!([]));
        let name = said["filename"].as_str().unwrap();
        assert!(name.ends_with(ending) && !name.contains("holiday"), "{name}");
        let there = both.folder.path().join("comfy/input").join(said["image"].as_str().unwrap());
        assert_eq!(std::fs::read(there).unwrap(), bytes);
        let id = api.accepted(&load(&said["image"])).await;
        let done = page.until_ended(id).await;
        assert_eq!(done.state, TaskState::Completed, "{:?}", done.error);
        let shown = api.get(&format!("/api/tasks/{id}/outputs/0")).await;
        assert_eq!(image::load_from_memory(&shown.bytes).unwrap().width(), 24);
    }
}

const WAV: &[u8] = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x04\0\0\0\x80\x90\x80\x70";
const MP4: &[u8] = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2\0\0\0\x08free";

#[tokio::test]
async fn sounds_and_videos_can_be_used_in_a_workflow() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let mut page = both.page().await;
    for (bytes, kind, media_type, load, save) in [
        (WAV, "audio", "audio/x-wav", ("LoadAudio", "audio"), ("SaveAudio", "audio")),
        (MP4, "video", "video/mp4", ("LoadVideo", "file"), ("SaveVideo", "video")),
    ] {
        let answer = upload(&api, Form::new().part("file", Part::bytes(bytes).file_name("take one.bin"))).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
        let said = &answer.json;
        assert_eq!((&said["kind"], &said["mediaType"], &said["bytes"]), (&json!(kind), &json!(media_type), &json!(bytes.len())));
        assert_eq!((&said["image"], &said["width"]), (&Value::Null, &Value::Null), "it is no picture");
        let mut save_inputs = json!({(save.1): ["1", 0], "filename_prefix": "kept"});
        if kind == "video" {
            save_inputs["format"] = json!("auto");
            save_inputs["codec"] = json!("auto");
        }
        let workflow = json!({"workflow": {
            "1": {"class_type": load.0, "inputs": {(load.1): said["file"]}},
            "2": {"class_type": save.0, "inputs": save_inputs},
        }});
        let id = api.accepted(&workflow).await;
        let done = page.until_ended(id).await;
        assert_eq!(done.state, TaskState::Completed, "{:?}", done.error);
        assert_eq!(api.get(&format!("/api/tasks/{id}/outputs/0")).await.bytes, bytes, "{kind}");
    }
}

#[tokio::test]
async fn a_3d_model_goes_where_comfyui_looks_for_it() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let model = |name: &'static str| Form::new().part("file", Part::bytes(&b"glTF\x02\0\0\0"[..]).file_name(name));
    let said = upload(&api, model("chair.glb")).await.json;
    assert_eq!((&said["kind"], &said["subfolder"]), (&json!("model"), &json!("3d")));
    let there = both.folder.path().join("comfy/input").join(said["file"].as_str().unwrap());
    assert!(there.starts_with(both.folder.path().join("comfy/input/3d")) && there.extension().unwrap() == "glb", "{}", there.display());
    assert!(there.is_file());
    let other = upload(&api, model("chair.exe")).await;
    assert_eq!((other.status, other.problem()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"));
}

#[tokio::test]
async fn a_sound_or_video_may_be_larger_than_a_picture() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let of = |head: &[u8], size: usize| {
        let mut bytes = head.to_vec();
        bytes.resize(size, 0);
        Form::new().part("file", Part::bytes(bytes).file_name("a"))
    };
    let video = upload(&api, of(MP4, limits::UPLOAD + 1)).await;
    assert_eq!((video.status, &video.json["bytes"]), (StatusCode::CREATED, &json!(limits::UPLOAD + 1)), "{}", video.json);
    for (head, size) in [(MP4, limits::MEDIA_UPLOAD + 1), (&picture(ImageFormat::Png), limits::UPLOAD + 1)] {
        let answer = upload(&api, of(head, size)).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::PAYLOAD_TOO_LARGE, "too-large"), "{}", answer.json);
    }
    let as_a_picture = upload(&api, Form::new().part("image", Part::bytes(WAV).file_name("a.png"))).await;
    assert_eq!((as_a_picture.status, as_a_picture.problem()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"));
}

#[tokio::test]
async fn a_mask_is_applied_to_its_original() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let original =
        upload(&api, Form::new().part("image", file(picture(ImageFormat::Jpeg)))).await.json["image"].as_str().unwrap().to_owned();
    let masked = upload(&api, Form::new().text("original", original.clone()).part("mask", file(picture(ImageFormat::Png)))).await;
    assert_eq!(masked.status, StatusCode::CREATED, "{}", masked.json);
    let there = both.folder.path().join("comfy/input").join(masked.json["image"].as_str().unwrap());
    let picture_there = image::open(there).unwrap().to_rgba8();
    assert_eq!(picture_there.dimensions(), (24, 16));
    assert_eq!(picture_there.get_pixel(0, 0).0[3], 128);

    let mask = || file(picture(ImageFormat::Png));
    let unknown = format!("darkroom/{}.png", uuid::Uuid::nil().simple());
    let gone = upload(&api, Form::new().text("original", unknown).part("mask", mask())).await;
    assert_eq!((gone.status, gone.problem()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid-request"), "{}", gone.json);
    assert_eq!(gone.pointers(), ["/original"]);
    let jpeg = upload(&api, Form::new().text("original", original.clone()).part("mask", file(picture(ImageFormat::Jpeg)))).await;
    assert_eq!((jpeg.status, jpeg.problem()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"));
    for bad in ["", "x.png", "../secret.png", "darkroom/../x.png", &"x".repeat(9_999), "darkroom/00000000-0000-0000-0000-000000000000.png"]
    {
        let answer = upload(&api, Form::new().text("original", bad.to_owned()).part("mask", mask())).await;
        assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/original"]), "{bad}");
    }
    let late = upload(&api, Form::new().part("mask", mask()).text("original", original.clone())).await;
    assert_eq!((late.status, late.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/original"]));
    let not_for_an_image = upload(&api, Form::new().text("original", original).part("image", mask())).await;
    assert_eq!((not_for_an_image.status, not_for_an_image.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/original"]));
    assert_eq!(inputs(both.folder.path()).len(), 2);
}

/// The beginning of a PNG of that size.
fn huge(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = picture(ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    bytes
}

#[tokio::test]
async fn files_that_are_no_pictures_or_too_large_are_refused() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let png = || file(picture(ImageFormat::Png));
    let image = |bytes: &[u8]| Form::new().part("image", file(bytes.to_vec()));
    let mut too_many_bytes = picture(ImageFormat::Png);
    too_many_bytes.resize(limits::UPLOAD + 1, 0);
    let cases = [
        (image(b""), 415, "unsupported-media-type"),
        (image(b"a cat"), 415, "unsupported-media-type"),
        (image(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), 415, "unsupported-media-type"),
        (image(b"GIF89a\x01\0\x01\0\0\0\0;"), 415, "unsupported-media-type"),
        (image(&picture(ImageFormat::Png)[..20]), 422, "invalid-image"),
        (image(&huge(8_001, 8_000)), 422, "invalid-image"),
        (image(&huge(u32::MAX, u32::MAX)), 422, "invalid-image"),
        (image(&huge(0, 8)), 422, "invalid-image"),
        (image(&too_many_bytes), 413, "too-large"),
        (Form::new(), 400, "bad-body"),
        (Form::new().text("original", "darkroom/00000000000000000000000000000000.png"), 422, "invalid-request"),
        (Form::new().text("image", "not a file"), 415, "unsupported-media-type"),
        (Form::new().part("picture", png()), 422, "invalid-request"),
        (Form::new().part("image", png()).part("image", png()), 422, "invalid-request"),
        (Form::new().part("image", png()).text("overwrite", "true"), 422, "invalid-request"),
    ];
    for (at, (form, status, problem)) in cases.into_iter().enumerate() {
        let answer = upload(&api, form).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (status, problem), "{at}: {}", answer.json);
    }
    let raw = |content_type: &'static str, body: &'static str| {
        api.request(Method::POST, "/api/uploads").header("content-type", content_type).body(body)
    };
    let not_a_form = api.send(raw("image/png", "x")).await;
    assert_eq!((not_a_form.status, not_a_form.problem()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"));
    for request in [raw("multipart/form-data", "x"), raw("multipart/form-data; boundary=x", "nothing of this kind")] {
        let answer = api.send(request).await;
        assert_eq!((answer.status, answer.problem()), (StatusCode::BAD_REQUEST, "bad-body"), "{}", answer.json);
    }
    assert_eq!(inputs(both.folder.path()), [""; 0]);
}

/// The head of a request whose body is sent manually.
fn head_of_a_form(both: &Both, length: usize) -> String {
    let host = both.darkroom.addr;
    format!(
        "POST /api/uploads HTTP/1.1\r\nHost: {host}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn an_aborted_upload_stores_no_file() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let mut stream = TcpStream::connect(both.darkroom.addr).await.unwrap();
    let head = "--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\n".as_bytes();
    let body = [head, &huge(64, 64), &[0; 100_000]].concat();
    let request = head_of_a_form(&both, 1_000_000);
    stream.write_all(&[request.as_bytes(), &body].concat()).await.unwrap();
    stream.shutdown().await.unwrap();
    // Wait until Darkroom aborts the upload.
    let _ = stream.read_to_end(&mut Vec::new()).await;
    let whole = upload(&api, Form::new().part("image", file(picture(ImageFormat::Png)))).await;
    assert_eq!(inputs(both.folder.path()), [whole.json["filename"].as_str().unwrap()]);
    assert_eq!(api.get("/api/backends").await.json["backends"][0]["ready"], true);
}

#[tokio::test]
async fn an_upload_goes_to_every_comfyui_and_names_the_unreachable_ones() {
    let (first_folder, second_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = (demo_engine(&first_folder, FAST).await, demo_engine(&second_folder, FAST).await);
    let data = first_folder.path().join("data");
    let config = Config { data, backends: vec![backend(first.addr), backend(second.addr)], ..Config::default() };
    let darkroom = darkroom_with(config).await;
    let mut page = Page::open(darkroom.addr).await;
    page.until(|state| state.backends.len() == 2 && state.backends.iter().all(|backend| backend.takes_tasks())).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    let image = || Form::new().part("image", file(picture(ImageFormat::Png)));
    let both = upload(&api, image()).await.json;
    assert_eq!(both["backends"], json!([first.addr.to_string(), second.addr.to_string()]));
    assert_eq!(inputs(first_folder.path()), inputs(second_folder.path()));
    assert_eq!(inputs(second_folder.path()).len(), 1);
    let away = second.addr.to_string();
    second.stop().await;
    page.until(|state| state.backends.iter().any(|backend| !backend.takes_tasks())).await;
    let one = upload(&api, image()).await.json;
    assert_eq!(one["backends"], json!([first.addr.to_string()]));
    assert_eq!(one["missing"][0]["id"], json!(away));
    first.stop().await;
    page.until(|state| state.backends.iter().all(|backend| !backend.takes_tasks())).await;
    let none = upload(&api, image()).await;
    assert_eq!(none.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(none.problem(), "unavailable");
    assert_eq!(none.header("retry-after"), "5");
}

/// A complete form, as bytes.
fn form(file: &[u8]) -> Vec<u8> {
    let head = b"--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n";
    [head, file, b"\r\n--x--\r\n"].concat()
}

/// Transmission faults of a form.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Cut(Index),
    Drop(Index, Index),
    Repeat(Index, Index),
    Insert(Index, Vec<u8>),
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Self::Flip(at, byte)),
            any::<Index>().prop_map(Self::Cut),
            (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Self::Drop(from, to)),
            (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Self::Repeat(from, to)),
            (any::<Index>(), proptest::collection::vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Self::Insert(at, bytes)),
        ]
    }

    fn done_to(&self, form: &mut Vec<u8>) {
        let size = form.len() + 1;
        let range = |from: &Index, to: &Index| from.index(size).min(to.index(size))..from.index(size).max(to.index(size));
        match self {
            Self::Flip(at, byte) => {
                if let Some(there) = form.get_mut(at.index(size)) {
                    *there ^= byte;
                }
            }
            Self::Cut(at) => form.truncate(at.index(size)),
            Self::Drop(from, to) => drop(form.drain(range(from, to))),
            Self::Repeat(from, to) => form.extend_from_within(range(from, to)),
            Self::Insert(at, bytes) => drop(form.splice(at.index(size)..at.index(size), bytes.iter().copied())),
        }
    }
}

/// Every request gets a documented response, never a 5xx of ours, and only uploads answered with 201 are stored.
#[test]
fn damaged_forms_are_refused_or_stored_completely() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (both, api) = runtime.block_on(async {
        let both = Both::start(FAST).await;
        let api = Api::of(&both).await;
        (both, api)
    });
    let whole = form(&picture(ImageFormat::Png));
    let kept = std::cell::RefCell::new(Vec::new());
    proptest!(ProptestConfig::with_cases(200), |(damages in proptest::collection::vec(Damage::any(), 0..4))| {
        let mut body = whole.clone();
        damages.iter().for_each(|damage| damage.done_to(&mut body));
        let request = api.request(Method::POST, "/api/uploads").header("content-type", "multipart/form-data; boundary=x").body(body);
        let answer = runtime.block_on(api.send(request));
        if answer.status == StatusCode::CREATED {
            let name = answer.json["filename"].as_str().unwrap().to_owned();
            let there = both.folder.path().join("comfy/input/darkroom").join(&name);
            prop_assert_eq!(json!(std::fs::metadata(there).unwrap().len()), answer.json["bytes"].clone());
            kept.borrow_mut().push(name);
        } else {
            prop_assert!(answer.status.is_client_error(), "{}", answer.json);
        }
    });
    let (mut there, mut kept) = (inputs(both.folder.path()), kept.into_inner());
    there.sort();
    kept.sort();
    assert_eq!(there, kept);
    assert!(!kept.is_empty(), "some come through undamaged");
}

#[tokio::test]
async fn the_number_of_concurrent_uploads_is_limited() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let image = || Form::new().part("image", file(picture(ImageFormat::Png)));
    let begun = &form(&huge(64, 64))[..100];
    let mut slow = Vec::new();
    for _ in 0..limits::UPLOADS {
        let mut stream = TcpStream::connect(both.darkroom.addr).await.unwrap();
        let request = head_of_a_form(&both, 1_000);
        stream.write_all(&[request.as_bytes(), begun].concat()).await.unwrap();
        slow.push(stream);
    }
    let refused = until(&api, image, StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(refused.problem(), "unavailable", "{}", refused.json);
    assert_eq!(refused.header("retry-after"), "5", "{}", refused.json);
    drop(slow);
    until(&api, image, StatusCode::CREATED).await;
}

/// Repeats the upload until this status is returned.
async fn until(api: &Api, form: impl Fn() -> Form, status: StatusCode) -> Answer {
    timeout(Duration::from_secs(60), async {
        loop {
            let answer = upload(api, form()).await;
            if answer.status == status {
                return answer;
            }
        }
    })
    .await
    .expect("in time")
}
