//! ARCHITECTURE.md leads to files by their paths: each of them must be there.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The source files that a document names in backticks. A path may be short: its beginning is left out. Braces are alternatives.
fn named_files(text: &str) -> Vec<String> {
    let code = text.split('`').skip(1).step_by(2);
    let paths = code.filter(|code| code.ends_with(".rs") && code.chars().all(|c| c.is_ascii_alphanumeric() || "_/.{},".contains(c)));
    paths.flat_map(alternatives).collect()
}

fn alternatives(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let Some((names, after)) = rest.split_once('}') else { return vec![path.to_owned()] };
    names.split(',').map(|name| format!("{before}{name}{after}")).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn files_named_in_the_documents_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<PathBuf> = ["src", "tests", "benches"].iter().flat_map(|folder| sources(&root.join(folder))).collect();
    let named = named_files(&fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap());
    assert!(named.len() > 20, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !files.iter().any(|file| file.ends_with(name))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn paths_are_distinguished_from_other_code() {
    assert_eq!(named_files("see `a/b.rs`, `c/{d,e}.rs` and `f()`, not g.rs"), ["a/b.rs", "c/d.rs", "c/e.rs"]);
}
