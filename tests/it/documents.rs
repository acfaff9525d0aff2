//! ARCHITECTURE.md leads to files by their paths, and in its table "Where is …" to functions and types: each of them must be there.

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

/// A place that the table names: a file below `src`, and what it defines, such as `estimate` or `Tracker::publish`.
#[derive(Debug, PartialEq)]
struct Named {
    item: Option<String>,
    path: String,
}

/// The places in one cell of the table: each file in backticks, with the item named before it as "`item` in `file`".
fn places(cell: &str) -> Vec<Named> {
    let parts: Vec<&str> = cell.split('`').collect();
    let is_code = |at: usize| at % 2 == 1;
    let files = (0..parts.len()).filter(|at| is_code(*at) && parts[*at].ends_with(".rs"));
    files
        .map(|at| {
            let item = (at >= 2 && parts[at - 1] == " in ").then(|| parts[at - 2].to_owned());
            Named { item, path: parts[at].to_owned() }
        })
        .collect()
}

/// Whether the source defines this function, method or type, or adds methods to this type.
fn defines(source: &str, item: &str) -> bool {
    let (of, name) = item.rsplit_once("::").map_or((None, item), |(of, name)| (Some(of), name));
    let starts_with_name = |rest: &str, name: &str| {
        rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
    };
    let has = |keyword: &str, name: &str| source.split(keyword).skip(1).any(|rest| starts_with_name(rest, name));
    match of {
        Some(of) => has("fn ", name) && has("impl ", of),
        None => ["fn ", "struct ", "enum ", "impl "].iter().any(|keyword| has(keyword, name)),
    }
}

#[test]
fn the_table_names_existing_files_and_what_they_define() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let (_, table) = text.split_once("## Where is …").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | ").map(|(_, cell)| cell)).skip(1).collect();
    assert!(rows.len() > 20, "{rows:#?}");
    let mut wrong = Vec::new();
    for row in rows {
        let places = places(row);
        if places.is_empty() && !row.contains("](docs/") {
            wrong.push(format!("no file: {row}"));
        }
        for Named { item, path } in places {
            match (fs::read_to_string(root.join("src").join(&path)), item) {
                (Err(error), _) => wrong.push(format!("src/{path}: {error}")),
                (Ok(source), Some(item)) if !defines(&source, &item) => wrong.push(format!("src/{path} does not define `{item}`")),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The tests that a cell names: each file in backticks, with the words after ": " that are in it, up to ";" or the end.
fn named_tests(cell: &str) -> Vec<(String, String)> {
    let pieces = cell.split('`').collect::<Vec<_>>();
    let named = pieces.windows(2).filter(|pair| [".rs", ".spec.ts"].iter().any(|end| pair[0].ends_with(end)));
    let test = |pair: &[&str]| {
        let words = pair[1].strip_prefix(": ")?.split("; ").next()?;
        Some((pair[0].to_owned(), words.trim_end_matches([';', ' ', '|']).to_owned()))
    };
    named.filter_map(test).collect()
}

#[test]
fn every_box_of_the_story_has_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = ["src", "tests"].iter().flat_map(|folder| sources(&root.join(folder))).collect();
    files.extend(sources(&root.join("end2end/tests")));
    let text = fs::read_to_string(root.join("docs/story-009.md")).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| box")).collect();
    assert!(rows.len() > 60, "{rows:#?}");
    let mut wrong = Vec::new();
    for row in rows {
        let cell = row.trim_matches(['|', ' ']).split_once(" | ").map(|(_, cell)| cell).unwrap_or_default();
        let tests = named_tests(cell);
        if tests.is_empty() && !cell.contains("above") {
            wrong.push(format!("no test: {row}"));
        }
        for (file, words) in tests {
            let has_words = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|source| source.contains(&words));
            if words.is_empty() || !files.iter().filter(|path| path.ends_with(&file)).any(has_words) {
                wrong.push(format!("{file} has no \"{words}\""));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn tests_are_read_from_a_cell() {
    let cell = "Signals. `a.spec.ts`: it works, always; `b.rs`: name_of_it; see `c.rs`";
    let named = |file: &str, words: &str| (file.to_owned(), words.to_owned());
    assert_eq!(named_tests(cell), [named("a.spec.ts", "it works, always"), named("b.rs", "name_of_it")]);
}

#[test]
fn a_file_and_its_item_are_read_from_a_cell() {
    let named = |item: Option<&str>, path: &str| Named { item: item.map(str::to_owned), path: path.to_owned() };
    let cell = "`A::b` in `c/d.rs` (pure; `flag`), then: `e.rs`";
    assert_eq!(places(cell), [named(Some("A::b"), "c/d.rs"), named(None, "e.rs")]);
}

#[test]
fn an_item_is_found_by_its_whole_name() {
    let source = "pub struct Pool;\nimpl Pool {\n    pub async fn run(self) {}\n}\nfn estimate_all() {}";
    for (item, expected) in [("Pool", true), ("Pool::run", true), ("Pool::ru", false), ("estimate", false), ("Tracker::run", false)] {
        assert_eq!(defines(source, item), expected, "{item}");
    }
}

#[test]
fn paths_are_distinguished_from_other_code() {
    assert_eq!(named_files("see `a/b.rs`, `c/{d,e}.rs` and `f()`, not g.rs"), ["a/b.rs", "c/d.rs", "c/e.rs"]);
}
