//! Projects.

use serde::{Deserialize, Serialize};

use super::{
    FieldProblem, Moment, ProjectId, QualityPreset, QualityPresets, Stamp, check_line, check_optional_line, check_presets, check_range,
    check_text, default_presets,
};
use crate::limits;

/// A film, an episode, a series of pictures: all that belongs together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Project {
    pub id: ProjectId,
    #[serde(flatten)]
    pub fields: ProjectFields,
    /// The narrative structure, changed by `PUT …/structure`.
    pub narrative_structure: String,
    /// When it was put away. It can be read, and taken up again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub archived_at: Option<Moment>,
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// What people write about a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ProjectFields {
    /// 1 to 200 characters.
    pub title: String,
    /// A short name for folders and addresses: small letters, digits and `-`. Made of the title where it is not given.
    pub slug: String,
    pub description: String,
    /// Frames per second, 1 to 240.
    pub fps: f64,
    /// Width × height in pixels: `1920x1080`.
    pub resolution: String,
    /// `16:9`.
    pub aspect_ratio: String,
    pub default_quality: QualityPreset,
    /// What each quality means, by the kinds of nodes; `default` is that of all others.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, super::QualityLevels>))]
    pub presets: QualityPresets,
    /// The ending of the files of takes.
    pub output_format: String,
}

impl Default for ProjectFields {
    fn default() -> Self {
        Self {
            title: String::new(),
            slug: String::new(),
            description: String::new(),
            fps: 24.0,
            resolution: "1920x1080".into(),
            aspect_ratio: "16:9".into(),
            default_quality: QualityPreset::Standard,
            presets: default_presets(),
            output_format: "png".into(),
        }
    }
}

impl ProjectFields {
    /// Complete fields, with a slug of the title where there was none.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn checked(mut self) -> Result<Self, FieldProblem> {
        check_line("title", &self.title, limits::PRODUCTION_LINE)?;
        if self.slug.is_empty() {
            self.slug = slug(&self.title);
        }
        check_slug(&self.slug)?;
        check_text("description", &self.description)?;
        check_range("fps", self.fps, 1.0, 240.0)?;
        if !is_pair(&self.resolution, 'x', 65_536) {
            return Err(FieldProblem::new("resolution", "Write width and height in pixels, like 1920x1080."));
        }
        if !is_ratio(&self.aspect_ratio) {
            return Err(FieldProblem::new("aspect_ratio", "Write it like 16:9 or 2.39:1."));
        }
        check_presets(&self.presets)?;
        check_optional_line("output_format", &self.output_format, 10)?;
        if self.output_format.is_empty() || !self.output_format.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) {
            return Err(FieldProblem::new("output_format", "Write the ending of a file, like png or mp4."));
        }
        Ok(self)
    }
}

fn check_slug(slug: &str) -> Result<(), FieldProblem> {
    let fits = (1..=limits::PRODUCTION_SLUG).contains(&slug.len())
        && slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    let message = || format!("A slug has 1 to {} small letters, digits and \"-\" in between.", limits::PRODUCTION_SLUG);
    if fits { Ok(()) } else { Err(FieldProblem::new("slug", message())) }
}

/// A title as a part of an address. `project` where nothing of it can be kept.
#[must_use]
pub fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= limits::PRODUCTION_SLUG {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "project".into() } else { slug.into() }
}

fn is_pair(text: &str, between: char, max: u32) -> bool {
    text.split_once(between)
        .is_some_and(|(one, other)| [one, other].iter().all(|part| part.parse().is_ok_and(|number: u32| (1..=max).contains(&number))))
}

fn is_ratio(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(one, other)| [one, other].iter().all(|part| part.parse().is_ok_and(|number: f64| number > 0.0 && number <= 1_000.0)))
}
