//! An edit decision list in the format CMX 3600, as SMPTE 258M-2004 has it and editing programs read it.

use std::fmt::Write;

use super::cut::CutList;

/// Lines end with CR LF; names have only ASCII, because that is all that the format knows.
///
/// A shot without a take is black (`BL`). The cut begins at one hour, as is usual.
#[must_use]
pub fn edl(cut: &CutList) -> String {
    let rate = cut.rate;
    let start = rate.frames_of_hours(1);
    let mut list = String::new();
    let mut line = |text: std::fmt::Arguments| {
        // Writing into a text does not fail.
        let _ = write!(list, "{text}\r\n");
    };
    line(format_args!("TITLE: {}", ascii(&cut.title, 70)));
    line(format_args!("FCM: {}", if rate.is_drop_frame() { "DROP FRAME" } else { "NON-DROP FRAME" }));
    line(format_args!(""));
    for (nth, (clip, begin, frames)) in (1_u32..).zip(cut.placed()) {
        let reel = if clip.take.is_some() { "AX" } else { "BL" };
        let [source_in, source_out] = [0, frames].map(|frame| rate.timecode(frame));
        let [record_in, record_out] = [begin, begin + frames].map(|frame| rate.timecode(start + frame));
        line(format_args!("{nth:03}  {reel:<8} V     C        {source_in} {source_out} {record_in} {record_out}"));
        match &clip.take {
            Some(take) => {
                line(format_args!("* FROM CLIP NAME: {}", ascii(take.file_name(), 120)));
                line(format_args!("* SOURCE FILE: {}", ascii(&take.path, 240)));
            }
            None => line(format_args!("* COMMENT: {} HAS NO TAKE", clip.code())),
        }
        let title = ascii(&clip.title, 120);
        if !title.is_empty() {
            line(format_args!("* COMMENT: {} {title}", clip.code()));
        }
        if clip.duration_frames == 0 {
            line(format_args!("* COMMENT: {} HAS NO DURATION", clip.code()));
        }
    }
    list
}

/// One line of at most `most` characters of ASCII.
fn ascii(text: &str, most: usize) -> String {
    let plain = |c: char| if c.is_ascii() && !c.is_ascii_control() { c } else { '_' };
    text.trim().chars().take(most).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::production::export::cut::sample;

    #[test]
    fn a_cut_at_24_frames() {
        let expected = [
            "TITLE: The Lighthouse",
            "FCM: NON-DROP FRAME",
            "",
            "001  AX       V     C        00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00",
            "* FROM CLIP NAME: S001_P001_T003.png",
            "* SOURCE FILE: 03_Renders/S001/P001/S001_P001_T003.png",
            "* COMMENT: S001_P001 Shot P001",
            "002  AX       V     C        00:00:00:00 00:00:03:00 01:00:02:00 01:00:05:00",
            "* FROM CLIP NAME: S001_P002_T001.png",
            "* SOURCE FILE: 03_Renders/S001/P002/S001_P002_T001.png",
            "* COMMENT: S001_P002 Shot P002",
            "* COMMENT: S001_P002 HAS NO DURATION",
            "003  BL       V     C        00:00:00:00 00:00:00:10 01:00:05:00 01:00:05:10",
            "* COMMENT: S002_P001 HAS NO TAKE",
            "* COMMENT: S002_P001 Shot P001",
            "",
        ];
        assert_eq!(edl(&sample(24.0)), expected.join("\r\n"));
    }

    #[test]
    fn rates_have_their_timecodes() {
        let line = |fps: f64, nth: usize| edl(&sample(fps)).lines().filter(|line| line.starts_with("00")).nth(nth).unwrap().to_owned();
        assert!(line(25.0, 0).ends_with("00:00:00:00 00:00:01:23 01:00:00:00 01:00:01:23"), "{}", line(25.0, 0));
        assert!(line(30.0, 0).ends_with("01:00:00:00 01:00:01:18"), "{}", line(30.0, 0));
        assert!(edl(&sample(29.97)).contains("FCM: DROP FRAME"));
        assert!(line(29.97, 0).ends_with("00:00:00;00 00:00:01;18 01:00:00;00 01:00:01;18"), "{}", line(29.97, 0));
    }

    #[test]
    fn names_cannot_add_lines() {
        let mut cut = sample(24.0);
        cut.title = "Fog\r\n999  AX Über".into();
        cut.clips.truncate(1);
        let list = edl(&cut);
        assert_eq!(list.lines().next(), Some("TITLE: Fog__999  AX _ber"));
        assert!(list.is_ascii());
    }
}
