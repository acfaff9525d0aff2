//! `[media]`: whether and where outputs are kept.

use std::{fs, path::PathBuf, time::Duration};

use url::Url;

use super::{error::ConfigError, file::MediaSection, secret::Secret};

/// How outputs are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaConfig {
    /// `keep`: copy every output out of ComfyUI's folders.
    pub keep: bool,
    pub place: MediaPlace,
    /// `max_file_mb`, in bytes: larger files stay at ComfyUI.
    pub max_file: u64,
    /// `max_mb`, in bytes: over it the oldest are removed; 0 is no limit.
    pub max_bytes: u64,
    /// `keep_days`: 0 is for ever.
    pub keep_days: u32,
    /// `copies_at_once`, `copies_per_comfyui`: at least 1.
    pub copies_at_once: usize,
    pub copies_per_comfyui: usize,
    /// `retry_first_s`, `retry_max_s`: the first and the longest pause before a copy is tried again.
    pub retry_first: Duration,
    pub retry_max: Duration,
}

/// Where the files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaPlace {
    /// `folder`; `None`: `media` in the data folder.
    Folder(Option<PathBuf>),
    /// `url`, such as `s3://bucket/prefix`.
    Bucket(BucketConfig),
}

/// A bucket of an S3-compatible store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketConfig {
    pub bucket: String,
    /// Before every key; without slashes at both ends, and empty for none.
    pub prefix: String,
    /// `None`: Amazon's own.
    pub endpoint: Option<Url>,
    pub region: String,
    /// `None`: those of the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, …).
    pub keys: Option<BucketKeys>,
    /// The bucket is a part of the host name instead of the path.
    pub virtual_hosted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketKeys {
    pub access_key_id: String,
    pub secret_access_key: Secret,
}

const MB: u64 = 1024 * 1024;

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            keep: true,
            place: MediaPlace::Folder(None),
            max_file: 4_096 * MB,
            max_bytes: 0,
            keep_days: 0,
            copies_at_once: 4,
            copies_per_comfyui: 2,
            retry_first: Duration::from_secs(1),
            retry_max: Duration::from_secs(300),
        }
    }
}

fn mistake(why: impl Into<String>) -> ConfigError {
    ConfigError::Media(why.into())
}

impl MediaConfig {
    pub(super) fn new(section: MediaSection) -> Result<Self, ConfigError> {
        let default = Self::default();
        let bytes = |mb: u64| mb.saturating_mul(MB);
        let config = Self {
            keep: section.keep.unwrap_or(default.keep),
            max_file: section.max_file_mb.map_or(default.max_file, |mb| bytes(mb.get())),
            max_bytes: section.max_mb.map_or(default.max_bytes, bytes),
            keep_days: section.keep_days.unwrap_or(default.keep_days),
            copies_at_once: section.copies_at_once.map_or(default.copies_at_once, usize::from),
            copies_per_comfyui: section.copies_per_comfyui.map_or(default.copies_per_comfyui, usize::from),
            retry_first: section.retry_first_s.map_or(default.retry_first, Duration::from),
            retry_max: section.retry_max_s.map_or(default.retry_max, Duration::from),
            place: place(section)?,
        };
        if config.retry_first.is_zero() || config.retry_first > config.retry_max {
            return Err(mistake("retry_first_s must be above 0, and at most retry_max_s"));
        }
        Ok(config)
    }
}

fn place(section: MediaSection) -> Result<MediaPlace, ConfigError> {
    let Some(url) = section.url else {
        if section.endpoint.is_some() || section.access_key_id.is_some() {
            return Err(mistake("endpoint and access_key_id are of a bucket; name it, too: url = \"s3://bucket/prefix\""));
        }
        return Ok(MediaPlace::Folder(section.folder));
    };
    if section.folder.is_some() {
        return Err(mistake("files are either in a folder or in a bucket; leave out folder or url"));
    }
    // Before an @ there may be a key.
    let shown = if url.contains('@') { "…" } else { url.as_str() };
    let wrong = |why: &str| mistake(format!("url = {shown:?}: {why}; write it like s3://bucket/prefix"));
    let parsed = Url::parse(&url).map_err(|_| wrong("it is no url"))?;
    let bucket = parsed.host_str().filter(|_| parsed.scheme() == "s3").ok_or_else(|| wrong("it names no bucket"))?.to_owned();
    if !parsed.username().is_empty() || parsed.password().is_some() || parsed.query().is_some() || parsed.port().is_some() {
        return Err(wrong("it has more in it than bucket and prefix (keys go into access_key_id and secret_access_key)"));
    }
    let endpoint = match section.endpoint {
        Some(endpoint) => Some(
            Url::parse(&endpoint)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none())
                .ok_or_else(|| mistake(format!("endpoint = {endpoint:?} is no address; write it like https://minio.example:9000")))?,
        ),
        None => None,
    };
    let secret = secret(section.secret_access_key, section.secret_access_key_file, section.secret_access_key_env)?;
    let keys = match (section.access_key_id, secret) {
        (Some(access_key_id), Some(secret_access_key)) => Some(BucketKeys { access_key_id, secret_access_key }),
        (None, None) => None,
        _ => {
            return Err(mistake(
                "access_key_id and a secret_access_key belong together; name both, or none to take those of the environment",
            ));
        }
    };
    Ok(MediaPlace::Bucket(BucketConfig {
        bucket,
        prefix: parsed.path().trim_matches('/').to_owned(),
        endpoint,
        region: section.region.unwrap_or_else(|| "us-east-1".to_owned()),
        keys,
        virtual_hosted: section.virtual_hosted,
    }))
}

fn secret(inline: Option<Secret>, file: Option<PathBuf>, env: Option<String>) -> Result<Option<Secret>, ConfigError> {
    let text = match (inline, file, env) {
        (None, None, None) => return Ok(None),
        (Some(secret), None, None) => secret.reveal().to_owned(),
        (None, Some(path), None) => {
            fs::read_to_string(&path).map_err(|error| mistake(format!("secret_access_key_file {}: {error}", path.display())))?
        }
        (None, None, Some(name)) => std::env::var(&name).map_err(|_| mistake(format!("secret_access_key_env: {name} is not set")))?,
        _ => return Err(mistake("name one of secret_access_key, secret_access_key_file, secret_access_key_env")),
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(mistake("the secret_access_key is empty"));
    }
    Ok(Some(Secret::new(text.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<MediaConfig, String> {
        MediaConfig::new(toml::from_str(toml).unwrap()).map_err(|error| error.to_string())
    }

    fn mistake(toml: &str, says: &str) {
        let message = read(toml).unwrap_err();
        assert!(message.starts_with("[media] ") && message.contains(says) && !message.contains('\n'), "{says:?} in {message:?}");
        assert!(!message.contains("hidden"), "{message}");
    }

    #[test]
    fn either_a_folder_or_a_bucket_is_configured() {
        assert_eq!(read("").unwrap(), MediaConfig::default());
        let config = read("folder = '/mnt/pictures'\nmax_file_mb = 2\nmax_mb = 5\nkeep_days = 3\ncopies_at_once = 9").unwrap();
        assert_eq!(config.place, MediaPlace::Folder(Some("/mnt/pictures".into())));
        assert_eq!((config.max_file, config.max_bytes, config.keep_days, config.copies_at_once), (2 * MB, 5 * MB, 3, 9));
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "hidden\n").unwrap();
        for secret in ["secret_access_key = 'hidden'".to_owned(), format!("secret_access_key_file = '{}'", file.path().display())] {
            let text = format!("url = 's3://pictures/a/b/'\nendpoint = 'http://127.0.0.1:9000/'\naccess_key_id = 'x'\n{secret}");
            let config = read(&text).unwrap();
            let MediaPlace::Bucket(bucket) = &config.place else { panic!("{config:?}") };
            assert_eq!((bucket.bucket.as_str(), bucket.prefix.as_str(), bucket.region.as_str()), ("pictures", "a/b", "us-east-1"));
            assert_eq!(bucket.keys.as_ref().unwrap().secret_access_key.reveal(), "hidden");
            assert!(!format!("{config:?}").contains("hidden"));
        }
        let MediaPlace::Bucket(bucket) = read("url = 's3://pictures'").unwrap().place else { panic!("a bucket") };
        assert_eq!((bucket.prefix.as_str(), bucket.endpoint, bucket.keys), ("", None, None));
    }

    #[test]
    fn every_invalid_setting_names_the_remedy() {
        mistake("url = 'https://pictures'", "s3://bucket/prefix");
        mistake("url = 'pictures'", "s3://bucket/prefix");
        mistake("url = 's3://key:hidden@pictures'", "secret_access_key");
        mistake("url = 's3://pictures'\nfolder = 'x'", "leave out folder or url");
        mistake("endpoint = 'http://a'", "s3://bucket/prefix");
        mistake("url = 's3://pictures'\nendpoint = 'minio:9000'", "https://minio.example:9000");
        mistake("url = 's3://pictures'\naccess_key_id = 'x'", "name both");
        mistake("url = 's3://pictures'\nsecret_access_key = 'hidden'", "name both");
        mistake("url = 's3://pictures'\naccess_key_id = 'x'\nsecret_access_key = 'hidden'\nsecret_access_key_env = 'X'", "name one of");
        mistake("url = 's3://pictures'\naccess_key_id = 'x'\nsecret_access_key_env = 'NO_SUCH_VARIABLE_IS_SET'", "NO_SUCH_VARIABLE_IS_SET");
        mistake("url = 's3://pictures'\naccess_key_id = 'x'\nsecret_access_key_file = '/no/such/file'", "/no/such/file");
        mistake("retry_first_s = 0", "retry_first_s");
        mistake("retry_first_s = 9\nretry_max_s = 8", "retry_max_s");
    }
}
