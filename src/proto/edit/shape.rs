//! The shape of a mask: enlarged and softened. Whole numbers only, so that a page and the server get the same pixels.

use super::rect::{PixelRect, PixelSize};

/// An 8-bit grey picture, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grey {
    size: PixelSize,
    pixels: Vec<u8>,
}

impl Grey {
    /// A black one.
    #[must_use]
    pub fn new(size: PixelSize) -> Self {
        Self { size, pixels: vec![0; usize::try_from(size.pixels()).unwrap_or(usize::MAX)] }
    }

    /// `None`: another number of pixels than the size has.
    #[must_use]
    pub fn from_pixels(size: PixelSize, pixels: Vec<u8>) -> Option<Self> {
        (pixels.len() as u64 == size.pixels()).then_some(Self { size, pixels })
    }

    #[must_use]
    pub fn size(&self) -> PixelSize {
        self.size
    }

    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    pub fn pixels_mut(&mut self) -> &mut [u8] {
        &mut self.pixels
    }

    #[must_use]
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// The smallest rectangle with every pixel that is not black. `None`: all are.
    #[must_use]
    pub fn bounds(&self) -> Option<PixelRect> {
        let width = self.size.width as usize;
        let rows = || self.pixels.chunks_exact(width.max(1));
        let is_set = |row: &[u8]| row.iter().any(|pixel| *pixel > 0);
        let top = rows().position(is_set)?;
        let bottom = rows().rposition(is_set)?;
        let (mut left, mut right) = (width, 0);
        for row in rows().skip(top).take(bottom - top + 1) {
            if let Some(first) = row.iter().position(|pixel| *pixel > 0) {
                left = left.min(first);
                right = right.max(row.iter().rposition(|pixel| *pixel > 0).unwrap_or(first));
            }
        }
        // Each is less than a side, which is a u32.
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Some(PixelRect { x: number(left), y: number(top), width: number(right - left + 1), height: number(bottom - top + 1) })
    }

    /// A copy of a part, with a black margin around it.
    fn part<T: Copy + Default>(&self, rect: PixelRect, margin: usize, value: impl Fn(u8) -> T) -> Window<T> {
        let (width, height) = (rect.width as usize + 2 * margin, rect.height as usize + 2 * margin);
        let mut window = Window { width, height, margin, values: vec![T::default(); width * height] };
        for line in 0..rect.height as usize {
            let from = (rect.y as usize + line) * self.size.width as usize + rect.x as usize;
            let to = (margin + line) * width + margin;
            for column in 0..rect.width as usize {
                window.values[to + column] = value(self.pixels[from + column]);
            }
        }
        window
    }

    /// The part with what was made of it, without the margin.
    fn set_part<T: Copy>(&mut self, rect: PixelRect, window: &Window<T>, value: impl Fn(T) -> u8) {
        for line in 0..rect.height as usize {
            let to = (rect.y as usize + line) * self.size.width as usize + rect.x as usize;
            let from = (window.margin + line) * window.width + window.margin;
            for column in 0..rect.width as usize {
                self.pixels[to + column] = value(window.values[from + column]);
            }
        }
    }
}

/// Enlarges what is white by `px` pixels in every direction: each pixel gets the greatest value in a regular octagon around it.
pub fn grow(mask: &mut Grey, px: u32) {
    let Some(bounds) = mask.bounds().filter(|_| px > 0) else { return };
    // An octagon is what a square, and then diagonal lines, sweep. Its side is tan(22.5°) = 0.4142 of its width; the diagonals give the rest.
    let diagonal = px * 2929 / 10_000;
    let rect = bounds.grown(px, mask.size());
    // The margin: a diagonal may leave the picture, and the next one may come back.
    let mut window = mask.part(rect, diagonal as usize, |value| value);
    let straight = px - 2 * diagonal;
    window.each_row(|line| greatest(line, straight as usize));
    window.each_column(|line| greatest(line, straight as usize));
    if diagonal > 0 {
        window.each_diagonal(false, |line| greatest(line, diagonal as usize));
        window.each_diagonal(true, |line| greatest(line, diagonal as usize));
    }
    mask.set_part(rect, &window, |value| value);
}

/// So far beyond a mask [`feather`] can reach.
#[must_use]
pub fn feather_reach(px: u32) -> u32 {
    3 * px.div_ceil(3)
}

/// Softens the edge, about `px` pixels to either side: three box blurs, which together are nearly a Gaussian with a standard deviation of a third
/// of `px`. Nothing changes farther than [`feather_reach`] from an edge.
pub fn feather(mask: &mut Grey, px: u32) {
    let Some(bounds) = mask.bounds().filter(|_| px > 0) else { return };
    let radius = px.div_ceil(3) as usize;
    let rect = bounds.grown(feather_reach(px), mask.size());
    // With eight more bits, so that rounding does not add up.
    let mut window = mask.part(rect, 0, |value| u16::from(value) << 8);
    for _ in 0..3 {
        window.each_row(|line| mean(line, radius));
        window.each_column(|line| mean(line, radius));
    }
    mask.set_part(rect, &window, |value| u8::try_from((u32::from(value) + 128) >> 8).unwrap_or(u8::MAX));
}

/// A part of a picture while it is worked on.
struct Window<T> {
    width: usize,
    height: usize,
    margin: usize,
    values: Vec<T>,
}

impl<T: Copy + Default> Window<T> {
    fn each_row(&mut self, mut work: impl FnMut(&mut Line<T>)) {
        let mut line = Line::default();
        for start in (0..self.values.len()).step_by(self.width) {
            line.run(&mut self.values, start, 1, self.width, &mut work);
        }
    }

    fn each_column(&mut self, mut work: impl FnMut(&mut Line<T>)) {
        let mut line = Line::default();
        for start in 0..self.width {
            line.run(&mut self.values, start, self.width, self.height, &mut work);
        }
    }

    /// Lines down and to the right, or `to_left`.
    fn each_diagonal(&mut self, to_left: bool, mut work: impl FnMut(&mut Line<T>)) {
        let (width, height) = (self.width, self.height);
        let mut line = Line::default();
        let stride = if to_left { width - 1 } else { width + 1 };
        let room = |x: usize| if to_left { x + 1 } else { width - x };
        let edge = if to_left { width - 1 } else { 0 };
        for x in 0..width {
            line.run(&mut self.values, x, stride, room(x).min(height), &mut work);
        }
        for y in 1..height {
            line.run(&mut self.values, y * width + edge, stride, room(edge).min(height - y), &mut work);
        }
    }
}

/// A line of pixels, and room for the work on it.
#[derive(Default)]
struct Line<T> {
    values: Vec<T>,
    before: Vec<T>,
    after: Vec<T>,
}

impl<T: Copy> Line<T> {
    fn run(&mut self, of: &mut [T], start: usize, stride: usize, length: usize, work: &mut impl FnMut(&mut Self)) {
        self.values.clear();
        self.values.extend((0..length).map(|at| of[start + at * stride]));
        work(self);
        for (at, value) in self.values.iter().enumerate() {
            of[start + at * stride] = *value;
        }
    }
}

/// Each value becomes the greatest of those at most `radius` away. The method of van Herk and of Gil and Werman: three comparisons a value,
/// whatever the radius.
fn greatest(line: &mut Line<u8>, radius: usize) {
    if radius == 0 || line.values.iter().all(|value| *value == 0) {
        return;
    }
    let (length, block) = (line.values.len(), 2 * radius + 1);
    // `before[i]`: the greatest from the beginning of its block to `i`; `after[i]`: from `i` to the end of its block.
    line.before.clear();
    line.before.extend_from_slice(&line.values);
    line.after.clone_from(&line.before);
    for at in 1..length {
        if at % block != 0 {
            line.before[at] = line.before[at].max(line.before[at - 1]);
        }
    }
    for at in (0..length.saturating_sub(1)).rev() {
        if (at + 1) % block != 0 {
            line.after[at] = line.after[at].max(line.after[at + 1]);
        }
    }
    for at in 0..length {
        let (first, last) = (at.saturating_sub(radius), (at + radius).min(length - 1));
        // The window is at most a block long, and so lies in one block or in two.
        let one_block = first / block == last / block;
        line.values[at] = match one_block {
            // It is a whole block, or cut off at the beginning or the end of the line: the end of its block is the line's, too.
            true if first % block == 0 => line.before[last],
            true => line.after[first],
            false => line.after[first].max(line.before[last]),
        };
    }
}

/// Each value becomes the mean of those at most `radius` away; beyond its ends the line goes on as it ends.
fn mean(line: &mut Line<u16>, radius: usize) {
    let Some((&first, &last)) = line.values.first().zip(line.values.last()) else { return };
    let length = line.values.len();
    line.before.clone_from(&line.values);
    let value = |at: usize| -> u64 {
        // `at` counts from `radius` before the beginning.
        match at.checked_sub(radius) {
            None => u64::from(first),
            Some(at) => u64::from(line.before.get(at).copied().unwrap_or(last)),
        }
    };
    let count = 2 * radius as u64 + 1;
    let mut sum: u64 = (0..2 * radius).map(value).sum();
    for at in 0..length {
        sum += value(at + 2 * radius);
        line.values[at] = u16::try_from((sum + count / 2) / count).unwrap_or(u16::MAX);
        sum -= value(at);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dot(size: PixelSize, x: u32, y: u32) -> Grey {
        let mut grey = Grey::new(size);
        grey.pixels_mut()[(y * size.width + x) as usize] = 255;
        grey
    }

    proptest! {
        #[test]
        fn the_greatest_of_a_window_is_that_of_comparing_all(values in proptest::collection::vec(any::<u8>(), 1..80), radius in 0_usize..20) {
            let mut line = Line { values: values.clone(), ..Line::default() };
            greatest(&mut line, radius);
            let slow: Vec<u8> = (0..values.len())
                .map(|at| *values[at.saturating_sub(radius)..(at + radius + 1).min(values.len())].iter().max().unwrap())
                .collect();
            prop_assert_eq!(line.values, slow);
        }

        #[test]
        fn shaping_reaches_as_far_as_it_says(
            (width, height, x, y) in (1_u32..60, 1_u32..60).prop_flat_map(|(w, h)| (Just(w), Just(h), 0..w, 0..h)),
            grown in 0_u32..30,
            soft in 0_u32..30,
        ) {
            let size = PixelSize::new(width, height);
            let mut mask = dot(size, x, y);
            grow(&mut mask, grown);
            let reach = PixelRect { x, y, width: 1, height: 1 }.grown(grown, size);
            prop_assert!(reach.contains(mask.bounds().unwrap()), "grown");
            prop_assert_eq!(mask.bounds().unwrap(), reach, "all the way, at least along the axes");
            feather(&mut mask, soft);
            let reach = reach.grown(feather_reach(soft), size);
            if let Some(bounds) = mask.bounds() {
                prop_assert!(reach.contains(bounds), "{bounds:?} beyond {reach:?}");
            }
        }

        #[test]
        fn growing_loses_nothing(pixels in proptest::collection::vec(any::<u8>(), 12 * 9), by in 0_u32..8) {
            let before = Grey::from_pixels(PixelSize::new(12, 9), pixels).unwrap();
            let mut after = before.clone();
            grow(&mut after, by);
            prop_assert!(before.pixels().iter().zip(after.pixels()).all(|(before, after)| before <= after));
        }
    }

    #[test]
    fn a_grown_dot_is_an_octagon() {
        let mut mask = dot(PixelSize::new(41, 41), 20, 20);
        grow(&mut mask, 20);
        let row = |y: usize| mask.pixels()[y * 41..(y + 1) * 41].iter().filter(|pixel| **pixel == 255).count();
        assert_eq!((row(0), row(20), row(40)), (21, 41, 21));
        // No holes: every row is one run.
        for line in mask.pixels().chunks(41) {
            let runs = line.windows(2).filter(|pair| pair[0] != pair[1]).count();
            assert!(runs <= 2, "{line:?}");
        }
    }

    #[test]
    fn a_soft_edge_falls_off_and_the_inside_stays_white() {
        let size = PixelSize::new(100, 40);
        let mut mask = Grey::new(size);
        for row in mask.pixels_mut().chunks_mut(100) {
            row[..50].fill(255);
        }
        feather(&mut mask, 12);
        let row = &mask.pixels()[20 * 100..21 * 100];
        assert!(row.windows(2).all(|pair| pair[0] >= pair[1]), "{row:?}");
        assert_eq!((row[0], row[37], row[62]), (255, 255, 0), "at the picture's border it does not fade");
        assert!((110..=145).contains(&row[50]), "{}", row[50]);
    }

    #[test]
    fn a_black_mask_stays_black() {
        let mut mask = Grey::new(PixelSize::new(7, 3));
        grow(&mut mask, 5);
        feather(&mut mask, 5);
        assert_eq!(mask, Grey::new(PixelSize::new(7, 3)));
    }
}
