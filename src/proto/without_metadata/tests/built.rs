//! Small files of the types that no recording has.

use crate::without_metadata::{StripError, without_metadata};

const SECRET: &[u8] = b"a secret prompt";

fn has_secret(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|window| window == SECRET)
}

#[test]
fn comments_and_tags_of_a_gif_are_left_out() {
    let comment = [&b"\x21\xfe"[..], &[SECRET.len() as u8], SECRET, b"\0"].concat();
    let xmp = [&b"\x21\xff\x0bXMP DataXMP"[..], &[SECRET.len() as u8], SECRET, b"\0"].concat();
    let repeats = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0";
    let control = b"\x21\xf9\x04\0\x0a\0\0\0";
    let picture = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x4c\x01\0";
    let head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
    let file = [&head[..], repeats, &comment, control, &xmp, picture, b"\x3b", SECRET].concat();
    assert_eq!(without_metadata(file).unwrap(), [&head[..], repeats, control, picture, b"\x3b"].concat());
    let endless = [&head[..], b"\x21\xfe\xff", SECRET].concat();
    assert!(matches!(without_metadata(endless), Err(StripError::Damaged(_))));
}

#[test]
fn a_flac_keeps_what_its_sound_needs() {
    let block = |kind: u8, body: &[u8]| [&[kind, 0, 0, body.len() as u8][..], body].concat();
    let (info, seeks) = ([7; 34], [9; 18]);
    let sound = b"\xff\xf8sound";
    let file = [&b"fLaC"[..], &block(0, &info), &block(4, SECRET), &block(3, &seeks), &block(0x86, SECRET), sound].concat();
    assert_eq!(without_metadata(file).unwrap(), [&b"fLaC"[..], &block(0, &info), &block(0x83, &seeks), sound].concat());
    assert!(matches!(without_metadata([&b"fLaC"[..], &block(0x84, SECRET)].concat()), Err(StripError::Damaged(_))));
    assert!(matches!(without_metadata(b"fLaC\x84\xff\xff\xff".to_vec()), Err(StripError::Damaged(_))));
}

#[test]
fn tags_in_front_of_and_behind_an_mp3_are_left_out() {
    let first = [&b"ID3\x04\0\0\0\0\0"[..], &[SECRET.len() as u8], SECRET, b"\0\0"].concat();
    let sound = b"\xff\xfb\x90\0frames";
    let ape_footer =
        [&b"APETAGEX\xd0\x07\0\0"[..], &(SECRET.len() as u32 + 32).to_le_bytes(), &[1, 0, 0, 0, 0, 0, 0, 0x80], &[0; 8]].concat();
    let ape = [&[b'h'; 32][..], SECRET, &ape_footer].concat();
    let last = [&b"TAG"[..], SECRET, &[0; 128 - 3 - SECRET.len()]].concat();
    let file = [&first[..], sound, &ape, &last].concat();
    assert_eq!(without_metadata(file).unwrap(), sound);
    assert!(matches!(without_metadata(first), Err(StripError::Damaged(_))));
    assert!(matches!(without_metadata(b"ID3\x04\0\0\x7f\x7f\x7f\x7f".to_vec()), Err(StripError::Damaged(_))));
}

/// A page with packets that end in it, but for the last one if `is_open`.
fn page(flags: u8, number: u32, packets: &[&[u8]], is_open: bool) -> Vec<u8> {
    let mut lengths = Vec::new();
    for (at, packet) in packets.iter().enumerate() {
        lengths.extend(vec![255; packet.len() / 255]);
        if !(is_open && at + 1 == packets.len()) {
            lengths.push((packet.len() % 255) as u8);
        }
    }
    let head = [&b"OggS\0"[..], &[flags], &[0; 8], b"abcd", &number.to_le_bytes(), &[0; 4], &[lengths.len() as u8], &lengths].concat();
    [head, packets.concat()].concat()
}

#[test]
fn comments_of_an_ogg_are_emptied_also_over_two_pages() {
    let comments =
        [&b"\x03vorbis\x03\0\0\0abc\x01\0\0\0"[..], &(SECRET.len() as u32).to_le_bytes(), SECRET, &[b'x'; 500], b"\x01"].concat();
    let (first, second) = comments.split_at(255);
    let file = [
        page(2, 0, &[b"\x01vorbis and more"], false),
        page(0, 1, &[first], true),
        page(1, 2, &[second, b"\x05vorbis codebooks"], false),
        page(4, 3, &[b"sound"], false),
    ]
    .concat();
    assert!(has_secret(&file));
    let plain = without_metadata(file.clone()).unwrap();
    assert!(!has_secret(&plain) && plain.len() == file.len());
    assert!(plain.windows(19).any(|window| window == b"\x03vorbis\0\0\0\0\0\0\0\0\x01\0\0\0"));
    assert!(plain.windows(16).any(|window| window == b"vorbis codebooks") && plain.ends_with(b"sound"));
    // Of the page "OggS" with only zeros behind it, as other programs compute it.
    assert_eq!(without_metadata(plain.clone()).unwrap(), plain);
    assert!(matches!(without_metadata(file[..file.len() - 1].to_vec()), Err(StripError::Damaged(_))));
    let other = page(2, 0, &[b"\x80theora", SECRET], false);
    assert!(matches!(without_metadata(other), Err(StripError::Unsupported(_))));
}

#[test]
fn metadata_of_a_video_become_free_boxes() {
    let boxed = |kind: &[u8; 4], body: &[u8]| [&(8 + body.len() as u32).to_be_bytes()[..], kind, body].concat();
    let track = boxed(b"trak", &[boxed(b"tkhd", b"head"), boxed(b"udta", SECRET)].concat());
    let movie = boxed(b"moov", &[boxed(b"mvhd", b"head"), track, boxed(b"meta", SECRET)].concat());
    let long = [&b"\0\0\0\x01uuid"[..], &(16 + SECRET.len() as u64).to_be_bytes(), SECRET].concat();
    let pixels = boxed(b"mdat", b"udta of pixels");
    let file = [boxed(b"ftyp", b"isom"), movie, pixels.clone(), long, boxed(b"free", SECRET)].concat();
    let plain = without_metadata(file.clone()).unwrap();
    assert!(!has_secret(&plain) && plain.len() == file.len());
    assert!(plain.windows(pixels.len()).any(|window| window == pixels), "what is in the pixels stays");
    assert_eq!(plain.windows(4).filter(|window| window == b"free").count(), 4);
    let huge = [boxed(b"ftyp", b"isom"), b"\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()].concat();
    assert!(matches!(without_metadata(huge), Err(StripError::Damaged(_))));
    let mut nested = boxed(b"udta", SECRET);
    for _ in 0..9 {
        nested = boxed(b"trak", &nested);
    }
    assert!(matches!(without_metadata([boxed(b"ftyp", b"isom"), nested].concat()), Err(StripError::Damaged(_))));
}

#[test]
fn metadata_of_a_matroska_become_void() {
    let element = |id: &[u8], body: &[u8]| [id, &[0x40 | (body.len() >> 8) as u8, body.len() as u8], body].concat();
    let long_secret = [SECRET, &[b'.'; 200]].concat();
    let info =
        element(b"\x15\x49\xa9\x66", &[element(b"\xbf", b"sums"), element(b"\x7b\xa9", SECRET), element(b"\x4d\x80", b"muxer")].concat());
    let seeks = element(b"\x11\x4d\x9b\x74", &element(b"\x4d\xbb", &element(b"\x53\xab", b"\x12\x54\xc3\x67")));
    // A cluster whose length is not told.
    let cluster = [&b"\x1f\x43\xb6\x75\xff"[..], &element(b"\xa3", b"pixels")].concat();
    let tags = element(b"\x12\x54\xc3\x67", &long_secret);
    let segment = [&b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"[..], &seeks, &info, &cluster, &tags].concat();
    let file = [element(b"\x1a\x45\xdf\xa3", b"head"), segment].concat();
    let plain = without_metadata(file.clone()).unwrap();
    assert!(!has_secret(&plain) && plain.len() == file.len());
    assert!(plain.windows(6).any(|window| window == b"pixels") && plain.windows(5).any(|window| window == b"muxer"));
    assert!(!plain.windows(4).any(|window| window == b"sums" || window == b"\x12\x54\xc3\x67"));
    assert_eq!(without_metadata(plain.clone()).unwrap(), plain);
    let endless = [element(b"\x1a\x45\xdf\xa3", b"head"), b"\x18\x53\x80\x67\xff\x12\x54\xc3\x67\xff".to_vec(), SECRET.to_vec()].concat();
    assert!(matches!(without_metadata(endless), Err(StripError::Unsupported(_))));
}
