//! Which parts of a large picture or video say how it was made: a page sends only those. Others have that at their beginning.

/// The layout of a file: parts one after another, each with its kind and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileLayout {
    /// MP4 and MOV videos (ISO 14496-12). Their metadata may be at the end.
    Boxes,
    /// WebP pictures (RFC 9649). Their Exif fields are at the end.
    Chunks,
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayoutPart {
    /// Bytes, with its head. At least 8.
    pub length: u64,
    /// It is needed to read the metadata.
    pub is_wanted: bool,
}

/// Bytes at the beginning of a file, or of a part, that say what it is.
pub const HEAD: usize = 16;

impl FileLayout {
    /// By the beginning of a file. `None`: it has another layout.
    #[must_use]
    pub fn of(head: &[u8]) -> Option<Self> {
        match (head.get(..4)?, head.get(4..8)?, head.get(8..12)?) {
            // Still pictures refer to bytes by their place in the file.
            (_, b"ftyp", b"avif" | b"avis" | b"heic" | b"heix" | b"mif1" | b"msf1") => None,
            (_, b"ftyp", _) => Some(Self::Boxes),
            (b"RIFF", _, b"WEBP") => Some(Self::Chunks),
            _ => None,
        }
    }

    /// Where the first part begins. What is before it is needed, too.
    #[must_use]
    pub fn start(self) -> u64 {
        match self {
            Self::Boxes => 0,
            Self::Chunks => 12,
        }
    }

    /// The part that begins with these bytes. `None`: there is none, or it is the last one.
    #[must_use]
    pub fn part(self, head: &[u8]) -> Option<LayoutPart> {
        let four = |at: usize| head.get(at..at + 4)?.try_into().ok();
        let (length, is_wanted) = match self {
            Self::Boxes => {
                let kind: [u8; 4] = four(4)?;
                let length = match u32::from_be_bytes(four(0)?) {
                    1 => u64::from_be_bytes(head.get(8..16)?.try_into().ok()?),
                    short => short.into(),
                };
                (length, [*b"ftyp", *b"moov"].contains(&kind))
            }
            Self::Chunks => {
                let kind: [u8; 4] = four(0)?;
                let length = u64::from(u32::from_le_bytes(four(4)?));
                // Chunks have an even length.
                (8 + length + length % 2, [*b"VP8X", *b"EXIF"].contains(&kind))
            }
        };
        (length >= 8).then_some(LayoutPart { length, is_wanted })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a page sends of a file.
    fn wanted(file: &[u8]) -> Vec<u8> {
        let layout = FileLayout::of(file).unwrap();
        let mut at = usize::try_from(layout.start()).unwrap();
        let mut bytes = file[..at].to_vec();
        while let Some(part) = layout.part(&file[at.min(file.len())..]) {
            let end = at.saturating_add(usize::try_from(part.length).unwrap()).min(file.len());
            if part.is_wanted {
                bytes.extend(&file[at..end]);
            }
            at = end;
        }
        bytes
    }

    #[cfg(feature = "files")]
    #[test]
    fn the_wanted_parts_are_enough_to_open_a_file() {
        use crate::workflow_file::open;
        macro_rules! files {
            ($($name:literal),*) => { [$(($name, &include_bytes!(concat!("../../tests/recordings/described/", $name))[..])),*] };
        }
        for (name, file) in files!["comfy.mp4", "comfy.mov", "comment.mp4", "comfy.webp", "a1111.webp"] {
            let part = wanted(file);
            assert!(part.len() < file.len(), "{name}");
            assert_eq!(open(&part), open(file), "{name}");
            assert!(open(&part).is_ok(), "{name}");
        }
    }

    #[test]
    fn still_pictures_and_other_files_are_sent_from_their_beginning() {
        for head in [&b"\0\0\0\x20ftypavif\0\0\0\0"[..], b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f", b"\x89PNG\r\n\x1a\n\0\0\0\r", b"short"] {
            assert_eq!(FileLayout::of(head), None);
        }
    }

    proptest! {
        #[test]
        fn every_part_leads_on(head in proptest::collection::vec(any::<u8>(), 0..20)) {
            for layout in [FileLayout::Boxes, FileLayout::Chunks] {
                prop_assert!(layout.part(&head).is_none_or(|part| part.length >= 8));
            }
        }
    }
}
