//! How a picture is enlarged and moved within its window. Whole numbers: their texts cost browsers no code for fractions.

/// The plane that has the picture is enlarged by `permille` / 1000, and its upper left corner is at `(x, y)` in the window, CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ZoomView {
    pub permille: i64,
    pub x: i64,
    pub y: i64,
}

/// All of the picture is seen.
const FIT: i64 = 1_000;
/// Single pixels of most pictures can be told apart.
const LARGEST: i64 = 16_000;
/// What a double click enlarges to.
const CLOSE: i64 = 2_500;

impl Default for ZoomView {
    fn default() -> Self {
        Self { permille: FIT, x: 0, y: 0 }
    }
}

impl ZoomView {
    pub fn is_enlarged(self) -> bool {
        self.permille > FIT
    }

    pub fn percent(self) -> i64 {
        self.permille / 10
    }

    /// Enlarged by `numerator` / `denominator`, so that what is under `about`, a place in the window, stays there.
    pub fn zoomed(self, (numerator, denominator): (i64, i64), about: (i64, i64), window: (i64, i64)) -> Self {
        self.to(self.permille.saturating_mul(numerator) / denominator.max(1), about, window)
    }

    /// Close to a place, or all of the picture if it is enlarged.
    pub fn toggled(self, about: (i64, i64), window: (i64, i64)) -> Self {
        self.to(if self.is_enlarged() { FIT } else { CLOSE }, about, window)
    }

    pub fn panned(self, (dx, dy): (i64, i64), window: (i64, i64)) -> Self {
        Self { x: self.x + dx, y: self.y + dy, ..self }.within(window)
    }

    fn to(self, permille: i64, about: (i64, i64), window: (i64, i64)) -> Self {
        let permille = permille.clamp(FIT, LARGEST);
        let stays = |at: i64, corner: i64| at - (at - corner) * permille / self.permille.max(1);
        Self { permille, x: stays(about.0, self.x), y: stays(about.1, self.y) }.within(window)
    }

    /// Moved so that the plane covers the window.
    fn within(self, (width, height): (i64, i64)) -> Self {
        let covers = |at: i64, side: i64| at.clamp((side - side * self.permille / FIT).min(0), 0);
        Self { x: covers(self.x, width), y: covers(self.y, height), ..self }
    }

    /// For the property `transform`. `None` while all is seen: so the server renders no attribute `style`, which its policy forbids.
    pub fn transform(self) -> Option<String> {
        let Self { permille, x, y } = self;
        self.is_enlarged().then(|| format!("translate({x}px, {y}px) scale(calc({permille} / 1000))"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: (i64, i64) = (800, 600);

    #[test]
    fn the_place_under_the_pointer_stays() {
        let view = ZoomView::default().zoomed((2, 1), (400, 300), WINDOW);
        assert_eq!(view, ZoomView { permille: 2_000, x: -400, y: -300 });
        assert_eq!(view.zoomed((2, 1), (0, 0), WINDOW), ZoomView { permille: 4_000, x: -800, y: -600 });
        assert_eq!(view.zoomed((1, 2), (400, 300), WINDOW), ZoomView::default());
    }

    #[test]
    fn it_is_never_smaller_than_the_window_nor_moved_out_of_it() {
        let out = ZoomView::default().zoomed((1, 1_000), (7, 7), WINDOW);
        assert_eq!((out, out.is_enlarged()), (ZoomView::default(), false));
        let large = ZoomView::default().zoomed((1_000, 1), (0, 0), WINDOW);
        assert_eq!(large.percent(), 1_600);
        let moved = ZoomView { permille: 2_000, x: 0, y: 0 }.panned((-5_000, 5_000), WINDOW);
        assert_eq!(moved, ZoomView { permille: 2_000, x: -800, y: 0 });
        assert_eq!(ZoomView::default().panned((50, -50), WINDOW), ZoomView::default());
    }

    #[test]
    fn a_double_click_goes_there_and_back() {
        let close = ZoomView::default().toggled((800, 0), WINDOW);
        assert_eq!(close, ZoomView { permille: 2_500, x: -1_200, y: 0 });
        assert_eq!(close.toggled((1, 1), WINDOW), ZoomView::default());
        assert_eq!(close.transform().as_deref(), Some("translate(-1200px, 0px) scale(calc(2500 / 1000))"));
    }
}
