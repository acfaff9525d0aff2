//! Assets: their keys, their time, and what keeps them.

use std::sync::Arc;

use proto::{comfy::Workflow, comfy_v2::AssetFile, limits, task::TaskState, time::Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::store::{
    MediaFile, Store, Stored,
    tests::{open, stored, task},
};

fn file(digit: char) -> MediaFile {
    MediaFile { hash: digit.to_string().repeat(64), bytes: 3, mime: Some("image/png".into()) }
}

fn new(number: u128, digit: char, path: &str, expires_at: Option<u64>) -> NewAsset {
    NewAsset {
        id: Uuid::from_u128(number),
        blake3: digit.to_string().repeat(64),
        file: file(digit),
        content_type: "image/png".into(),
        file_path: proto::comfy_v2::AssetPath::parse(path).unwrap(),
        expires_at: expires_at.map(Timestamp),
        key: None,
    }
}

async fn unreferenced(store: &Store) -> Vec<String> {
    store.unreferenced_files().await.unwrap()
}

#[tokio::test]
async fn bytes_stay_while_an_asset_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.note_file(file('a'), Timestamp(1)).await.unwrap();
    assert_eq!(unreferenced(&store).await, [file('a').hash]);
    let added = store.add_asset(new(1, 'a', "a.png", None), Timestamp(1)).await.unwrap();
    assert!(matches!(added, AssetAdded::Added { is_new: true, .. }));
    let added = store.add_asset(new(2, 'a', "b.png", None), Timestamp(2)).await.unwrap();
    assert!(matches!(added, AssetAdded::Added { is_new: false, .. }));
    assert!(store.is_file_referenced(file('a').hash).await.unwrap());
    for id in [1, 2] {
        assert!(unreferenced(&store).await.is_empty());
        assert_eq!(store.remove_asset(Uuid::from_u128(id), Timestamp(3)).await.unwrap(), AssetRemoved::Removed);
        assert_eq!(store.remove_asset(Uuid::from_u128(id), Timestamp(3)).await.unwrap(), AssetRemoved::Unknown);
    }
    assert_eq!(unreferenced(&store).await, [file('a').hash]);
    assert!(!store.is_file_referenced(file('a').hash).await.unwrap());
}

#[tokio::test]
async fn the_newest_of_a_path_is_found_until_its_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    for (number, digit, expires_at) in [(1, 'a', None), (2, 'b', Some(100))] {
        store.add_asset(new(number, digit, "a.png", expires_at), Timestamp(u64::try_from(number).unwrap())).await.unwrap();
    }
    let newest = async |now| {
        let found = store.assets_by_path(vec!["a.png".into(), "other.png".into()], Timestamp(now)).await.unwrap();
        found.get("a.png").map(|asset| asset.file.hash.clone())
    };
    assert_eq!(newest(99).await, Some(file('b').hash));
    assert_eq!(newest(100).await, Some(file('a').hash));
    assert_eq!(store.asset(Uuid::from_u128(2), Timestamp(100)).await.unwrap(), None);
    store.prolong_asset(Uuid::from_u128(2), Some(Timestamp(50))).await.unwrap();
    assert_eq!(newest(99).await, Some(file('b').hash), "never shortened");
    store.prolong_asset(Uuid::from_u128(2), Some(Timestamp(200))).await.unwrap();
    assert_eq!(newest(199).await, Some(file('b').hash));
    store.expire_assets(Timestamp(200)).await.unwrap();
    assert_eq!(unreferenced(&store).await, [file('b').hash]);
}

#[tokio::test]
async fn a_key_is_used_once_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let keyed = |number| NewAsset { key: Some("k".into()), ..new(number, 'a', "a.png", None) };
    let day = u64::try_from(limits::KEY_LIFE.as_millis()).unwrap();
    store.add_asset(keyed(1), Timestamp(10)).await.unwrap();
    assert_eq!(store.add_asset(keyed(2), Timestamp(9 + day)).await.unwrap(), AssetAdded::KeyReused);
    assert!(store.is_asset_key_used("k".into(), Timestamp(9 + day)).await.unwrap());
    assert!(!store.is_asset_key_used("k".into(), Timestamp(10 + day)).await.unwrap());
    assert!(matches!(store.add_asset(keyed(3), Timestamp(10 + day)).await.unwrap(), AssetAdded::Added { .. }));
}

#[tokio::test]
async fn what_an_unfinished_task_loads_is_neither_removed_nor_over() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.add_asset(new(1, 'a', "a.png", Some(50)), Timestamp(1)).await.unwrap();
    let input = AssetFile { hash: file('a').hash, name: "a.png".into() }.input();
    let workflow = Workflow::from_value(json!({"1": {"class_type": "LoadImage", "inputs": {"image": input}}})).unwrap();
    let mut waiting = task("a", 7);
    store.add(Stored { workflow: Arc::new(workflow), ..stored(waiting.clone()) }, None).await.unwrap();
    assert_eq!(store.remove_asset(Uuid::from_u128(1), Timestamp(2)).await.unwrap(), AssetRemoved::InUse);
    store.expire_assets(Timestamp(60)).await.unwrap();
    assert!(unreferenced(&store).await.is_empty());
    waiting.state = TaskState::Completed;
    store.keep_now(&waiting).await.unwrap();
    store.expire_assets(Timestamp(60)).await.unwrap();
    assert_eq!(unreferenced(&store).await, [file('a').hash]);
}
