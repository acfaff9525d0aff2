//! The tools, and how they are set.

use serde::{Deserialize, Serialize};

use proto::{limits, mask::Brush};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tool {
    #[default]
    Brush,
    Eraser,
    Fill,
    Lasso,
}

impl Tool {
    pub const ALL: [Self; 4] = [Self::Brush, Self::Eraser, Self::Fill, Self::Lasso];

    pub fn label(self) -> &'static str {
        match self {
            Self::Brush => "Brush",
            Self::Eraser => "Eraser",
            Self::Fill => "Fill",
            Self::Lasso => "Lasso",
        }
    }

    /// Whether it draws with the brush.
    pub fn draws(self) -> bool {
        matches!(self, Self::Brush | Self::Eraser)
    }
}

/// Kept in this browser.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ToolSettings {
    pub tool: Tool,
    /// The brush's diameter in pixels of the picture. 0: none was chosen yet, and it follows the picture's size.
    pub size: u32,
    /// In percent.
    pub hardness: u8,
    pub opacity: u8,
    /// The pressure of a pen changes the size.
    pub pressure: bool,
}

impl Default for ToolSettings {
    fn default() -> Self {
        Self { tool: Tool::Brush, size: 0, hardness: 80, opacity: 100, pressure: true }
    }
}

/// The largest diameter.
pub(crate) const MAX_SIZE: u32 = 2 * limits::BRUSH_RADIUS as u32;
/// A key makes the brush larger or smaller by this factor.
const KEY_FACTOR: f64 = 1.25;
/// The steps of the slider, which is logarithmic.
pub(crate) const SLIDER_STEPS: f64 = 100.0;

impl ToolSettings {
    /// The diameter for a picture of that size: that which was chosen, else a twelfth of the shorter side.
    pub fn diameter(self, width: u32, height: u32) -> u32 {
        if self.size > 0 { self.size.min(MAX_SIZE) } else { (width.min(height) / 12).clamp(8, MAX_SIZE) }
    }

    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers paint"))]
    pub fn brush(self, diameter: u32) -> Brush {
        Brush {
            radius: diameter as f32 / 2.0,
            hardness: f32::from(self.hardness) / 100.0,
            opacity: f32::from(self.opacity) / 100.0,
            erases: self.tool == Tool::Eraser,
            pressure_sizes: self.pressure,
        }
    }
}

/// The next diameter, larger or smaller.
pub(crate) fn stepped(diameter: u32, larger: bool) -> u32 {
    let next = if larger { (f64::from(diameter) * KEY_FACTOR).ceil() } else { (f64::from(diameter) / KEY_FACTOR).floor() };
    (next as u32).clamp(1, MAX_SIZE)
}

/// The place of a diameter on the slider, and back.
pub(crate) fn slider_of(diameter: u32) -> f64 {
    (f64::from(diameter.max(1)).ln() / f64::from(MAX_SIZE).ln() * SLIDER_STEPS).round()
}

pub(crate) fn diameter_at(slider: f64) -> u32 {
    let diameter = (slider.clamp(0.0, SLIDER_STEPS) / SLIDER_STEPS * f64::from(MAX_SIZE).ln()).exp();
    (diameter.round() as u32).clamp(1, MAX_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_reach_every_size() {
        let mut diameter = 1;
        for _ in 0..60 {
            let next = stepped(diameter, true);
            assert!(next > diameter || next == MAX_SIZE, "{diameter} to {next}");
            diameter = next;
        }
        assert_eq!(diameter, MAX_SIZE);
        for _ in 0..60 {
            diameter = stepped(diameter, false);
        }
        assert_eq!(diameter, 1);
    }

    #[test]
    fn the_slider_goes_from_one_pixel_to_the_largest_brush() {
        assert_eq!((diameter_at(0.0), diameter_at(SLIDER_STEPS)), (1, MAX_SIZE));
        for slider in 20..=100 {
            // A diameter is a whole number of pixels, so small ones are not at every step.
            let back = slider_of(diameter_at(f64::from(slider)));
            assert!((back - f64::from(slider)).abs() <= 1.0, "{slider} became {back}");
        }
    }

    #[test]
    fn a_new_brush_fits_the_picture() {
        let settings = ToolSettings::default();
        assert_eq!(settings.diameter(1200, 4096), 100);
        assert_eq!(settings.diameter(1, 1), 8);
        assert_eq!(ToolSettings { size: 33, ..settings }.diameter(1200, 4096), 33);
    }
}
