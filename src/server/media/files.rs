//! The files of the media store, by the SHA-256 of their bytes: in a folder or in a bucket.
//!
//! A file with its final name is whole. In a folder it is written under `tmp/`, flushed to the disk and renamed; a bucket takes small files in
//! one atomic request, and large ones as parts of a temporary object that is copied to its name.

use std::{
    fs,
    ops::Range,
    path::{Path as FilePath, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures::{TryStreamExt, stream::BoxStream};
use object_store::{
    ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig, WriteMultipart, aws::AmazonS3Builder,
    local::LocalFileSystem, path::Path, prefix::PrefixStore,
};
use tokio::sync::{Mutex, MutexGuard};

use super::error::{MediaFailure, MediaStoreError};
use crate::config::{BucketConfig, MediaConfig, MediaPlace};
use proto::limits;

pub struct MediaFiles {
    objects: Arc<dyn ObjectStore>,
    /// The folder, when the files are in one.
    folder: Option<PathBuf>,
    /// Held while a file gets its name, and while it is removed, so that a file is not removed while it gains a reference.
    names: Vec<Mutex<()>>,
}

/// How many files may get their names at the same time.
const NAMES: usize = 64;
const TEMPORARY: &str = "tmp";
/// Requests to a bucket: the connection, the whole request, and all its retries.
const CONNECT: Duration = Duration::from_secs(5);
const REQUEST: Duration = Duration::from_secs(60);
const RETRIES: Duration = Duration::from_secs(20);

impl MediaFiles {
    /// Opens the store and removes what was being written when the previous process ended. `data`: the data folder.
    ///
    /// # Errors
    /// The folder cannot be made, or the settings of the bucket cannot be used. A bucket is not contacted.
    pub fn open(config: &MediaConfig, data: &FilePath) -> Result<Self, MediaStoreError> {
        let folder = match &config.place {
            MediaPlace::Bucket(bucket) => return Ok(Self::over(bucket_store(bucket)?, None)),
            MediaPlace::Folder(folder) => folder.clone().unwrap_or_else(|| data.join("media")),
        };
        make_folder(&folder).map_err(|error| MediaStoreError::Folder(folder.clone(), error))?;
        match fs::remove_dir_all(folder.join(TEMPORARY)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => tracing::warn!(%error, "temporary files stay"),
            _ => {}
        }
        let objects = LocalFileSystem::new_with_prefix(&folder)?;
        Ok(Self::over(Arc::new(objects), Some(folder)))
    }

    /// A store over these objects; `folder`: where they are on this machine.
    pub(super) fn over(objects: Arc<dyn ObjectStore>, folder: Option<PathBuf>) -> Self {
        Self { objects, folder, names: (0..NAMES).map(|_| Mutex::default()).collect() }
    }

    /// Removes temporary objects of a bucket that an earlier process left. Those of a folder are removed when it is opened.
    pub async fn clean_up(&self) -> Result<(), MediaFailure> {
        if self.folder.is_none() {
            let left = self.objects.list(Some(&Path::from(TEMPORARY))).map_ok(|object| object.location);
            let left: Vec<Path> = left.try_collect().await?;
            for object in left {
                self.objects.delete(&object).await?;
            }
        }
        Ok(())
    }

    /// While the result is held, no other part of the server names or removes this file.
    pub(super) async fn lock(&self, hash: &str) -> MutexGuard<'_, ()> {
        // Any spread will do; hashes from elsewhere may be of any form.
        let at = hash.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % NAMES;
        self.names[at].lock().await
    }

    /// The size of a file that is there.
    pub(super) async fn size(&self, hash: &str) -> Result<Option<u64>, MediaFailure> {
        match self.objects.head(&key(hash)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a whole file. The caller holds its lock.
    pub(super) async fn write(&self, hash: &str, bytes: Bytes) -> Result<(), MediaFailure> {
        self.put(&key(hash), bytes).await
    }

    /// Begins a file whose hash is not known yet.
    pub(super) async fn begin(&self) -> Result<PartialFile, MediaFailure> {
        let at = temporary();
        let upload = self.objects.put_multipart(&at).await?;
        Ok(PartialFile { at, upload: WriteMultipart::new_with_chunk_size(upload, limits::COPY_PART) })
    }

    /// Gives a file that is complete its name. The caller holds its lock.
    pub(super) async fn finish(&self, file: PartialFile, hash: &str) -> Result<(), MediaFailure> {
        file.upload.finish().await?;
        self.rename(&file.at, &key(hash)).await
    }

    /// Drops what was written of a file.
    pub(super) async fn abort(&self, file: PartialFile) {
        if let Err(error) = file.upload.abort().await {
            tracing::debug!(%error, "a temporary file stays until the next start");
        }
    }

    /// The bytes of a file, or a range of them, as they are read.
    ///
    /// # Errors
    /// [`MediaFailure::Missing`], or the store cannot be used.
    pub async fn read(
        &self,
        hash: &str,
        range: Option<Range<u64>>,
    ) -> Result<BoxStream<'static, object_store::Result<Bytes>>, MediaFailure> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        Ok(self.objects.get_opts(&key(hash), options).await?.into_stream())
    }

    /// All bytes of a file.
    ///
    /// # Errors
    /// As [`MediaFiles::read`].
    pub async fn read_whole(&self, hash: &str) -> Result<Bytes, MediaFailure> {
        Ok(self.objects.get(&key(hash)).await?.bytes().await?)
    }

    pub(super) async fn thumbnail(&self, hash: &str, side: u32) -> Result<Option<Bytes>, MediaFailure> {
        match self.objects.get(&thumbnail_key(hash, side)).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn write_thumbnail(&self, hash: &str, side: u32, bytes: Bytes) -> Result<(), MediaFailure> {
        self.put(&thumbnail_key(hash, side), bytes).await
    }

    /// Removes a file and its thumbnails; those that are not there are no error. The caller holds its lock.
    pub async fn remove(&self, hash: &str) -> Result<(), MediaFailure> {
        let thumbnails = limits::THUMBNAIL_SIDES.map(|side| thumbnail_key(hash, side));
        for object in thumbnails.iter().chain([&key(hash)]) {
            let Err(error) = self.objects.delete(object).await else { continue };
            // Some stores report success, or another error, for a missing object.
            match self.objects.head(object).await {
                Err(object_store::Error::NotFound { .. }) => {}
                _ => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Writes a whole object. A bucket does this at once or not at all.
    async fn put(&self, to: &Path, bytes: Bytes) -> Result<(), MediaFailure> {
        if self.folder.is_none() {
            self.objects.put(to, PutPayload::from_bytes(bytes)).await?;
            return Ok(());
        }
        let at = temporary();
        if let Err(error) = self.objects.put(&at, PutPayload::from_bytes(bytes)).await {
            let _ = self.objects.delete(&at).await;
            return Err(error.into());
        }
        self.rename(&at, to).await
    }

    /// If that fails, nothing of the object stays.
    async fn rename(&self, from: &Path, to: &Path) -> Result<(), MediaFailure> {
        let renamed = self.try_rename(from, to).await;
        if renamed.is_err() {
            let _ = self.objects.delete(from).await;
        }
        renamed
    }

    async fn try_rename(&self, from: &Path, to: &Path) -> Result<(), MediaFailure> {
        let Some(folder) = self.folder.clone() else { return Ok(self.objects.rename(from, to).await?) };
        let (from, to) = (folder.join(from.as_ref()), folder.join(to.as_ref()));
        let renamed = tokio::task::spawn_blocking(move || rename_durably(&from, &to)).await;
        renamed.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(|error| MediaFailure::of_io(&error))
    }
}

/// A file that is being written.
pub(super) struct PartialFile {
    at: Path,
    upload: WriteMultipart,
}

impl PartialFile {
    /// Waits until there is room for it in memory.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), MediaFailure> {
        self.upload.wait_for_capacity(1).await?;
        self.upload.write(bytes);
        Ok(())
    }
}

fn key(hash: &str) -> Path {
    Path::from_iter([hash.get(..2).unwrap_or_default(), hash])
}

fn thumbnail_key(hash: &str, side: u32) -> Path {
    let name = format!("{hash}-{side}.webp");
    Path::from_iter(["thumbnails", hash.get(..2).unwrap_or_default(), name.as_str()])
}

fn temporary() -> Path {
    Path::from_iter([TEMPORARY, uuid::Uuid::now_v7().simple().to_string().as_str()])
}

fn bucket_store(config: &BucketConfig) -> object_store::Result<Arc<dyn ObjectStore>> {
    let retry = RetryConfig { max_retries: 3, retry_timeout: RETRIES, ..RetryConfig::default() };
    let client = ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST);
    let builder = match &config.keys {
        Some(keys) => {
            AmazonS3Builder::new().with_access_key_id(&keys.access_key_id).with_secret_access_key(keys.secret_access_key.reveal())
        }
        None => AmazonS3Builder::from_env(),
    };
    let mut builder = builder
        .with_bucket_name(&config.bucket)
        .with_region(&config.region)
        .with_virtual_hosted_style_request(config.virtual_hosted)
        .with_retry(retry);
    let mut client = client;
    if let Some(endpoint) = &config.endpoint {
        client = client.with_allow_http(endpoint.scheme() == "http");
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    let store = builder.with_client_options(client).build()?;
    Ok(if config.prefix.is_empty() { Arc::new(store) } else { Arc::new(PrefixStore::new(store, config.prefix.as_str())) })
}

/// Readable by this user alone. The mode of an existing folder is not changed.
pub(super) fn make_folder(path: &FilePath) -> std::io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}

/// When this returns, the file survives a power failure under its new name.
fn rename_durably(from: &FilePath, to: &FilePath) -> std::io::Result<()> {
    fs::File::open(from)?.sync_all()?;
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder)?;
    fs::rename(from, to)?;
    fs::File::open(folder)?.sync_all()
}
