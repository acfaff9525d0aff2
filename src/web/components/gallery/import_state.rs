//! How far the import of files from this computer is.

use super::words::number;

/// Files that are named with why they were not taken.
#[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "only browsers send files"))]
const NAMED: usize = 20;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ImportState {
    pub total: u64,
    pub new: u64,
    /// They were in the gallery already.
    pub known: u64,
    pub refused: u64,
    /// The first of these: the name of the file, and why it was not taken.
    pub failed: Vec<(String, String)>,
}

impl ImportState {
    pub fn done(&self) -> u64 {
        self.new + self.known + self.refused
    }

    pub fn is_done(&self) -> bool {
        self.done() >= self.total
    }

    #[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "only browsers send files"))]
    pub fn refuse(&mut self, name: String, why: String) {
        self.refused += 1;
        if self.failed.len() < NAMED {
            self.failed.push((name, why));
        }
    }
}

/// "3 of 12 files imported…", "12 files imported; 2 were there already."
pub(super) fn words(state: &ImportState) -> String {
    let files = |count: u64| if count == 1 { "1 file".to_owned() } else { format!("{} files", number(count)) };
    if !state.is_done() {
        return format!("{} of {} sent…", number(state.done()), files(state.total));
    }
    let mut parts = vec![format!("{} imported", files(state.new))];
    if state.known > 0 {
        parts.push(format!("{} in the gallery already", number(state.known)));
    }
    if state.refused > 0 {
        parts.push(format!("{} not taken", number(state.refused)));
    }
    format!("{}.", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_far_it_is_and_what_came_of_it() {
        let mut state = ImportState { total: 4, new: 1, ..ImportState::default() };
        assert_eq!(words(&state), "1 of 4 files sent…");
        state.known = 2;
        state.refuse("a.txt".into(), "no picture".into());
        assert_eq!(words(&state), "1 file imported, 2 in the gallery already, 1 not taken.");
    }

    #[test]
    fn only_the_first_files_that_were_refused_are_named() {
        let mut state = ImportState { total: 100, ..ImportState::default() };
        (0..100).for_each(|at| state.refuse(format!("{at}"), String::new()));
        assert_eq!((state.failed.len(), state.refused, state.is_done()), (NAMED, 100, true));
    }
}
