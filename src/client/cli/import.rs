//! `darkroom import`: files of an earlier time into the gallery of a Darkroom.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use reqwest::{Client, StatusCode, header};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use url::Url;

use super::exit_code::{DONE, FAILED, UNREACHABLE, USAGE};

/// What `darkroom import` takes.
#[derive(Args, Debug)]
#[command(after_long_help = AFTER)]
pub struct ImportArgs {
    /// Files, and folders with everything below them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The Darkroom.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000")]
    server: Url,
    /// Sent as "Authorization: Bearer TOKEN". Better in the environment, where others on this machine do not see it.
    #[arg(long, env = "DARKROOM_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

const AFTER: &str = "\
Pictures, videos and sounds are sent one after another; other files are passed over. What ComfyUI, Stable Diffusion WebUI, Forge, SwarmUI, InvokeAI or
NovelAI wrote into them about how they were made is read, and the time of each file is when it was made. What the gallery has already is not sent
again: a command that was interrupted is simply given again. A file that is damaged is named, and the others go on.

Exit codes:
  0  all files are in the gallery
  1  some are not: each is named on standard error
  2  usage: there is no such path, the url or the token is wrong
  3  the Darkroom cannot be reached

Examples:
  darkroom import ~/ComfyUI/output
  darkroom import renders --server https://darkroom.example.com";

/// Endings of the files that are sent.
const ENDINGS: [&str; 14] = ["png", "jpg", "jpeg", "webp", "gif", "mp4", "mov", "m4v", "webm", "mkv", "flac", "mp3", "ogg", "opus"];
/// Files whose hashes are asked about at once.
const ASKED: usize = 200;
const TIMEOUT: Duration = Duration::from_secs(30);
/// A file of this many bytes may take a second.
const BYTES_PER_SECOND: u64 = 100_000;
/// Tries of a file while the Darkroom cannot be reached or has no room, and the pause between them.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(5);

/// Why the command ends.
#[derive(Debug, thiserror::Error)]
enum ImportFailure {
    #[error("{0}")]
    Usage(String),
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

#[derive(Deserialize)]
struct Refusal {
    detail: String,
}

/// What came of a file.
enum Sent {
    New,
    Known,
    /// Why it is not taken.
    Refused(String),
}

struct Importer {
    http: Client,
    base: Url,
}

/// Runs the command and returns the exit code.
pub async fn import(args: ImportArgs) -> u8 {
    match carry_out(args).await {
        Ok(0) => DONE,
        Ok(_) => FAILED,
        Err(error) => {
            eprintln!("darkroom: {error}");
            match error {
                ImportFailure::Usage(_) => USAGE,
                ImportFailure::Unreachable { .. } => UNREACHABLE,
            }
        }
    }
}

/// Returns how many files are not in the gallery.
async fn carry_out(args: ImportArgs) -> Result<usize, ImportFailure> {
    let files = files(&args.paths)?;
    let importer = Importer::new(args.server, args.token)?;
    let bar = ProgressBar::with_draw_target(Some(files.len() as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos} of {len} files · {eta} left · {msg}") {
        bar.set_style(style);
    }
    let (mut new, mut known, mut refused) = (0_usize, 0_usize, 0_usize);
    for part in files.chunks(ASKED) {
        let mut hashes = Vec::new();
        for path in part {
            hashes.push(hash(path).await);
        }
        let there = importer.known(&hashes).await?;
        for (path, hash) in part.iter().zip(&hashes) {
            let sent = match hash {
                Ok(hash) if there.contains(hash) => Sent::Known,
                Ok(_) => importer.send(path).await?,
                Err(error) => Sent::Refused(format!("It cannot be read: {error}.")),
            };
            match sent {
                Sent::New => new += 1,
                Sent::Known => known += 1,
                Sent::Refused(why) => {
                    refused += 1;
                    bar.suspend(|| eprintln!("{}: {why}", path.display()));
                }
            }
            bar.set_message(format!("{new} new, {known} there already, {refused} not taken"));
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    println!("{new} new, {known} there already, {refused} not taken");
    Ok(refused)
}

impl Importer {
    fn new(base: Url, token: Option<String>) -> Result<Self, ImportFailure> {
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

    fn url(&self, path: &str) -> Result<Url, ImportFailure> {
        self.base.join(path).map_err(|error| ImportFailure::Usage(format!("{} is no address of a Darkroom: {error}", self.base)))
    }

    fn unreachable(&self, why: impl std::fmt::Display) -> ImportFailure {
        ImportFailure::Unreachable { url: self.base.clone(), why: why.to_string() }
    }

    /// Those of these files that the gallery has.
    async fn known(&self, hashes: &[std::io::Result<String>]) -> Result<HashSet<String>, ImportFailure> {
        let hashes = Hashes { hashes: hashes.iter().flatten().map(String::as_str).collect() };
        let request = self.http.post(self.url("api/outputs/known")?).json(&hashes).timeout(TIMEOUT);
        let answer = request.send().await.map_err(|error| self.unreachable(error))?;
        match answer.status() {
            StatusCode::OK => Ok(answer.json::<Known>().await.map_err(|error| self.unreachable(error))?.known),
            StatusCode::UNAUTHORIZED => Err(ImportFailure::Usage(format!("The Darkroom at {} wants a token: --token.", self.base))),
            status => Err(ImportFailure::Usage(format!("{} answered {status}: is it a Darkroom of this version?", self.base))),
        }
    }

    async fn send(&self, path: &Path) -> Result<Sent, ImportFailure> {
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

async fn hash(path: &Path) -> std::io::Result<String> {
    let mut file = tokio::fs::File::open(path).await?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer).await? {
            0 => break,
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The files to send, in the order of their names. Links to folders are not followed, so that there is no way round.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, ImportFailure> {
    let mut found = Vec::new();
    for path in paths {
        let about = std::fs::metadata(path).map_err(|error| ImportFailure::Usage(format!("{} cannot be read: {error}", path.display())))?;
        if about.is_dir() {
            let mut folders = vec![path.clone()];
            while let Some(folder) = folders.pop() {
                let unreadable = |error: std::io::Error| ImportFailure::Usage(format!("{} cannot be read: {error}", folder.display()));
                let mut entries = std::fs::read_dir(&folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
                entries.sort_by_key(std::fs::DirEntry::file_name);
                for entry in entries {
                    match entry.file_type() {
                        Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                        Ok(_) if is_sent(&entry.path()) => found.push(entry.path()),
                        _ => {}
                    }
                }
            }
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn is_sent(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_below_a_folder_are_found_by_their_endings() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        for name in ["a/1.PNG", "a/b/2.webm", "a/notes.txt", "3.jpeg", "4"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let mut found: Vec<String> = files(&[folder.path().to_owned(), folder.path().join("4")])
            .unwrap()
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned())
            .collect();
        found.sort();
        // A file that is named is sent whatever it is called.
        assert_eq!(found, ["3.jpeg", "4", "a/1.PNG", "a/b/2.webm"]);
        assert!(matches!(files(&[folder.path().join("nowhere")]), Err(ImportFailure::Usage(_))));
    }
}
