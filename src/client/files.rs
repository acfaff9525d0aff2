//! Makes server-supplied file names safe, and creates files that never overwrite others.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::{Builder, NamedTempFile};

use proto::text::is_unseen;

/// Maximum bytes of a name. File systems end at 255, and a number may be added.
const NAME_BYTES: usize = 200;
/// Bytes of an extension that are kept when a name is cut.
const ENDING_BYTES: usize = 16;
/// Numbered names that are tried.
const TRIES: u32 = 10_000;
/// Names reserved by Windows and its file systems.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// A safe file name from any server-supplied name: no folders, control characters or characters that some file system forbids; never
/// hidden, never empty.
#[must_use]
pub fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = last.chars().filter(|c| !is_unseen(*c)).map(|c| if r#"<>:"|?*"#.contains(c) { '_' } else { c });
    let kept: String = kept.collect();
    let kept = kept.trim_end_matches(['.', ' ']).trim_start();
    let mut name = shortened(kept);
    if name.is_empty() {
        return "output".to_owned();
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    if name.starts_with('.') || name.starts_with('-') || RESERVED.contains(&stem) {
        name.insert(0, '_');
    }
    name
}

/// Stem and extension, within [`NAME_BYTES`].
fn shortened(name: &str) -> String {
    if name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let ending = name.rfind('.').map(|at| &name[at..]).filter(|ending| ending.len() <= ENDING_BYTES).unwrap_or_default();
    let mut end = NAME_BYTES - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", name[..end].trim_end_matches(['.', ' ']))
}

/// A temporary file beside the destination. Deleted when it is dropped before [`keep`].
pub(super) fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    // The mode other programs would create it with; the umask is applied.
    Builder::new().prefix(".darkroom-").suffix(".part").permissions(Permissions::from_mode(0o666)).tempfile_in(folder)
}

/// Renames it to its name, or to the first free one of `name (1).png`, `name (2).png`, … Never overwrites another file, even one created
/// concurrently.
pub(super) fn keep(mut file: NamedTempFile, folder: &Path, name: &str) -> io::Result<PathBuf> {
    for number in 0..TRIES {
        let path = folder.join(numbered(name, number));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => file = failed.file,
            Err(failed) => return Err(failed.error),
        }
    }
    Err(io::Error::other(format!("{TRIES} files called {name} are there already")))
}

fn numbered(name: &str, number: u32) -> String {
    match (number, name.rfind('.').filter(|at| *at > 0)) {
        (0, _) => name.to_owned(),
        (_, Some(at)) => format!("{} ({number}){}", &name[..at], &name[at..]),
        (_, None) => format!("{name} ({number})"),
    }
}

/// Creates the folder and checks that files can be written there before any request is sent.
pub(super) fn prepare(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    temporary(folder).map(drop)
}

#[cfg(test)]
mod tests {
    use std::path::Component;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_lose_what_is_not_a_name() {
        let cases = [
            ("darkroom_00001_.png", "darkroom_00001_.png"),
            ("../../etc/passwd", "passwd"),
            (r"..\..\x.png", "x.png"),
            ("/abs.png", "abs.png"),
            ("..", "output"),
            ("", "output"),
            ("a/", "output"),
            (".bashrc", "_.bashrc"),
            ("-rf.png", "_-rf.png"),
            ("a\n\u{1b}[31mb.png", "a[31mb.png"),
            ("photo\u{202e}gnp.exe", "photognp.exe"),
            ("a:b?.png", "a_b_.png"),
            ("con.png", "_con.png"),
            ("LPT1", "_LPT1"),
            ("console.png", "console.png"),
            ("x. . ", "x"),
            ("猫 🐈.png", "猫 🐈.png"),
        ];
        for (said, safe) in cases {
            assert_eq!(safe_name(said), safe, "{said:?}");
        }
        let long = safe_name(&format!("{}.webp", "é".repeat(300)));
        assert!(long.len() <= NAME_BYTES && long.ends_with("é.webp"), "{long}");
    }

    #[test]
    fn another_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let save = |text: &str| {
            let file = temporary(folder.path()).unwrap();
            fs::write(file.path(), text).unwrap();
            keep(file, folder.path(), "a.png").unwrap()
        };
        let names: Vec<String> = ["1", "2", "3"].map(|text| save(text).file_name().unwrap().to_str().unwrap().to_owned()).into();
        assert_eq!(names, ["a.png", "a (1).png", "a (2).png"]);
        // Nor the missing target of a dangling symlink.
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("b.png")).unwrap();
        let file = temporary(folder.path()).unwrap();
        assert_eq!(keep(file, folder.path(), "b.png").unwrap(), folder.path().join("b (1).png"));
        assert!(!folder.path().join("elsewhere").exists());
        assert_eq!(fs::read_to_string(folder.path().join("a.png")).unwrap(), "1");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "nothing temporary is left");
        let mode = fs::metadata(folder.path().join("a.png")).unwrap().permissions().mode();
        assert_ne!(mode & 0o044, 0, "others may read it, as the umask says: {mode:o}");
    }

    fn is_plain(name: &str) -> bool {
        let mut parts = Path::new(name).components();
        matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name)
    }

    proptest! {
        /// One component below the folder, whatever the input, and the file can be created.
        #[test]
        fn no_name_leaves_the_folder(name in any::<String>(), dots in r"[./\\ :\x00-\x1f-]{0,12}", tail in any::<String>()) {
            let folder = tempfile::tempdir().unwrap();
            for said in [name.clone(), format!("{dots}{name}"), format!("{name}{dots}{tail}"), dots.clone()] {
                let safe = safe_name(&said);
                prop_assert!(is_plain(&safe) && safe.len() <= NAME_BYTES + 1, "{said:?} became {safe:?}");
                prop_assert!(!safe.starts_with(['.', '-']) && !safe.chars().any(is_unseen), "{said:?} became {safe:?}");
                prop_assert_eq!(safe_name(&safe), safe.clone(), "it is safe already");
                let kept = keep(temporary(folder.path()).unwrap(), folder.path(), &safe).unwrap();
                prop_assert_eq!(kept.parent(), Some(folder.path()));
            }
        }
    }
}
