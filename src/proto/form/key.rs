//! The name of a field: a node and one of its inputs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ids::NodeId;

/// An input of a node. As text `NODE.INPUT`, such as `3.seed`, `12:5.steps` or `9.resize_type.width`: the first dot ends the node's id. A dot or
/// backslash within an id is written `\.` or `\\`, so that every text means one field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct FieldKey {
    pub node: NodeId,
    pub input: String,
}

/// The text has no dot, or names no node or no input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" does not name a field: it must be NODE.INPUT, such as 3.seed.")]
pub struct FieldKeyError(pub String);

impl FieldKey {
    pub fn new(node: impl Into<NodeId>, input: impl Into<String>) -> Self {
        Self { node: node.into(), input: input.into() }
    }
}

impl fmt::Display for FieldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.node.as_str().chars() {
            if matches!(letter, '.' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{letter}")?;
        }
        write!(f, ".{}", self.input)
    }
}

impl FromStr for FieldKey {
    type Err = FieldKeyError;

    fn from_str(text: &str) -> Result<Self, FieldKeyError> {
        let mut node = String::new();
        let mut letters = text.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => node.extend(letters.next().map(|(_, escaped)| escaped)),
                '.' if !node.is_empty() && at + 1 < text.len() => {
                    return Ok(Self { node: NodeId(node), input: text[at + 1..].to_owned() });
                }
                '.' => break,
                letter => node.push(letter),
            }
        }
        Err(FieldKeyError(text.to_owned()))
    }
}

impl From<FieldKey> for String {
    fn from(key: FieldKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for FieldKey {
    type Error = FieldKeyError;

    fn try_from(text: String) -> Result<Self, FieldKeyError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_read_as_node_and_input() {
        for (text, node, input) in [
            ("3.seed", "3", "seed"),
            ("12:5.steps", "12:5", "steps"),
            ("9.a.b", "9", "a.b"),
            ("a\\.b.c", "a.b", "c"),
            ("3.x\\.", "3", "x\\."),
        ] {
            assert_eq!(text.parse(), Ok(FieldKey::new(node, input)), "{text}");
            assert_eq!(FieldKey::new(node, input).to_string(), text);
        }
        for wrong in ["", "3", "3.", ".seed", "3\\.seed"] {
            assert_eq!(wrong.parse::<FieldKey>(), Err(FieldKeyError(wrong.to_owned())), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_key_survives_as_text(node in "[a1:.\\\\]{1,6}", input in "[b2:.\\\\ é]{1,6}") {
            let key = FieldKey::new(node.as_str(), input);
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }
    }
}
