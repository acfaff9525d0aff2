//! Why settings are not taken over, for people.

pub(super) const CLIP_SKIP: &str =
    "The form uses the last layer of the text encoder. A workflow with the node CLIP Set Last Layer can use another.";
pub(super) const VAE: &str = "The form uses the VAE of the checkpoint. A workflow with the node Load VAE can use another.";
pub(super) const START: &str =
    "It started from another picture, which is not in this file. Choose it at “Start from a picture”, and set the strength there.";
pub(super) const UPSCALE: &str = "The form makes the picture at its first size. Upscale the result with its button.";
pub(super) const EXTENSION: &str = "It belongs to an extension of that program.";
pub(super) const VARIATION: &str = "ComfyUI has no variations of a seed.";
pub(super) const NO_FIELD: &str = "The form has no field for it.";
pub(super) const SAMPLER: &str = "ComfyUI has no sampler of that kind. The one in the form stays.";
pub(super) const SCHEDULER: &str = "ComfyUI has no scheduler of that kind. The one in the form stays.";
pub(super) const EMBEDDING: &str =
    "ComfyUI applies an embedding where the prompt says embedding:, followed by its name. Insert it with “Embeddings” below the prompt.";
pub(super) const EMPHASIS: &str =
    "Braces strengthen words there, and brackets weaken them. Here braces are alternatives: they became (…), and brackets stay as text.";
pub(super) const CONTROL: &str = "The form has no control models. Use a workflow that has.";
