//! Wildcards: text files below `wildcards/` in the data folder, a value in each line.

mod error;
mod folder;
mod scan;
#[cfg(test)]
mod tests;

pub use error::WildcardError;
pub use folder::WildcardFolder;
