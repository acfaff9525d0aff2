//! Which files there are.

use std::{fs, io, path::Path, time::UNIX_EPOCH};

use proto::{limits, prompts::WildcardFile, prompts::WildcardName, time::Timestamp};

pub(super) const ENDING: &str = "txt";

/// All wildcards, by name. Files and folders whose names no prompt can have are passed over. A folder that is not there is empty.
pub(super) fn scan(root: &Path) -> io::Result<Vec<WildcardFile>> {
    let mut found = Vec::new();
    let mut folders = vec![(root.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let path = entry?.path();
            // One that is removed meanwhile is none.
            let Ok(facts) = fs::metadata(&path) else { continue };
            let Some(stem) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            if facts.is_dir() {
                let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
                let inner = format!("{prefix}{name}/");
                if inner.matches('/').count() < limits::WILDCARD_FOLDERS {
                    folders.push((path, inner));
                }
            } else if facts.is_file() && path.extension().is_some_and(|ending| ending == ENDING) {
                let Ok(name) = format!("{prefix}{stem}").parse::<WildcardName>() else { continue };
                let changed = facts.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
                let changed_at = Timestamp(u64::try_from(changed.as_millis()).unwrap_or(u64::MAX));
                found.push(WildcardFile { name: name.to_string(), bytes: facts.len(), changed_at });
            }
            if found.len() >= limits::WILDCARDS {
                break;
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}
