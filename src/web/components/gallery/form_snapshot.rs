//! The form of Studio as it was, so that using something in it can be undone.

use leptos::prelude::*;

use crate::components::form::{FormKind, FormModel, WorkflowFile};
use proto::recipe::Field;

#[derive(Clone)]
pub(super) struct FormSnapshot {
    values: Vec<String>,
    kind: FormKind,
    new_seed: bool,
    reused_seed: bool,
    file: Option<WorkflowFile>,
    inputs: Vec<(String, String)>,
    seeds: Vec<(String, String)>,
    off: Vec<String>,
    unwanted: Vec<String>,
    /// Arrangement, LoRAs, start and strength.
    texts: [String; 4],
}

impl FormSnapshot {
    pub fn of(form: FormModel) -> Self {
        Self {
            values: Field::ALL.iter().map(|field| form.value(*field).get_untracked()).collect(),
            kind: form.kind.get_untracked(),
            new_seed: form.new_seed.get_untracked(),
            reused_seed: form.reused_seed.get_untracked(),
            file: form.file.get_untracked(),
            inputs: form.inputs.get_untracked(),
            seeds: form.seeds.get_untracked(),
            off: form.off.get_untracked(),
            unwanted: form.unwanted.get_untracked(),
            texts: texts(form).map(|text| text.get_untracked()),
        }
    }

    pub fn restore(self, form: FormModel) {
        // What depends on the file is emptied with it.
        if form.file.with_untracked(|file| *file != self.file) {
            form.choose_file(self.file);
        }
        form.inputs.set(self.inputs);
        form.seeds.set(self.seeds);
        form.off.set(self.off);
        form.unwanted.set(self.unwanted);
        for (signal, text) in texts(form).into_iter().zip(self.texts) {
            signal.set(text);
        }
        for (field, text) in Field::ALL.into_iter().zip(self.values) {
            form.value(field).set(text);
        }
        form.kind.set(self.kind);
        form.new_seed.set(self.new_seed);
        form.reused_seed.set(self.reused_seed);
        form.refusal.set(None);
    }
}

fn texts(form: FormModel) -> [RwSignal<String>; 4] {
    [form.arrangement, form.loras, form.start, form.strength]
}
