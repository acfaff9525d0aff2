//! Every number that a comment cites ("fact 10", "facts 3 and 4", "fault row 18", "fault rows 3–5") is in `docs/comfyui-protocol.md`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const PAGE: &str = "docs/comfyui-protocol.md";
/// Files and folders that may cite.
const PLACES: [&str; 7] = ["ARCHITECTURE.md", "README.md", PAGE, "benches", "end2end", "src", "tests"];
const ENDINGS: [&str; 5] = ["css", "js", "mjs", "rs", "ts"];
/// Its examples cite missing numbers.
const THIS_FILE: &str = "tests/it/citations.rs";
/// A longer range is a mistake: only its end is looked up.
const LONGEST_RANGE: u32 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Fact,
    FaultRow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Citation {
    line: usize,
    kind: Kind,
    number: u32,
}

enum Token {
    /// In lower case.
    Word(String),
    Number(u32),
    Sign(char),
}

/// The tokens of a text with their lines. The leading marks of a comment line are skipped: a citation may continue on the next line.
fn tokens(text: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || "/!*".contains(c));
        while let Some(first) = rest.chars().next() {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()).max(first.len_utf8());
            let (token, after) = rest.split_at(end);
            rest = after;
            if first.is_whitespace() {
                continue;
            }
            let token = match token.parse() {
                Ok(number) => Token::Number(number),
                Err(_) if first.is_alphanumeric() || first == '_' => Token::Word(token.to_lowercase()),
                Err(_) => Token::Sign(first),
            };
            tokens.push((line, token));
        }
    }
    tokens
}

fn citations(text: &str) -> Vec<Citation> {
    let tokens = tokens(text);
    let word = |at: usize| match tokens.get(at) {
        Some((_, Token::Word(word))) => word.as_str(),
        _ => "",
    };
    let number = |at: usize| match tokens.get(at) {
        Some((_, Token::Number(number))) => Some(*number),
        _ => None,
    };
    let sign = |at: usize, signs: &str| matches!(tokens.get(at), Some((_, Token::Sign(sign))) if signs.contains(*sign));
    let joins = |at: usize| ["and", "or"].contains(&word(at));
    // The next number of a list whose last number is at `at`: its place, and whether the numbers between the two are meant too.
    let next = |at: usize| {
        let (length, is_range) = match sign(at + 1, "-–") || word(at + 1) == "to" {
            true => (1, true),
            false if sign(at + 1, ",") => (1 + usize::from(joins(at + 2)), false),
            false => (usize::from(joins(at + 1)), false),
        };
        let at = at + 1 + length;
        number(at).filter(|_| length > 0).map(|number| (at, number, is_range))
    };

    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let (kind, several, mut at) = match (word(at), word(at + 1)) {
            ("fact", _) => (Kind::Fact, false, at + 1),
            ("facts", _) => (Kind::Fact, true, at + 1),
            ("fault", "row") => (Kind::FaultRow, false, at + 2),
            ("fault", "rows") => (Kind::FaultRow, true, at + 2),
            _ => continue,
        };
        let Some(mut last) = number(at) else { continue };
        found.push(Citation { line: tokens[at].0, kind, number: last });
        while several && let Some((place, next, is_range)) = next(at) {
            at = place;
            let first = if is_range && next > last && next - last <= LONGEST_RANGE { last + 1 } else { next };
            found.extend((first..=next).map(|number| Citation { line: tokens[at].0, kind, number }));
            last = next;
        }
    }
    found
}

/// The numbers that the page explains.
#[derive(Default)]
struct Explained {
    facts: BTreeSet<u32>,
    rows: BTreeSet<u32>,
    /// The functions that the fault table names as tests.
    tests: BTreeSet<String>,
}

impl Explained {
    fn read(page: &str) -> Self {
        let mut explained = Self::default();
        let mut in_table = false;
        for line in page.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                in_table = heading == "Fault table";
            } else if let Some((number, _)) = line.strip_prefix("* **Fact ").and_then(|fact| fact.split_once(": ")) {
                let number = number.parse().unwrap_or_else(|_| panic!("no number: {line}"));
                assert!(explained.facts.insert(number), "fact {number} is there twice");
            } else if in_table
                && let Some((number, row)) = line.strip_prefix("| ").and_then(|row| row.split_once(" | "))
                && let Ok(number) = number.parse()
            {
                assert!(explained.rows.insert(number), "fault row {number} is there twice");
                let names = row.split('`').skip(1).step_by(2).filter_map(|name| name.rsplit_once("::"));
                explained.tests.extend(names.map(|(_, function)| function.to_owned()));
            }
        }
        explained
    }

    fn has(&self, citation: Citation) -> bool {
        match citation.kind {
            Kind::Fact => self.facts.contains(&citation.number),
            Kind::FaultRow => self.rows.contains(&citation.number),
        }
    }

    /// `file:line` of each citation in `text` whose number is missing.
    fn missing<'a>(&'a self, file: &'a Path, text: &str) -> impl Iterator<Item = String> + 'a {
        let missing = citations(text).into_iter().filter(|citation| !self.has(*citation));
        missing.map(|Citation { line, kind, number }| format!("{}:{line}: {kind:?} {number}", file.display()))
    }
}

/// Every file that may cite, relative to the root of the repository, and its text.
fn files() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut left: Vec<PathBuf> = PLACES.map(|place| root.join(place)).into();
    while let Some(path) = left.pop() {
        let relative = path.strip_prefix(root).expect("below the root").to_path_buf();
        if path.is_dir() {
            let name = path.file_name().expect("a name");
            if name != "node_modules" && name != "target" {
                left.extend(fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            }
        } else if PLACES.iter().any(|place| relative == Path::new(place))
            || relative.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
        {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", relative.display()));
            found.push((relative, text));
        }
    }
    found.sort();
    found
}

fn page() -> Explained {
    Explained::read(&fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).expect("the page"))
}

#[test]
fn every_cited_number_is_explained() {
    let (page, files) = (page(), files());
    let cites = |kind: Kind| files.iter().any(|(_, text)| citations(text).iter().any(|citation| citation.kind == kind));
    assert!(cites(Kind::Fact) && cites(Kind::FaultRow), "nothing was read");
    let citing = files.iter().filter(|(file, _)| file != Path::new(THIS_FILE));
    let missing: Vec<String> = citing.flat_map(|(file, text)| page.missing(file, text)).collect();
    assert!(missing.is_empty(), "cited, but not in {PAGE}:\n{}", missing.join("\n"));
}

#[test]
fn every_test_in_the_table_of_faults_exists() {
    let files = files();
    let exists = |test: &&String| files.iter().any(|(_, text)| text.contains(&format!("fn {test}(")));
    let page = page();
    assert!(!page.tests.is_empty(), "no tests were read");
    let missing: Vec<&String> = page.tests.iter().filter(|test| !exists(test)).collect();
    assert!(missing.is_empty(), "named in {PAGE}, but there are no such tests: {missing:?}");
}

#[test]
fn every_written_form_of_a_citation_is_read() {
    let facts: [(&str, &[u32]); 12] = [
        ("/// Empty at first (fact 10).", &[10]),
        ("Fact 46: same bytes keep the name", &[46]),
        ("(fact 10: 5 ms in the recordings)", &[10]),
        ("(fact 2) and later (fact 5)", &[2, 5]),
        ("(facts 3 and 4)", &[3, 4]),
        ("(facts 1, 2)", &[1, 2]),
        ("(facts 31, 32, and 34)", &[31, 32, 34]),
        ("(facts 3–5, 9 or 11 to 13)", &[3, 4, 5, 9, 11, 12, 13]),
        ("(facts 3-5)", &[3, 4, 5]),
        ("facts 1, as 2 says", &[1]),
        ("artifact 7, fact_8, fact8, facts[9], the facts (10)", &[]),
        ("row 18, the 3 fault rows, fault 5", &[]),
    ];
    for (text, expected) in facts {
        let found: Vec<u32> = citations(text).iter().map(|citation| citation.number).collect();
        assert_eq!(found, expected, "{text}");
        assert!(citations(text).iter().all(|citation| citation.kind == Kind::Fact), "{text}");
    }
    let row = |line, number| Citation { line, kind: Kind::FaultRow, number };
    assert_eq!(citations("Fault row 18: too large"), [row(1, 18)]);
    assert_eq!(citations("one\n//! Fault rows 3, 4.\n"), [row(2, 3), row(2, 4)]);
    assert_eq!(citations("    /// Here, fault\n    /// rows 1 and\n    /// 2"), [row(2, 1), row(3, 2)], "over the ends of lines");
}

#[test]
fn an_unexplained_number_is_reported() {
    let page = Explained::read(
        "* **Fact 1: One.** More.\n* **Fact 2: Two.** More.\n| 7 | not in the table of faults |\n## Fault table\n\
         | row | fault | tests |\n|---|---|---|\n| 1 | fault | `a::b`, `c` |\n",
    );
    assert_eq!(page.tests, BTreeSet::from(["b".to_owned()]));
    let text = "// fact 1\n// facts 1–3\n// fault row 1\n// fault row 2\n// fault row 7";
    let missing: Vec<String> = page.missing(Path::new("src/a.rs"), text).collect();
    assert_eq!(missing, ["src/a.rs:2: Fact 3", "src/a.rs:4: FaultRow 2", "src/a.rs:5: FaultRow 7"]);
}
