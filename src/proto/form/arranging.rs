//! What a person does to arrange a form, one step each. `base` is the form as Darkroom makes it, `form` as it is arranged now.

use super::{Arrangement, FieldArrangement, FieldKey, Form, FormField, Widget};
use crate::comfy::UploadKind;

/// Where a field is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FormPart {
    Pinned,
    /// Folded away.
    More,
    Hidden,
}

/// The place that a field or heading was moved to, from 1, and among how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovedTo {
    pub place: usize,
    pub of: usize,
}

/// What the values of linked fields must have in common.
#[derive(PartialEq)]
enum ValueType<'a> {
    Text,
    Whole,
    Number,
    Switch,
    /// One or several of a list.
    Choice(bool, u16),
    Upload(UploadKind, &'a str, bool),
    Colour,
}

impl FormField {
    #[must_use]
    pub fn part(&self) -> FormPart {
        match (self.hidden, self.pinned) {
            (true, _) => FormPart::Hidden,
            (false, true) => FormPart::Pinned,
            (false, false) => FormPart::More,
        }
    }

    /// `None`: it cannot be linked. What it can be set to decides which other fields there are, or it is there only with one option.
    fn value_type(&self) -> Option<ValueType<'_>> {
        if self.when.is_some() {
            return None;
        }
        Some(match &self.widget {
            Widget::Prompt { .. } | Widget::Text { .. } | Widget::Remote { .. } => ValueType::Text,
            Widget::Number(bounds) | Widget::Seed(bounds) if bounds.whole => ValueType::Whole,
            Widget::Number(_) | Widget::Seed(_) => ValueType::Number,
            Widget::Switch { .. } => ValueType::Switch,
            Widget::Choice(list) => ValueType::Choice(false, list.0),
            Widget::ManyOf(list) => ValueType::Choice(true, list.0),
            Widget::Upload { kind, folder, several, .. } => ValueType::Upload(*kind, folder, *several),
            Widget::Colour => ValueType::Colour,
            Widget::DynamicChoice(_) | Widget::Json => return None,
        })
    }
}

impl Form {
    /// The fields that could get the value of this one: first those that are used for the same and have the same value.
    #[must_use]
    pub fn linkable(&self, key: &FieldKey) -> Vec<&FormField> {
        let Some((field, kind)) = self.field(key).and_then(|field| Some((field, field.value_type()?))) else { return Vec::new() };
        let followers: Vec<&FieldKey> = self.fields.iter().flat_map(|field| &field.linked).collect();
        let fits = |other: &&FormField| {
            other.key != *key && !followers.contains(&&other.key) && other.value_type().is_some_and(|other| other == kind)
        };
        let (same, others): (Vec<&FormField>, Vec<&FormField>) =
            self.fields.iter().filter(fits).partition(|other| field.same_as.contains(&other.key));
        same.into_iter().chain(others).collect()
    }

    /// The field whose value this one gets.
    #[must_use]
    pub fn leader(&self, key: &FieldKey) -> Option<&FormField> {
        self.fields.iter().find(|field| field.linked.contains(key))
    }

    fn heading(&self, field: &FormField) -> Option<&str> {
        self.groups.get(usize::from(field.group)).map(String::as_str)
    }

    /// All fields that have a place of their own, as they are now.
    fn order(&self) -> Vec<FieldKey> {
        self.fields.iter().filter(|field| field.when.is_none()).map(|field| field.key.clone()).collect()
    }
}

impl Arrangement {
    /// Shows the field without unfolding anything, or no longer.
    pub fn set_pinned(&mut self, base: &Form, key: &FieldKey, pinned: bool) {
        self.change(base, key, |change| change.pinned = Some(pinned));
    }

    pub fn set_hidden(&mut self, base: &Form, key: &FieldKey, hidden: bool) {
        self.change(base, key, |change| change.hidden = Some(hidden));
    }

    /// An empty name is the one that Darkroom gives.
    pub fn rename(&mut self, base: &Form, key: &FieldKey, label: &str) {
        let label = Some(label.trim().to_owned()).filter(|label| !label.is_empty());
        self.change(base, key, |change| change.label = label);
    }

    /// Puts the field last below a heading, which may be a new one. An empty one is the one that Darkroom gives.
    pub fn set_heading(&mut self, base: &Form, form: &Form, key: &FieldKey, heading: &str) {
        let own = || base.field(key).and_then(|field| base.heading(field));
        let heading = Some(heading.trim()).filter(|heading| !heading.is_empty()).or_else(own).unwrap_or_default().to_owned();
        if form.field(key).is_some_and(|field| form.heading(field) == Some(&heading)) {
            return;
        }
        if !self.order.is_empty() {
            // An earlier place would take the heading along.
            self.order.retain(|other| other != key);
            let is_of_heading = |other: &FieldKey| form.field(other).is_some_and(|field| form.heading(field) == Some(&heading));
            let last = self.order.iter().rposition(is_of_heading);
            self.order.insert(last.map_or(self.order.len(), |last| last + 1), key.clone());
        }
        self.change(base, key, |change| change.group = Some(heading));
    }

    /// Moves a field one up or down, among those of its heading in its part of the form. `None`: it is at the end already.
    pub fn move_field(&mut self, form: &Form, key: &FieldKey, up: bool) -> Option<MovedTo> {
        let field = form.field(key).filter(|field| field.when.is_none())?;
        let is_beside = |other: &&FormField| other.group == field.group && other.part() == field.part() && other.when.is_none();
        let beside: Vec<&FieldKey> = form.fields.iter().filter(is_beside).map(|other| &other.key).collect();
        let (to, neighbour) = next(&beside, beside.iter().position(|other| *other == key)?, up)?;
        let mut order = form.order();
        order.retain(|other| other != key);
        let at = order.iter().position(|other| other == *neighbour)?;
        order.insert(if up { at } else { at + 1 }, key.clone());
        self.order = order;
        Some(MovedTo { place: to + 1, of: beside.len() })
    }

    /// Moves a heading with its fields one up or down, among those in a part of the form. `None`: it is at the end already.
    pub fn move_heading(&mut self, form: &Form, part: FormPart, heading: &str, up: bool) -> Option<MovedTo> {
        let mut shown: Vec<u16> = form.fields.iter().filter(|field| field.part() == part).map(|field| field.group).collect();
        shown.dedup();
        let moved = u16::try_from(form.groups.iter().position(|group| group == heading)?).ok()?;
        let (to, neighbour) = next(&shown, shown.iter().position(|group| *group == moved)?, up)?;
        let mut groups: Vec<u16> = (0..u16::try_from(form.groups.len()).unwrap_or(u16::MAX)).filter(|group| *group != moved).collect();
        let at = groups.iter().position(|group| group == neighbour)?;
        groups.insert(if up { at } else { at + 1 }, moved);
        let mut fields: Vec<&FormField> = form.fields.iter().filter(|field| field.when.is_none()).collect();
        fields.sort_by_cached_key(|field| groups.iter().position(|group| *group == field.group));
        self.order = fields.into_iter().map(|field| field.key.clone()).collect();
        Some(MovedTo { place: to + 1, of: shown.len() })
    }

    /// From now on `other`, and what gets its value, gets the value of `first`.
    pub fn link(&mut self, first: &FieldKey, other: &FieldKey) {
        if first == other {
            return;
        }
        let mut joining = vec![other.clone()];
        if let Some(at) = self.linked.iter().position(|keys| keys.first() == Some(other)) {
            joining = self.linked.remove(at);
        }
        self.unlink(other);
        match self.linked.iter_mut().find(|keys| keys.contains(first)) {
            Some(keys) => {
                joining.retain(|key| !keys.contains(key));
                keys.extend(joining);
            }
            None => self.linked.push(std::iter::once(first.clone()).chain(joining.into_iter().filter(|key| key != first)).collect()),
        }
    }

    /// The field has a value of its own again. Of the first one: all that had its value do.
    pub fn unlink(&mut self, key: &FieldKey) {
        self.linked.retain(|keys| keys.first() != Some(key));
        for keys in &mut self.linked {
            keys.retain(|other| other != key);
        }
        self.linked.retain(|keys| keys.len() > 1);
    }

    fn change(&mut self, base: &Form, key: &FieldKey, change: impl FnOnce(&mut FieldArrangement)) {
        let mut field = self.fields.remove(key).unwrap_or_default();
        change(&mut field);
        if let Some(own) = base.field(key) {
            field.pinned = field.pinned.filter(|pinned| *pinned != own.pinned);
            field.hidden = field.hidden.filter(|hidden| *hidden != own.hidden);
            field.label = field.label.filter(|label| *label != own.label);
            field.group = field.group.filter(|group| base.heading(own) != Some(group));
        }
        if field != FieldArrangement::default() {
            self.fields.insert(key.clone(), field);
        }
    }
}

/// The place before or after `at`, and what is there.
fn next<T>(list: &[T], at: usize, up: bool) -> Option<(usize, &T)> {
    let to = if up { at.checked_sub(1)? } else { at + 1 };
    list.get(to).map(|there| (to, there))
}
