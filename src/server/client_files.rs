//! Files that clients of ComfyUI uploaded, in folders like those of a ComfyUI: every ComfyUI that gets a task gets the files that it loads.

use std::{
    io::{self, ErrorKind},
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

use proto::comfy::Workflow;
use serde_json::Value;

/// The name of the folder in the data folder.
const FOLDER: &str = "comfyui-files";

#[derive(Clone, Debug)]
pub struct ClientFiles {
    root: PathBuf,
}

/// A file by its place: a folder of ComfyUI (`input`, `temp` or `output`), a folder below that, and a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FilePlace {
    pub folder: &'static str,
    pub subfolder: String,
    pub name: String,
}

/// One version of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileVersion {
    pub place: FilePlace,
    changed: Option<SystemTime>,
    bytes: u64,
}

/// ComfyUI's folders whose files can be named.
const FOLDERS: [&str; 3] = ["input", "output", "temp"];

impl FilePlace {
    /// `None`: ComfyUI has no such folder, or the place is outside of it, or the name cannot be sent.
    #[must_use]
    pub fn new(folder: &str, subfolder: &str, name: &str) -> Option<Self> {
        let folder = FOLDERS.into_iter().find(|known| *known == folder)?;
        let is_plain = |text: &str| !text.contains(|c: char| c.is_control() || c == '"' || c == '\\');
        let is_inside = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let is_name = !name.is_empty() && !name.contains('/') && is_inside(Path::new(name)) && name != ".";
        let fits = is_name && is_plain(name) && is_plain(subfolder) && is_inside(Path::new(subfolder));
        fits.then(|| Self { folder, subfolder: subfolder.trim_matches('/').to_owned(), name: name.to_owned() })
    }

    /// The value of an input of a loader: `folder/name.png`, with ` [output]` or ` [temp]` behind it where it is not an input.
    fn of_input(value: &str) -> Option<Self> {
        Self::annotated(value).or_else(|| Self::below("input", value))
    }

    /// The value of an input with the folder behind it, ` [output]`, ` [temp]` or ` [input]`. `None`: it has none.
    #[must_use]
    pub fn annotated(value: &str) -> Option<Self> {
        let (path, folder) = FOLDERS.into_iter().find_map(|folder| Some((value.strip_suffix(&format!(" [{folder}]"))?, folder)))?;
        Self::below(folder, path)
    }

    fn below(folder: &str, path: &str) -> Option<Self> {
        let (subfolder, name) = path.rsplit_once('/').unwrap_or(("", path));
        Self::new(folder, subfolder, name)
    }
}

impl ClientFiles {
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self { root: data.join(FOLDER) }
    }

    fn path(&self, place: &FilePlace) -> PathBuf {
        self.root.join(place.folder).join(&place.subfolder).join(&place.name)
    }

    /// Stores a file. The same bytes under the same name are the same file; others get a free name (fact 46). Returns where it is.
    ///
    /// # Errors
    /// The disk cannot be written.
    pub async fn store(&self, mut place: FilePlace, bytes: Vec<u8>, overwrite: bool) -> io::Result<FilePlace> {
        let files = self.clone();
        blocking(move || {
            std::fs::create_dir_all(files.root.join(place.folder).join(&place.subfolder))?;
            let (stem, ending) = match place.name.rfind('.').filter(|at| *at > 0) {
                Some(at) => (place.name[..at].to_owned(), place.name[at..].to_owned()),
                None => (place.name.clone(), String::new()),
            };
            for number in (1_u32..).take_while(|_| !overwrite) {
                match std::fs::read(files.path(&place)) {
                    Ok(known) if known == bytes => return Ok(place),
                    Ok(_) => place.name = format!("{stem} ({number}){ending}"),
                    Err(error) if error.kind() == ErrorKind::NotFound => break,
                    Err(error) => return Err(error),
                }
            }
            // Whole or not at all.
            let part = tempfile::NamedTempFile::new_in(&files.root)?;
            std::fs::write(part.path(), &bytes)?;
            part.as_file().sync_all()?;
            part.persist(files.path(&place))?;
            Ok(place)
        })
        .await
    }

    /// The bytes of a file. `None`: no client gave it.
    pub async fn read(&self, place: &FilePlace) -> Option<Vec<u8>> {
        tokio::fs::read(self.path(place)).await.ok()
    }

    /// Whether a client gave it.
    pub async fn has(&self, place: &FilePlace) -> bool {
        tokio::fs::metadata(self.path(place)).await.is_ok_and(|metadata| metadata.is_file())
    }

    /// The names of all inputs, as inputs of loaders have them, the newest first.
    pub async fn inputs(&self) -> Vec<String> {
        let root = self.root.join("input");
        blocking(move || {
            let mut found = Vec::new();
            collect(&root, "", &mut found);
            found.sort_by_key(|(changed, _)| std::cmp::Reverse(*changed));
            Ok(found.into_iter().map(|(_, name)| name).collect())
        })
        .await
        .unwrap_or_default()
    }

    /// The files that a workflow loads.
    pub async fn of_workflow(&self, workflow: &Workflow) -> Vec<FileVersion> {
        let values = workflow.0.values().flat_map(|node| node.inputs()).filter_map(|(_, value)| Value::as_str(value));
        let places: Vec<FilePlace> = values.filter_map(FilePlace::of_input).collect();
        let mut found = Vec::new();
        for place in places {
            if let Ok(metadata) = tokio::fs::metadata(self.path(&place)).await
                && metadata.is_file()
            {
                found.push(FileVersion { place, changed: metadata.modified().ok(), bytes: metadata.len() });
            }
        }
        found
    }
}

fn collect(folder: &Path, below: &str, found: &mut Vec<(Option<SystemTime>, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (Ok(metadata), Ok(name)) = (entry.metadata(), entry.file_name().into_string()) else { continue };
        let name = if below.is_empty() { name } else { format!("{below}/{name}") };
        if metadata.is_dir() {
            collect(&entry.path(), &name, found);
        } else {
            found.push((metadata.modified().ok(), name));
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[tokio::test]
    async fn the_same_bytes_keep_their_name_and_others_get_a_free_one() {
        let folder = tempfile::tempdir().unwrap();
        let files = ClientFiles::new(folder.path());
        let place = FilePlace::new("input", "day", "photo.png").unwrap();
        let store = async |bytes: &[u8], overwrite| files.store(place.clone(), bytes.to_vec(), overwrite).await.unwrap().name;
        assert_eq!(store(b"one", false).await, "photo.png");
        assert_eq!(store(b"one", false).await, "photo.png");
        assert_eq!(store(b"two", false).await, "photo (1).png");
        assert_eq!(store(b"three", true).await, "photo.png");
        assert_eq!(files.read(&place).await.unwrap(), b"three");
        let mut inputs = files.inputs().await;
        inputs.sort();
        assert_eq!(inputs, ["day/photo (1).png", "day/photo.png"]);
        let json = serde_json::json!({"1": {"class_type": "LoadImage", "inputs": {"image": "day/photo.png [input]", "other": "no.png"}}});
        let loaded = files.of_workflow(&Workflow::from_value(json).unwrap()).await;
        assert_eq!(loaded.into_iter().map(|version| version.place).collect::<Vec<_>>(), [place]);
    }

    #[test]
    fn a_folder_stands_behind_the_name() {
        let read = |value: &str| FilePlace::annotated(value).map(|place| (place.folder, place.subfolder, place.name));
        assert_eq!(read("day/a.png [output]"), Some(("output", "day".into(), "a.png".into())));
        assert_eq!(read("a [1].png [temp]"), Some(("temp", String::new(), "a [1].png".into())));
        assert_eq!(read("a.png [input]"), Some(("input", String::new(), "a.png".into())));
        for none in ["a.png", "a.png [models]", "a.png[output]", "../a.png [output]", " [output]", "[output]"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn places_are_inside() {
        for (folder, subfolder, name) in
            [("models", "", "a"), ("input", "..", "a"), ("input", "/etc", "a"), ("input", "", "../a"), ("input", "", "")]
        {
            assert_eq!(FilePlace::new(folder, subfolder, name), None, "{folder} {subfolder} {name}");
        }
    }

    proptest! {
        #[test]
        fn no_place_leads_out(subfolder in "[a/.\\\\]{0,8}", name in "[a/.\\\\]{0,8}") {
            if let Some(place) = FilePlace::new("input", &subfolder, &name) {
                let path = ClientFiles::new(Path::new("/data")).path(&place);
                prop_assert!(path.starts_with("/data/comfyui-files/input") && !path.components().any(|part| part == Component::ParentDir));
            }
        }
    }
}
