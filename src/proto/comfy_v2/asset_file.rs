//! An asset as a file at a ComfyUI. Its name says which bytes it has, so that any ComfyUI can be given it when it gets the task, and so that two
//! assets with one `file_path` do not overwrite each other.

use crate::{comfy::Workflow, edit::INPUT_FOLDER};

/// Below [`INPUT_FOLDER`].
const FOLDER: &str = "assets";

/// `darkroom/assets/<SHA-256 of the bytes>/<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AssetFile {
    /// 64 hexadecimal digits: the name of the bytes in the media store.
    pub hash: String,
    pub name: String,
}

impl AssetFile {
    /// The value for the input of a loader node.
    #[must_use]
    pub fn input(&self) -> String {
        format!("{}/{}", self.folder(), self.name)
    }

    /// The folder below ComfyUI's input folder.
    #[must_use]
    pub fn folder(&self) -> String {
        format!("{INPUT_FOLDER}/{FOLDER}/{}", self.hash)
    }

    /// The asset that this value of an input names.
    #[must_use]
    pub fn of_input(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(INPUT_FOLDER)?.strip_prefix(['/', '\\'])?.strip_prefix(FOLDER)?.strip_prefix(['/', '\\'])?;
        let hash = rest.get(..64).filter(|hash| is_hash(hash))?;
        let name = rest.get(64..)?.strip_prefix(['/', '\\'])?;
        let is_name = !name.is_empty() && !name.contains(['/', '\\']) && name != "." && name != "..";
        is_name.then(|| Self { hash: hash.to_owned(), name: name.to_owned() })
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The assets that a workflow loads, each once, in its order.
#[must_use]
pub fn asset_files_of(workflow: &Workflow) -> Vec<AssetFile> {
    let mut found = Vec::new();
    for (_, value) in workflow.0.values().flat_map(|node| node.inputs()) {
        if let Some(file) = value.as_str().and_then(AssetFile::of_input)
            && !found.contains(&file)
        {
            found.push(file);
        }
    }
    found
}

/// The hashes of the assets that a text names, such as the JSON of a workflow; each once.
#[must_use]
pub fn asset_hashes_in(text: &str) -> Vec<&str> {
    let start = format!("{INPUT_FOLDER}/{FOLDER}/");
    let mut found = Vec::new();
    for (at, _) in text.match_indices(&start) {
        let hash = text.get(at + start.len()..).and_then(|rest| rest.get(..64)).filter(|hash| is_hash(hash));
        found.extend(hash.filter(|hash| !found.contains(hash)));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_says_which_bytes_it_has() {
        let file = AssetFile { hash: "a".repeat(64), name: "my photo.png".into() };
        assert_eq!(AssetFile::of_input(&file.input()), Some(file.clone()));
        assert_eq!(AssetFile::of_input(&file.input().replace('/', "\\")), Some(file.clone()), "as a ComfyUI on Windows writes it");
        for other in
            ["photo.png", "darkroom/assets/a/x.png", &format!("darkroom/{}.png", file.hash), &format!("darkroom/assets/{}/", file.hash)]
        {
            assert_eq!(AssetFile::of_input(other), None, "{other}");
        }
        let climbing = format!("darkroom/assets/{}/../x.png", file.hash);
        assert_eq!(AssetFile::of_input(&climbing), None);
        let workflow = Workflow::from_value(json!({
            "1": {"class_type": "LoadImage", "inputs": {"image": file.input(), "again": file.input(), "n": 7}},
        }));
        let workflow = workflow.unwrap();
        assert_eq!(asset_files_of(&workflow), std::slice::from_ref(&file));
        assert_eq!(asset_hashes_in(&serde_json::to_string(&workflow).unwrap()), [file.hash.as_str()]);
    }
}
