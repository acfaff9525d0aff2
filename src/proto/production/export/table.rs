//! A table of all shots: RFC 4180, in UTF-8, with a header.

use super::cut::{CutClip, CutList, CutTake};

const HEADER: [&str; 21] = [
    "chapter",
    "scene",
    "scene_title",
    "shot",
    "title",
    "shot_type",
    "status",
    "frames",
    "seconds",
    "record_in",
    "record_out",
    "node",
    "take",
    "quality",
    "seed",
    "rating",
    "review",
    "note",
    "file",
    "prompt",
    "dialogue",
];

/// A text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets a `'` in front, so that no spreadsheet runs it as a formula.
///
/// # Errors
/// None that happens: the table is written into memory.
pub fn table(cut: &CutList) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for (clip, begin, frames) in cut.placed() {
        writer.write_record(row(cut, clip, begin, frames))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn row(cut: &CutList, clip: &CutClip, begin: u64, frames: u64) -> [String; 21] {
    let (rate, start) = (cut.rate, cut.rate.frames_of_hours(1));
    let of = |read: &dyn Fn(&CutTake) -> String| clip.take.as_ref().map(read).unwrap_or_default();
    let word = |word: &'static str| word.to_owned();
    [
        harmless(&clip.chapter),
        clip.scene.to_string(),
        harmless(&clip.scene_title),
        clip.shot.to_string(),
        harmless(&clip.title),
        harmless(&clip.shot_type),
        word(clip.status.into()),
        if clip.duration_frames > 0 { clip.duration_frames.to_string() } else { String::new() },
        if clip.duration_frames > 0 { format!("{:.3}", f64::from(clip.duration_frames) / rate.fps()) } else { String::new() },
        rate.timecode(start + begin),
        rate.timecode(start + begin + frames),
        of(&|take| harmless(&take.node)),
        of(&|take| take.number.to_string()),
        of(&|take| word(take.quality.into())),
        of(&|take| take.seed.map(|seed| seed.to_string()).unwrap_or_default()),
        of(&|take| take.rating.to_string()),
        of(&|take| word(take.review.into())),
        of(&|take| harmless(&take.note)),
        of(&|take| take.path.clone()),
        of(&|take| harmless(&take.prompt)),
        harmless(&clip.dialogue),
    ]
}

fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::production::export::cut::sample;

    #[test]
    fn every_shot_is_a_row() {
        let bytes = table(&sample(24.0)).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), HEADER);
        let of = |row: usize, name: &str| rows[row][HEADER.iter().position(|known| *known == name).unwrap()].to_owned();
        assert_eq!(
            (of(0, "scene"), of(0, "shot"), of(0, "frames"), of(0, "seconds")),
            ("S001".into(), "P001".into(), "48".into(), "2.000".into())
        );
        assert_eq!((of(0, "record_in"), of(1, "record_in")), ("01:00:00:00".into(), "01:00:02:00".into()));
        // A duration that is not known is not made up.
        assert_eq!((of(1, "frames"), of(1, "seconds"), of(2, "take")), (String::new(), String::new(), String::new()));
        assert_eq!((of(0, "note"), of(0, "seed")), ("'=good, \"very\"".into(), u64::MAX.to_string()));
    }
}
