//! What a grid is made of.

use serde::{Deserialize, Serialize};

use crate::submit::Submission;

/// A grid as a person describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridSpec {
    pub name: String,
    /// What all cells have in common: the built-in form, or a workflow with its form.
    pub base: Submission,
    /// X, Y and Z: columns, rows, and sheets. At least X.
    pub axes: Vec<GridAxis>,
}

/// A field and the values that it gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridAxis {
    /// The name of a [`Field`](crate::recipe::Field) of the built-in form, or the text of a [`FieldKey`](crate::form::FieldKey) of a workflow.
    pub field: String,
    /// For people.
    pub label: String,
    /// As typed into the field. No value twice.
    pub values: Vec<String>,
    /// The part of the field's text that each value replaces, everywhere in it. `None`: the value replaces the whole text.
    #[serde(default)]
    pub part: Option<String>,
    /// How its values are typed as a list.
    #[serde(default)]
    pub kind: GridValueKind,
}

/// How the values of an axis are typed as a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GridValueKind {
    /// Whole numbers, with commas, and ranges of them.
    Whole,
    /// The same with fractions.
    Decimal,
    /// Separated by commas or new lines. One with a comma is in quotes.
    #[default]
    Words,
    /// One value per line: prompts.
    Lines,
}

/// What is wrong with a grid, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridProblem {
    /// Counts from 0. `None`: it belongs to what all cells have in common, or to the grid as a whole.
    pub axis: Option<u16>,
    /// The value's place on that axis, from 0.
    pub value: Option<u16>,
    pub message: String,
}

impl GridProblem {
    pub fn of_grid(message: impl Into<String>) -> Self {
        Self { axis: None, value: None, message: message.into() }
    }

    pub fn of_axis(axis: usize, message: impl Into<String>) -> Self {
        Self { axis: u16::try_from(axis).ok(), value: None, message: message.into() }
    }

    pub fn of_value(axis: usize, value: usize, message: impl Into<String>) -> Self {
        Self { value: u16::try_from(value).ok(), ..Self::of_axis(axis, message) }
    }
}
