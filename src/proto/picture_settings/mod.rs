//! What other programs write into their pictures about how they made them, and what of it the built-in form takes over.
//!
//! The names of the keys are those in the source of each program: Stable Diffusion WebUI and Forge (`modules/infotext_utils.py`), SwarmUI
//! (`docs/Image Metadata Format.md`, `T2IParamTypes.cs`), InvokeAI (`invocations/metadata.py`; before 3.0 `pngwriter.py`), NovelAI (as its pictures have them).

mod infotext;
mod invoke;
mod novelai;
mod read;
mod samplers;
mod settings;
mod swarm;
mod take;
mod why;

pub use settings::PictureSettings;

impl PictureSettings {
    /// The settings in the named texts of a file, if a known program wrote them.
    #[must_use]
    pub fn read(texts: &[(String, String)]) -> Option<Self> {
        swarm::read(texts).or_else(|| invoke::read(texts)).or_else(|| novelai::read(texts)).or_else(|| {
            let written = texts.iter().filter(|(name, _)| name.eq_ignore_ascii_case("parameters"));
            written.into_iter().find_map(|(_, text)| infotext::read(text))
        })
    }
}
