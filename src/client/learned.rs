//! How long nodes took in earlier runs, kept in a file, so that progress and time left are accurate from the first step.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use proto::task::Durations;

/// Maximum bytes read from a file: more than all rows need ([`limits::DURATION_ROWS`](proto::limits::DURATION_ROWS)).
const FILE: u64 = 4 * 1024 * 1024;

/// The user's cache folder for programs. `None` where there is none.
pub(super) fn default_file() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("darkroom/durations.json"))
}

/// Empty if the file is missing or unreadable: durations are then learned anew.
pub(super) fn load(file: &Path) -> Durations {
    let readable = fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= FILE);
    let text = readable.then(|| fs::read(file).ok()).flatten().unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Atomic: a concurrent reader gets the old or the new file. If two runs end at once, one run's durations are lost.
pub(super) fn keep(file: &Path, durations: &Durations) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut new = NamedTempFile::new_in(folder)?;
    new.write_all(&serde_json::to_vec(durations)?)?;
    new.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use proto::{
        ids::BackendId,
        task::{Plan, Shape, Work},
    };

    #[test]
    fn saved_durations_are_read_and_invalid_files_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(Uuid::now_v7().to_string()).join("durations.json");
        assert_eq!(load(&file), Durations::default());
        let mut learned = Durations::default();
        let workflow = proto::recipe::TextToImage::default().workflow();
        learned.observe_run(&BackendId::from("pod"), &Plan::new(&workflow), 1_234);
        learned.observe(&BackendId::from("pod"), Shape::default(), "KSampler", Work::default(), 700);
        keep(&file, &learned).unwrap();
        assert_eq!(load(&file), learned);
        fs::write(&file, "{not json").unwrap();
        assert_eq!(load(&file), Durations::default());
    }
}
