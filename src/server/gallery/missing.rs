//! What an output was made with and no ComfyUI has now.

use proto::{
    form::nearest,
    gallery::{MissingName, OutputFacts},
    submit::FormOptions,
};

/// Of its main model, its sampler and its scheduler. Nothing while no ComfyUI was reached.
pub(super) fn missing_names(facts: &OutputFacts, options: &FormOptions) -> Vec<MissingName> {
    let model = facts.models.first().map(String::as_str).unwrap_or_default();
    let names = [(model, &options.checkpoints), (&facts.sampler, &options.samplers), (&facts.scheduler, &options.schedulers)];
    let missing =
        names.into_iter().filter(|(name, known)| !name.is_empty() && !known.is_empty() && !known.iter().any(|other| other == name));
    missing
        .map(|(name, known)| {
            let same = known.iter().find(|other| is_same_file(other, name)).cloned();
            let nearest = if same.is_none() { nearest(name, known.iter().map(String::as_str)) } else { Vec::new() };
            MissingName { name: name.to_owned(), same, nearest }
        })
        .collect()
}

fn is_same_file(one: &str, other: &str) -> bool {
    let plain = |name: &str| {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_lowercase();
        let stem = [".safetensors", ".ckpt", ".gguf", ".sft", ".pt"].iter().find_map(|ending| name.strip_suffix(ending));
        stem.unwrap_or(&name).to_owned()
    };
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> FormOptions {
        FormOptions {
            checkpoints: vec!["sd15/DreamShaper_8.safetensors".into(), "sdxl.safetensors".into()],
            samplers: vec!["euler".into()],
            schedulers: vec!["normal".into()],
            known: true,
        }
    }

    fn missing(model: &str) -> Vec<MissingName> {
        let facts = OutputFacts { models: vec![model.into()], sampler: "euler".into(), ..OutputFacts::default() };
        missing_names(&facts, &options())
    }

    #[test]
    fn a_model_is_found_by_its_file_and_else_the_nearest_is_named() {
        assert_eq!(missing("sdxl.safetensors"), []);
        let other = missing("dreamshaper_8");
        assert_eq!((other[0].same.as_deref(), other[0].nearest.len()), (Some("sd15/DreamShaper_8.safetensors"), 0));
        let gone = missing("sdxl-turbo.safetensors");
        assert_eq!((gone[0].same.as_deref(), gone[0].nearest[0].as_str()), (None, "sdxl.safetensors"));
    }

    #[test]
    fn while_nobody_knows_what_there_is_nothing_is_missing() {
        let facts = OutputFacts { models: vec!["x".into()], sampler: "y".into(), ..OutputFacts::default() };
        assert_eq!(missing_names(&facts, &FormOptions::default()), []);
    }
}
