//! What of a picture stays: its colours, and how it is turned.

use crate::without_metadata::{orientation::fields_of, without_metadata};

const JPEG: &[u8] = include_bytes!("../../../../tests/recordings/described/comfy.jpg");
const PNG: &[u8] = include_bytes!("../../../../tests/recordings/described/forge.png");
const WEBP: &[u8] = include_bytes!("../../../../tests/recordings/described/comfy.webp");

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn jpeg_part(marker: u8, body: &[u8]) -> Vec<u8> {
    [&[0xff, marker][..], &(body.len() as u16 + 2).to_be_bytes(), body].concat()
}

fn png_chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let sum = crc32fast::hash(&[&kind[..], body].concat());
    [&(body.len() as u32).to_be_bytes()[..], kind, body, &sum.to_be_bytes()].concat()
}

#[test]
fn a_jpeg_keeps_its_profile_and_its_direction_and_loses_the_rest() {
    let exif = [&b"Exif\0\0"[..], &fields_of(6)].concat();
    let parts = [
        jpeg_part(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01rgb"),
        jpeg_part(0xe1, &exif),
        jpeg_part(0xe1, b"http://ns.adobe.com/xap/1.0/\0secret"),
        jpeg_part(0xe2, b"ICC_PROFILE\0\x01\x01colours"),
        jpeg_part(0xe2, b"MPF\0secret"),
        jpeg_part(0xed, b"Photoshop 3.0\0secret"),
        jpeg_part(0xee, b"Adobe\0d\0\0\0\0\x01"),
        jpeg_part(0xfe, b"secret"),
    ]
    .concat();
    let plain = without_metadata([&JPEG[..2], &parts, &JPEG[2..], b"secret"].concat()).unwrap();
    assert!(!contains(&plain, b"secret") && !contains(&plain, b"rgb"));
    assert!(contains(&plain, b"ICC_PROFILE\0\x01\x01colours") && contains(&plain, b"Adobe\0d"));
    assert!(plain[2..].starts_with(&jpeg_part(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0")), "JFIF is first");
    assert!(contains(&plain, &jpeg_part(0xe1, &exif)) && contains(&exif, &[6]));
    let upright = without_metadata(JPEG.to_vec()).unwrap();
    assert!(!contains(&upright, b"Exif"));
}

#[test]
fn a_png_keeps_its_direction_its_profile_and_its_frames() {
    let (head, rest) = PNG.split_at(33);
    let added = [
        png_chunk(b"eXIf", &fields_of(3)),
        png_chunk(b"iCCP", b"colours"),
        png_chunk(b"tIME", b"secret!"),
        png_chunk(b"caBX", b"secret"),
        png_chunk(b"acTL", b"frames!!"),
    ]
    .concat();
    let plain = without_metadata([head, &added, rest, b"secret"].concat()).unwrap();
    assert!(!contains(&plain, b"secret"));
    for chunk in [png_chunk(b"eXIf", &fields_of(3)), png_chunk(b"iCCP", b"colours"), png_chunk(b"acTL", b"frames!!")] {
        assert!(contains(&plain, &chunk));
    }
    let unknown = [head, &png_chunk(b"SECr", b""), rest].concat();
    assert!(without_metadata(unknown).is_err());
}

#[test]
fn a_webp_says_what_it_still_has() {
    let plain = without_metadata(WEBP.to_vec()).unwrap();
    assert_eq!(plain.len() - 8, u32::from_le_bytes(plain[4..8].try_into().unwrap()) as usize);
    if &plain[12..16] == b"VP8X" {
        assert_eq!(plain[20] & 0x0c, 0);
    }
    let chunk = |kind: &[u8; 4], body: &[u8]| [&kind[..], &(body.len() as u32).to_le_bytes(), body, &b"\0"[..body.len() % 2]].concat();
    let frame = [&[1_u8; 16][..], &chunk(b"VP8L", b"pixels"), &chunk(b"XXXX", b"secret!")].concat();
    let inside = [
        chunk(b"VP8X", &[0x0c | 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        chunk(b"ANMF", &frame),
        chunk(b"EXIF", &fields_of(8)),
        chunk(b"XMP ", b"secret"),
    ]
    .concat();
    let file = [&b"RIFF"[..], &(inside.len() as u32 + 4).to_le_bytes(), b"WEBP", &inside].concat();
    let plain = without_metadata(file).unwrap();
    assert!(!contains(&plain, b"secret") && contains(&plain, b"pixels") && contains(&plain, &fields_of(8)));
    assert_eq!(plain[20], 0x08 | 0x02);
}
