//! How the fields of a form are arranged: what a page keeps of it, and the form with it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{FieldKey, Form, FormField};

/// How a person arranged the fields of a form: pages change it; a saved workflow has it in its `Overlay`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arrangement {
    pub fields: BTreeMap<FieldKey, FieldArrangement>,
    /// Fields in the order that they are shown in, before all others of their group.
    pub order: Vec<FieldKey>,
    /// Each a list of fields that get the value of its first one.
    pub linked: Vec<Vec<FieldKey>>,
}

/// How one field is arranged; `None` is as Darkroom makes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldArrangement {
    pub pinned: Option<bool>,
    pub hidden: Option<bool>,
    pub label: Option<String>,
    /// Its heading.
    pub group: Option<String>,
}

impl Form {
    /// Arranges the fields. What fits no field of the form becomes a note.
    pub fn arrange_fields(&mut self, arrangement: &Arrangement) {
        for (key, change) in &arrangement.fields {
            self.change_field(key, change);
        }
        self.link_fields(&arrangement.linked);
        self.reorder(&arrangement.order);
    }

    fn change_field(&mut self, key: &FieldKey, change: &FieldArrangement) {
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
        }
        if !is_there {
            self.notes.push(not_there(key));
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
    fn link_fields(&mut self, linked: &[Vec<FieldKey>]) {
        for keys in linked {
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
        let used: HashSet<u16> = self.fields.iter().map(|field| field.group).collect();
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

/// A note on what was arranged for a field that the workflow does not have.
pub(super) fn not_there(key: &FieldKey) -> String {
    format!("The form of an earlier version has a field {key}, which is not in this workflow.")
}
