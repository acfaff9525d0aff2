//! The output, input and temp folders, and validation of names in them.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    Output,
    Input,
    Temp,
}

impl Folder {
    /// Parses the value of `type=`.
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "output" => Some(Self::Output),
            "input" => Some(Self::Input),
            "temp" => Some(Self::Temp),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::Input => "input",
            Self::Temp => "temp",
        }
    }
}

pub(super) struct Folders {
    dir: PathBuf,
}

/// Files about to be written: their path and the names that answers use.
pub(super) struct NewFiles {
    pub(super) dir: PathBuf,
    pub(super) subfolder: String,
    prefix: String,
    counter: u64,
}

impl NewFiles {
    /// `prefix_00001_.png`, `prefix_00002_.png`, …
    pub(super) fn next(&mut self, extension: &str) -> String {
        let name = format!("{}_{:05}_.{extension}", self.prefix, self.counter);
        self.counter += 1;
        name
    }
}

impl Folders {
    pub(super) fn create(dir: &Path) -> io::Result<Self> {
        for folder in [Folder::Output, Folder::Input, Folder::Temp] {
            fs::create_dir_all(dir.join(folder.name()))?;
        }
        Ok(Self { dir: dir.to_owned() })
    }

    pub(super) fn path(&self, folder: Folder) -> PathBuf {
        self.dir.join(folder.name())
    }

    /// The path of a subfolder, or `None` when it would be outside the folder.
    pub(super) fn subfolder(&self, folder: Folder, subfolder: &str) -> Option<PathBuf> {
        let subfolder = Path::new(subfolder);
        let inside = subfolder.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        inside.then(|| self.path(folder).join(subfolder))
    }

    /// The path of an existing file from an annotated name, `sub/name.png [input]`; input is the default.
    pub(super) fn annotated(&self, name: &str) -> Option<PathBuf> {
        let (name, folder) = split_annotation(name);
        let path = self.subfolder(folder.unwrap_or(Folder::Input), name)?;
        path.is_file().then_some(path)
    }

    /// The names at the top level of the input folder, sorted (fact 46).
    pub(super) fn input_files(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(Folder::Input)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    /// The names at the top level of a folder, the newest first, without hidden ones.
    pub(super) fn newest_files(&self, folder: Folder) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else {
            return Vec::new();
        };
        let mut files: Vec<(SystemTime, String)> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.file_name().into_string().ok()?)))
            .filter(|(_, name)| !name.starts_with('.'))
            .collect();
        files.sort_by(|one, other| other.cmp(one));
        files.into_iter().map(|(_, name)| name).collect()
    }

    /// Where files with this prefix are written: `a/b` is prefix `b` in subfolder `a`; the counter continues after the
    /// existing files.
    ///
    /// # Errors
    /// When the prefix leads outside the folder, or the folder cannot be created.
    pub(super) fn new_files(&self, folder: Folder, prefix: &str) -> io::Result<NewFiles> {
        let (subfolder, prefix) = prefix.rsplit_once('/').unwrap_or(("", prefix));
        let subfolder: Vec<&str> = subfolder.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let subfolder = subfolder.join("/");
        let outside = || {
            let message = "**** ERROR: Saving image outside the output folder is not allowed.";
            io::Error::new(io::ErrorKind::PermissionDenied, message)
        };
        let dir = self.subfolder(folder, &subfolder).ok_or_else(outside)?;
        if matches!(prefix, "." | "..") || prefix.contains(['\0', '\\']) {
            return Err(outside());
        }
        fs::create_dir_all(&dir)?;
        let counter = fs::read_dir(&dir)?
            .filter_map(Result::ok)
            .filter_map(|entry| counter_of(&entry.file_name().into_string().ok()?, prefix))
            .max()
            .map_or(1, |highest| highest.saturating_add(1));
        Ok(NewFiles { dir, subfolder, prefix: prefix.to_owned(), counter })
    }
}

fn counter_of(name: &str, prefix: &str) -> Option<u64> {
    let rest = name.strip_prefix(prefix)?.strip_prefix('_')?;
    rest.split('_').next()?.parse().ok()
}

/// Splits `name [output]` into the name and its folder (fact 45).
pub(super) fn split_annotation(name: &str) -> (&str, Option<Folder>) {
    for folder in [Folder::Output, Folder::Input, Folder::Temp] {
        let annotation = format!("[{}]", folder.name());
        if let Some(bare) = name.strip_suffix(&annotation) {
            return (bare.strip_suffix(' ').unwrap_or(bare), Some(folder));
        }
    }
    (name, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_in_a_file_name_is_read() {
        assert_eq!(counter_of("a_00012_.png", "a"), Some(12));
        assert_eq!(counter_of("a_b_00012_.png", "a"), None);
        assert_eq!(counter_of("ab_00012_.png", "a"), None);
    }

    #[test]
    fn file_names_cannot_leave_their_folder() {
        let folders = Folders { dir: PathBuf::from("/nowhere") };
        assert!(folders.subfolder(Folder::Output, "../x").is_none());
        assert!(folders.subfolder(Folder::Output, "/etc").is_none());
        assert!(folders.new_files(Folder::Output, "../x").is_err());
        assert_eq!(split_annotation("a/b.png [temp]"), ("a/b.png", Some(Folder::Temp)));
    }
}
