//! Uploads of files to a server.

use std::path::Path;

use reqwest::multipart::Part;

use super::ClientError;

/// The file as a multipart form part, streamed from disk. Its name is reduced to ASCII: not every form parser understands non-ASCII letters
/// and quotes, and only the extension matters.
pub(super) async fn part(path: &Path) -> Result<Part, ClientError> {
    let part = Part::file(path).await.map_err(|error| ClientError::Usage(format!("{} cannot be read: {error}", path.display())))?;
    Ok(part.file_name(plain_name(path)))
}

/// Whether the file's name is that of a picture as Darkroom takes them.
pub(super) fn is_picture(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    ["png", "jpg", "jpeg", "webp"].iter().any(|picture| extension.eq_ignore_ascii_case(picture))
}

/// Attempts to send a file whose upload broke off.
pub(super) const TRIES: u32 = 3;
/// Bytes of a name that are sent.
const NAME_BYTES: usize = 100;

fn plain_name(path: &Path) -> String {
    let ascii = |text: Option<&std::ffi::OsStr>| -> String {
        let text = text.unwrap_or_default().to_string_lossy();
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).take(NAME_BYTES).collect()
    };
    let (stem, ending) = (ascii(path.file_stem()), ascii(path.extension()));
    let stem = if stem.is_empty() { "upload".to_owned() } else { stem };
    if ending.is_empty() { stem } else { format!("{stem}.{ending}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_sent_plain_with_its_ending() {
        for (path, name) in
            [("a/cat.png", "cat.png"), ("my \"cat\".v2.PNG", "my__cat__v2.PNG"), ("猫.webp", "_.webp"), ("noending", "noending")]
        {
            assert_eq!(plain_name(Path::new(path)), name);
        }
    }
}
