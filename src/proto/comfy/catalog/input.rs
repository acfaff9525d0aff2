//! What an input of a node class accepts, and how people are asked for it.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// An input of a node class.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    pub name: String,
    pub required: bool,
    pub kind: InputKind,
    /// The value that a new node has. It may be of another type than the input takes: custom nodes are not checked.
    pub default: Option<Value>,
    /// Its name for people (`display_name`), where it differs.
    pub label: Option<String>,
    pub tooltip: Option<String>,
    /// ComfyUI's page folds it away.
    pub advanced: bool,
    /// People are not asked for it.
    pub hidden: bool,
    pub link: LinkUse,
    /// Files can be uploaded for it.
    pub upload: Option<UploadTarget>,
    /// What ComfyUI's page does with the value after a run (`control_after_generate`). The server never does it.
    pub after_run: Option<AfterRun>,
}

/// Whether an input may be linked to another node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkUse {
    /// A value or a link.
    #[default]
    Possible,
    /// A link only: `forceInput`, `rawLink`, and of an optional input `defaultInput`. A workflow may have a value nevertheless.
    Expected,
    /// A value only: `socketless`.
    Never,
}

/// A folder of ComfyUI that takes uploads for this input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadTarget {
    pub kind: UploadKind,
    /// "input", "output" or "temp".
    pub folder: String,
    /// `allow_batch`: several files at once.
    pub several: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadKind {
    Image,
    Audio,
    Video,
    /// Such as a 3D model.
    File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterRun {
    Keep,
    Increment,
    Decrement,
    Randomize,
}

/// The values an input accepts.
#[derive(Clone, Debug, PartialEq)]
pub enum InputKind {
    /// One of these texts: names of files, samplers, …
    Choice(Vec<String>),
    /// One of these values, of which some are numbers or booleans. `texts`: the same as people read and type them.
    TypedChoice {
        texts: Vec<String>,
        values: Vec<Value>,
    },
    /// Several of these texts. Sent as `{"__value__": […]}`: a list of two would be read as a link.
    ManyOf(Vec<String>),
    /// One of a list that ComfyUI answers on a route of its own.
    Remote(RemoteChoices),
    Number(NumberRange),
    Text {
        multiline: bool,
        placeholder: Option<String>,
        dynamic_prompts: bool,
    },
    /// True or false, with the words for both, if the class has any.
    Switch {
        on: Option<String>,
        off: Option<String>,
    },
    /// A choice that has inputs of its own, named `outer.inner` in workflows.
    DynamicChoice(Vec<DynamicOption>),
    /// As many links of one type as people make.
    Autogrow(Autogrow),
    /// Anything else, by the name of the type: a link to another node (`IMAGE`; `IMAGE,MASK` and `*` for several types), or the type of a
    /// custom input.
    Other(String),
}

/// The bounds of a number, exactly as the class has them: seeds go up to 18446744073709551615, which is no number in JavaScript.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NumberRange {
    /// Without a fraction.
    pub whole: bool,
    pub min: Option<Number>,
    pub max: Option<Number>,
    pub step: Option<Number>,
    /// Shown as a slider, a knob or a plain number (`display`).
    pub display: Option<String>,
}

/// Choices that ComfyUI lists on a route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteChoices {
    /// Always relative to the address of that ComfyUI: an absolute address is not kept, so that no class can make Darkroom call another host.
    pub route: String,
    /// Which member of the response is the list. Empty: all of it.
    pub response_key: String,
    /// ComfyUI's page has a button to ask again.
    pub refresh_button: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DynamicOption {
    pub key: String,
    pub inputs: Vec<Input>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Autogrow {
    /// What each of them accepts.
    pub input: Box<Input>,
    pub names: AutogrowNames,
    pub min: u32,
    /// At most 100 in ComfyUI.
    pub max: u32,
}

/// How the inputs of a group are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AutogrowNames {
    /// `image0`, `image1`, …
    Prefix(String),
    Listed(Vec<String>),
}

impl Autogrow {
    /// Which of the group's inputs has this name, counted from 0.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<u32> {
        let position = match &self.names {
            AutogrowNames::Prefix(prefix) => name.strip_prefix(prefix.as_str())?.parse().ok()?,
            AutogrowNames::Listed(names) => u32::try_from(names.iter().position(|listed| listed == name)?).ok()?,
        };
        (position < self.max).then_some(position)
    }
}

impl InputKind {
    /// The choices as text; empty for other kinds.
    #[must_use]
    pub fn choices(&self) -> &[String] {
        match self {
            Self::Choice(texts) | Self::TypedChoice { texts, .. } | Self::ManyOf(texts) => texts,
            _ => &[],
        }
    }

    /// The option that reads as `text`, in the type that ComfyUI wants. `None`: the input takes texts, or has no such option. Of two options
    /// that read the same, such as 1 and "1", the text.
    #[must_use]
    pub fn typed_choice(&self, text: &str) -> Option<&Value> {
        let Self::TypedChoice { texts, values } = self else { return None };
        let mut same = texts.iter().zip(values).filter(|(read, _)| *read == text).map(|(_, value)| value);
        let first = same.next()?;
        Some(same.find(|value| value.is_string()).unwrap_or(first))
    }
}

impl NumberRange {
    /// Whether `number` is within the bounds: exact for whole numbers of any size.
    #[must_use]
    pub fn contains(&self, number: &Number) -> bool {
        self.min.as_ref().is_none_or(|min| !is_less(number, min)) && self.max.as_ref().is_none_or(|max| !is_less(max, number))
    }
}

fn is_less(one: &Number, other: &Number) -> bool {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one < other,
        _ => one.as_f64() < other.as_f64(),
    }
}
