//! The form as it was left, kept in this browser: a reload or a new tab has it.
//!
//! One key in localStorage for each field, so that nothing has to be encoded: what cannot be stored (a large workflow file) is just not kept.

use super::model::FormModel;

/// Stores every change of the form. Before, restores what was stored: only fields that `restorable` accepts, which hold nothing that a person
/// typed or sent. `name` is that of the form.
pub(super) fn keep(form: FormModel, name: &'static str, restorable: impl Fn(usize) -> bool) {
    #[cfg(feature = "hydrate")]
    browser::keep(form, name, restorable);
    #[cfg(not(feature = "hydrate"))]
    let _ = (form, name, restorable);
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;

    use super::super::{
        file::WorkflowFile,
        model::{FormKind, FormModel},
    };
    use crate::storage;
    use proto::recipe::Field;

    pub(super) fn keep(form: FormModel, of: &'static str, restorable: impl Fn(usize) -> bool) {
        let keep_text = |name: &str, get, set| keep_text(of, name, get, set);
        for (at, field) in Field::ALL.into_iter().enumerate() {
            let value = form.value(field);
            let set: Option<Setter> = restorable(at).then(|| Box::new(move |text| value.set(text)) as Setter);
            keep_text(field.name(), Box::new(move || value.get()), set);
        }
        if (0..Field::ALL.len()).all(&restorable) {
            let kind = |text: String| if text == FormKind::Workflow.value() { FormKind::Workflow } else { FormKind::Text };
            keep_text("kind", Box::new(move || form.kind.get().value().to_owned()), Some(Box::new(move |text| form.kind.set(kind(text)))));
        }
        let new_seed = move || if form.new_seed.get() { "1" } else { "" }.to_owned();
        keep_text("new-seed", Box::new(new_seed), Some(Box::new(move |text| form.new_seed.set(!text.is_empty()))));
        let start: Option<Setter> =
            form.start.with_untracked(String::is_empty).then(|| Box::new(move |text| form.start.set(text)) as Setter);
        keep_text("start", Box::new(move || form.start.get()), start);
        for (name, text) in [("strength", form.strength), ("arrangement", form.arrangement), ("loras", form.loras)] {
            keep_text(name, Box::new(move || text.get()), Some(Box::new(move |stored| text.set(stored))));
        }
        let file = move || form.file.with(|file| file.as_ref().map(WorkflowFile::as_text).unwrap_or_default());
        keep_text("file", Box::new(file), Some(Box::new(move |text| form.file.set(WorkflowFile::from_text(&text)))));
        for (name, pairs) in [("inputs", form.inputs), ("seeds", form.seeds)] {
            keep_text(name, Box::new(move || joined(&pairs.get())), Some(Box::new(move |text| pairs.set(pairs_in(&text)))));
        }
        for (name, nodes) in [("off", form.off), ("unwanted", form.unwanted)] {
            let set = move |text: String| nodes.set(text.split(RECORD).filter(|node| !node.is_empty()).map(str::to_owned).collect());
            keep_text(name, Box::new(move || nodes.get().join(RECORD)), Some(Box::new(set)));
        }
    }

    /// The separators of ASCII for records and units, which nobody types.
    const RECORD: &str = "\u{1e}";
    const UNIT: &str = "\u{1f}";

    fn joined(pairs: &[(String, String)]) -> String {
        pairs.iter().map(|(key, value)| format!("{key}{UNIT}{value}")).collect::<Vec<_>>().join(RECORD)
    }

    fn pairs_in(text: &str) -> Vec<(String, String)> {
        text.split(RECORD).filter_map(|pair| pair.split_once(UNIT)).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    type Setter = Box<dyn Fn(String)>;

    fn keep_text(of: &str, name: &str, get: Box<dyn Fn() -> String>, set: Option<Setter>) {
        let key = format!("darkroom:{of}:{name}");
        // After hydration: the first render is the server's.
        Effect::new(move |restored: Option<()>| {
            let text = get();
            if restored.is_some() {
                if !storage::save(&key, &text) {
                    storage::remove(&key);
                }
            } else if let (Some(set), Some(stored)) = (&set, storage::load(&key)) {
                set(stored);
            }
        });
    }
}
