//! Resolves the templates of the built-in form and of workflows.

use std::collections::HashMap;

use super::{PromptError, PromptTemplate, ResolvedPrompt, TaskPrompts, Wildcards, resolve};
use crate::{
    comfy::Workflow,
    form::{FieldKey, PoolClasses, dynamic_texts},
    recipe::{Field, TextToImage},
    task::Problem,
};

/// The texts of a workflow that its classes want to be resolved.
#[must_use]
pub fn templates_of(workflow: &Workflow, classes: &PoolClasses) -> Vec<String> {
    dynamic_texts(workflow, classes).into_iter().map(|(_, text)| text).collect()
}

/// Replaces the templates of a workflow by their texts.
///
/// # Errors
/// One problem per template that is wrong, at its input.
pub fn resolve_workflow(
    workflow: &mut Workflow,
    classes: &PoolClasses,
    wildcards: &Wildcards,
    seed: u64,
) -> Result<TaskPrompts, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut prompts = TaskPrompts { seed, texts: Vec::new() };
    let mut done: HashMap<String, Result<String, PromptError>> = HashMap::new();
    for (FieldKey { node: id, input }, template) in dynamic_texts(workflow, classes) {
        let Some(node) = workflow.0.get_mut(&id) else { continue };
        match done.entry(template.clone()).or_insert_with(|| text_of(&template, wildcards, seed)) {
            Ok(text) if *text == template => {}
            Ok(text) => {
                node.set_input(&input, text.clone().into());
                prompts.texts.push(ResolvedPrompt { node: id, input, template, text: text.clone() });
            }
            Err(error) => problems.push(Problem {
                title: Some(node.title().unwrap_or(node.class_type()).to_owned()),
                node: Some(id),
                input: Some(input),
                message: error.to_string(),
            }),
        }
    }
    if problems.is_empty() { Ok(prompts) } else { Err(problems) }
}

/// The built-in form with the texts of its prompts.
///
/// # Errors
/// One problem per prompt that is wrong.
pub fn resolve_recipe(recipe: &TextToImage, wildcards: &Wildcards, seed: u64) -> Result<(TextToImage, TaskPrompts), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut resolved = recipe.clone();
    let mut prompts = TaskPrompts { seed, texts: Vec::new() };
    for (field, text) in [(Field::Prompt, &mut resolved.prompt), (Field::Negative, &mut resolved.negative)] {
        let template = text.clone();
        match text_of(&template, wildcards, seed) {
            Ok(own) if own == template => {}
            Ok(own) => {
                if let Some((node, input)) = field.place() {
                    prompts.texts.push(ResolvedPrompt { node: node.into(), input: input.to_owned(), template, text: own.clone() });
                }
                *text = own;
            }
            Err(error) => problems.push(field.problem(error.to_string())),
        }
    }
    if problems.is_empty() { Ok((resolved, prompts)) } else { Err(problems) }
}

fn text_of(template: &str, wildcards: &Wildcards, seed: u64) -> Result<String, PromptError> {
    resolve(template, &PromptTemplate::parse(template)?, wildcards, seed)
}
