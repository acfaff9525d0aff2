//! Values of the widgets that a subgraph shows on its node.

use serde_json::Value;

use super::{
    file::{FileNode, list},
    values::FileValues,
    widget::{EditorWidget, Values},
};

/// `properties.proxyWidgets` lists what the node shows: `[id, widget]` of a node inside, whose value is stored there, or `["-1", name]` of one of the
/// node's own widgets. `widgets_values` has a place for each entry. Without the list, it has one for each own widget.
pub(super) fn set_values(widgets: &mut Vec<EditorWidget>, node: &FileNode) {
    let mut values = FileValues::listed(node.values.as_deref());
    for widget in widgets.iter_mut().filter(|widget| widget.stored) {
        values.give(widget);
    }
    let Some(shown) = node.properties.and_then(|properties| properties.get("proxyWidgets")) else { return };
    // Some versions stored the list as text.
    let parsed = shown.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let shown: Option<Vec<(&str, &str)>> = list(parsed.as_ref().or(Some(shown))).iter().map(entry).collect();
    let Some(shown) = shown else { return };
    // An entry for a node inside hides an own widget of the same name: the value inside is used.
    widgets.retain(|widget| {
        let mut named = shown.iter().filter(|(_, name)| *name == widget.name).peekable();
        named.peek().is_none() || named.any(|(id, _)| *id == "-1")
    });
    for (at, value) in list(node.values.as_deref()).iter().enumerate() {
        if let Some(("-1", name)) = shown.get(at)
            && !value.is_null()
            && let Some(widget) = widgets.iter_mut().find(|widget| widget.name == *name)
        {
            widget.set(value);
        }
    }
}

fn entry(entry: &Value) -> Option<(&str, &str)> {
    match entry.as_array()?.as_slice() {
        [id, name] => Some((id.as_str()?, name.as_str()?)),
        _ => None,
    }
}
