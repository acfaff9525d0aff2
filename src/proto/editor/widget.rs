//! The widgets that ComfyUI's page makes for the inputs of a class: each has a value, and most have a place in the list of a file.

use serde_json::Value;

use crate::comfy::{Autogrow, AutogrowNames, DynamicOption, Input, InputKind, LinkUse, NodeClass, UploadKind};

/// One widget of a node, with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EditorWidget {
    pub(super) name: String,
    /// `None`: it has no value, and is not sent.
    pub(super) value: Option<Value>,
    /// It has a place in `widgets_values`.
    pub(super) stored: bool,
    /// Its value is part of the prompt.
    pub(super) sent: bool,
    pub(super) holds: Holds,
}

/// What a widget does with the value it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Holds {
    #[default]
    Any,
    /// A text area: always a text, with one kind of line end. `{a|b}` and comments are resolved if the class says so.
    Text { dynamic_prompts: bool },
    /// A line of text.
    Line { dynamic_prompts: bool },
    /// Files of this folder of ComfyUI are named so.
    File(FileFolder),
    /// Nothing: it shows something.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileFolder {
    Input,
    Output,
    Temp,
}

impl EditorWidget {
    pub(super) fn new(name: impl Into<String>, value: Option<Value>) -> Self {
        Self { name: name.into(), value, stored: true, sent: true, holds: Holds::Any }
    }

    fn not_sent(name: &str, value: &str) -> Self {
        Self { sent: false, ..Self::new(name, Some(value.into())) }
    }

    /// A widget that shows something, and is sent as an empty text.
    fn display(name: &str) -> Self {
        Self { holds: Holds::Nothing, ..Self::new(name, Some("".into())) }
    }

    pub(super) fn set(&mut self, value: &Value) {
        match self.holds {
            Holds::Any | Holds::Line { .. } => self.value = Some(value.clone()),
            Holds::Text { .. } => self.value = Some(text_of(value).into()),
            // The page keeps the file it began with if it is given none.
            Holds::File(folder) => {
                if !matches!(value, Value::Null | Value::Bool(false)) && value.as_str() != Some("") {
                    self.value = Some(in_folder(value, folder));
                }
            }
            Holds::Nothing => {}
        }
    }
}

/// As a text area has it.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.replace("\r\n", "\n").replace('\r', "\n"),
        other => other.to_string(),
    }
}

fn in_folder(value: &Value, folder: FileFolder) -> Value {
    let mark = match folder {
        FileFolder::Input => return value.clone(),
        FileFolder::Output => "[output]",
        FileFolder::Temp => "[temp]",
    };
    match value {
        Value::String(file) => {
            let lower = file.to_ascii_lowercase();
            let is_marked = ["[input]", "[output]", "[temp]"].iter().any(|mark| lower.contains(mark));
            if is_marked { value.clone() } else { format!("{file} {mark}").into() }
        }
        Value::Array(files) => files.iter().map(|file| in_folder(file, folder)).collect(),
        other => other.clone(),
    }
}

/// A socket of a class, which takes a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClassSocket {
    pub(super) name: String,
    pub(super) kind: String,
    /// It belongs to the widget of its name.
    pub(super) has_widget: bool,
}

/// The widgets and sockets of a node.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) widgets: Vec<EditorWidget>,
    pub(super) sockets: Vec<ClassSocket>,
}

/// Gives each widget its value, in the order of the list of a file.
pub(super) trait Values {
    fn give(&mut self, widget: &mut EditorWidget);
}

impl Parts {
    /// What the page makes of a class. A dynamic choice has the inputs of the option that is chosen, so values are given on the way.
    pub(super) fn of(class: &NodeClass, values: &mut impl Values) -> Self {
        let mut parts = Self::default();
        for input in class.inputs.iter().filter(|input| !is_widget(input)) {
            parts.add_socket(input, "");
        }
        let file = class.inputs.iter().find(|input| input.required && picks_file(input)).map(|input| input.name.as_str());
        for input in class.inputs.iter().filter(|input| is_widget(input)) {
            parts.add_widget(input, "", file == Some(input.name.as_str()), values);
        }
        parts.add_page_widgets(class, file.is_some(), values);
        parts
    }

    fn push(&mut self, mut widget: EditorWidget, values: &mut impl Values) -> Option<&EditorWidget> {
        if widget.stored {
            values.give(&mut widget);
        }
        self.widgets.push(widget);
        self.widgets.last()
    }

    fn add_socket(&mut self, input: &Input, prefix: &str) {
        let name = format!("{prefix}{}", input.name);
        match &input.kind {
            InputKind::Autogrow(group) => {
                for at in 0..group.min.min(group.max) {
                    if let Some(member) = member_name(group, at) {
                        self.sockets.push(ClassSocket {
                            name: format!("{name}.{member}"),
                            kind: kind_of(&group.input.kind),
                            has_widget: false,
                        });
                    }
                }
            }
            kind => self.sockets.push(ClassSocket { name, kind: kind_of(kind), has_widget: false }),
        }
    }

    fn add_widget(&mut self, input: &Input, prefix: &str, picks_file: bool, values: &mut impl Values) {
        let name = format!("{prefix}{}", input.name);
        let mut widget = EditorWidget::new(name.clone(), first_value(input));
        widget.holds = match &input.kind {
            InputKind::Text { multiline: true, dynamic_prompts, .. } => Holds::Text { dynamic_prompts: *dynamic_prompts },
            InputKind::Text { dynamic_prompts, .. } => Holds::Line { dynamic_prompts: *dynamic_prompts },
            InputKind::Other(kind) if shows_only(kind) => Holds::Nothing,
            InputKind::Other(kind) if kind == "MARKDOWN" => Holds::Text { dynamic_prompts: false },
            _ if picks_file => Holds::File(folder_of(input)),
            _ => Holds::Any,
        };
        if matches!(&input.kind, InputKind::Other(kind) if kind == "LOAD_3D") {
            for button in ["upload 3d model", "upload extra resources", "clear"] {
                let value = button.replace("upload 3d model", "upload3dmodel").replace("upload extra resources", "uploadExtraResources");
                self.push(EditorWidget::new(button, Some(value.into())), values);
            }
        }
        let chosen = self.push(widget, values).and_then(|widget| widget.value.clone());
        if input.link != LinkUse::Never {
            self.sockets.push(ClassSocket { name: name.clone(), kind: kind_of(&input.kind), has_widget: true });
        }
        match &input.kind {
            InputKind::DynamicChoice(options) => self.add_option(options, chosen.as_ref(), &name, values),
            InputKind::Remote(remote) => {
                self.push(EditorWidget { sent: false, ..EditorWidget::new("Auto-refresh after generation", Some(false.into())) }, values);
                if remote.refresh_button {
                    self.push(EditorWidget::new("refresh", Some("refresh".into())), values);
                }
            }
            InputKind::Other(kind) if kind == "AUDIO_RECORD" => drop(self.push(EditorWidget::not_sent(&name, ""), values)),
            _ => {}
        }
        for control in controls(input) {
            self.push(EditorWidget::not_sent(control, ""), values);
        }
    }

    fn add_option(&mut self, options: &[DynamicOption], chosen: Option<&Value>, name: &str, values: &mut impl Values) {
        let chosen = chosen.and_then(Value::as_str).unwrap_or_default();
        let Some(option) = options.iter().find(|option| option.key == chosen) else { return };
        let prefix = format!("{name}.");
        for input in &option.inputs {
            if is_widget(input) {
                self.add_widget(input, &prefix, false, values);
            } else {
                self.add_socket(input, &prefix);
            }
        }
    }

    /// Widgets that the page adds to some classes by itself.
    fn add_page_widgets(&mut self, class: &NodeClass, picks_file: bool, values: &mut impl Values) {
        match class.name.as_str() {
            "LoadAudio" | "SaveAudio" | "PreviewAudio" | "SaveAudioMP3" | "SaveAudioOpus" => {
                self.push(EditorWidget { stored: false, ..EditorWidget::display("audioUI") }, values);
            }
            "CustomCombo" => {
                // Each option that has a text is followed by another.
                for at in 0.. {
                    let option = self.push(EditorWidget::new(format!("option{at}"), Some("".into())), values);
                    if option.is_none_or(|option| option.value.as_ref().is_none_or(|value| value == "" || value.is_null())) {
                        break;
                    }
                }
            }
            "SaveGLB" | "Preview3D" => drop(self.push(EditorWidget::display("image"), values)),
            "PreviewAny" => {
                for name in ["preview", "preview"] {
                    self.push(EditorWidget { stored: false, ..EditorWidget::display(name) }, values);
                }
                self.push(EditorWidget::new("previewMode", Some(false.into())), values);
            }
            _ => {}
        }
        let takes_sound = class
            .input("audio")
            .is_some_and(|input| input.required && input.upload.as_ref().is_some_and(|upload| upload.kind == UploadKind::Audio));
        if picks_file || takes_sound {
            self.push(EditorWidget::not_sent("upload", "image"), values);
        }
    }
}

/// Types that have a widget on the page, apart from those that the catalogue knows.
const CUSTOM_WIDGETS: [&str; 11] =
    ["MARKDOWN", "TEXTAREA", "COLOR", "CHART", "GALLERIA", "IMAGECOMPARE", "WEBCAM", "AUDIO_UI", "AUDIO_RECORD", "LOAD_3D", "PREVIEW_3D"];

fn shows_only(kind: &str) -> bool {
    matches!(kind, "WEBCAM" | "AUDIO_UI" | "AUDIO_RECORD" | "LOAD_3D" | "PREVIEW_3D")
}

/// Whether the page makes a widget for this input. Others are only linked.
pub(super) fn is_widget(input: &Input) -> bool {
    if input.link == LinkUse::Expected {
        return false;
    }
    match &input.kind {
        InputKind::Autogrow(_) => false,
        InputKind::Other(kind) => CUSTOM_WIDGETS.contains(&kind.as_str()),
        _ => true,
    }
}

fn picks_file(input: &Input) -> bool {
    let is_choice =
        matches!(input.kind, InputKind::Choice(_) | InputKind::TypedChoice { .. } | InputKind::ManyOf(_) | InputKind::Remote(_));
    is_choice && input.upload.as_ref().is_some_and(|upload| matches!(upload.kind, UploadKind::Image | UploadKind::Video))
}

fn folder_of(input: &Input) -> FileFolder {
    match input.upload.as_ref().map(|upload| upload.folder.as_str()) {
        Some("output") => FileFolder::Output,
        Some("temp") => FileFolder::Temp,
        _ => FileFolder::Input,
    }
}

/// The names of the widgets that say what happens to the value after a run.
pub(super) fn controls(input: &Input) -> &'static [&'static str] {
    const NUMBER: &[&str] = &["control_after_generate"];
    const CHOICE: &[&str] = &["control_after_generate", "control_filter_list"];
    match &input.kind {
        InputKind::Number(_) if input.after_run.is_some() => NUMBER,
        InputKind::Choice(_) | InputKind::TypedChoice { .. } | InputKind::Remote(_) if input.after_run.is_some() => CHOICE,
        _ => &[],
    }
}

/// The value of a new node.
fn first_value(input: &Input) -> Option<Value> {
    let default = || input.default.clone();
    match &input.kind {
        InputKind::Number(_) => Some(default().unwrap_or_else(|| 0.into())),
        InputKind::Switch { .. } => Some(default().unwrap_or_else(|| false.into())),
        InputKind::Text { .. } => Some(default().unwrap_or_else(|| "".into())),
        InputKind::Choice(texts) => default().or_else(|| texts.first().map(|text| text.as_str().into())),
        InputKind::TypedChoice { values, .. } => default().or_else(|| values.first().cloned()),
        InputKind::ManyOf(_) => Some(Value::Array(Vec::new())),
        InputKind::Remote(_) => default(),
        InputKind::DynamicChoice(options) => options.first().map(|option| option.key.as_str().into()),
        InputKind::Other(kind) => match kind.as_str() {
            "COLOR" => Some(default().unwrap_or_else(|| "#000000".into())),
            _ => Some(default().unwrap_or_else(|| "".into())),
        },
        InputKind::Autogrow(_) => None,
    }
}

/// The type of a socket.
fn kind_of(kind: &InputKind) -> String {
    match kind {
        InputKind::Number(range) if range.whole => "INT".into(),
        InputKind::Number(_) => "FLOAT".into(),
        InputKind::Text { .. } => "STRING".into(),
        InputKind::Switch { .. } => "BOOLEAN".into(),
        InputKind::Other(kind) => kind.clone(),
        InputKind::DynamicChoice(_) => "COMFY_DYNAMICCOMBO_V3".into(),
        InputKind::Autogrow(group) => kind_of(&group.input.kind),
        _ => "COMBO".into(),
    }
}

fn member_name(group: &Autogrow, at: u32) -> Option<String> {
    match &group.names {
        AutogrowNames::Prefix(prefix) => Some(format!("{prefix}{at}")),
        AutogrowNames::Listed(names) => names.get(usize::try_from(at).ok()?).cloned(),
    }
}
