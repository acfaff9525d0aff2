//! The colours of a scene: the hour gives them, words and the checkpoint bend them.

use super::{
    canvas::{Color, mix, scale},
    noise::Dice,
    scene::{Ground, Scene, Time},
};

#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) zenith: Color,
    pub(super) middle: Color,
    pub(super) horizon: Color,
    /// Sun or moon, and what they light.
    pub(super) light: Color,
    /// What is far away turns into this.
    pub(super) haze: Color,
    /// What is near and in shadow.
    pub(super) near: Color,
    /// Lamps and windows.
    pub(super) lamp: Color,
    /// Of the subject, where it has a colour of its own.
    pub(super) accent: Color,
}

impl Palette {
    pub(super) fn new(scene: &Scene, checkpoint: &str, dice: &mut Dice) -> Self {
        let mut palette = of_hour(scene.time, dice.chance(0.5));
        if scene.rain || scene.fog > 0.5 {
            palette.dull(if scene.rain { 0.40 } else { 0.14 });
        }
        if scene.ground == Ground::City && scene.time == Time::Night && !scene.is_close() {
            // A city lights its own sky.
            palette.horizon = mix(palette.horizon, [0.86, 0.48, 0.36], 0.50);
            palette.haze = mix(palette.haze, [0.40, 0.30, 0.42], 0.60);
            palette.middle = mix(palette.middle, [0.22, 0.15, 0.32], 0.40);
        }
        let count = scene.tints.len();
        for (index, tint) in scene.tints.iter().enumerate() {
            palette.lean(*tint, index, if count > 1 { 0.42 } else { 0.38 });
        }
        if checkpoint.contains("cyanotype") {
            palette.lamp = [1.0, 0.93, 0.80];
        } else if checkpoint.contains("safelight") {
            palette.horizon = mix(palette.horizon, [0.98, 0.45, 0.25], 0.12);
        }
        palette
    }

    fn each(&mut self, change: impl Fn(Color) -> Color) {
        for color in [&mut self.zenith, &mut self.middle, &mut self.horizon, &mut self.haze, &mut self.near, &mut self.light] {
            *color = change(*color);
        }
    }

    /// Bad weather: less colour, less contrast.
    fn dull(&mut self, share: f32) {
        self.each(|color| {
            let gray = (color[0] + color[1] + color[2]) / 3.0;
            mix(color, [gray * 0.95, gray, gray * 1.06], share)
        });
        self.haze = mix(self.haze, self.middle, share * 0.6);
        self.horizon = mix(self.horizon, self.haze, share * 0.5);
    }

    /// Leans to a colour: the first word colours the sky, the second the light, all of them the subject.
    fn lean(&mut self, tint: Color, index: usize, share: f32) {
        let toward = |color: Color, share: f32| {
            let brightness = (color[0] + color[1] + color[2]) / 3.0;
            let own = ((tint[0] + tint[1] + tint[2]) / 3.0).max(0.15);
            mix(color, scale(tint, (brightness / own).min(1.5)), share)
        };
        if index.is_multiple_of(2) {
            self.zenith = toward(self.zenith, share);
            self.middle = toward(self.middle, share * 1.3);
            self.haze = toward(self.haze, share);
            self.near = toward(self.near, share * 0.6);
        } else {
            self.horizon = toward(self.horizon, share * 1.5);
            self.light = toward(self.light, share);
        }
        if index == 0 {
            self.accent = tint;
        }
    }
}

fn of_hour(time: Time, variant: bool) -> Palette {
    match (time, variant) {
        (Time::Night, _) => Palette {
            zenith: [0.025, 0.045, 0.115],
            middle: [0.060, 0.105, 0.225],
            horizon: [0.165, 0.240, 0.385],
            light: [0.93, 0.94, 0.88],
            haze: [0.120, 0.180, 0.300],
            near: [0.018, 0.026, 0.055],
            lamp: [1.0, 0.78, 0.42],
            accent: [0.72, 0.30, 0.26],
        },
        (Time::Dusk, true) => Palette {
            zenith: [0.125, 0.135, 0.320],
            middle: [0.520, 0.280, 0.420],
            horizon: [0.985, 0.610, 0.360],
            light: [1.0, 0.86, 0.60],
            haze: [0.640, 0.370, 0.420],
            near: [0.070, 0.050, 0.105],
            lamp: [1.0, 0.80, 0.45],
            accent: [0.80, 0.27, 0.22],
        },
        (Time::Dusk, false) => Palette {
            zenith: [0.090, 0.190, 0.350],
            middle: [0.420, 0.420, 0.500],
            horizon: [0.990, 0.700, 0.400],
            light: [1.0, 0.89, 0.66],
            haze: [0.520, 0.430, 0.470],
            near: [0.050, 0.065, 0.105],
            lamp: [1.0, 0.80, 0.45],
            accent: [0.82, 0.35, 0.20],
        },
        (Time::Dawn, true) => Palette {
            zenith: [0.300, 0.420, 0.620],
            middle: [0.700, 0.620, 0.720],
            horizon: [1.0, 0.820, 0.700],
            light: [1.0, 0.94, 0.80],
            haze: [0.740, 0.640, 0.700],
            near: [0.130, 0.135, 0.215],
            lamp: [1.0, 0.86, 0.58],
            accent: [0.80, 0.36, 0.34],
        },
        (Time::Dawn, false) => Palette {
            zenith: [0.240, 0.430, 0.560],
            middle: [0.560, 0.690, 0.740],
            horizon: [0.990, 0.860, 0.680],
            light: [1.0, 0.95, 0.82],
            haze: [0.640, 0.700, 0.720],
            near: [0.095, 0.150, 0.190],
            lamp: [1.0, 0.86, 0.58],
            accent: [0.84, 0.45, 0.30],
        },
        (Time::Day, _) => Palette {
            zenith: [0.170, 0.410, 0.720],
            middle: [0.430, 0.660, 0.860],
            horizon: [0.860, 0.920, 0.930],
            light: [1.0, 0.97, 0.88],
            haze: [0.640, 0.760, 0.840],
            near: [0.100, 0.180, 0.170],
            lamp: [1.0, 0.92, 0.70],
            accent: [0.80, 0.30, 0.25],
        },
    }
}
