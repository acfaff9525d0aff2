//! What is known of the outputs in a zip file: a JSON file beside each, or one table.

use flate2::{Compression, write::DeflateEncoder};
use proto::comfy::Workflow;
use serde::Serialize;

use super::super::gallery::shapes::GalleryOutput;
use crate::zip_stream::ZipStreamError;

/// A JSON file beside an output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutputSidecar<'a> {
    /// Where the output is in the zip file.
    pub(super) file: &'a str,
    #[serde(flatten)]
    pub(super) output: &'a GalleryOutput,
    /// In API format. `None`: it was imported, or its task is not there any more.
    pub(super) api_workflow: Option<&'a Workflow>,
}

const HEADER: [&str; 29] = [
    "file",
    "outputId",
    "taskId",
    "type",
    "filename",
    "mimeType",
    "bytes",
    "width",
    "height",
    "createdAt",
    "name",
    "prompt",
    "negativePrompt",
    "models",
    "loras",
    "seed",
    "sampler",
    "scheduler",
    "steps",
    "cfg",
    "workflow",
    "backend",
    "program",
    "parents",
    "hasMask",
    "star",
    "rating",
    "tags",
    "albums",
];

/// The table while it grows, compressed: it can only be written when all files are.
pub(super) struct OutputTable(csv::Writer<DeflateEncoder<Vec<u8>>>);

impl OutputTable {
    pub(super) fn new() -> Result<Self, ZipStreamError> {
        let packed = DeflateEncoder::new(Vec::new(), Compression::default());
        let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(packed);
        table.write_record(HEADER).map_err(broken)?;
        Ok(Self(table))
    }

    pub(super) fn add(&mut self, file: &str, output: &GalleryOutput) -> Result<(), ZipStreamError> {
        let number = |number: u64| number.to_string();
        let loras: Vec<String> = output.loras.iter().map(|lora| format!("{}:{}", lora.name, lora.weight)).collect();
        let kind = serde_json::to_value(output.kind).ok();
        let row: [String; HEADER.len()] = [
            file.to_owned(),
            output.output_id.to_string(),
            output.task_id.map(|task| task.to_string()).unwrap_or_default(),
            kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().to_owned(),
            output.filename.clone(),
            output.mime_type.clone().unwrap_or_default(),
            number(output.bytes),
            number(output.width.into()),
            number(output.height.into()),
            output.created_at.clone(),
            output.name.clone(),
            output.prompt.clone(),
            output.negative_prompt.clone(),
            output.models.join("; "),
            loras.join("; "),
            output.seed.clone().unwrap_or_default(),
            output.sampler.clone(),
            output.scheduler.clone(),
            output.steps.map(|steps| steps.to_string()).unwrap_or_default(),
            output.cfg.clone(),
            output.workflow.clone(),
            output.backend.clone(),
            output.program.clone(),
            output.parents.join("; "),
            output.has_mask.to_string(),
            output.star.to_string(),
            number(output.rating.into()),
            output.tags.join("; "),
            output.albums.join("; "),
        ];
        self.0.write_record(row.map(harmless)).map_err(broken)
    }

    /// All of it, compressed with deflate.
    pub(super) fn finish(self) -> Result<Vec<u8>, ZipStreamError> {
        let packed = self.0.into_inner().map_err(|error| ZipStreamError::Source(error.to_string()))?;
        Ok(packed.finish()?)
    }
}

fn broken(error: csv::Error) -> ZipStreamError {
    ZipStreamError::Source(error.to_string())
}

/// A cell that no spreadsheet takes for a formula (OWASP, "CSV Injection").
fn harmless(cell: String) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    if is_formula { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless_and_numbers_stay() {
        for (cell, expected) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+1 cat", "'+1 cat"),
            ("-cat", "'-cat"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("-1.5", "-1.5"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell.to_owned()), expected);
        }
    }
}
