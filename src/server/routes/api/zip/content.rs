//! What is in a zip file.

use serde::Deserialize;
use utoipa::ToSchema;

use super::super::{kind::ProblemKind, problem::ApiProblem};

/// What is in a zip file besides the outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ZipSidecar {
    #[default]
    None,
    /// A file beside each: what is known of it, as `GET /api/outputs/{output}` has it, with its place in the zip file (`file`) and its workflow in API format
    /// (`apiWorkflow`, `null` where it is not known any more).
    Json,
    /// One table, `outputs.csv`: RFC 4180, in UTF-8, with a header. A text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets a `'` in front, so
    /// that no spreadsheet runs it as a formula; numbers are left as they are.
    Csv,
    Both,
}

/// The problem of a zip file without anything in it.
pub(super) fn nothing() -> ApiProblem {
    ApiProblem::new(ProblemKind::UnknownOutput, "There is nothing to be downloaded: the search has no results.")
}
