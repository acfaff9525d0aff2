//! A form as a page gets it. All values are text, so that no number loses digits on the way.

use serde::{Deserialize, Serialize};

use super::FieldKey;
use crate::{
    comfy::{AfterRun, Availability, UploadKind},
    ids::NodeId,
};

/// The form of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// In the order of the form; those of one group are together.
    pub fields: Vec<FormField>,
    /// The headings, in the order of the form: see [`FormField::group`].
    pub groups: Vec<String>,
    /// The lists of choices. Fields name theirs by its place here, so that a page gets each once: there may be thousands of LoRAs.
    pub lists: Vec<Vec<FieldChoice>>,
    /// The nodes whose results are outputs of the workflow.
    pub outputs: Vec<FormOutput>,
    /// The nodes that can be switched off.
    pub stages: Vec<FormStage>,
    /// The LoRAs as lists, one for each chain of them and for each loaded model.
    pub loras: Vec<LoraChain>,
    /// The files that they can have: see [`Form::choices`].
    pub lora_choices: ChoiceList,
    /// Node classes that not every ComfyUI has. One that nobody has makes a run impossible.
    pub missing: Vec<MissingClass>,
    /// What was asked for and could not be done, such as an entry of the App mode that names a node that is not there. For people.
    pub notes: Vec<String>,
}

/// A value of the workflow that can be changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FormField {
    pub key: FieldKey,
    /// The node's title, else its class's name for people.
    pub title: String,
    /// The node's `class_type`.
    pub class: String,
    pub label: String,
    /// An explanation by the author of the node class.
    pub help: Option<String>,
    pub widget: Widget,
    /// The workflow's value: what "reset" goes back to. For an input of a dynamic choice's other options: the class's default.
    pub value: String,
    /// The class's default.
    pub default: Option<String>,
    pub role: Role,
    /// The index of its heading in [`Form::groups`].
    pub group: u16,
    /// Shown without unfolding anything.
    pub pinned: bool,
    /// Folded away, as in ComfyUI's page.
    pub advanced: bool,
    /// Not shown.
    pub hidden: bool,
    /// It is there only while that other field, a dynamic choice, has this value.
    pub when: Option<(FieldKey, String)>,
    /// Why ComfyUI would refuse the workflow's value.
    pub problem: Option<ValueProblem>,
    /// Fields with the same role and value: they could be set as one.
    pub same_as: Vec<FieldKey>,
    /// Fields that get this one's value.
    pub linked: Vec<FieldKey>,
    /// How the next run's value comes from the last one. Only of seeds and other numbers that ComfyUI's page changes after a run.
    pub seed: Option<SeedControl>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueProblem {
    pub message: String,
    /// Choices whose names are nearest to the one that nobody has.
    pub nearest: Vec<String>,
}

/// How a value is entered. The text of a value is: for a [`Widget::Switch`] "true" or "false", for [`Widget::ManyOf`] a JSON list of texts, for
/// [`Widget::Json`] any JSON, else what people read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Widget {
    /// Text of several lines. `dynamic`: ComfyUI's page would resolve `{a|b}` in it.
    Prompt {
        placeholder: Option<String>,
        dynamic: bool,
    },
    Text {
        placeholder: Option<String>,
    },
    Number(NumberBounds),
    /// A whole number that is drawn or counted up.
    Seed(NumberBounds),
    /// With the words for on and off, if the class has any.
    Switch {
        on: Option<String>,
        off: Option<String>,
    },
    Choice(ChoiceList),
    ManyOf(ChoiceList),
    /// A choice whose other fields depend on it: those with [`FormField::when`].
    DynamicChoice(Vec<String>),
    /// One of a list that a ComfyUI answers on this route.
    Remote {
        route: String,
        response_key: String,
    },
    /// A file that is uploaded, or chosen from those that are there. `folder`: "input", "output" or "temp".
    Upload {
        kind: UploadKind,
        folder: String,
        several: bool,
        choices: ChoiceList,
    },
    /// "#rrggbb".
    Colour,
    Json,
}

/// The place of a list in [`Form::lists`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChoiceList(pub u16);

/// A choice, and on how many ComfyUIs it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FieldChoice {
    pub value: String,
    pub on: Availability,
}

/// The bounds of a number as decimal text: they go up to 18446744073709551615, which is no number in JavaScript.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberBounds {
    /// Without a fraction.
    pub whole: bool,
    pub min: Option<String>,
    pub max: Option<String>,
    /// A hint, relative to `min`: ComfyUI accepts values between the steps.
    pub step: Option<String>,
    /// "number", "slider", "knob" or "gradientslider".
    pub display: Option<String>,
}

/// What a field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    Prompt,
    NegativePrompt,
    /// A picture, sound or video to start from.
    Picture,
    Mask,
    Size,
    Sampling,
    Seed,
    Model,
    Lora,
    Output,
    Other,
}

impl Role {
    /// The heading of the fields with this role. `None`: the node's title is.
    #[must_use]
    pub fn heading(self) -> Option<&'static str> {
        match self {
            Self::Prompt | Self::NegativePrompt => Some("Prompt"),
            Self::Picture | Self::Mask => Some("Picture"),
            Self::Size => Some("Size"),
            Self::Sampling | Self::Seed => Some("Sampling"),
            Self::Model | Self::Lora => Some("Model & LoRA"),
            Self::Output => Some("Output"),
            Self::Other => None,
        }
    }
}

/// How the next run's value comes from the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SeedControl {
    #[default]
    Fixed,
    Random,
    Increment,
    Decrement,
}

impl From<AfterRun> for SeedControl {
    fn from(after: AfterRun) -> Self {
        match after {
            AfterRun::Keep => Self::Fixed,
            AfterRun::Increment => Self::Increment,
            AfterRun::Decrement => Self::Decrement,
            AfterRun::Randomize => Self::Random,
        }
    }
}

/// A node whose results are outputs of the workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormOutput {
    pub node: NodeId,
    pub title: String,
    pub class: String,
    /// Its results are wanted.
    pub chosen: bool,
}

/// A node that can be switched off: what reads it then reads what it reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormStage {
    pub node: NodeId,
    pub title: String,
    pub class: String,
    pub on: bool,
}

/// A list of LoRAs between a model and what reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoraChain {
    /// The output that the list begins at: a node, and the slot of its model.
    pub model: (NodeId, u64),
    /// The same of the text encoder. `None`: the LoRAs change the model only.
    pub clip: Option<(NodeId, u64)>,
    pub entries: Vec<LoraEntry>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoraEntry {
    /// Its node in the workflow. `None`: it is new.
    pub node: Option<NodeId>,
    pub file: String,
    /// A decimal number, −100 to 100.
    pub strength: String,
    /// The strength of its change to the text encoder. `None`: it changes the model only.
    pub clip_strength: Option<String>,
    /// Off, or with strength 0, it gets no node.
    pub on: bool,
}

/// What a list of LoRAs is to become.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoraChange {
    /// As it was read from the workflow.
    pub chain: LoraChain,
    /// All that it is to have.
    pub entries: Vec<LoraEntry>,
}

/// What is different without the parts of a workflow that are off and without the results that are not wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartChanges {
    /// By the node that is off.
    pub stages: Vec<(NodeId, PartChange)>,
    pub outputs: PartChange,
}

/// What is different, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartChange {
    /// The first of the sentences, one per change.
    pub sentences: Vec<String>,
    /// How many more there are.
    pub more: u32,
    /// Why it cannot be.
    pub refused: Option<String>,
}

/// A node class that not every ComfyUI has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingClass {
    pub class: String,
    /// The titles of the nodes that need it.
    pub titles: Vec<String>,
    /// `have` is 0: nobody has it.
    pub on: Availability,
    /// The Python module that it comes from, where a ComfyUI has it: "custom_nodes.some-pack".
    pub module: Option<String>,
}

impl Form {
    /// The choices of a list.
    #[must_use]
    pub fn choices(&self, list: ChoiceList) -> &[FieldChoice] {
        self.lists.get(usize::from(list.0)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The field of this key. Of several (two options of a dynamic choice have an input of the same name) the one that is there now.
    #[must_use]
    pub fn field(&self, key: &FieldKey) -> Option<&FormField> {
        let mut same = self.fields.iter().filter(|field| field.key == *key);
        let first = same.next()?;
        Some(std::iter::once(first).chain(same).find(|field| self.is_there(field)).unwrap_or(first))
    }

    /// Whether the field belongs to what the workflow's dynamic choices are set to.
    #[must_use]
    pub fn is_there(&self, field: &FormField) -> bool {
        let Some((outer, key)) = &field.when else { return true };
        self.fields.iter().any(|other| other.key == *outer && other.value == *key && self.is_there(other))
    }
}
