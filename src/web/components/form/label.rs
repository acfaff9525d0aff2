//! The labels of the fields.

use proto::recipe::Field;

pub(crate) fn label(field: Field) -> &'static str {
    match field {
        Field::Prompt => "Prompt",
        Field::Negative => "Negative prompt",
        Field::Checkpoint => "Checkpoint",
        Field::Width => "Width",
        Field::Height => "Height",
        Field::Batch => "Batch",
        Field::Steps => "Steps",
        Field::Cfg => "Guidance",
        Field::Sampler => "Sampler",
        Field::Scheduler => "Scheduler",
        Field::Seed => "Seed",
    }
}
