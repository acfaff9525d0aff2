//! How fast files come into the gallery: IMPORT_FILES (10,000) small pictures as ComfyUI writes them, by `darkroom import` into a Darkroom, both processes
//! of their own. Beside it: the same files copied into another folder, each flushed, and their SHA-256 computed, which is the least that keeping them takes.
//! Run it with `make bench`.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails must say so")]

#[allow(dead_code, unused_imports, reason = "a part of it is used here")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use darkroom::proto::recipe::TextToImage;
use rand::{RngCore, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::process;

const SIDE: u32 = 64;

fn main() {
    let files = std::env::var("IMPORT_FILES").ok().and_then(|files| files.parse().ok()).unwrap_or(10_000);
    let folder = tempfile::tempdir().expect("a folder");
    let pictures = folder.path().join("pictures");
    let bytes = make(&pictures, files);
    println!("{files} pictures of {SIDE}×{SIDE} with prompt and workflow, {} KB each", bytes / files / 1024);

    let peer = files as f64 / copied(&pictures, &folder.path().join("copies"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let darkroom = process::darkroom(&folder.path().join("darkroom"), &[], "").await;
        let (empty, _) = memory(darkroom.id());
        let ours = files as f64 / imported(&pictures, darkroom.addr.port(), &format!("{files} new, 0 there already, 0 not taken"));
        let (now, peak) = memory(darkroom.id());
        let again = files as f64 / imported(&pictures, darkroom.addr.port(), &format!("0 new, {files} there already, 0 not taken"));
        let total = reqwest::get(format!("http://{}/api/outputs?q=lighthouse&limit=1", darkroom.addr)).await.expect("answers");
        let total: Value = total.json().await.expect("JSON");
        assert_eq!(total["total"], json!(files), "all are found by their prompts");
        println!("the Darkroom's memory: {empty} MB before, {now} MB after, {peak} MB at most");
        println!("given again, when all are there: {again:.0} files a second");
        println!("import, peak memory of the server: ours={peak}MB");
        println!("import, files per second: ours={ours:.0} peer={peer:.0} (copied, flushed and hashed) ratio={:.3}", ours / peer);
    });
}

/// Returns the bytes of all.
fn make(folder: &Path, files: u64) -> u64 {
    fs::create_dir_all(folder).expect("a folder");
    let mut random = StdRng::seed_from_u64(7);
    let mut bytes = 0;
    for number in 0..files {
        let recipe = TextToImage {
            prompt: format!("a lighthouse at dusk, number {number}"),
            checkpoint: "demo-safelight.safetensors".into(),
            seed: random.next_u64(),
            ..TextToImage::default()
        };
        let path = folder.join(format!("ComfyUI_{number:05}_.png"));
        let mut pixels = vec![0; (SIDE * SIDE * 3) as usize];
        random.fill_bytes(&mut pixels);
        let mut encoder = png::Encoder::new(BufWriter::new(File::create(&path).expect("a file")), SIDE, SIDE);
        encoder.set_color(png::ColorType::Rgb);
        let prompt = serde_json::to_string(&recipe.workflow()).expect("JSON");
        encoder.add_text_chunk("prompt".into(), prompt).expect("a text");
        // As large as a small workflow of the editor.
        let nodes: Vec<Value> =
            (0..20).map(|id| json!({"id": id, "type": "KSampler", "pos": [id, 2], "widgets_values": [number]})).collect();
        encoder.add_text_chunk("workflow".into(), json!({"nodes": nodes, "links": [], "version": 0.4}).to_string()).expect("a text");
        encoder.write_header().expect("a header").write_image_data(&pixels).expect("pixels");
        bytes += fs::metadata(&path).expect("a file").len();
    }
    bytes
}

/// Returns the seconds that it took.
fn copied(from: &Path, to: &Path) -> f64 {
    fs::create_dir_all(to).expect("a folder");
    let paths: Vec<PathBuf> = fs::read_dir(from).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    let start = Instant::now();
    for path in &paths {
        let bytes = fs::read(path).expect("a file");
        let name: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut file = File::create(to.join(name)).expect("a file");
        file.write_all(&bytes).expect("a disk");
        file.sync_all().expect("a disk");
    }
    start.elapsed().as_secs_f64()
}

/// Returns the seconds that it took.
fn imported(folder: &Path, port: u16, expected: &str) -> f64 {
    let start = Instant::now();
    let server = format!("http://127.0.0.1:{port}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_darkroom"));
    let output = command.arg("import").arg(folder).args(["--server", &server]).output().expect("runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.trim(), expected, "{}", String::from_utf8_lossy(&output.stderr));
    start.elapsed().as_secs_f64()
}

/// The megabytes of memory of a process: now, and the most that there were.
fn memory(process: u32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("Linux");
    let kilobytes = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    };
    (kilobytes("VmRSS:") / 1024, kilobytes("VmHWM:") / 1024)
}
