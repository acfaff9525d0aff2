//! Draws text into a picture.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use image::{Rgb, RgbImage};

/// Inter, under the SIL Open Font License: see `Inter-LICENSE.txt`. Latin, Greek and Cyrillic letters; others appear as boxes.
const FONT: &[u8] = include_bytes!("Inter-Regular.ttf");

pub(super) struct TextPen {
    font: FontRef<'static>,
    scale: PxScale,
}

/// Where lines are relative to the place that they are drawn at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alignment {
    Left,
    Centre,
    Right,
}

impl TextPen {
    /// `None`: the font cannot be read, which a test excludes.
    pub fn new(height: f32) -> Option<Self> {
        let font = FontRef::try_from_slice(FONT).ok()?;
        Some(Self { font, scale: PxScale::from(height) })
    }

    /// From one line to the next, pixels.
    pub fn line_height(&self) -> u32 {
        (self.scale.y * 1.25).ceil() as u32
    }

    /// Pixels.
    pub fn width(&self, text: &str) -> f32 {
        self.glyphs(text, 0.0, 0.0).1
    }

    /// The glyphs of a line, and its width.
    fn glyphs(&self, text: &str, left: f32, top: f32) -> (Vec<Glyph>, f32) {
        let font = self.font.as_scaled(self.scale);
        let mut glyphs = Vec::new();
        let mut at = 0.0;
        let mut last = None;
        for letter in text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }) {
            let id = font.glyph_id(letter);
            at += last.map_or(0.0, |last| font.kern(last, id));
            glyphs.push(id.with_scale_and_position(self.scale, point(left + at, top + font.ascent())));
            at += font.h_advance(id);
            last = Some(id);
        }
        (glyphs, at)
    }

    /// The text in at most `lines` lines of this width. What does not fit ends with "…".
    pub fn wrapped(&self, text: &str, width: f32, lines: usize) -> Vec<String> {
        let mut done: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace().flat_map(|word| self.broken(word, width)) {
            let word = word.as_str();
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if line.is_empty() || self.width(&longer) <= width {
                line = longer;
            } else {
                done.push(std::mem::replace(&mut line, word.to_owned()));
            }
        }
        done.push(line);
        let is_cut = done.len() > lines;
        done.truncate(lines);
        let last = done.len().saturating_sub(1);
        done.into_iter().enumerate().map(|(at, line)| self.fitted(&line, width, is_cut && at == last)).collect()
    }

    /// A word in parts that fit, such as the name of a file.
    fn broken(&self, word: &str, width: f32) -> Vec<String> {
        let mut parts = vec![String::new()];
        for letter in word.chars() {
            let Some(part) = parts.last_mut() else { break };
            part.push(letter);
            if self.width(part) > width && part.chars().count() > 1 {
                part.pop();
                parts.push(letter.to_string());
            }
        }
        parts
    }

    /// The beginning of a line that fits.
    fn fitted(&self, line: &str, width: f32, is_cut: bool) -> String {
        let whole = if is_cut { format!("{line} …") } else { line.to_owned() };
        if self.width(&whole) <= width {
            return whole;
        }
        let letters: Vec<char> = line.chars().collect();
        let text = |count: usize| letters[..count].iter().collect::<String>().trim_end().to_owned() + "…";
        let (mut fits, mut too_many) = (0, letters.len());
        while fits + 1 < too_many {
            let middle = usize::midpoint(fits, too_many);
            if self.width(&text(middle)) <= width { fits = middle } else { too_many = middle }
        }
        text(fits)
    }

    /// Draws lines from `top` on.
    pub fn draw(&self, picture: &mut RgbImage, lines: &[String], (x, top): (f32, f32), alignment: Alignment, colour: Rgb<u8>) {
        for (nth, line) in lines.iter().enumerate() {
            let width = self.width(line);
            let left = match alignment {
                Alignment::Left => x,
                Alignment::Centre => x - width / 2.0,
                Alignment::Right => x - width,
            };
            let top = top + (nth as u32 * self.line_height()) as f32;
            for glyph in self.glyphs(line, left, top).0 {
                self.draw_glyph(picture, glyph, colour);
            }
        }
    }

    fn draw_glyph(&self, picture: &mut RgbImage, glyph: Glyph, colour: Rgb<u8>) {
        let Some(outline) = self.font.outline_glyph(glyph) else { return };
        let bounds = outline.px_bounds();
        outline.draw(|x, y, coverage| {
            let (x, y) = (bounds.min.x as i64 + i64::from(x), bounds.min.y as i64 + i64::from(y));
            let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
            let Some(pixel) = picture.get_pixel_mut_checked(x, y) else { return };
            let coverage = coverage.clamp(0.0, 1.0);
            for (under, ink) in pixel.0.iter_mut().zip(colour.0) {
                *under = (f32::from(*under) * (1.0 - coverage) + f32::from(ink) * coverage).round() as u8;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_cut_and_drawn_where_it_belongs() {
        let pen = TextPen::new(16.0).expect("a font");
        assert_eq!(pen.wrapped("a red door", 500.0, 3), ["a red door"]);
        let narrow = pen.width("a red doo");
        assert_eq!(pen.wrapped("a red door", narrow, 3), ["a red", "door"]);
        let cut = pen.wrapped("a red door in a wall of bricks", narrow, 2);
        assert!(cut.len() == 2 && cut[1].ends_with('…'), "{cut:?}");
        let long = pen.wrapped("safetensorssafetensorssafetensors", narrow, 2);
        assert!(long.len() == 2 && long[1].ends_with('…') && long.iter().all(|line| pen.width(line) <= narrow), "{long:?}");
        assert_eq!(pen.wrapped("safetensors", narrow, 3).concat(), "safetensors");
        assert_eq!(pen.wrapped("", narrow, 2), [""]);

        let mut picture = RgbImage::from_pixel(60, 30, Rgb([255; 3]));
        pen.draw(&mut picture, &["M".into()], (60.0, 5.0), Alignment::Right, Rgb([0; 3]));
        let dark = |from: u32, to: u32| (from..to).any(|x| (0..30).any(|y| picture.get_pixel(x, y)[0] < 100));
        assert!(dark(40, 60) && !dark(0, 40));
    }
}
