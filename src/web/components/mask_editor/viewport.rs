//! Where the picture lies in its window: zoom and pan.

/// A pixel of the picture is `scale` CSS pixels wide; the picture's upper left corner is at `(x, y)` in the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Viewport {
    pub scale: f64,
    pub x: f64,
    pub y: f64,
}

/// The largest scale: single pixels can be painted.
const MAX_SCALE: f64 = 32.0;
/// So much of the picture stays in the window, CSS pixels.
const IN_SIGHT: f64 = 48.0;
/// Around the picture when it fits the window, CSS pixels.
const FIT_MARGIN: f64 = 12.0;

/// A part of the plane of the picture, in its pixels; it may lie outside of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ViewFrame {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Viewport {
    /// Shows all of `frame` in a window of that size, in its middle. It is not enlarged beyond twice its size.
    pub fn fit(window: (f64, f64), frame: ViewFrame) -> Self {
        let (width, height) = ((frame.right - frame.left).max(1.0), (frame.bottom - frame.top).max(1.0));
        let room = |side: f64| (side - 2.0 * FIT_MARGIN).max(1.0);
        let scale = (room(window.0) / width).min(room(window.1) / height).min(2.0);
        Self { scale, x: window.0 / 2.0 - scale * (frame.left + width / 2.0), y: window.1 / 2.0 - scale * (frame.top + height / 2.0) }
    }

    /// The place in the picture that is at a place in the window.
    pub fn to_picture(self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x - self.x) / self.scale, (y - self.y) / self.scale)
    }

    pub fn to_window(self, (x, y): (f64, f64)) -> (f64, f64) {
        (x * self.scale + self.x, y * self.scale + self.y)
    }

    /// Zooms so that the place under `about`, a place in the window, stays there. `least` is the scale at which all is seen.
    pub fn zoomed(self, factor: f64, about: (f64, f64), least: f64) -> Self {
        let scale = (self.scale * factor).clamp((least / 4.0).min(1.0), MAX_SCALE);
        let (x, y) = self.to_picture(about);
        Self { scale, x: about.0 - x * scale, y: about.1 - y * scale }
    }

    pub fn panned(self, dx: f64, dy: f64) -> Self {
        Self { x: self.x + dx, y: self.y + dy, ..self }
    }

    /// Moved as little as needed, so that a part of `frame` stays in the window.
    pub fn in_sight(self, window: (f64, f64), frame: ViewFrame) -> Self {
        let keep = |start: f64, from: f64, to: f64, side: f64| {
            let sight = IN_SIGHT.min(side / 2.0).min((to - from) * self.scale);
            let (least, most) = (sight - to * self.scale, side - sight - from * self.scale);
            start.max(least).min(most.max(least))
        };
        Self { x: keep(self.x, frame.left, frame.right, window.0), y: keep(self.y, frame.top, frame.bottom, window.1), ..self }
    }

    /// Moved as little as needed, so that a place of the picture is in the window.
    pub fn showing(self, place: (f64, f64), window: (f64, f64)) -> Self {
        let (x, y) = self.to_window(place);
        let by = |at: f64, side: f64| {
            let margin = IN_SIGHT.min(side / 4.0);
            if at < margin { margin - at } else { (side - margin - at).min(0.0) }
        };
        self.panned(by(x, window.0), by(y, window.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: ViewFrame = ViewFrame { left: 0.0, top: 0.0, right: 400.0, bottom: 200.0 };

    #[test]
    fn a_picture_that_fits_is_in_the_middle() {
        let viewport = Viewport::fit((824.0, 1000.0), PICTURE);
        assert_eq!(viewport, Viewport { scale: 2.0, x: 12.0, y: 300.0 });
        assert_eq!(viewport.to_picture((412.0, 500.0)), (200.0, 100.0));
        let small = Viewport::fit((124.0, 1000.0), PICTURE);
        assert_eq!(small.scale, 0.25);
    }

    #[test]
    fn zooming_keeps_the_place_under_the_pointer() {
        let viewport = Viewport::fit((824.0, 1000.0), PICTURE);
        let pointed = viewport.to_picture((300.0, 444.0));
        for factor in [0.5, 1.7, 4.0] {
            let zoomed = viewport.zoomed(factor, (300.0, 444.0), viewport.scale);
            let (x, y) = zoomed.to_window(pointed);
            assert!((x - 300.0).abs() < 1e-9 && (y - 444.0).abs() < 1e-9, "{factor}: {x}, {y}");
        }
        assert_eq!(viewport.zoomed(1e9, (0.0, 0.0), 2.0).scale, MAX_SCALE);
        assert_eq!(viewport.zoomed(1e-9, (0.0, 0.0), 2.0).scale, 0.5);
    }

    #[test]
    fn the_picture_cannot_be_lost() {
        let viewport = Viewport { scale: 1.0, x: 1e6, y: -1e6 };
        let kept = viewport.in_sight((800.0, 600.0), PICTURE);
        assert_eq!((kept.x, kept.y), (800.0 - IN_SIGHT, IN_SIGHT - 200.0));
        assert_eq!(kept.in_sight((800.0, 600.0), PICTURE), kept);
    }

    #[test]
    fn the_crosshair_is_followed() {
        let viewport = Viewport { scale: 4.0, x: 0.0, y: 0.0 };
        let shown = viewport.showing((390.0, 10.0), (800.0, 600.0));
        let (x, y) = shown.to_window((390.0, 10.0));
        assert_eq!((x, y), (800.0 - IN_SIGHT, IN_SIGHT));
        assert_eq!(viewport.showing((100.0, 60.0), (800.0, 600.0)), viewport, "it is in sight already");
    }
}
