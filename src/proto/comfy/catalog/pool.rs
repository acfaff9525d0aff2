//! A class as all ComfyUIs of a pool together have it: its choices are those of any of them, each with how many have it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{
    class::NodeClass,
    classes::Catalog,
    input::{Input, InputKind},
};
use crate::comfy::path::is_same_path;

/// How many ComfyUIs have something, of those whose catalogs are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Availability {
    pub have: u32,
    pub of: u32,
}

impl Availability {
    #[must_use]
    pub fn everywhere(self) -> bool {
        self.have == self.of
    }
}

/// A class, merged over a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolClass {
    /// As the first ComfyUI that has it describes it, with the choices of all.
    pub class: NodeClass,
    pub available: Availability,
    /// Of the inputs with choices: on how many ComfyUIs each is, in the order of the choices. Other inputs have an empty list.
    counts: Vec<Vec<u32>>,
}

impl PoolClass {
    /// On how many ComfyUIs the choice at `index` of this input is.
    #[must_use]
    pub fn choice(&self, input: &str, index: usize) -> Availability {
        let at = self.class.inputs.iter().position(|known| known.name == input);
        let have = at.and_then(|at| self.counts.get(at)?.get(index)).copied().unwrap_or(self.available.have);
        Availability { have, ..self.available }
    }
}

/// The class over all catalogs. Empty catalogs, of ComfyUIs that were never reached, do not count. `None`: no ComfyUI has it.
#[must_use]
pub fn pool_class<'a>(catalogs: impl IntoIterator<Item = &'a Catalog>, class_type: &str) -> Option<PoolClass> {
    let mut merged: Option<PoolClass> = None;
    let mut of = 0;
    for catalog in catalogs.into_iter().filter(|catalog| !catalog.is_empty()) {
        of += 1;
        let Some(class) = catalog.class(class_type) else { continue };
        match &mut merged {
            None => {
                let counts = class.inputs.iter().map(|input| vec![1; input.kind.choices().len()]).collect();
                merged = Some(PoolClass { class: class.clone(), available: Availability { have: 1, of: 0 }, counts });
            }
            Some(merged) => {
                merged.available.have += 1;
                for (input, counts) in merged.class.inputs.iter_mut().zip(&mut merged.counts) {
                    if let Some(other) = class.input(&input.name) {
                        add(input, counts, other);
                    }
                }
            }
        }
    }
    merged.map(|merged| PoolClass { available: Availability { of, ..merged.available }, ..merged })
}

/// Adds the choices of another ComfyUI. The same file with other separators (`sd\xl.ckpt` on Windows) is the same choice.
fn add(input: &mut Input, counts: &mut Vec<u32>, other: &Input) {
    if let InputKind::TypedChoice { values: theirs, .. } = &other.kind
        && let InputKind::Choice(texts) = &input.kind
    {
        // One lists texts only, the other also numbers: both are kept.
        let values = texts.iter().cloned().map(Into::into).collect::<Vec<_>>();
        debug_assert!(theirs.iter().any(|value| !value.is_string()), "a typed choice has a value that is no text");
        input.kind = InputKind::TypedChoice { texts: texts.clone(), values };
    }
    let values: Option<&[serde_json::Value]> = match &other.kind {
        InputKind::TypedChoice { values, .. } => Some(values),
        _ => None,
    };
    let mut counted = HashSet::new();
    for (at, choice) in other.kind.choices().iter().enumerate() {
        let (InputKind::Choice(texts) | InputKind::TypedChoice { texts, .. } | InputKind::ManyOf(texts)) = &mut input.kind else { return };
        match texts.iter().position(|text| text == choice || is_same_path(text, choice)) {
            Some(known) if counted.insert(known) => counts[known] += 1,
            Some(_) => {}
            None => {
                counted.insert(texts.len());
                texts.push(choice.clone());
                counts.push(1);
                if let InputKind::TypedChoice { values: ours, .. } = &mut input.kind {
                    ours.push(values.and_then(|values| values.get(at)).cloned().unwrap_or_else(|| choice.clone().into()));
                }
            }
        }
    }
}
