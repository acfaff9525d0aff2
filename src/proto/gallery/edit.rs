//! Placeholder.
use super::Facet;
#[must_use]
pub fn has_facet(_text: &str, _facet: Facet, _value: &str) -> bool {
    false
}
#[must_use]
pub fn toggle_facet(text: &str, facet: Facet, value: &str) -> String {
    let name: &'static str = facet.into();
    format!("{text} {name}:{value}")
}
