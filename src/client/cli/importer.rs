//! How `darkroom import` talks to a Darkroom: what its gallery has, and one file after another.

use std::{
    collections::HashSet,
    path::Path,
    time::{Duration, SystemTime},
};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use reqwest::{Client, StatusCode, header};
use serde::{Deserialize, Serialize};
use url::Url;

pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
/// A file of this many bytes may take a second.
const BYTES_PER_SECOND: u64 = 100_000;
/// Tries of a file while the Darkroom cannot be reached or has no room, and the pause between them.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(5);

/// Why the command ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum ImportFailure {
    #[error("{0}")]
    Usage(String),
    /// Not all was looked at.
    #[error("{0}")]
    Ended(String),
    /// Ctrl-C, or somebody else.
    #[error("{0}")]
    Stopped(String),
    #[error("The Darkroom at {url} cannot be reached: {why}")]
    Unreachable { url: Url, why: String },
}

#[derive(Serialize)]
struct Hashes<'a> {
    hashes: Vec<&'a str>,
}

#[derive(Deserialize)]
struct Known {
    known: HashSet<String>,
}

/// An error of the API.
#[derive(Deserialize)]
pub(super) struct Refusal {
    pub detail: String,
}

/// What came of a file.
pub(super) enum Sent {
    New,
    Known,
    /// Why it is not taken.
    Refused(String),
}

/// The client of a Darkroom.
pub(super) struct Importer {
    pub http: Client,
    base: Url,
}

impl Importer {
    pub fn new(base: Url, token: Option<String>) -> Result<Self, ImportFailure> {
        let usage = |error: &dyn std::fmt::Display| ImportFailure::Usage(error.to_string());
        let mut headers = header::HeaderMap::new();
        if let Some(token) = token {
            let mut value = header::HeaderValue::from_str(&format!("Bearer {token}")).map_err(|error| usage(&error))?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        let http = Client::builder().default_headers(headers).redirect(reqwest::redirect::Policy::none());
        Ok(Self { http: http.build().map_err(|error| usage(&error))?, base })
    }

    pub fn url(&self, path: &str) -> Result<Url, ImportFailure> {
        self.base.join(path).map_err(|error| ImportFailure::Usage(format!("{} is no address of a Darkroom: {error}", self.base)))
    }

    pub fn unreachable(&self, why: impl std::fmt::Display) -> ImportFailure {
        ImportFailure::Unreachable { url: self.base.clone(), why: why.to_string() }
    }

    pub fn wants_token(&self) -> ImportFailure {
        ImportFailure::Usage(format!("The Darkroom at {} wants a token: --token.", self.base))
    }

    /// Those of these files that the gallery has.
    pub async fn known(&self, hashes: &[std::io::Result<String>]) -> Result<HashSet<String>, ImportFailure> {
        let hashes = Hashes { hashes: hashes.iter().flatten().map(String::as_str).collect() };
        let request = self.http.post(self.url("api/outputs/known")?).json(&hashes).timeout(TIMEOUT);
        let answer = request.send().await.map_err(|error| self.unreachable(error))?;
        match answer.status() {
            StatusCode::OK => Ok(answer.json::<Known>().await.map_err(|error| self.unreachable(error))?.known),
            StatusCode::UNAUTHORIZED => Err(self.wants_token()),
            status => Err(ImportFailure::Usage(format!("{} answered {status}: is it a Darkroom of this version?", self.base))),
        }
    }

    pub async fn send(&self, path: &Path) -> Result<Sent, ImportFailure> {
        let mut last = String::new();
        for again in 0..TRIES {
            if again > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let (file, details) = match open(path).await {
                Ok(opened) => opened,
                Err(error) => return Ok(Sent::Refused(format!("It cannot be read: {error}."))),
            };
            let mut url = self.url("api/outputs")?;
            url.query_pairs_mut().append_pair("filename", &details.name).append_pair("createdAt", &details.created_at);
            let time = TIMEOUT + Duration::from_secs(details.bytes / BYTES_PER_SECOND);
            let request = self.http.post(url).header(header::CONTENT_TYPE, "application/octet-stream");
            let request = request.header(header::CONTENT_LENGTH, details.bytes).body(file).timeout(time);
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(error) => {
                    last = error.to_string();
                    continue;
                }
            };
            let status = answer.status();
            match status {
                StatusCode::CREATED => return Ok(Sent::New),
                StatusCode::OK => return Ok(Sent::Known),
                _ => {}
            }
            let why = answer.json::<Refusal>().await.map_or_else(|_| format!("Darkroom answered {status}."), |refusal| refusal.detail);
            if !(status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS) {
                return Ok(Sent::Refused(why));
            }
            last = why;
        }
        Err(self.unreachable(last))
    }
}

/// What is sent with a file.
struct FileDetails {
    name: String,
    /// RFC 3339.
    created_at: String,
    bytes: u64,
}

async fn open(path: &Path) -> std::io::Result<(tokio::fs::File, FileDetails)> {
    let file = tokio::fs::File::open(path).await?;
    let about = file.metadata().await?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().filter(|c| !c.is_control()).take(255).collect();
    let modified = about.modified().unwrap_or_else(|_| SystemTime::now());
    let created_at = Timestamp::try_from(modified).unwrap_or_else(|_| Timestamp::now());
    Ok((file, FileDetails { name, created_at: format!("{created_at:.3}"), bytes: about.len() }))
}

/// How a bar shows files.
pub(super) fn bar_style(bar: &ProgressBar) {
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos} of {len} files · {eta} left · {msg}") {
        bar.set_style(style);
    }
}
