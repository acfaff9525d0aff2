//! The file of a model that is named as people and other programs name it: without its folder or its ending.

/// What was found for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FoundFile {
    One(String),
    /// Several files have this name in different folders.
    Several(Vec<String>),
    None,
}

/// A way to compare two names: both in small letters, with `/` between folders.
type Fits = fn(&str, &str) -> bool;

/// The most exact match.
pub(crate) fn find_file(name: &str, known: &[String]) -> FoundFile {
    let plain = |text: &str| text.replace('\\', "/").to_lowercase();
    let wanted = plain(name);
    let fits: [Fits; 6] = [
        |file, wanted| file == wanted,
        |file, wanted| without_ending(file) == wanted,
        |file, wanted| last(file) == wanted,
        |file, wanted| without_ending(last(file)) == wanted,
        // Stable Diffusion WebUI writes the folder as a part of the name (`sd15_model`), and leaves out some characters.
        |file, wanted| letters(without_ending(file)) == letters(wanted),
        |file, wanted| letters(without_ending(last(file))) == letters(without_ending(last(wanted))),
    ];
    for fits in fits {
        let found: Vec<&String> = known.iter().filter(|file| fits(&plain(file), &wanted)).collect();
        match found.as_slice() {
            [] => {}
            [one] => return FoundFile::One((*one).clone()),
            several => return FoundFile::Several(several.iter().map(|file| (*file).clone()).collect()),
        }
    }
    FoundFile::None
}

/// Without `.safetensors` and the like. A name may have dots of its own: `sd_xl_base_1.0`.
fn without_ending(file: &str) -> &str {
    let ending = |(stem, ending): (&'_ str, &str)| {
        ["safetensors", "ckpt", "pt", "pth", "bin", "sft", "gguf"].contains(&ending).then_some(stem.len())
    };
    file.rsplit_once('.').and_then(ending).and_then(|end| file.get(..end)).unwrap_or(file)
}

fn last(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or_default()
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}
