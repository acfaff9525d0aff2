//! Frame rates, and frames as timecodes (SMPTE ST 12-1).

/// Frames per second, and how they are counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameRate(f64);

/// The rates of NTSC, which people write with two or three digits: 23.976, 29.97, 59.94.
const NTSC: [f64; 3] = [24_000.0 / 1_001.0, 30_000.0 / 1_001.0, 60_000.0 / 1_001.0];
/// How far a rate may be from one of them to be taken for it.
const NEAR: f64 = 0.005;

impl FrameRate {
    /// Frames per second; 29.97 is 30000/1001, as other programs have it. What is no positive number is 24.
    #[must_use]
    pub fn new(fps: f64) -> Self {
        let ntsc = NTSC.into_iter().find(|rate| (fps - rate).abs() < NEAR);
        Self(ntsc.unwrap_or(if fps.is_finite() && fps > 0.0 { fps } else { 24.0 }))
    }

    #[must_use]
    pub fn fps(self) -> f64 {
        self.0
    }

    /// Frames of a second of timecode: 24 for 23.976, 30 for 29.97.
    #[must_use]
    pub fn nominal(self) -> u64 {
        (self.0.round() as u64).max(1)
    }

    /// 29.97 and 59.94: numbers of frames are left out, so that the timecode stays with the clock.
    #[must_use]
    pub fn is_drop_frame(self) -> bool {
        NTSC[1..].contains(&self.0)
    }

    /// How many numbers are left out in each minute but every tenth.
    fn dropped(self) -> u64 {
        if self.is_drop_frame() { self.nominal() / 15 } else { 0 }
    }

    /// How many frames are before the timecode `hours:00:00:00`.
    #[must_use]
    pub fn frames_of_hours(self, hours: u64) -> u64 {
        hours * (self.nominal() * 3_600 - 54 * self.dropped())
    }

    /// `hh:mm:ss:ff`, with drop frames `hh:mm:ss;ff`. After 24 hours it begins anew.
    #[must_use]
    pub fn timecode(self, frame: u64) -> String {
        let (nominal, dropped) = (self.nominal(), self.dropped());
        let minute = nominal * 60 - dropped;
        let ten_minutes = nominal * 600 - 9 * dropped;
        let (tens, rest) = (frame / ten_minutes, frame % ten_minutes);
        // The first minute of ten leaves nothing out.
        let minutes = if rest < nominal * 60 { 0 } else { 1 + (rest - nominal * 60) / minute };
        let number = frame + dropped * (9 * tens + minutes);
        let seconds = number / nominal;
        let separator = if dropped > 0 { ';' } else { ':' };
        format!("{:02}:{:02}:{:02}{separator}{:02}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60, number % nominal)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(fps: f64, frame: u64) -> String {
        FrameRate::new(fps).timecode(frame)
    }

    #[test]
    fn frames_become_timecodes() {
        assert_eq!(
            [at(24.0, 0), at(24.0, 23), at(24.0, 24), at(24.0, 24 * 3_600)],
            ["00:00:00:00", "00:00:00:23", "00:00:01:00", "01:00:00:00"]
        );
        assert_eq!((at(25.0, 49), at(30.0, 1_799)), ("00:00:01:24".into(), "00:00:59:29".into()));
        assert_eq!((at(30.0, 1_800), at(23.976, 24)), ("00:01:00:00".into(), "00:00:01:00".into()));
        assert_eq!(at(24.0, 24 * 86_400), "00:00:00:00");
    }

    /// The known values of drop-frame timecode: two numbers are left out each minute but every tenth, 108 in an hour.
    #[test]
    fn drop_frames_leave_numbers_out() {
        let cases = [
            (1_799, "00:00:59;29"),
            (1_800, "00:01:00;02"),
            (3_597, "00:01:59;29"),
            (3_598, "00:02:00;02"),
            (17_981, "00:09:59;29"),
            (17_982, "00:10:00;00"),
            (19_781, "00:10:59;29"),
            (19_782, "00:11:00;02"),
            (107_892, "01:00:00;00"),
        ];
        for (frame, timecode) in cases {
            assert_eq!(at(29.97, frame), timecode, "{frame}");
            assert_eq!(at(30_000.0 / 1_001.0, frame), timecode, "{frame}");
        }
        assert_eq!((at(59.94, 3_599), at(59.94, 3_600)), ("00:00:59;59".into(), "00:01:00;04".into()));
    }

    #[test]
    fn rates_that_are_written_short_are_meant_exactly() {
        assert_eq!([23.976, 23.98, 29.97, 59.94].map(|fps| FrameRate::new(fps).fps()), [NTSC[0], NTSC[0], NTSC[1], NTSC[2]]);
        assert_eq!([24.0, 25.0, 30.0, 12.5].map(|fps| FrameRate::new(fps).fps()), [24.0, 25.0, 30.0, 12.5]);
        assert_eq!([0.0, -1.0, f64::NAN].map(|fps| FrameRate::new(fps).fps()), [24.0; 3]);
    }

    #[test]
    fn the_hour_of_a_cut_begins_at_the_hour() {
        for fps in [23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 59.94, 60.0, 120.0, 0.4] {
            let rate = FrameRate::new(fps);
            let timecode = rate.timecode(rate.frames_of_hours(1)).replace(';', ":");
            assert_eq!(timecode, "01:00:00:00", "{fps}");
        }
    }

    fn rates() -> impl Strategy<Value = f64> {
        prop::sample::select(vec![12.0, 23.976, 24.0, 25.0, 29.97, 30.0, 59.94, 60.0])
    }

    proptest! {
        /// Timecodes rise with the frames, and no two frames of a day have the same.
        #[test]
        fn timecodes_rise(fps in rates(), frame in 0_u64..2_000_000) {
            let rate = FrameRate::new(fps);
            let number = |frame| rate.timecode(frame).split([':', ';']).map(|part| part.parse::<u64>().unwrap()).collect::<Vec<_>>();
            if frame + 1 < rate.frames_of_hours(24) {
                prop_assert!(number(frame) < number(frame + 1));
            }
        }
    }
}
