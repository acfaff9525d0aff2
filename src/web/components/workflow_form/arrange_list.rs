//! What is listed while a form is arranged: its parts, their headings, and the fields below each, in the order of the form.

use std::collections::{HashMap, HashSet};

use proto::{
    form::{FieldKey, Form, FormField, FormPart},
    ids::NodeId,
};

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArrangeLine {
    Part(FormPart),
    /// The number of its text.
    Heading(FormPart, u32),
    /// The place of the field in the form as Darkroom makes it.
    Field(u32),
}

/// The lines by their keys, and what the fields' lines show.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ArrangeList {
    pub keys: Vec<u128>,
    pub fields: HashMap<u32, ArrangedField>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ArrangedField {
    pub label: String,
    /// The label, with the node where others have the same.
    pub name: String,
    pub heading: String,
    pub part: FormPart,
    /// It has no fields beside it to move it past.
    pub is_first: bool,
    pub is_last: bool,
    /// It stays below another one, whose choice it belongs to.
    pub depends: bool,
    /// The name of the field whose value it gets.
    pub leader: Option<String>,
}

impl ArrangeLine {
    /// A line keeps its key wherever it is moved.
    pub fn key(self) -> u128 {
        let of = |kind: u128, part: FormPart, at: u32| kind << 64 | (part as u128) << 32 | u128::from(at);
        match self {
            Self::Field(at) => of(0, FormPart::Pinned, at),
            Self::Part(part) => of(1, part, 0),
            Self::Heading(part, at) => of(2, part, at),
        }
    }

    pub fn of_key(key: u128) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the lowest of its parts")]
        let at = key as u32;
        let part = match key >> 32 & 3 {
            0 => FormPart::Pinned,
            1 => FormPart::More,
            _ => FormPart::Hidden,
        };
        match key >> 64 {
            0 => Self::Field(at),
            1 => Self::Part(part),
            _ => Self::Heading(part, at),
        }
    }
}

/// `places`: those of the fields in the form as Darkroom makes it. `left_out`: nodes whose fields are not listed. `headings`: gets new ones.
pub(super) fn list(form: &Form, places: &HashMap<FieldKey, u32>, left_out: &HashSet<NodeId>, headings: &mut Vec<String>) -> ArrangeList {
    let mut list = ArrangeList::default();
    let mut seen = HashSet::new();
    let names = FieldNames::of(form);
    let leaders: HashMap<&FieldKey, &FormField> =
        form.fields.iter().flat_map(|field| field.linked.iter().map(move |follower| (follower, field))).collect();
    for part in [FormPart::Pinned, FormPart::More, FormPart::Hidden] {
        let of_part = |field: &&FormField| field.part() == part && !left_out.contains(&field.key.node);
        let fields: Vec<&FormField> = form.fields.iter().filter(of_part).filter(|field| seen.insert(&field.key)).collect();
        if !fields.is_empty() {
            list.keys.push(ArrangeLine::Part(part).key());
        }
        for of_heading in fields.chunk_by(|one, next| one.group == next.group) {
            let heading = of_heading.first().and_then(|field| form.groups.get(usize::from(field.group))).cloned().unwrap_or_default();
            if part != FormPart::Hidden {
                list.keys.push(ArrangeLine::Heading(part, number_of(&heading, headings)).key());
            }
            let movable = || of_heading.iter().filter(|field| field.when.is_none()).map(|field| &field.key);
            let (first, last) = (movable().next(), movable().next_back());
            for field in of_heading {
                let Some(at) = places.get(&field.key) else { continue };
                list.keys.push(ArrangeLine::Field(*at).key());
                let arranged = ArrangedField {
                    label: field.label.clone(),
                    name: names.of_field(field),
                    heading: heading.clone(),
                    part,
                    is_first: first == Some(&field.key),
                    is_last: last == Some(&field.key),
                    depends: field.when.is_some(),
                    leader: leaders.get(&field.key).map(|leader| names.of_field(leader)),
                };
                list.fields.insert(*at, arranged);
            }
        }
    }
    list
}

fn number_of(heading: &str, headings: &mut Vec<String>) -> u32 {
    let at = headings.iter().position(|known| known == heading).unwrap_or_else(|| {
        headings.push(heading.to_owned());
        headings.len() - 1
    });
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// How often each label is there.
pub(super) struct FieldNames<'a>(HashMap<&'a str, usize>);

impl<'a> FieldNames<'a> {
    pub fn of(form: &'a Form) -> Self {
        let mut counts = HashMap::new();
        for field in &form.fields {
            *counts.entry(field.label.as_str()).or_default() += 1;
        }
        Self(counts)
    }

    pub fn of_field(&self, field: &FormField) -> String {
        let is_alone = self.0.get(field.label.as_str()).is_none_or(|count| *count < 2) || field.title == field.label;
        if is_alone { field.label.clone() } else { format!("{} ({})", field.label, field.title) }
    }
}
