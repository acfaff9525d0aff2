//! Names of outputs in a zip file, by a pattern such as `{date}/{name}`: pure, and safe on Windows, macOS and Linux.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    GalleryId, OutputFacts,
    dates::{TimeOfDay, day_and_time},
};
use crate::{limits, text::is_unseen, time::Timestamp};

/// What a name is made of where nothing else is said.
pub const DEFAULT_FILE_NAMES: &str = "{date}/{name}";
/// Of a value in a name.
const VALUE_CHARS: usize = 60;
/// What a part of a path is called whose values are all unknown.
const UNKNOWN: &str = "unknown";
/// Names of devices: Windows opens no file of this name, whatever its ending (Microsoft, "Naming Files, Paths, and Namespaces").
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];

/// A value that a pattern can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NameToken {
    Date,
    Time,
    Year,
    Month,
    Day,
    Prompt,
    Seed,
    Model,
    Workflow,
    Id,
    Name,
    Number,
}

/// All tokens, in the order in which they are told to people.
const TOKENS: [(&str, NameToken); 12] = [
    ("date", NameToken::Date),
    ("time", NameToken::Time),
    ("year", NameToken::Year),
    ("month", NameToken::Month),
    ("day", NameToken::Day),
    ("prompt", NameToken::Prompt),
    ("seed", NameToken::Seed),
    ("model", NameToken::Model),
    ("workflow", NameToken::Workflow),
    ("id", NameToken::Id),
    ("name", NameToken::Name),
    ("number", NameToken::Number),
];

#[derive(Clone, Debug, PartialEq, Eq)]
enum NamePiece {
    Text(String),
    Token(NameToken),
}

/// What is wrong with a pattern, for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamePatternError {
    #[error("{{{0}}} is not known in names of files. There are: {known}.", known = known_tokens())]
    Unknown(String),
    #[error("A {{ is not closed. Write the name of a value between {{ and }}: {known}.", known = known_tokens())]
    Unclosed,
    #[error("Names of files have at most {} characters and {} folders.", limits::NAME_PATTERN, limits::NAME_FOLDERS)]
    TooLong,
    #[error("Write how files are to be called, such as {}.", DEFAULT_FILE_NAMES)]
    Empty,
}

fn known_tokens() -> String {
    TOKENS.map(|(name, _)| format!("{{{name}}}")).join(", ")
}

/// What a name is made of, besides what is known of the output.
#[derive(Clone, Copy, Debug)]
pub struct NamedOutput<'a> {
    pub id: GalleryId,
    pub created_at: Timestamp,
    pub facts: &'a OutputFacts,
    /// Counts from 1.
    pub number: u64,
}

/// How files are called: the parts of a path, each of texts and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileNamePattern {
    parts: Vec<Vec<NamePiece>>,
}

impl FileNamePattern {
    /// Reads a pattern: texts, values in braces, and `/` between folders. An empty part of a path is left out.
    ///
    /// # Errors
    /// See [`NamePatternError`].
    pub fn parse(text: &str) -> Result<Self, NamePatternError> {
        if text.chars().count() > limits::NAME_PATTERN {
            return Err(NamePatternError::TooLong);
        }
        let parts = text.split('/').map(pieces).collect::<Result<Vec<_>, _>>()?;
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        match parts.len() {
            0 => Err(NamePatternError::Empty),
            count if count > limits::NAME_FOLDERS + 1 => Err(NamePatternError::TooLong),
            _ => Ok(Self { parts }),
        }
    }

    /// The path of a file without its ending: relative, with `/` between its parts, of which none is empty, `.` or `..`. Folders have no dots, so
    /// that no folder is called like a file. Dates and times are in UTC.
    #[must_use]
    pub fn path(&self, output: NamedOutput<'_>) -> String {
        let last = self.parts.len().saturating_sub(1);
        let parts = self.parts.iter().enumerate().map(|(at, pieces)| {
            let text: String = pieces.iter().map(|piece| piece_text(piece, output)).collect();
            let text = if at < last { text.replace('.', "_") } else { text };
            safe_part(&text)
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

fn pieces(part: &str) -> Result<Vec<NamePiece>, NamePatternError> {
    let mut pieces = Vec::new();
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or(NamePatternError::Unclosed)?;
        if !before.is_empty() {
            pieces.push(NamePiece::Text(before.to_owned()));
        }
        let token = TOKENS.iter().find(|(known, _)| *known == name.trim().to_lowercase());
        pieces.push(NamePiece::Token(token.ok_or_else(|| NamePatternError::Unknown(name.to_owned()))?.1));
        rest = after;
    }
    if !rest.trim().is_empty() {
        pieces.push(NamePiece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

fn piece_text(piece: &NamePiece, output: NamedOutput<'_>) -> String {
    let NamedOutput { id, created_at, facts, number } = output;
    let token = match piece {
        NamePiece::Text(text) => return text.clone(),
        NamePiece::Token(token) => token,
    };
    let (day, TimeOfDay { hour, minute, second }) = day_and_time(created_at);
    match token {
        NameToken::Date => day.to_string(),
        NameToken::Time => format!("{hour:02}-{minute:02}-{second:02}"),
        NameToken::Year => format!("{:04}", day.year),
        NameToken::Month => format!("{:02}", day.month),
        NameToken::Day => format!("{:02}", day.day),
        NameToken::Prompt => shortened(&facts.prompt),
        NameToken::Seed => facts.seed.map(|seed| seed.to_string()).unwrap_or_default(),
        NameToken::Model => shortened(facts.models.first().map_or("", |model| without_ending(file_name(model)))),
        NameToken::Workflow => shortened(&facts.workflow),
        NameToken::Id => id.to_string(),
        NameToken::Name => without_ending(file_name(&facts.filename)).to_owned(),
        NameToken::Number => format!("{number:05}"),
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// A name that only begins with a dot has no ending.
fn without_ending(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
}

/// The beginning of a text in one line, where possible up to the end of a word.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(VALUE_CHARS) else { return line };
    let cut = line.get(..end).unwrap_or_default();
    let word = cut.rfind(' ').filter(|at| *at >= VALUE_CHARS / 2).and_then(|at| cut.get(..at));
    word.unwrap_or(cut).to_owned()
}

/// A part of a path that every system takes.
fn safe_part(text: &str) -> String {
    let visible = text.chars().map(|c| match c {
        c if c.is_whitespace() => ' ',
        '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => '_',
        c if is_unseen(c) => '_',
        c => c,
    });
    let visible: String = visible.collect();
    // Windows drops dots and spaces at the end; a dot at the beginning hides a file.
    let mut part = visible.trim_start_matches([' ', '.']).to_owned();
    let mut end = part.len();
    for (count, (at, c)) in part.char_indices().enumerate() {
        if count >= limits::NAME_PART_CHARS || at + c.len_utf8() > limits::NAME_PART_BYTES {
            end = at;
            break;
        }
    }
    part.truncate(end);
    let part = part.trim_end_matches([' ', '.']);
    if part.is_empty() {
        UNKNOWN.to_owned()
    } else if is_device(part) {
        format!("_{part}")
    } else {
        part.to_owned()
    }
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let is_numbered = |device: &str| {
        let mut number = stem.strip_prefix(device).unwrap_or_default().chars();
        matches!((number.next(), number.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    };
    DEVICES.contains(&stem.as_str()) || NUMBERED_DEVICES.into_iter().any(is_numbered)
}

/// Makes names that differ from all that it made before, also where a system does not tell upper from lower case.
#[derive(Default)]
pub struct UniqueNames {
    /// By the hash of a name in lower case, so that each takes a few bytes: the next number for another one of this name. Two names with the same
    /// hash only cost a number that was not needed.
    taken: HashMap<u64, u32>,
}

impl UniqueNames {
    /// `path`, with ` (2)` or a higher number behind it where it is needed. It differs from all others with each of these endings (without their dot).
    pub fn take(&mut self, path: &str, endings: &[&str]) -> String {
        let key = |path: &str, ending: &str| {
            let mut hasher = DefaultHasher::new();
            format!("{path}.{ending}").to_lowercase().hash(&mut hasher);
            hasher.finish()
        };
        let own = endings.iter().map(|ending| key(path, ending)).collect::<Vec<_>>();
        let mut number = own.iter().filter_map(|key| self.taken.get(key)).max().copied().unwrap_or(1);
        loop {
            let name = if number == 1 { path.to_owned() } else { format!("{path} ({number})") };
            let keys: Vec<u64> = endings.iter().map(|ending| key(&name, ending)).collect();
            number = number.saturating_add(1);
            if keys.iter().all(|key| !self.taken.contains_key(key)) {
                self.taken.extend(keys.into_iter().map(|key| (key, 2)));
                self.taken.extend(own.into_iter().map(|key| (key, number)));
                return name;
            }
        }
    }
}
