//! A search of the gallery as data.

use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

use crate::time::Timestamp;

/// All of its terms must hold. Without terms: everything but the trash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    pub terms: Vec<Term>,
}

/// One word, phrase or `name:value` of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// As it was written, with its `-`.
    pub text: String,
    /// It began with `-`: what it finds is left out.
    pub is_negated: bool,
    pub condition: Condition,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Condition {
    /// Words that follow each other, in the prompt or in a name.
    Words(SearchWords),
    /// `negative:word`: the same in the negative prompt.
    Negative(SearchWords),
    /// `model:x`, `model:a|b`: one of these values.
    Facet {
        facet: Facet,
        values: Vec<FacetValue>,
    },
    /// `seed:42`.
    Seed(u64),
    /// `star:yes`, `star:no`.
    Star(bool),
    /// `rating:>=4`, `steps:20..30`, `cfg:7`, `size:>1mp`.
    Number {
        quantity: Quantity,
        range: QuantityRange,
    },
    /// `size:832x1216`, in pixels.
    Size {
        width: u32,
        height: u32,
    },
    /// `ratio:16:9`, rounded to the nearest pixel; both numbers are at least 1.
    Ratio {
        width: u32,
        height: u32,
    },
    /// `date:2026-11`: from the first moment to before the second. `None`: no bound.
    Date {
        from: Option<Timestamp>,
        before: Option<Timestamp>,
    },
    Has(Trait),
    /// `in:trash`. Without such a term nothing of the trash is found.
    In(SearchPlace),
}

/// Words as they were typed, not yet folded to the form in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchWords {
    pub text: String,
    /// It ended with `*`: the last word is only the beginning of one.
    pub is_prefix: bool,
}

/// What outputs are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, EnumIter)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Facet {
    Model,
    Lora,
    Tag,
    Album,
    Workflow,
    Backend,
    Sampler,
    Scheduler,
    /// `type:image`, `type:video`, `type:audio`, `type:file`.
    Type,
    /// The program that wrote an imported file: `program:swarmui`.
    Program,
}

impl Facet {
    /// In the order of their lists.
    pub const ALL: [Self; 10] = [
        Self::Type,
        Self::Album,
        Self::Tag,
        Self::Model,
        Self::Lora,
        Self::Workflow,
        Self::Sampler,
        Self::Scheduler,
        Self::Backend,
        Self::Program,
    ];
}

/// Compared without regard to case, and for files of models without regard to folder and extension where the value names neither.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetValue {
    pub text: String,
    /// It ended with `*`: values that begin so.
    pub is_prefix: bool,
}

/// What can be compared with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, EnumIter)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Quantity {
    /// 0 (none) to 5.
    Rating,
    Steps,
    Cfg,
    /// Width × height; a range of it is in pixels: `1mp` is 1,000,000.
    Pixels,
}

/// In thousandths, both ends included: `cfg:>7` begins at 7001, `cfg:7` is 7000 to 7000. Pixels: in pixels, not thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantityRange {
    pub min: Option<u64>,
    pub max: Option<u64>,
}

/// What an output has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, EnumIter)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Trait {
    /// It was made with a mask.
    Mask,
    /// It was made from another picture.
    Parent,
    Prompt,
    Lora,
    Tag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, EnumIter)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SearchPlace {
    Trash,
}

impl QuantityRange {
    #[must_use]
    pub fn contains(self, value: u64) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}
