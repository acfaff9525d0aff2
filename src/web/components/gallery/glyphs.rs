//! Icons that only the gallery has.

use crate::components::icon::Glyph;

pub(super) const STAR: Glyph = Glyph::Path("M10 3.2l2.1 4.3 4.7.7-3.4 3.3.8 4.7-4.2-2.2-4.2 2.2.8-4.7-3.4-3.3 4.7-.7z");
pub(super) const TRASH: Glyph = Glyph::Path("M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.4 9v4.8M11.6 9v4.8");
pub(super) const LEFT: Glyph = Glyph::Path("M12 4.5L6.5 10l5.5 5.5");
pub(super) const RIGHT: Glyph = Glyph::Path("M8 4.5l5.5 5.5L8 15.5");
pub(super) const MAGNIFIER: Glyph = Glyph::Path("M9 3.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11zM13 13l4 4");
pub(super) const HASH: Glyph = Glyph::Path("M8 3.5L6.5 16.5M13.5 3.5L12 16.5M4 7.5h12.5M3.5 12.5H16");
pub(super) const ALBUM: Glyph = Glyph::Path("M3.5 6.5h13v9.5h-13zM5 4h10M6.5 13.5l2.6-3 2.2 2.3 1.6-1.6 2.1 2.3");
pub(super) const RATING: Glyph = Glyph::Path("M4.5 16.5v-4M10 16.5v-8M15.5 16.5v-13");
