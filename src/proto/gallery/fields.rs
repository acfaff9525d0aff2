//! The table of the names before `:` in a search. Parser, suggestions and help all read it.

use super::search::{Facet, Quantity};

/// A name that can stand before `:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchField {
    pub name: &'static str,
    /// Other names with the same meaning.
    pub aliases: &'static [&'static str],
    /// One line for people.
    pub help: &'static str,
    /// A term with it.
    pub example: &'static str,
    /// Values that are always the same, or examples of numbers. Empty: any text or number, or what the outputs have.
    pub values: &'static [&'static str],
    pub(super) kind: FieldKind,
}

/// How the values of a field are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldKind {
    Facet(Facet),
    Negative,
    Seed,
    Star,
    Is,
    Number(Quantity),
    Size,
    Ratio,
    Date,
    Has,
    In,
}

const FIELDS: &[SearchField] = &[
    SearchField::facet(Facet::Model, "model", "A checkpoint or another model that it was made with.", "model:flux*"),
    SearchField::facet(Facet::Lora, "lora", "A LoRA that it was made with.", "lora:detail*|sharp*"),
    SearchField::facet(Facet::Tag, "tag", "A tag that it was given.", "tag:\"red door\""),
    SearchField::facet(Facet::Album, "album", "An album that it is in.", "album:trip"),
    SearchField::facet(Facet::Workflow, "workflow", "The workflow that made it.", "workflow:inpaint"),
    SearchField { aliases: &["comfyui"], ..SearchField::facet(Facet::Backend, "backend", "The ComfyUI that made it.", "backend:gpu*") },
    SearchField::facet(Facet::Sampler, "sampler", "The sampler.", "sampler:euler"),
    SearchField::facet(Facet::Scheduler, "scheduler", "The scheduler.", "scheduler:karras"),
    SearchField {
        aliases: &["kind"],
        values: &["image", "video", "audio", "file"],
        ..SearchField::facet(Facet::Type, "type", "What kind of file it is.", "type:video")
    },
    SearchField::facet(Facet::Program, "program", "The program that wrote an imported file.", "program:swarmui"),
    SearchField::plain(FieldKind::Negative, "negative", "A word or phrase of the negative prompt.", "negative:blurry"),
    SearchField::plain(FieldKind::Seed, "seed", "The seed of the noise.", "seed:42"),
    SearchField { values: &["yes", "no"], ..SearchField::plain(FieldKind::Star, "star", "Whether it has a star.", "star:yes") },
    SearchField { values: &["starred"], ..SearchField::plain(FieldKind::Is, "is", "The same as star:yes.", "is:starred") },
    SearchField {
        values: &[">=4", "5", "0"],
        ..SearchField::plain(FieldKind::Number(Quantity::Rating), "rating", "The rating, from 0 (none) to 5.", "rating:>=4")
    },
    SearchField::plain(FieldKind::Number(Quantity::Steps), "steps", "The number of sampling steps.", "steps:20..30"),
    SearchField::plain(FieldKind::Number(Quantity::Cfg), "cfg", "The guidance.", "cfg:6.5..8"),
    SearchField {
        values: &[">1mp", "<1mp", ">4mp", "1024x1024"],
        ..SearchField::plain(FieldKind::Size, "size", "The size in megapixels, or width × height in pixels.", "size:>1mp")
    },
    SearchField {
        values: &["square", "16:9", "9:16", "3:2", "2:3"],
        ..SearchField::plain(FieldKind::Ratio, "ratio", "Width to height.", "ratio:16:9")
    },
    SearchField {
        values: &["today", "yesterday", "7d"],
        ..SearchField::plain(FieldKind::Date, "date", "The days, months or years in which it was made.", "date:2026-10..2026-11")
    },
    SearchField {
        values: &["mask", "parent", "prompt", "lora", "tag"],
        ..SearchField::plain(FieldKind::Has, "has", "What it has, or was made with.", "has:mask")
    },
    SearchField {
        values: &["trash"],
        ..SearchField::plain(FieldKind::In, "in", "Where it is. Without this, not in the trash.", "in:trash")
    },
];

/// All fields with their explanations, in the order of a help page.
#[must_use]
pub fn help() -> &'static [SearchField] {
    FIELDS
}

impl SearchField {
    const fn plain(kind: FieldKind, name: &'static str, help: &'static str, example: &'static str) -> Self {
        Self { name, aliases: &[], help, example, values: &[], kind }
    }

    const fn facet(facet: Facet, name: &'static str, help: &'static str, example: &'static str) -> Self {
        Self::plain(FieldKind::Facet(facet), name, help, example)
    }

    /// What its values are counted by, if they are.
    #[must_use]
    pub fn facet_of(&self) -> Option<Facet> {
        if let FieldKind::Facet(facet) = self.kind { Some(facet) } else { None }
    }

    /// Whether its values can be chosen from a list.
    pub(super) fn has_choices(&self) -> bool {
        !self.values.is_empty() || self.facet_of().is_some()
    }
}

/// By its name or another of its names, in small or capital letters.
pub(super) fn field(name: &str) -> Option<&'static SearchField> {
    FIELDS.iter().find(|field| names(field).any(|own| own.eq_ignore_ascii_case(name)))
}

pub(super) fn field_of_facet(facet: Facet) -> Option<&'static SearchField> {
    FIELDS.iter().find(|field| field.kind == FieldKind::Facet(facet))
}

/// The name that was probably meant: at most two letters are wrong, and fewer than half of them.
pub(super) fn nearest_name(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let distance = |own: &str| strsim::osa_distance(own, &name);
    let nearest = FIELDS.iter().flat_map(names).min_by_key(|own| distance(own))?;
    let wrong = distance(nearest);
    (wrong <= 2 && wrong * 2 < nearest.len().max(name.len())).then_some(nearest)
}

fn names(field: &SearchField) -> impl Iterator<Item = &'static str> {
    std::iter::once(field.name).chain(field.aliases.iter().copied())
}
