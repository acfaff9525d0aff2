//! Who may import whom (ARCHITECTURE.md): fails when an arrow runs the wrong way.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A part of the crate, by its path below `src`, and the parts it may import.
const ALLOWED: &[(&str, &[&str])] = &[
    ("proto", &["proto"]),
    ("server/routes", &["server", "proto", "app", "webhook"]),
    // Urls of the built files are made by the server and put into the document by the app.
    ("server/assets.rs", &["server", "proto", "app"]),
    ("server", &["server", "proto", "demo", "comfyui", "webhook"]),
    // Sockets and HTTP to a ComfyUI, for both who drive a link to one.
    ("comfyui", &["comfyui", "proto"]),
    ("client", &["client", "proto", "comfyui"]),
    // The signature, for who sends and who receives.
    ("webhook", &["webhook", "proto"]),
    ("browser", &["browser", "proto", "live", "api"]),
    ("live.rs", &["proto"]),
    ("live/", &["live", "proto"]),
    ("components", &["components", "live", "proto", "api", "app"]),
    ("pages", &["pages", "components", "live", "proto", "api", "app"]),
    ("api.rs", &["proto", "server"]),
    ("demo", &["demo", "proto"]),
    ("app/", &["proto"]),
    ("app.rs", &["components", "pages", "live", "proto", "browser"]),
    ("lib.rs", &["app", "pages", "browser"]),
    ("main.rs", &[]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The first segments of all `crate::…` paths: also those of `use crate::{a::…, b::…}`.
fn imports(text: &str) -> Vec<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(first_segments(group));
        } else {
            found.extend(segment(rest));
        }
    }
    found
}

fn segment(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

fn first_segments(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut found = Vec::new();
    let mut at_start = true;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            c if at_start && !c.is_whitespace() => {
                found.extend(segment(&group[at..]));
                at_start = false;
            }
            _ => {}
        }
    }
    found
}

#[test]
fn every_import_follows_the_arrows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in &files {
        let place = file.strip_prefix(&root).expect("below src").to_string_lossy().into_owned();
        let (_, allowed) = ALLOWED.iter().find(|(part, _)| place.starts_with(part)).unwrap_or_else(|| panic!("{place} is in no part"));
        let text = fs::read_to_string(file).expect("text");
        let foreign = imports(&text).into_iter().filter(|import| !allowed.contains(&import.as_str()));
        wrong.extend(foreign.map(|import| format!("{place} imports {import}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn grouped_and_plain_imports_are_both_seen() {
    let text = "use crate::{\n    api,\n    live::{Live, x},\n    proto::task,\n};\nfn f() { crate::server::g() }\n// crate::nothing";
    assert_eq!(imports(text), ["api", "live", "proto", "server"]);
}

#[test]
fn the_core_is_pure() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/proto");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("text");
        for banned in ["leptos", "tokio", "axum", "Instant::now", "SystemTime", "rand::", "std::net", "std::fs", "web_sys"] {
            assert!(!text.contains(banned), "{} knows {banned}", file.display());
        }
    }
}
