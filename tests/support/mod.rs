//! Helpers shared by test files, and the recorded traffic of a real ComfyUI. The binary `it` uses all of it; the chaos test and the
//! benchmarks compile it again and use parts.

use std::{io::Read, path::PathBuf};

use serde_json::Value;

/// One recording: its lines in order of arrival. The format is described in `tests/recordings/README.md`.
pub struct Recording {
    pub name: String,
    pub lines: Vec<Value>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// The recording with that name (without `.jsonl.gz`).
pub fn recording(name: &str) -> Recording {
    let file = std::fs::File::open(folder().join(format!("{name}.jsonl.gz"))).expect("a recording");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("utf-8");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("strict JSON")).collect();
    Recording { name: name.to_owned(), lines }
}

/// All recordings, by name.
pub fn recordings() -> Vec<Recording> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("recordings")
        .filter_map(|entry| {
            let name = entry.expect("entry").file_name().into_string().ok()?;
            name.strip_suffix(".jsonl.gz").map(str::to_owned)
        })
        .collect();
    names.sort();
    names.iter().map(|name| recording(name)).collect()
}

pub mod access;
pub mod api;
pub mod bucket;
pub mod darkroom_server;
pub mod document;
pub mod events;
pub mod faults;
pub mod front;
#[allow(dead_code, reason = "of the cluster test alone")]
pub mod haproxy;
pub mod link;
pub mod media;
pub mod metrics;
pub mod outputs;
pub mod page;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod receiver;
pub mod redis;
pub mod replay;
pub mod small_disk;
pub mod store;
pub mod tls;
pub mod v2;
