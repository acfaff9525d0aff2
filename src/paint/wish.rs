//! The input of a painting.

/// What a sampler knows of the picture it shall make.
pub struct Wish<'a> {
    pub prompt: &'a str,
    pub negative: &'a str,
    pub seed: u64,
    /// Stronger guidance gives stronger colours.
    pub cfg: f64,
    pub checkpoint: &'a str,
}
