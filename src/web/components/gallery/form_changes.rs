//! What would change in the form of Studio if the settings of an output were used.

use proto::{form::nearest, gallery::OutputFacts, recipe::Field, recipe::TextToImage, submit::FormOptions};

/// Which of the settings are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UsedSettings {
    All,
    AllButSeed,
    Prompts,
    Settings,
}

impl UsedSettings {
    pub const EACH: [Self; 4] = [Self::All, Self::AllButSeed, Self::Prompts, Self::Settings];

    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::AllButSeed => "All but the seed",
            Self::Prompts => "Prompt",
            Self::Settings => "Settings",
        }
    }

    fn has(self, field: Field) -> bool {
        let is_prompt = matches!(field, Field::Prompt | Field::Negative);
        match self {
            Self::All => true,
            Self::AllButSeed => field != Field::Seed,
            Self::Prompts => is_prompt,
            Self::Settings => !is_prompt && field != Field::Seed,
        }
    }
}

/// A field that would have another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FormChange {
    pub field: Field,
    pub now: String,
    pub then: String,
    /// No ComfyUI has that model, sampler or scheduler: the names that are most like it.
    pub missing: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FormChanges {
    pub changes: Vec<FormChange>,
    /// Fields that have this value already.
    pub same: usize,
}

/// `now`: the text in a field. What is not known of the output does not change.
pub(super) fn changes(facts: &OutputFacts, used: UsedSettings, options: &FormOptions, now: impl Fn(Field) -> String) -> FormChanges {
    let mut found = FormChanges::default();
    for (field, text) in known_fields(facts).into_iter().filter(|(field, _)| used.has(*field)) {
        let offered = match field {
            Field::Checkpoint => &options.checkpoints,
            Field::Sampler => &options.samplers,
            Field::Scheduler => &options.schedulers,
            _ => &Vec::new(),
        };
        let then = offered.iter().find(|name| is_same_file(name, &text)).cloned().unwrap_or(text);
        let now = now(field);
        if now == then {
            found.same += 1;
            continue;
        }
        let is_missing = !offered.is_empty() && !offered.contains(&then);
        let missing = is_missing.then(|| nearest(&then, offered.iter().map(String::as_str)));
        found.changes.push(FormChange { field, now, then, missing });
    }
    found
}

/// What the output was made with; the form has what is not known. `None`: that makes no recipe.
pub(super) fn recipe(facts: &OutputFacts, form: impl Fn(Field) -> String) -> Option<TextToImage> {
    let known = known_fields(facts);
    let texts =
        Field::ALL.map(|field| known.iter().find(|(known, _)| *known == field).map_or_else(|| form(field), |(_, text)| text.clone()));
    TextToImage::from_fields(|field| &texts[field as usize]).ok()
}

/// The fields of the form that are known of an output.
fn known_fields(facts: &OutputFacts) -> Vec<(Field, String)> {
    let mut fields = Vec::new();
    // A prompt may go without a negative one, which is then empty.
    if !facts.prompt.is_empty() || !facts.negative.is_empty() {
        fields.extend([(Field::Prompt, facts.prompt.clone()), (Field::Negative, facts.negative.clone())]);
    }
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let is_sized = facts.width > 0 && facts.height > 0 && facts.parents.is_empty();
    let side = |side: u32| number(is_sized.then_some(u64::from(side)));
    let rest = [
        (Field::Checkpoint, facts.models.first().cloned().unwrap_or_default()),
        (Field::Width, side(facts.width)),
        (Field::Height, side(facts.height)),
        (Field::Steps, number(facts.steps.map(u64::from))),
        (Field::Cfg, facts.cfg.clone()),
        (Field::Sampler, facts.sampler.clone()),
        (Field::Scheduler, facts.scheduler.clone()),
        (Field::Seed, number(facts.seed)),
    ];
    fields.extend(rest.into_iter().filter(|(_, text)| !text.is_empty()));
    fields
}

/// Programs write the name of a model with or without its folder and its ending.
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

    fn facts() -> OutputFacts {
        OutputFacts {
            prompt: "a red door".into(),
            models: vec!["dreamshaper_8".into()],
            width: 512,
            height: 768,
            steps: Some(30),
            seed: Some(18_446_744_073_709_551_615),
            sampler: "euler".into(),
            ..OutputFacts::default()
        }
    }

    fn options() -> FormOptions {
        FormOptions {
            checkpoints: vec!["sd15/DreamShaper_8.safetensors".into(), "sdxl.safetensors".into()],
            samplers: vec!["euler".into(), "dpmpp_2m".into()],
            schedulers: vec!["normal".into()],
            known: true,
        }
    }

    fn form(field: Field) -> String {
        TextToImage { prompt: "a boat".into(), negative: "blurry".into(), checkpoint: "sdxl.safetensors".into(), ..TextToImage::default() }
            .field(field)
    }

    fn changed(used: UsedSettings) -> Vec<(Field, String)> {
        changes(&facts(), used, &options(), form).changes.into_iter().map(|change| (change.field, change.then)).collect()
    }

    #[test]
    fn each_part_has_its_fields_and_a_model_is_found_by_its_name() {
        let prompts = [(Field::Prompt, "a red door".to_owned()), (Field::Negative, String::new())];
        let settings = [
            (Field::Checkpoint, "sd15/DreamShaper_8.safetensors".to_owned()),
            (Field::Height, "768".to_owned()),
            (Field::Steps, "30".to_owned()),
        ];
        assert_eq!(changed(UsedSettings::Prompts), prompts);
        assert_eq!(changed(UsedSettings::Settings), settings);
        assert_eq!(changed(UsedSettings::AllButSeed), [prompts.as_slice(), &settings].concat());
        assert_eq!(changed(UsedSettings::All).last(), Some(&(Field::Seed, u64::MAX.to_string())));
        // Its width and its sampler are in the form already.
        assert_eq!(changes(&facts(), UsedSettings::Settings, &options(), form).same, 2);
    }

    #[test]
    fn a_model_that_is_gone_is_marked_with_the_nearest() {
        let facts = OutputFacts { models: vec!["sdxl-turbo.safetensors".into()], ..OutputFacts::default() };
        let missing = |options: &FormOptions| changes(&facts, UsedSettings::All, options, form).changes.remove(0).missing;
        assert_eq!(missing(&options()), Some(vec!["sdxl.safetensors".to_owned()]));
        // Nobody knows yet which there are.
        assert_eq!(missing(&FormOptions::default()), None);
    }

    #[test]
    fn the_size_of_a_picture_that_was_made_from_another_is_not_that_of_its_settings() {
        let facts = OutputFacts { parents: vec!["aa".into()], ..facts() };
        let found = changes(&facts, UsedSettings::All, &options(), form).changes;
        assert!(found.iter().all(|change| !matches!(change.field, Field::Width | Field::Height)));
    }

    #[test]
    fn a_recipe_has_what_is_known_and_the_rest_from_the_form() {
        let recipe = recipe(&facts(), form).unwrap();
        assert_eq!((recipe.prompt.as_str(), recipe.steps, recipe.scheduler.as_str()), ("a red door", 30, "normal"));
    }
}
