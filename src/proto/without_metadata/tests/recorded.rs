//! Files that other programs made, with their prompts.

use std::io::Cursor;

use proptest::prelude::*;

use crate::{
    without_metadata::{StripError, without_metadata},
    workflow_file::open,
};

macro_rules! files {
    ($($name:literal),* $(,)?) => { [$(($name, include_bytes!(concat!("../../../../tests/recordings/described/", $name)) as &[u8])),*] };
}

const FILES: [(&str, &[u8]); 18] = files![
    "a1111.jpg",
    "a1111.png",
    "a1111.webp",
    "comfy.jpg",
    "comfy.mkv",
    "comfy.mov",
    "comfy.mp4",
    "comfy.webm",
    "comfy.webp",
    "comment.mp4",
    "forge.jpg",
    "forge.png",
    "invoke-2.png",
    "invoke-dream.png",
    "invoke.png",
    "novelai.png",
    "swarm.jpg",
    "swarm.png",
];

/// Every text of such files has one of these.
const WORDS: [&[u8]; 8] =
    [b"Steps", b"class_type", b"KSampler", b"prompt", b"parameters", b"sui_image_params", b"workflow", b"P\0R\0O\0M\0P\0T"];

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

#[test]
fn nothing_is_left_of_what_programs_write() {
    for (name, file) in FILES {
        assert!(open(file).is_ok(), "{name} says how it was made");
        let plain = without_metadata(file.to_vec()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(open(&plain).is_err(), "{name}");
        for word in WORDS {
            assert!(!contains(&plain, word), "{name}: {}", String::from_utf8_lossy(word));
        }
        assert_eq!(without_metadata(plain.clone()).unwrap(), plain, "{name}: a second time changes nothing");
    }
}

#[test]
fn pixels_stay_the_same() {
    for (name, file) in FILES.iter().filter(|(name, _)| [".png", ".jpg", ".webp"].iter().any(|ending| name.ends_with(ending))) {
        let plain = without_metadata(file.to_vec()).unwrap();
        let pixels = |bytes: &[u8]| image::load_from_memory(bytes).unwrap();
        assert_eq!(pixels(&plain), pixels(file), "{name}");
    }
}

#[test]
fn videos_keep_their_length_and_their_pictures() {
    for (name, file) in FILES.iter().filter(|(name, _)| [".mp4", ".mov", ".webm", ".mkv"].iter().any(|ending| name.ends_with(ending))) {
        let plain = without_metadata(file.to_vec()).unwrap();
        assert_eq!(plain.len(), file.len(), "{name}");
        let is_zeroed_or_same = plain.iter().zip(*file).filter(|(plain, own)| plain != own && **plain != 0).count();
        assert!(is_zeroed_or_same < 64, "{name}: only the heads of parts are new, {is_zeroed_or_same}");
    }
}

#[test]
fn still_pictures_with_the_layout_of_videos_are_refused() {
    for (name, file) in files!["a1111.avif", "comfy.avif"] {
        assert!(matches!(without_metadata(file.to_vec()), Err(StripError::Unsupported(_))), "{name}");
    }
    assert_eq!(without_metadata(b"<svg/>".to_vec()), Err(StripError::UnknownType));
    assert_eq!(without_metadata(Vec::new()), Err(StripError::UnknownType));
}

#[test]
fn a_file_that_ends_too_early_is_an_error() {
    for (name, file) in FILES {
        for end in [16, 30, file.len() / 4, file.len() / 2, file.len() - 1] {
            let cut = file[..end].to_vec();
            // A video may end behind any of its parts.
            if let Ok(plain) = without_metadata(cut) {
                assert!(name.ends_with(".mkv") || name.ends_with(".webm") || name.contains(".m"), "{name} up to {end}");
                assert!(open(&plain).is_err(), "{name} up to {end}");
            }
        }
    }
}

#[test]
fn a_png_is_read_by_its_library_afterwards() {
    for (name, file) in FILES.iter().filter(|(name, _)| name.ends_with(".png")) {
        let plain = without_metadata(file.to_vec()).unwrap();
        let mut reader = png::Decoder::new(Cursor::new(&plain)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        reader.finish().unwrap();
        let info = reader.info();
        let texts = info.uncompressed_latin1_text.len() + info.compressed_latin1_text.len() + info.utf8_text.len();
        assert_eq!(texts, 0, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn hostile_files_are_results_or_errors(which in 0..FILES.len(), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut file = FILES[which].1.to_vec();
        // Mostly in the heads of parts, which are at the beginning.
        for (place, byte) in changes {
            let at = place.index(file.len().min(600));
            file[at] = byte;
        }
        let length = file.len();
        if let Ok(plain) = without_metadata(file) {
            prop_assert!(plain.len() <= length + 64);
        }
    }

    #[test]
    fn any_bytes_behind_a_beginning_are_results_or_errors(start in 0..9_usize, rest in proptest::collection::vec(any::<u8>(), 0..200)) {
        let starts: [&[u8]; 9] = [
            b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\x40\0\0\0WEBP", b"\0\0\0\x10ftypisom\0\0\0\0", b"\x1a\x45\xdf\xa3\x80", b"fLaC",
            b"OggS\0", b"ID3\x04\0\0",
        ];
        let _ = without_metadata([starts[start], &rest].concat());
    }
}
