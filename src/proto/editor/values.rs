//! The values of a node in the file, in the order or by the names of its widgets.

use serde_json::{Map, Value};

use super::{
    file::FileInput,
    widget::{EditorWidget, Values, is_widget},
};
use crate::comfy::{LinkUse, NodeClass};

/// What the editor writes beside a number or choice that changes after each run. Never sent.
const CONTROL: [&str; 5] = ["fixed", "increment", "decrement", "randomize", "increment-wrap"];

/// `widgets_values` of a node.
pub(super) enum FileValues<'a> {
    Listed(std::vec::IntoIter<&'a Value>),
    Named(&'a Map<String, Value>),
    None,
}

impl<'a> FileValues<'a> {
    pub(super) fn of(values: Option<&'a Value>, class: &NodeClass) -> Self {
        match values {
            Some(Value::Array(list)) => Self::Listed(without_linked(list, class).into_iter()),
            Some(Value::Object(named)) => Self::Named(named),
            _ => Self::None,
        }
    }

    pub(super) fn listed(values: Option<&'a Value>) -> Self {
        Self::Listed(values.and_then(Value::as_array).into_iter().flatten().collect::<Vec<_>>().into_iter())
    }
}

impl Values for FileValues<'_> {
    fn give(&mut self, widget: &mut EditorWidget) {
        let value = match self {
            Self::Listed(list) => list.next(),
            Self::Named(named) => named.get(&widget.name),
            Self::None => None,
        };
        if let Some(value) = value {
            widget.set(value);
        }
    }
}

/// Before version 1.16 of the editor, an input that is always linked had a value in the list, too. Whether it has is seen by the length.
fn without_linked<'a>(list: &'a [Value], class: &NodeClass) -> Vec<&'a Value> {
    let own = class.inputs.iter().filter(|input| is_widget(input) || input.link == LinkUse::Expected);
    let linked: Vec<bool> = own.clone().map(|input| input.link == LinkUse::Expected).collect();
    let places: usize = own.map(|input| if input.after_run.is_some() { 2 } else { 1 }).sum();
    let is_old = linked.contains(&true) && places == list.len();
    let kept = list.iter().enumerate().filter(|(at, _)| !(is_old && linked.get(*at) == Some(&true)));
    kept.map(|(_, value)| value).collect()
}

/// The values of a node whose class no ComfyUI has, with the names of its inputs that have a widget: newer editors list all of them, in the order of
/// the values. `None`: there are values whose names the file does not have.
pub(super) fn named_by_inputs(values: Option<&Value>, inputs: &[FileInput]) -> Option<Vec<EditorWidget>> {
    let list = match values {
        None => return Some(Vec::new()),
        Some(Value::Object(named)) => {
            return Some(named.iter().map(|(name, value)| EditorWidget::new(name, Some(value.clone()))).collect());
        }
        Some(values) => values.as_array()?,
    };
    let mut rest = list.iter().peekable();
    let mut widgets = Vec::new();
    for name in inputs.iter().filter_map(|input| input.widget) {
        let value = rest.next()?;
        widgets.push(EditorWidget::new(name, Some(value.clone())));
        if value.is_number() {
            rest.next_if(|next| next.as_str().is_some_and(|next| CONTROL.contains(&next)));
        }
    }
    rest.next().is_none().then_some(widgets)
}
