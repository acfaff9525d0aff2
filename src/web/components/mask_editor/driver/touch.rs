//! The fingers on the picture.

/// Those that are down, each with its pointer id and its place in the window.
#[derive(Clone, Debug, Default)]
pub(super) struct Touches(Vec<(i32, (f64, f64))>);

/// Two fingers: the place between them, and their distance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair {
    pub middle: (f64, f64),
    pub distance: f64,
}

impl Touches {
    pub fn down(&mut self, id: i32, place: (f64, f64)) {
        self.up(id);
        self.0.push((id, place));
    }

    pub fn moved(&mut self, id: i32, place: (f64, f64)) {
        if let Some(touch) = self.0.iter_mut().find(|(known, _)| *known == id) {
            touch.1 = place;
        }
    }

    pub fn up(&mut self, id: i32) {
        self.0.retain(|(known, _)| *known != id);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first two.
    pub fn pair(&self) -> Option<Pair> {
        let [(_, one), (_, two), ..] = self.0.as_slice() else { return None };
        let middle = ((one.0 + two.0) / 2.0, (one.1 + two.1) / 2.0);
        Some(Pair { middle, distance: (one.0 - two.0).hypot(one.1 - two.1).max(1.0) })
    }
}
