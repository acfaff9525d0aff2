//! Extra data on disk: encrypted, and readable only with the key.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use proto::comfy::ExtraData;
use serde_json::json;

use super::*;

const SECRET: &str = "comfyui-0123456789";

fn with_secret(task: Task) -> Stored {
    let extra_data = ExtraData::from_value(json!({"api_key_comfy_org": SECRET})).unwrap();
    Stored { extra_data: StoredExtra::Readable(extra_data), ..stored(task) }
}

/// All files in the folder that contain the secret.
fn leaks(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file() && fs::read(path).unwrap().windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes())).collect()
}

#[tokio::test]
async fn extra_data_is_read_back_and_is_in_no_file_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("secret-key");
    let (store, _) = open(folder.path());
    let plain = task("plain", 1);
    store.add(stored(plain.clone()), None).await.unwrap();
    assert!(!key.exists(), "there is nothing to encrypt yet");
    let (first, second) = (with_secret(task("first", 2)), with_secret(task("second", 3)));
    for new in [&first, &second] {
        store.add(new.clone(), None).await.unwrap();
        assert_eq!(store.read(new.task.id).await.unwrap().as_ref(), Some(new));
    }
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(leaks(folder.path()), Vec::<PathBuf>::new());
    store.keep(&over(second.task.clone(), 4));
    store.close().await;
    drop(store);
    assert_eq!(leaks(folder.path()), Vec::<PathBuf>::new());

    let (store, kept) = open(folder.path());
    assert_eq!(kept.extra_data.into_iter().collect::<Vec<_>>(), [(first.task.id, first.extra_data.clone())]);
    assert_eq!(store.read(second.task.id).await.unwrap().unwrap().extra_data, second.extra_data);
    assert_eq!(store.read(plain.id).await.unwrap().unwrap().extra_data, StoredExtra::default());
    // Removed with its task.
    store.forget(first.task.id);
    store.flush().await.unwrap();
    let left: i64 = other_connection(folder.path()).query_row("SELECT COUNT(*) FROM extra_data", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn without_its_key_only_the_extra_data_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("secret-key");
    let (store, _) = open(folder.path());
    let new = with_secret(task("first", 1));
    store.add(new.clone(), None).await.unwrap();
    drop(store);
    fs::remove_file(&key).unwrap();
    for _ in 0..2 {
        let (store, kept) = open(folder.path());
        assert_eq!(kept.extra_data[&new.task.id], StoredExtra::Lost);
        assert_eq!(store.read(new.task.id).await.unwrap(), Some(Stored { extra_data: StoredExtra::Lost, ..new.clone() }));
        // Makes another key.
        store.add(with_secret(task("another", 2)), None).await.unwrap();
    }
    fs::write(&key, "not a key").unwrap();
    let error = Store::open(folder.path(), FOR_EVER).err().unwrap().to_string();
    assert!(error.contains("secret-key") && error.contains("remove it"), "{error}");
}

/// Extra data of one task cannot be passed off as that of another.
#[tokio::test]
async fn sealed_data_belongs_to_its_task() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let (one, other) = (with_secret(task("one", 1)), stored(task("other", 2)));
    store.add(one.clone(), None).await.unwrap();
    store.add(other.clone(), None).await.unwrap();
    other_connection(folder.path()).execute("UPDATE extra_data SET task = ?1", [other.task.id.to_string()]).unwrap();
    assert_eq!(store.read(other.task.id).await.unwrap().unwrap().extra_data, StoredExtra::Lost);
}
