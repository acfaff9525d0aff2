//! Outputs in a bucket of a real S3 server.

use std::time::Duration;

use crate::support::{
    bucket::{BucketServer, SECRET, WrongPut},
    darkroom_server::{Running, backend, darkroom_with},
    faults::{Answer, Fault, FaultyEngine},
    media::{MediaCaller, picture},
    metrics::Scrape,
    page::Page,
};
use darkroom::server::config::{Config, MediaConfig};

async fn start(engine: &FaultyEngine, bucket: &BucketServer) -> (Running, MediaCaller) {
    let data = engine.folder.path().join("data");
    let (retry_first, retry_max) = (Duration::from_millis(50), Duration::from_millis(200));
    let media = MediaConfig { place: bucket.place("studio/media"), retry_first, retry_max, ..MediaConfig::default() };
    assert!(!format!("{media:?}").contains(SECRET), "it is never logged");
    let darkroom = darkroom_with(Config { data, backends: vec![backend(engine.addr)], media, ..Config::default() }).await;
    Page::open(darkroom.addr).await.until_connected().await;
    let caller = MediaCaller::new(darkroom.addr);
    (darkroom, caller)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_and_large_files_are_kept_in_a_bucket() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let bucket = BucketServer::start().await;
    let (darkroom, caller) = start(&engine, &bucket).await;
    let small = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_kept(&small).await;
    let bytes = 20 * 1024 * 1024 + 7;
    engine.fault(Fault::PutOut { filename: "large.bin".into(), content: None, bytes }).await;
    let large = caller.submit(&picture(2, "SaveImage")).await;
    caller.until_kept(&large).await;
    let original = std::fs::read(engine.folder.path().join("comfy/output/large.bin")).unwrap();
    darkroom.stop().await;
    let (_darkroom, caller) = start(&engine, &bucket).await;
    engine.fault(Fault::Http { route: "GET /view".into(), answer: Answer::Status(404) }.always()).await;
    assert!(caller.bytes(&small).await.starts_with(b"\x89PNG"));
    assert!(caller.bytes(&large).await == original);
    let range = caller.output(&large, "", &[("range", "bytes=10000000-10000099")]).await;
    assert_eq!(range.status(), 206);
    assert!(range.bytes().await.unwrap() == original[10_000_000..10_000_100]);
    assert_eq!(caller.output(&small, "?thumb=320", &[]).await.headers()["content-type"], "image/webp");
    let objects: Vec<String> = bucket.objects().into_iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(objects.len(), 3, "a picture, its thumbnail, a large file, and nothing temporary: {objects:?}");
    assert!(objects.iter().all(|name| name.starts_with("studio/media/")), "{objects:?}");
    for id in [&small, &large] {
        caller.until_completed(id).await;
        caller.remove(id).await;
    }
    for _ in 0..1_000 {
        if bucket.objects().iter().all(|name| name.starts_with('.')) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("what nobody refers to stays: {:?}", bucket.objects());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_cannot_be_reached_delays_copies() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let mut bucket = BucketServer::start().await;
    let (_darkroom, caller) = start(&engine, &bucket).await;
    bucket.pause();
    let id = caller.submit(&picture(1, "SaveImage")).await;
    let task = caller.until_storage(&id, "delay", "store_unavailable").await;
    assert_eq!(task["status"], "completed");
    bucket.go_on().await;
    caller.until_kept(&id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_is_full_delays_copies_with_that_reason() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let bucket = BucketServer::start().await;
    let (darkroom, caller) = start(&engine, &bucket).await;
    bucket.answer_puts(Some(WrongPut::Full));
    let id = caller.submit(&picture(1, "SaveImage")).await;
    let task = caller.until_storage(&id, "delay", "store_full").await;
    assert_eq!(task["status"], "completed");
    assert_eq!(Scrape::of(darkroom.addr).await.get("darkroom_media_writable", &[]), 0.0);
    bucket.answer_puts(None);
    caller.until_kept(&id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_the_bucket_took_and_does_not_have_is_not_called_kept() {
    let engine = FaultyEngine::start(f64::INFINITY).await;
    let bucket = BucketServer::start().await;
    let (_darkroom, caller) = start(&engine, &bucket).await;
    bucket.answer_puts(Some(WrongPut::Forgotten));
    let id = caller.submit(&picture(1, "SaveImage")).await;
    caller.until_storage(&id, "delay", "store_unavailable").await;
    bucket.answer_puts(None);
    caller.until_kept(&id).await;
    assert!(bucket.objects().iter().any(|name| name.starts_with("studio/media/")), "{:?}", bucket.objects());
}
