//! Sanitizes text from untrusted sources.

/// Control characters, and Unicode marks that change how text is displayed (a file "gnp.exe" shown as "exe.png"). In a terminal, a log or a name
/// they could deceive a reader.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
