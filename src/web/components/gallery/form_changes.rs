//! What would change in the form of Studio if the settings of an output were used.

use proto::{
    gallery::{MissingName, OutputFacts},
    recipe::{Field, TextToImage},
};

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
pub(super) fn changes(facts: &OutputFacts, missing: &[MissingName], used: UsedSettings, now: impl Fn(Field) -> String) -> FormChanges {
    let mut found = FormChanges::default();
    for (field, text) in known_fields(facts).into_iter().filter(|(field, _)| used.has(*field)) {
        let is_name = matches!(field, Field::Checkpoint | Field::Sampler | Field::Scheduler);
        let gone = missing.iter().find(|gone| is_name && gone.name == text);
        let then = gone.and_then(|gone| gone.same.clone()).unwrap_or(text);
        let now = now(field);
        if is_same(&now, &then) {
            found.same += 1;
            continue;
        }
        let nearest = gone.filter(|gone| gone.same.is_none()).map(|gone| gone.nearest.clone());
        found.changes.push(FormChange { field, now, then, missing: nearest });
    }
    found
}

/// `7.0` and `7` are the same number.
fn is_same(one: &str, other: &str) -> bool {
    let shortest = |text: &str| match text.split_once('.') {
        Some((whole, rest)) if [whole, rest].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit())) => {
            format!("{whole}.{rest}").trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => text.to_owned(),
    };
    shortest(one) == shortest(other)
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

    fn missing() -> Vec<MissingName> {
        vec![MissingName { name: "dreamshaper_8".into(), same: Some("sd15/DreamShaper_8.safetensors".into()), nearest: Vec::new() }]
    }

    fn form(field: Field) -> String {
        TextToImage { prompt: "a boat".into(), negative: "blurry".into(), checkpoint: "sdxl.safetensors".into(), ..TextToImage::default() }
            .field(field)
    }

    fn changed(used: UsedSettings) -> Vec<(Field, String)> {
        changes(&facts(), &missing(), used, form).changes.into_iter().map(|change| (change.field, change.then)).collect()
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for (one, other, same) in
            [("7.0", "7", true), ("7.50", "7.5", true), ("7.05", "7.5", false), ("10", "1", false), ("v1.0", "v1", false)]
        {
            assert_eq!(is_same(one, other), same, "{one} and {other}");
        }
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
        assert_eq!(changes(&facts(), &missing(), UsedSettings::Settings, form).same, 2);
    }

    #[test]
    fn a_model_that_is_gone_is_marked_with_the_nearest() {
        let facts = OutputFacts { models: vec!["sdxl-turbo.safetensors".into()], ..OutputFacts::default() };
        let nearest = vec!["sdxl.safetensors".to_owned()];
        let gone = MissingName { name: "sdxl-turbo.safetensors".into(), same: None, nearest: nearest.clone() };
        let marked = |missing: &[MissingName]| changes(&facts, missing, UsedSettings::All, form).changes.remove(0).missing;
        assert_eq!((marked(&[gone]), marked(&[])), (Some(nearest), None));
    }

    #[test]
    fn the_size_of_a_picture_that_was_made_from_another_is_not_that_of_its_settings() {
        let facts = OutputFacts { parents: vec!["aa".into()], ..facts() };
        let found = changes(&facts, &missing(), UsedSettings::All, form).changes;
        assert!(found.iter().all(|change| !matches!(change.field, Field::Width | Field::Height)));
    }

    #[test]
    fn a_recipe_has_what_is_known_and_the_rest_from_the_form() {
        let recipe = recipe(&facts(), form).unwrap();
        assert_eq!((recipe.prompt.as_str(), recipe.steps, recipe.scheduler.as_str()), ("a red door", 30, "normal"));
    }
}
