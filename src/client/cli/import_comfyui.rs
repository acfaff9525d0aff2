//! `darkroom import --comfyui`: the Darkroom takes in what one of its ComfyUIs made before; the command shows how it goes.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use tokio::{signal::ctrl_c, time::sleep};
use url::Url;

use super::importer::{ImportFailure, Importer, Refusal, TIMEOUT, bar_style};

/// Between two looks at how it goes.
const LOOK: Duration = Duration::from_millis(500);
/// Looks that may fail one after another.
const FAILED_LOOKS: u32 = 20;

/// See [`proto::gallery::ComfyuiImport`].
#[derive(Deserialize)]
struct Progress {
    state: String,
    found: u64,
    done: u64,
    new: u64,
    known: u64,
    refused: u64,
    refusals: Vec<RefusedLine>,
    why: Option<String>,
}

#[derive(Deserialize)]
struct RefusedLine {
    filename: String,
    why: String,
}

/// `comfyui`: its name in the Darkroom, or its address. Returns how many files are not in the gallery.
pub(super) async fn follow(importer: &Importer, comfyui: &str) -> Result<u64, ImportFailure> {
    let name = name_of(comfyui);
    let mut progress = ask(importer, Method::POST, &name).await?;
    let bar = ProgressBar::with_draw_target(Some(progress.found), ProgressDrawTarget::stderr());
    bar_style(&bar);
    let mut failed = 0;
    while progress.state == "running" {
        bar.set_length(progress.found);
        bar.set_position(progress.done);
        bar.set_message(line(&progress));
        tokio::select! {
            () = sleep(LOOK) => {}
            _ = ctrl_c() => {
                bar.finish_and_clear();
                progress = ask(importer, Method::DELETE, &name).await?;
                return Err(ImportFailure::Stopped(format!("{}. The same command goes on.", line(&progress))));
            }
        }
        match ask(importer, Method::GET, &name).await {
            Ok(next) => (progress, failed) = (next, 0),
            Err(ImportFailure::Unreachable { .. }) if failed < FAILED_LOOKS => failed += 1,
            Err(error) => return Err(error),
        }
    }
    bar.finish_and_clear();
    for RefusedLine { filename, why } in &progress.refusals {
        eprintln!("{filename}: {why}");
    }
    println!("{}", line(&progress));
    match (progress.state.as_str(), progress.why) {
        ("done", _) => Ok(progress.refused),
        ("failed", Some(why)) => Err(ImportFailure::Ended(why)),
        ("stopped", _) => Err(ImportFailure::Stopped("Somebody stopped it. The same command goes on.".to_owned())),
        _ => Err(ImportFailure::Ended("The Darkroom was started again meanwhile. The same command goes on.".to_owned())),
    }
}

fn line(progress: &Progress) -> String {
    format!("{} new, {} there already, {} not taken", progress.new, progress.known, progress.refused)
}

/// An address as the Darkroom calls the ComfyUI there; a name as it is.
fn name_of(comfyui: &str) -> String {
    let url = Url::parse(comfyui).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let named = url.and_then(|url| {
        let host = url.host_str()?;
        let name = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(name + url.path().trim_end_matches('/'))
    });
    named.unwrap_or_else(|| comfyui.to_owned())
}

async fn ask(importer: &Importer, method: Method, name: &str) -> Result<Progress, ImportFailure> {
    let mut url = importer.url("api/backends/")?;
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend([name, "import"]);
    }
    let answer = importer.http.request(method, url).timeout(TIMEOUT).send().await.map_err(|error| importer.unreachable(error))?;
    match answer.status() {
        StatusCode::OK | StatusCode::ACCEPTED => answer.json().await.map_err(|error| importer.unreachable(error)),
        StatusCode::UNAUTHORIZED => Err(importer.wants_token()),
        status => {
            let why = answer.json::<Refusal>().await.map_or_else(|_| format!("Darkroom answered {status}."), |refusal| refusal.detail);
            Err(ImportFailure::Usage(format!("{why} It takes in what the ComfyUIs of its settings made: darkroom serve --comfyui URL.")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_name_of_the_comfyui_there() {
        assert_eq!(name_of("http://gpu:8188/"), "gpu:8188");
        assert_eq!(name_of("https://comfy.example.com/one/"), "comfy.example.com/one");
        assert_eq!(name_of("gpu-1"), "gpu-1");
        assert_eq!(name_of("127.0.0.1:8188"), "127.0.0.1:8188");
    }
}
