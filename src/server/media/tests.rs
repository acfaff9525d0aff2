//! Files of the media store: in a folder, in memory, and in one that fails.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use futures::{TryStreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt, memory::InMemory, path::Path};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::{
    MediaFailure,
    files::MediaFiles,
    keep::{KeepError, NewFile},
};
use crate::config::{MediaConfig, MediaPlace};
use proto::{limits, task::CopyDelay};

type Kept<'a> = Result<NewFile<'a>, KeepError<Infallible>>;

fn folder() -> (tempfile::TempDir, MediaFiles) {
    let folder = tempfile::tempdir().unwrap();
    let files = MediaFiles::open(&MediaConfig::default(), folder.path()).unwrap();
    (folder, files)
}

fn bucket() -> MediaFiles {
    MediaFiles::over(Arc::new(InMemory::new()), None)
}

async fn keep<'a>(files: &'a MediaFiles, chunks: &[&[u8]]) -> Kept<'a> {
    let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    files.keep(stream::iter(chunks), None, u64::MAX).await
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Paths of all files below the folder.
fn found(folder: &std::path::Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(found(&path));
        } else {
            all.push(path.to_string_lossy().into_owned());
        }
    }
    all.sort();
    all
}

#[tokio::test]
async fn a_file_is_named_by_its_bytes_and_kept_once() {
    let (folder, files) = folder();
    let first = keep(&files, &[b"a pic", b"ture"]).await.unwrap();
    assert_eq!((first.file.hash.as_str(), first.file.bytes, first.is_new), (sha256(b"a picture").as_str(), 9, true));
    let hash = first.file.hash.clone();
    drop(first);
    assert!(!keep(&files, &[b"a picture"]).await.unwrap().is_new);
    let path = folder.path().join("media").join(&hash[..2]).join(&hash);
    assert_eq!(found(&folder.path().join("media")), [path.to_string_lossy()]);
    assert_eq!(files.read_whole(&hash).await.unwrap(), &b"a picture"[..]);
}

#[tokio::test]
async fn a_large_file_is_streamed_and_a_copy_of_it_leaves_nothing() {
    let large: Vec<u8> = (0..limits::COPY_IN_MEMORY + 3 * limits::COPY_PART).map(|at| (at % 251) as u8).collect();
    let chunks: Vec<&[u8]> = large.chunks(100_000).collect();
    let (folder, files) = folder();
    for (files, times) in [(&files, 2), (&bucket(), 2)] {
        for time in 0..times {
            let kept = keep(files, &chunks).await.unwrap();
            assert_eq!((kept.file.bytes, kept.is_new), (large.len() as u64, time == 0));
            let hash = kept.file.hash.clone();
            drop(kept);
            assert!(files.read_whole(&hash).await.unwrap() == large, "the bytes are the same");
        }
    }
    assert_eq!(found(&folder.path().join("media")).len(), 1);
}

#[tokio::test]
async fn an_incomplete_file_is_not_kept() {
    let (folder, files) = folder();
    let large = vec![7; limits::COPY_IN_MEMORY + 2 * limits::COPY_PART];
    for head in [&b"a picture"[..], &large] {
        let broken = stream::iter([Ok(Bytes::copy_from_slice(head)), Err("reset")]);
        assert!(matches!(files.keep(broken, None, u64::MAX).await, Err(KeepError::Source("reset"))));
        let bytes = head.len() as u64;
        let whole = || stream::iter([Ok::<_, Infallible>(Bytes::copy_from_slice(head))]);
        assert!(
            matches!(files.keep(whole(), Some(bytes + 1), u64::MAX).await, Err(KeepError::Length { expected, got }) if expected == got + 1)
        );
        assert!(matches!(files.keep(whole(), None, bytes - 1).await, Err(KeepError::TooLarge)));
        assert!(matches!(files.keep(whole(), Some(bytes), bytes - 1).await, Err(KeepError::TooLarge)));
        assert!(files.keep(whole(), Some(bytes), bytes).await.is_ok_and(|kept| kept.is_new), "it is kept only now");
    }
    assert_eq!(found(&folder.path().join("media")).len(), 2, "nothing else stays");
}

/// A link to nowhere in the place of the folder that it belongs into: written whole, it cannot get its name.
#[cfg(unix)]
#[tokio::test]
async fn a_file_that_cannot_get_its_name_leaves_nothing() {
    for bytes in [vec![7; 10], vec![8; limits::COPY_IN_MEMORY + 2 * limits::COPY_PART]] {
        let (folder, files) = folder();
        let media = folder.path().join("media");
        let in_the_way = media.join(&sha256(&bytes)[..2]);
        std::os::unix::fs::symlink("/no/such/folder", &in_the_way).unwrap();
        let Err(KeepError::Store(failure)) = keep(&files, &[&bytes]).await else { panic!("kept {} bytes", bytes.len()) };
        assert_eq!(failure.delay(), CopyDelay::StoreUnavailable, "{failure}");
        assert_eq!(found(&media.join("tmp")), [""; 0], "after {} bytes: {failure}", bytes.len());
        std::fs::remove_file(&in_the_way).unwrap();
        assert!(keep(&files, &[&bytes]).await.is_ok_and(|kept| kept.is_new), "it is kept when it can be");
    }
}

/// The error of a real device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_recognized_below_what_wraps_its_error() {
    use std::io::Write;

    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap().write_all(b"a picture").unwrap_err();
    let wrapped = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(full()) };
    for failure in [MediaFailure::of_io(&full()), MediaFailure::from(wrapped)] {
        assert_eq!(failure.delay(), CopyDelay::StoreFull, "{failure}");
    }
    let no_folder = std::fs::File::create("/dev/null/no-folder").unwrap_err();
    assert_eq!(MediaFailure::of_io(&no_folder).delay(), CopyDelay::StoreUnavailable);
}

#[tokio::test]
async fn unfinished_files_are_removed_at_the_next_start() {
    let (folder, files) = folder();
    let tmp = folder.path().join("media/tmp");
    std::fs::create_dir_all(&tmp).unwrap();
    std::fs::write(tmp.join("half"), "half").unwrap();
    let kept = keep(&files, &[b"whole"]).await.unwrap().file.hash.clone();
    let files = MediaFiles::open(&MediaConfig::default(), folder.path()).unwrap();
    assert_eq!(found(&tmp), [""; 0]);
    assert_eq!(files.size(&kept).await.unwrap(), Some(5));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let config = MediaConfig { place: MediaPlace::Folder(Some(folder.path().join("file/media"))), ..MediaConfig::default() };
    let Err(error) = MediaFiles::open(&config, folder.path()) else { panic!("opened") };
    assert!(error.to_string().contains("file/media"), "{error}");
}

#[tokio::test]
async fn a_removed_file_is_gone_with_its_thumbnails() {
    let (folder, files) = folder();
    let hash = keep(&files, &[b"a picture"]).await.unwrap().file.hash.clone();
    files.write_thumbnail(&hash, 320, Bytes::from_static(b"small")).await.unwrap();
    assert_eq!(files.thumbnail(&hash, 320).await.unwrap(), Some(Bytes::from_static(b"small")));
    assert_eq!(files.thumbnail(&hash, 640).await.unwrap(), None);
    for _ in 0..2 {
        files.remove(&hash).await.unwrap();
    }
    assert_eq!(found(&folder.path().join("media")), [""; 0]);
}

#[tokio::test]
async fn unfinished_objects_of_a_bucket_are_removed() {
    let objects = Arc::new(InMemory::new());
    let files = MediaFiles::over(objects.clone(), None);
    let kept = keep(&files, &[b"a picture"]).await.unwrap().file.hash.clone();
    objects.put(&Path::from("tmp/half"), "half".into()).await.unwrap();
    files.clean_up().await.unwrap();
    let left: Vec<String> = objects.list(None).map_ok(|object| object.location.to_string()).try_collect().await.unwrap();
    assert_eq!(left, [format!("{}/{kept}", &kept[..2])]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// However the bytes arrive, the file has them and their hash.
    #[test]
    fn the_hash_does_not_depend_on_the_chunks(bytes in proptest::collection::vec(any::<u8>(), 0..5000), cuts in proptest::collection::vec(0_usize..5000, 0..8)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let files = bucket();
            let file = keep(&files, &chunks).await.unwrap().file.clone();
            assert_eq!((file.hash.as_str(), file.bytes), (sha256(&bytes).as_str(), bytes.len() as u64));
            assert_eq!(files.read_whole(&file.hash).await.unwrap(), bytes);
        });
    }
}
