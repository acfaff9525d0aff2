//! Stops a run at an ordered place until it is released.

use super::order::{At, Fault};
use crate::{
    engine::Engine,
    pace::{Held, Interrupted},
    prompt::Prompt,
};

/// A place that belongs to no node.
pub(crate) fn hold(engine: &Engine, prompt_id: &str, at: At) -> Result<(), Interrupted> {
    hold_at(engine, Held { prompt_id: prompt_id.to_owned(), at, node: None, step: None }, "")
}

pub(super) fn hold_at(engine: &Engine, held: Held, class: &str) -> Result<(), Interrupted> {
    let ordered = engine.orders.take_fault(Some(&held.prompt_id), |fault| match fault {
        Fault::Hold { at, node, step } => {
            let here = node.as_deref().is_none_or(|wanted| held.node.as_deref() == Some(wanted) || wanted == class);
            (*at == held.at && here && (step.is_none() || *step == held.step)).then_some(())
        }
        _ => None,
    });
    if ordered.is_some() { engine.pace.hold(held) } else { Ok(()) }
}

/// All frames of the step have been sent.
pub(crate) fn after_step(engine: &Engine, prompt: &Prompt, node: &str, step: Option<u64>) -> Result<(), Interrupted> {
    let class = prompt.graph[node]["class_type"].as_str().unwrap_or_default();
    hold_at(engine, Held { prompt_id: prompt.id.clone(), at: At::Step, node: Some(node.to_owned()), step }, class)
}

/// Whether previews of this prompt carry no metadata.
pub(crate) fn has_plain_previews(engine: &Engine, prompt: &str) -> bool {
    engine.orders.take_fault(Some(prompt), |fault| matches!(fault, Fault::PlainPreviews).then_some(())).is_some()
}
