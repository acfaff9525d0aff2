//! The structure that ARCHITECTURE.md promises, read from the sources: which module may import which, no import cycles between files, and
//! unique type names.
//!
//! Cargo enforces the dependencies between crates once they are in a manifest; the table here lists the allowed ones.

mod addresses;
mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use petgraph::{algo::tarjan_scc, graph::DiGraph};
use source::{Crate, Edge};

/// A crate below `src`, and the workspace crates that it may depend on.
const CRATES: &[(&str, &[&str])] = &[
    ("client", &["comfyui", "proto"]),
    ("comfyui", &["proto"]),
    ("demo", &["paint", "proto"]),
    ("paint", &[]),
    ("proto", &[]),
    ("server", &["comfyui", "demo", "proto", "service", "webhook"]),
    ("service", &["proto"]),
    ("web", &["proto", "service"]),
    ("webhook", &["proto"]),
];

/// A part of a crate, by its path below `src`, and the parts of the same crate that it may import. The first match applies.
const PARTS: &[(&str, &[&str])] = &[
    ("web/api", &["web/api"]),
    ("web/app", &["web/base_path", "web/browser", "web/components", "web/first_paint", "web/live", "web/pages"]),
    ("web/base_path", &[]),
    ("web/browser", &["web/api", "web/base_path", "web/browser", "web/live", "web/storage"]),
    ("web/components", &["web/api", "web/base_path", "web/components", "web/first_paint", "web/live", "web/storage"]),
    ("web/first_paint", &[]),
    ("web/frontend", &["web/api", "web/app", "web/base_path", "web/first_paint", "web/frontend"]),
    ("web/lib", &["web/"]),
    ("web/live", &["web/live"]),
    ("web/storage", &[]),
    ("web/pages", &["web/api", "web/base_path", "web/components", "web/first_paint", "web/live", "web/pages"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every crate below `src`, by name.
fn crates() -> impl Iterator<Item = (&'static str, Crate)> {
    CRATES.iter().map(|(name, _)| (*name, Crate::read(&root().join("src").join(name).join("lib.rs"))))
}

/// As in ARCHITECTURE.md: below `src`, without the ending.
fn short(path: &Path) -> String {
    let path = path.strip_prefix(root().join("src")).unwrap_or(path);
    path.with_extension("").to_string_lossy().into_owned()
}

#[test]
fn crates_depend_only_on_those_that_they_may() {
    let mut wrong = Vec::new();
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(manifest) = fs::read_to_string(folder.join("Cargo.toml")) else { continue };
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let manifest: toml::Table = manifest.parse().unwrap();
        let (_, allowed) = CRATES.iter().find(|(listed, _)| *listed == name).unwrap_or_else(|| panic!("src/{name} is not in the table"));
        let dependencies = ["dependencies", "dev-dependencies"].iter().filter_map(|table| manifest.get(*table)?.as_table());
        let ours = dependencies.flat_map(|table| table.keys()).filter(|key| CRATES.iter().any(|(listed, _)| listed == key));
        wrong.extend(ours.filter(|key| !allowed.contains(&key.as_str())).map(|key| format!("`{name}` depends on `{key}`")));
        found.insert(name);
    }
    assert!(wrong.is_empty(), "not allowed: {wrong:#?}");
    assert_eq!(found.len(), CRATES.len(), "the table names a crate that is not there: {found:?}");
}

/// The violations in one crate.
fn back_arrows(krate: &Crate, parts: &[(&str, &[&str])]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Edge { from, to, path } in krate.edges() {
        let (from, to) = (short(&krate.files[from]), short(&krate.files[to]));
        let Some((_, allowed)) = parts.iter().find(|(part, _)| from.starts_with(part)) else { continue };
        if !allowed.iter().any(|part| to.starts_with(part)) {
            wrong.push(format!("{from} imports {to} ({path})"));
        }
    }
    wrong
}

#[test]
fn parts_of_a_crate_import_only_those_that_they_may() {
    let wrong: Vec<String> = crates().flat_map(|(_, krate)| back_arrows(&krate, PARTS)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_core_is_pure() {
    for file in sources(&root().join("src/proto")) {
        let text = fs::read_to_string(&file).unwrap();
        for banned in ["leptos", "tokio", "axum", "Instant::now", "SystemTime", "rand::", "std::net", "std::fs", "web_sys"] {
            assert!(!text.contains(banned), "{} knows {banned}", file.display());
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// The import cycles between files of one crate, each with its imports.
fn circles(krate: &Crate) -> Vec<Vec<String>> {
    let edges = krate.edges();
    let mut graph = DiGraph::<(), ()>::new();
    let nodes: Vec<_> = krate.files.iter().map(|_| graph.add_node(())).collect();
    for edge in &edges {
        graph.update_edge(nodes[edge.from], nodes[edge.to], ());
    }
    let circles = tarjan_scc(&graph).into_iter().filter(|files| files.len() > 1);
    circles
        .map(|files| {
            let files: BTreeSet<usize> = files.into_iter().map(|node| node.index()).collect();
            let within = edges.iter().filter(|edge| files.contains(&edge.from) && files.contains(&edge.to));
            within
                .map(|Edge { from, to, path }| format!("{} → {} ({path})", short(&krate.files[*from]), short(&krate.files[*to])))
                .collect()
        })
        .collect()
}

#[test]
fn no_files_import_one_another_in_a_circle() {
    let found: Vec<_> = crates().flat_map(|(_, krate)| circles(&krate)).collect();
    assert!(found.is_empty(), "{} circles: {found:#?}", found.len());
}

/// Type names that may be defined more than once, with the reason.
const SAME_NAME: &[(&str, &str)] = &[
    ("Accepted", API),
    ("Answer", DEMO),
    ("Backend", "what people see of a ComfyUI (proto), and what the server keeps to talk to it"),
    ("Catalog", DEMO),
    ("Ending", DEMO),
    ("Failure", DEMO),
    ("Form", DEMO),
    ("Input", DEMO),
    ("NodeError", API),
    ("Options", "public: of a run (client) and of the demo engine"),
    ("Order", DEMO),
    ("Output", "of a state machine without I/O (link); of a task (proto); of a finished run, with its bytes (client, public)"),
    ("OutputReport", API),
    ("Page", DEMO),
    ("Pending", DEMO),
    ("Problem", DEMO),
    ("Progress", "ComfyUI's own message, what the API reports, and what a run tells its caller: each the word of its interface"),
    ("Queue", DEMO),
    ("Refusal", DEMO),
    ("Rejection", DEMO),
    ("Scene", "a part of a film (proto), and what a picture of the demo engine shows (paint)"),
    ("Snapshot", DEMO),
    ("Socket", DEMO),
    ("Status", "ComfyUI's own message, the API's member as the client reads it, and the demo engine's"),
    ("TaskReport", API),
    ("UploadReport", API),
    ("Verdict", DEMO),
    ("Waiting", DEMO),
];

const API: &str = "the client reads a document of the API that the server writes: two programs, which may be of different versions";
const DEMO: &str = "the demo engine imitates ComfyUI and uses ComfyUI's words; nothing imports it but the server, to start it";

#[test]
fn a_type_name_has_one_meaning() {
    let mut defined = BTreeMap::<String, Vec<String>>::new();
    for (_, krate) in crates() {
        for name in &krate.types {
            defined.entry(name.name.clone()).or_default().push(format!("{}.rs:{}", short(&krate.files[name.file]), name.line));
        }
    }
    let twice: BTreeMap<_, _> = defined.into_iter().filter(|(_, places)| places.len() > 1).collect();
    let new: BTreeMap<_, _> = twice.iter().filter(|(name, _)| SAME_NAME.iter().all(|(known, _)| known != name)).collect();
    assert!(new.is_empty(), "{} names are defined twice: {new:#?}", new.len());
    let old: Vec<_> = SAME_NAME.iter().filter(|(name, _)| !twice.contains_key(*name)).collect();
    assert!(old.is_empty(), "no longer defined twice: {old:?}");
}

/// A crate of these files, by path below its folder.
fn made_of(files: &[(&str, &str)]) -> (tempfile::TempDir, Crate) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let krate = Crate::read(&folder.path().join("lib.rs"));
    (folder, krate)
}

fn circles_of(files: &[(&str, &str)]) -> usize {
    circles(&made_of(files).1).len()
}

#[test]
fn a_circle_of_two_files_is_found() {
    let lib = ("lib.rs", "mod a; mod b;");
    assert_eq!(circles_of(&[lib, ("a.rs", "use crate::b::B; pub struct A(B);"), ("b.rs", "pub struct B;")]), 0);
    assert_eq!(circles_of(&[lib, ("a.rs", "use crate::b::B; pub struct A(B);"), ("b.rs", "pub struct B; fn f(_: super::a::A) {}")]), 1);
}

#[test]
fn a_circle_with_the_parent_is_found() {
    let parent = ("lib.rs", "mod child; pub struct Parent; fn f() { child::run() }");
    assert_eq!(circles_of(&[parent, ("child.rs", "use super::Parent; pub fn run() { let _ = Parent; }")]), 1);
    assert_eq!(circles_of(&[parent, ("child.rs", "use super::*; pub fn run() { let _: Parent; }")]), 1);
    assert_eq!(circles_of(&[parent, ("child.rs", "pub fn run() {}")]), 0);
}

#[test]
fn a_re_export_is_an_import_of_what_defines_it() {
    let files = [
        ("lib.rs", "mod part;"),
        ("part/mod.rs", "mod one; mod two; pub use one::One; pub use two::*;"),
        ("part/one.rs", "use super::Two; pub struct One(Two);"),
        ("part/two.rs", "pub struct Two;"),
    ];
    let (_folder, krate) = made_of(&files);
    assert!(circles(&krate).is_empty());
    let edges: Vec<_> = krate.edges().into_iter().map(|edge| (krate.files[edge.from].clone(), krate.files[edge.to].clone())).collect();
    assert!(edges.iter().any(|(from, to)| from.ends_with("one.rs") && to.ends_with("two.rs")), "{edges:?}");
}

#[test]
fn paths_in_macros_and_groups_are_seen_and_tests_are_not() {
    let lib = ("lib.rs", "mod a; mod b;");
    let b = ("b.rs", "pub struct B; impl B { fn f(a: crate::a::A) {} }");
    assert_eq!(circles_of(&[lib, ("a.rs", "pub struct A; fn f() { println!(\"{}\", crate::b::B::f()); }"), b]), 1);
    assert_eq!(circles_of(&[lib, ("a.rs", "pub struct A; use super::{b::{B as Other}};"), b]), 1);
    assert_eq!(circles_of(&[lib, ("a.rs", "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }"), b]), 0);
}

#[test]
fn a_back_arrow_inside_a_crate_is_found() {
    let files = [("lib.rs", "mod api; mod live;"), ("api.rs", "pub fn ask() {}"), ("live.rs", "use crate::api::ask;")];
    let (folder, krate) = made_of(&files);
    let part = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (live, api) = (part("live"), part("api"));
    assert_eq!(back_arrows(&krate, &[(&live, &[])]).len(), 1);
    assert_eq!(back_arrows(&krate, &[(&live, &[&api])]).len(), 0);
}
