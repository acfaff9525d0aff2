//! Text that came from elsewhere.

/// Control characters, and marks that make text appear different from what it is (a "gnp.exe" that shows as "exe.png"): in a terminal, a log or a name
/// they could deceive a reader.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
