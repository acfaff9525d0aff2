//! The names of model files, in the parts by which people call them.

/// Endings of model files. What follows another dot belongs to the name: `v1.5` is no ending.
const EXTENSIONS: [&str; 8] = ["safetensors", "ckpt", "pt", "pth", "bin", "gguf", "sft", "onnx"];

/// `SDXL/dream.safetensors`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ModelPath {
    /// Without the slash at its end; empty where the name has none.
    pub folder: String,
    pub stem: String,
    /// Without the dot; empty where the name has none.
    pub extension: String,
}

impl ModelPath {
    pub fn new(name: &str) -> Self {
        let name = name.trim().to_lowercase().replace('\\', "/");
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", &name));
        let (stem, extension) = match file.rsplit_once('.') {
            Some((stem, extension)) if EXTENSIONS.contains(&extension) => (stem, extension),
            _ => (file, ""),
        };
        Self { folder: folder.to_owned(), stem: stem.to_owned(), extension: extension.to_owned() }
    }

    /// Whether `asked` calls this file: it may leave out the folder and the extension. With `is_prefix` it is only the beginning of the stem,
    /// or the beginning of the name after the folder.
    pub fn is_called(&self, asked: &Self, is_prefix: bool) -> bool {
        let same_stem = if is_prefix && asked.extension.is_empty() { self.stem.starts_with(&asked.stem) } else { self.stem == asked.stem };
        let same_folder = asked.folder.is_empty() || asked.folder == self.folder;
        same_stem && same_folder && (asked.extension.is_empty() || asked.extension == self.extension)
    }
}

/// A model's name without its ending, as people write it in words.
pub(super) fn without_extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension)) if EXTENSIONS.contains(&extension.to_lowercase().as_str()) => stem,
        _ => name,
    }
}
