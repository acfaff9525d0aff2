//! The arguments of the command line.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use jiff::{Span, SpanRelativeTo};

/// What `darkroom run` takes.
#[derive(Args, Debug)]
#[command(after_long_help = AFTER)]
pub struct RunArgs {
    /// A workflow in API format (in ComfyUI: Workflow → Export (API)), or a picture that ComfyUI made; "-" reads it from standard input.
    pub(super) workflow: PathBuf,
    /// The ComfyUI that runs it.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8188", conflicts_with = "server")]
    pub(super) comfyui: String,
    /// Through this Darkroom instead: it waits its turn there, survives restarts, and everyone sees it.
    #[arg(long, value_name = "URL")]
    pub(super) server: Option<String>,
    /// Sent as "Authorization: Bearer TOKEN". Better in the environment, where others on this machine do not see it.
    #[arg(long, env = "DARKROOM_TOKEN", hide_env_values = true)]
    pub(super) token: Option<String>,
    /// Basic authentication; the password is in DARKROOM_PASSWORD, where others on this machine do not see it.
    #[arg(long, value_name = "NAME", env = "DARKROOM_USER")]
    pub(super) user: Option<String>,
    /// The password of --user. Better in the environment.
    #[arg(long, env = "DARKROOM_PASSWORD", hide_env_values = true)]
    pub(super) password: Option<String>,
    /// Another header for every request, such as X-API-Key. "@FILE" reads headers from a file, one a line.
    #[arg(long, value_name = "NAME: VALUE")]
    pub(super) header: Vec<String>,
    /// Trust only the certificates in this PEM file: of an authority, or of the server itself.
    #[arg(long, value_name = "FILE", env = "DARKROOM_CA_FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// Give an input of the workflow another value. NODE is a node's id, title or class. VALUE gets the type of the value in the file: a text
    /// stays a text, also 2024 and true. Where the file has a link or nothing, ComfyUI's node determines the type; else VALUE is read as JSON if it
    /// is JSON. A link to another node is ["node id", slot].
    #[arg(long, value_name = "NODE.INPUT=VALUE", value_parser = set)]
    pub(super) set: Vec<(String, String)>,
    /// Upload a file and give its name there to an input.
    #[arg(long, value_name = "NODE.INPUT=FILE", value_parser = upload)]
    pub(super) upload: Vec<(String, PathBuf)>,
    /// Folder to save the outputs in; made if it is missing.
    #[arg(long, short, value_name = "DIR", default_value = ".")]
    pub(super) output: PathBuf,
    /// Tell everything as JSON on standard output, one object a line.
    #[arg(long)]
    pub(super) json: bool,
    /// Cancel a run that takes longer, waiting included: 90s, 10m, "1h 30m".
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) timeout: Option<Duration>,
    /// Give up when the server is not reached for this long in the middle of a run.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub(super) give_up_after: Duration,
    /// When ComfyUI restarts and forgets the run, fail instead of beginning again (at most twice).
    #[arg(long, conflicts_with = "server")]
    pub(super) no_rerun: bool,
}

const AFTER: &str = "\
Outputs:
  Files that stay are saved; when there are none, temporary ones (of preview nodes) are. A file that is there already is never
  overwritten: the new one becomes \"name (1).png\". Folders that the server put a file in are left out. Paths of saved files go to
  standard output, one a line; progress and messages go to standard error: a bar in a terminal, else a line for each node and each
  10 %.

Connection:
  Progress comes over a WebSocket; from a Darkroom as server-sent events. When that cannot be had, the server is asked over HTTP once a
  second (ComfyUI tells no steps then) and the connection is tried on; which of them it is, and when it changes, is said. A lost connection neither loses nor repeats a run.
  How long nodes took is kept in $XDG_CACHE_HOME/darkroom (else ~/.cache/darkroom), for the time left of the next run.

JSON:
  {\"event\":\"uploaded\" | \"connection\" | \"queued\" | \"progress\" | \"note\" | \"completed\" | \"failed\", \"timestamp\":…, …}
  The last line is \"completed\" with \"files\" and \"texts\", or \"failed\" with \"reason\" (usage, refused, node, unreachable, timeout,
  cancelled, server, output) and \"error\". \"progress\" has percentage, currentStep, currentValue and maxValue.

Exit codes:
    0  done, all outputs saved
    1  failed: refused, a node failed, --timeout ran out, cancelled by somebody else, an output could not be saved
    2  usage: something is wrong with the command, a file, a url or the token; nothing was run
    3  the server is unreachable, or was for --give-up-after
  130  interrupted (Ctrl-C, SIGTERM): the run is cancelled first; a second Ctrl-C leaves at once

Examples:
  darkroom run txt2img.json
  darkroom run txt2img.json --comfyui https://pod-8188.example.com --set KSampler.seed=42 --set 6.text=\"a red fox\" -o pictures
  darkroom run inpaint.json --upload \"Load Image.image=portrait.png\" --timeout 10m
  darkroom run txt2img.json --server https://darkroom.example.com --json | jq -r 'select(.event==\"completed\").files[].path'
  jq '.\"3\".inputs.steps = 30' txt2img.json | darkroom run -";

fn pair<'a>(text: &'a str, what: &str) -> Result<(&'a str, &'a str), String> {
    match text.split_once('=') {
        Some((place, value)) if place.contains('.') => Ok((place, value)),
        _ => Err(format!("it must be NODE.INPUT={what}")),
    }
}

fn set(text: &str) -> Result<(String, String), String> {
    let (place, value) = pair(text, "VALUE, such as 3.seed=42")?;
    Ok((place.to_owned(), value.to_owned()))
}

fn upload(text: &str) -> Result<(String, PathBuf), String> {
    let (place, file) = pair(text, "FILE, such as 10.image=portrait.png")?;
    if file.is_empty() { Err("it names no file".to_owned()) } else { Ok((place.to_owned(), file.into())) }
}

fn duration(text: &str) -> Result<Duration, String> {
    let span = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let duration = span.and_then(Duration::try_from).map_err(|error| format!("{error}; write it like 90s, 10m or 1h"))?;
    if duration.is_zero() { Err("it must be above 0".to_owned()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_follows_the_first_equals_sign() {
        let value = |text: &str| set(text).unwrap().1;
        assert_eq!(value("6.text=a = b, c"), "a = b, c");
        assert_eq!(value("6.text="), "");
        assert!(set("seed=1").is_err() && set("3.seed").is_err() && upload("3.image=").is_err());
    }

    #[test]
    fn a_duration_has_a_unit_and_is_not_nothing() {
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        assert!(duration("0s").is_err() && duration("ten").unwrap_err().contains("90s"));
    }
}
