//! `darkroom import`: files of an earlier time into the gallery of a Darkroom.

use std::path::{Path, PathBuf};

use clap::Args;
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressDrawTarget};
use proto::gallery::may_be_imported;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use url::Url;

use super::{
    exit_code::{DONE, FAILED, INTERRUPTED, UNREACHABLE, USAGE},
    import_comfyui::follow,
    importer::{ImportFailure, Importer, Sent, bar_style},
};

/// What `darkroom import` takes.
#[derive(Args, Debug)]
#[command(after_long_help = AFTER)]
pub struct ImportArgs {
    /// Files, and folders with everything below them.
    #[arg(required_unless_present = "comfyui", conflicts_with = "comfyui", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What this ComfyUI made before: one of the Darkroom's, by its name or address. The Darkroom fetches the files itself.
    #[arg(long, value_name = "URL")]
    comfyui: Option<String>,
    /// The Darkroom.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000")]
    server: Url,
    /// Sent as "Authorization: Bearer TOKEN". Better in the environment, where others on this machine do not see it.
    #[arg(long, env = "DARKROOM_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

const AFTER: &str = "\
Pictures, videos and sounds are sent in the order of their names; other files are passed over. What ComfyUI, Stable Diffusion WebUI, Forge, SwarmUI, InvokeAI or
NovelAI wrote into them about how they were made is read, and the time of each file is when it was made. What the gallery has already is not sent
again: a command that was interrupted is simply given again. A file that is damaged is named, and the others go on.

With --comfyui, these are the outputs in the history of a ComfyUI, and the files at the top of its output folder, where its version lists them.

Exit codes:
  0  all files are in the gallery
  1  some are not: each is named on standard error
  2  usage: there is no such path, the url or the token is wrong
  3  the Darkroom cannot be reached
  130  interrupted by Ctrl-C; the same command goes on

Examples:
  darkroom import ~/ComfyUI/output
  darkroom import renders --server https://darkroom.example.com
  darkroom import --comfyui http://gpu:8188";

/// Files that are on their way at the same time: the Darkroom then flushes its disk once for several.
const AT_ONCE: usize = 4;
/// Files whose hashes are asked about at once.
const ASKED: usize = 200;

/// Runs the command and returns the exit code.
pub async fn import(args: ImportArgs) -> u8 {
    match carry_out(args).await {
        Ok(0) => DONE,
        Ok(_) => FAILED,
        Err(error) => {
            eprintln!("darkroom: {error}");
            match error {
                ImportFailure::Usage(_) => USAGE,
                ImportFailure::Ended(_) => FAILED,
                ImportFailure::Stopped(_) => INTERRUPTED,
                ImportFailure::Unreachable { .. } => UNREACHABLE,
            }
        }
    }
}

/// Returns how many files are not in the gallery.
async fn carry_out(args: ImportArgs) -> Result<u64, ImportFailure> {
    let importer = Importer::new(args.server, args.token)?;
    if let Some(comfyui) = args.comfyui {
        return follow(&importer, &comfyui).await;
    }
    let files = files(&args.paths)?;
    let bar = ProgressBar::with_draw_target(Some(files.len() as u64), ProgressDrawTarget::stderr());
    bar_style(&bar);
    let (mut new, mut known, mut refused) = (0_u64, 0_u64, 0_u64);
    for part in files.chunks(ASKED) {
        let mut hashes = Vec::new();
        for path in part {
            hashes.push(hash(path).await);
        }
        let there = importer.known(&hashes).await?;
        let (importer, there) = (&importer, &there);
        let send = |(path, hash): (&PathBuf, std::io::Result<String>)| {
            let path = path.clone();
            async move {
                let sent = match hash {
                    Ok(hash) if there.contains(&hash) => Sent::Known,
                    Ok(_) => importer.send(&path).await?,
                    Err(error) => Sent::Refused(format!("It cannot be read: {error}.")),
                };
                Ok::<_, ImportFailure>((path, sent))
            }
        };
        let mut sending = stream::iter(part.iter().zip(hashes).map(send)).buffered(AT_ONCE);
        while let Some(sent) = sending.next().await {
            let (path, sent) = sent?;
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
    path.file_name().is_some_and(|name| may_be_imported(&name.to_string_lossy()))
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
