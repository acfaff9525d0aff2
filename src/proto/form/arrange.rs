//! A form as a person changed it, and what a run gets of that.

use std::collections::HashMap;

use super::{
    FieldKey, Form, FormField, Overlay, PoolClasses, Rewired, StageError,
    apply::FieldInput,
    stages::{keep_outputs, switch_off},
};
use crate::comfy::Workflow;

impl Form {
    /// Applies what a person changed. What fits no field of the form becomes a note.
    pub fn arrange(&mut self, overlay: &Overlay) {
        self.change_fields(overlay);
        self.link_fields(overlay);
        for stage in &mut self.stages {
            stage.on = !overlay.off.contains(&stage.node);
        }
        for node in overlay.off.iter().filter(|node| self.stages.iter().all(|stage| stage.node != **node)) {
            self.notes.push(format!("Node {node} was switched off, and cannot be in this workflow."));
        }
        if let Some(chosen) = &overlay.outputs {
            for output in &mut self.outputs {
                output.chosen = chosen.contains(&output.node);
            }
        }
        self.notes.extend(overlay.unmatched.iter().map(super::Unmatched::sentence));
        self.reorder(&overlay.order);
    }

    fn change_fields(&mut self, overlay: &Overlay) {
        for (key, change) in &overlay.fields {
            let mut is_there = false;
            for at in 0..self.fields.len() {
                if self.fields[at].key != *key {
                    continue;
                }
                is_there = true;
                let group = change.group.as_ref().map(|group| self.group(group));
                let field = &mut self.fields[at];
                field.pinned = change.pinned.unwrap_or(field.pinned);
                field.hidden = change.hidden.unwrap_or(field.hidden);
                field.group = group.unwrap_or(field.group);
                if let Some(label) = &change.label {
                    field.label.clone_from(label);
                }
                field.seed = change.seed.or(field.seed);
            }
            if !is_there {
                self.notes.push(format!("The form of an earlier version has a field {key}, which is not in this workflow."));
            }
        }
    }

    fn group(&mut self, name: &str) -> u16 {
        let at = self.groups.iter().position(|group| group == name).unwrap_or_else(|| {
            self.groups.push(name.to_owned());
            self.groups.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// The first of each list is shown, and has the others.
    fn link_fields(&mut self, overlay: &Overlay) {
        for keys in &overlay.linked {
            let there: Vec<FieldKey> = keys.iter().filter(|key| self.fields.iter().any(|field| field.key == **key)).cloned().collect();
            let Some((first, others)) = there.split_first() else { continue };
            for field in &mut self.fields {
                if field.key == *first {
                    field.linked = others.to_vec();
                } else if others.contains(&field.key) {
                    field.hidden = true;
                    field.pinned = false;
                }
            }
        }
    }

    /// Groups come in the order of their first fields; what is not listed comes after what is.
    fn reorder(&mut self, order: &[FieldKey]) {
        let places: HashMap<&FieldKey, usize> = order.iter().enumerate().map(|(at, key)| (key, at)).collect();
        let place = |field: &FormField| {
            let outer = field.when.as_ref().map(|(outer, _)| outer);
            places.get(&field.key).or_else(|| places.get(outer?)).copied().unwrap_or(usize::MAX)
        };
        let mut firsts: Vec<(usize, usize)> = (0..self.groups.len()).map(|group| (usize::MAX, group)).collect();
        for field in &self.fields {
            if let Some(first) = firsts.get_mut(usize::from(field.group)) {
                first.0 = first.0.min(place(field));
            }
        }
        let used: std::collections::HashSet<u16> = self.fields.iter().map(|field| field.group).collect();
        firsts.retain(|(_, group)| u16::try_from(*group).is_ok_and(|group| used.contains(&group)));
        firsts.sort_unstable();
        let news: HashMap<usize, u16> =
            firsts.iter().enumerate().map(|(new, (_, old))| (*old, u16::try_from(new).unwrap_or(u16::MAX))).collect();
        let groups = firsts.iter().filter_map(|(_, old)| self.groups.get(*old).cloned()).collect();
        self.fields.sort_by_key(&place);
        for field in &mut self.fields {
            field.group = news.get(&usize::from(field.group)).copied().unwrap_or(field.group);
        }
        self.fields.sort_by_key(|field| field.group);
        self.groups = groups;
    }
}

impl Overlay {
    /// The values of a run with those of linked fields, which get the value of the first of them that is given.
    #[must_use]
    pub fn spread(&self, inputs: impl IntoIterator<Item = (String, FieldInput)>) -> Vec<(String, FieldInput)> {
        let mut inputs: Vec<(String, FieldInput)> = inputs.into_iter().collect();
        for keys in &self.linked {
            let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
            let Some(value) = names.iter().find_map(|name| inputs.iter().find(|(given, _)| given == name)).map(|(_, value)| value.clone())
            else {
                continue;
            };
            let missing = names.into_iter().filter(|name| inputs.iter().all(|(given, _)| given != name)).collect::<Vec<_>>();
            inputs.extend(missing.into_iter().map(|name| (name, value.clone())));
        }
        inputs
    }

    /// The workflow without what is switched off and without outputs that are not wanted.
    ///
    /// # Errors
    /// A node that is switched off cannot be.
    pub fn trim(&self, workflow: &Workflow, classes: &PoolClasses) -> Result<Rewired, StageError> {
        let mut done = Rewired { workflow: workflow.clone(), changes: Vec::new() };
        for node in &self.off {
            // It may have been needed only by one that was switched off before.
            if !done.workflow.0.contains_key(node) && workflow.0.contains_key(node) {
                continue;
            }
            let next = switch_off(&done.workflow, classes, node)?;
            done.workflow = next.workflow;
            done.changes.extend(next.changes);
        }
        if let Some(chosen) = &self.outputs {
            let next = keep_outputs(&done.workflow, classes, &chosen.iter().cloned().collect());
            done.workflow = next.workflow;
            done.changes.extend(next.changes);
        }
        Ok(done)
    }
}
