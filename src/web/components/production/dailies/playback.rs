//! Where the playing is, and how it moves on. Pure.

/// The greatest speed, forwards and backwards.
const FASTEST: i32 = 8;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Playback {
    /// In frames from the beginning of the cut; a part of a frame is time that passed of it.
    position: f64,
    /// Frames that pass while one would: 1 is the rate of the project, negative is backwards, 0 stands still.
    pub speed: i32,
    /// At its end it begins anew.
    pub repeats: bool,
}

impl Playback {
    pub fn frame(&self) -> u64 {
        self.position as u64
    }

    /// Stands at a frame. `frames`: of the whole cut.
    pub fn go_to(&mut self, frame: u64, frames: u64) {
        self.position = frame.min(frames.saturating_sub(1)) as f64;
    }

    /// Some frames on or back, and stands there.
    pub fn step(&mut self, by: i64, frames: u64) {
        self.speed = 0;
        let frame = i64::try_from(self.frame()).unwrap_or(i64::MAX).saturating_add(by).max(0);
        self.go_to(frame.unsigned_abs(), frames);
    }

    /// So many milliseconds passed.
    pub fn advance(&mut self, ms: f64, fps: f64, frames: u64) {
        if self.speed == 0 || frames == 0 {
            return;
        }
        let length = frames as f64;
        let position = self.position + ms / 1_000.0 * fps * f64::from(self.speed);
        if self.repeats {
            let within = position.rem_euclid(length);
            // A little before the beginning is rounded to the length itself.
            self.position = if within < length { within } else { 0.0 };
        } else if position >= length {
            (self.position, self.speed) = (length - 1.0, 0);
        } else if position < 0.0 {
            (self.position, self.speed) = (0.0, 0);
        } else {
            self.position = position;
        }
    }

    /// Plays, from the beginning if it is at the end; or stands still.
    pub fn toggle(&mut self, frames: u64) {
        if self.speed != 0 {
            self.speed = 0;
            return;
        }
        if self.frame() + 1 >= frames {
            self.position = 0.0;
        }
        self.speed = 1;
    }

    /// As the key L: forwards, and faster each time.
    pub fn forwards(&mut self) {
        self.speed = if self.speed > 0 { (self.speed * 2).min(FASTEST) } else { 1 };
    }

    /// As the key J: backwards, and faster each time.
    pub fn backwards(&mut self) {
        self.speed = if self.speed < 0 { (self.speed * 2).max(-FASTEST) } else { -1 };
    }
}

/// A frame as time: `0:02.12` is the twelfth frame after two seconds.
pub(super) fn time_words(frame: u64, fps: f64) -> String {
    let nominal = (fps.round() as u64).max(1);
    let seconds = frame / nominal;
    format!("{}:{:02}.{:02}", seconds / 60, seconds % 60, frame % nominal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(position: f64, speed: i32, repeats: bool) -> Playback {
        Playback { position, speed, repeats }
    }

    #[test]
    fn a_second_is_as_many_frames_as_the_rate() {
        let mut playback = at(0.0, 1, false);
        playback.advance(1_000.0, 24.0, 100);
        assert_eq!(playback.frame(), 24);
        playback.speed = -2;
        playback.advance(250.0, 24.0, 100);
        assert_eq!(playback.frame(), 12);
    }

    #[test]
    fn it_stops_at_its_ends_or_begins_anew() {
        let mut playback = at(98.0, 1, false);
        playback.advance(1_000.0, 24.0, 100);
        assert_eq!((playback.frame(), playback.speed), (99, 0));
        let mut playback = at(98.0, 1, true);
        playback.advance(1_000.0, 24.0, 100);
        assert_eq!((playback.frame(), playback.speed), (22, 1));
        let mut playback = at(1.0, -1, true);
        playback.advance(1_000.0, 24.0, 100);
        assert_eq!(playback.frame(), 77);
    }

    #[test]
    fn keys_change_the_speed() {
        let mut playback = at(0.0, 0, false);
        let mut speeds = Vec::new();
        for key in "lllllkjjl".chars() {
            match key {
                'j' => playback.backwards(),
                'l' => playback.forwards(),
                _ => playback.speed = 0,
            }
            speeds.push(playback.speed);
        }
        assert_eq!(speeds, [1, 2, 4, 8, 8, 0, -1, -2, 1]);
    }

    #[test]
    fn playing_at_the_end_begins_at_the_beginning() {
        let mut playback = at(99.0, 0, false);
        playback.toggle(100);
        assert_eq!((playback.frame(), playback.speed), (0, 1));
        playback.toggle(100);
        assert_eq!(playback.speed, 0);
    }

    proptest! {
        /// Wherever it is and whatever happens, it shows a frame that there is.
        #[test]
        fn it_never_leaves_the_cut(frames in 1_u64..500, from in 0_u64..600, speed in -8_i32..=8, repeats: bool, ms in 0.0..100_000.0_f64, step in -700_i64..700) {
            let mut playback = at(0.0, 0, repeats);
            playback.go_to(from, frames);
            prop_assert!(playback.frame() < frames);
            playback.speed = speed;
            playback.advance(ms, 24.0, frames);
            prop_assert!(playback.frame() < frames);
            playback.step(step, frames);
            prop_assert!(playback.frame() < frames);
        }
    }

    #[test]
    fn frames_are_said_as_time() {
        assert_eq!([time_words(0, 24.0), time_words(60, 24.0), time_words(1_500, 25.0)], ["0:00.00", "0:02.12", "1:00.00"]);
    }
}
