//! How a value is entered.

use serde_json::Value;

use super::{
    ChoiceList, FieldChoice, NumberBounds, Role, Widget,
    spec::{Spec, is_colour, type_of},
    text_value::LiteralType,
};
use crate::comfy::{Availability, InputKind, NumberRange, UploadTarget};

/// `list`: gives a list of choices its place in the form.
pub(super) fn widget(spec: &Spec, literal: &Value, role: Role, list: &mut dyn FnMut(Vec<FieldChoice>) -> ChoiceList) -> Widget {
    let kind = spec.kind.as_deref();
    // A custom input under a known name: an object where the class has a text, a list of choices or a number.
    let is_structure = matches!(type_of(literal), LiteralType::Object | LiteralType::List);
    let upload = spec.input.and_then(|input| input.upload.as_ref());
    match kind {
        Some(InputKind::ManyOf(texts)) => Widget::ManyOf(list(choices(spec, texts))),
        _ if is_structure => Widget::Json,
        Some(InputKind::Choice(texts) | InputKind::TypedChoice { texts, .. }) => match upload {
            Some(upload) => uploading(upload, list(choices(spec, texts))),
            None => Widget::Choice(list(choices(spec, texts))),
        },
        Some(InputKind::Remote(remote)) => match upload {
            Some(upload) if upload.folder == "input" => uploading(upload, list(Vec::new())),
            _ => Widget::Remote { route: remote.route.clone(), response_key: remote.response_key.clone() },
        },
        Some(InputKind::Number(range)) if range.whole && role == Role::Seed => Widget::Seed(bounds(range)),
        Some(InputKind::Number(range)) => Widget::Number(bounds(range)),
        Some(InputKind::Text { .. }) if upload.is_some() => upload.map_or(Widget::Json, |upload| uploading(upload, list(Vec::new()))),
        Some(InputKind::Text { multiline: true, placeholder, dynamic_prompts }) => {
            Widget::Prompt { placeholder: placeholder.clone(), dynamic: *dynamic_prompts }
        }
        Some(InputKind::Text { placeholder, .. }) => Widget::Text { placeholder: placeholder.clone() },
        Some(InputKind::Switch { on, off }) => Widget::Switch { on: on.clone(), off: off.clone() },
        Some(InputKind::DynamicChoice(options)) => Widget::DynamicChoice(options.iter().map(|option| option.key.clone()).collect()),
        Some(kind) if is_colour(kind) => Widget::Colour,
        Some(InputKind::Autogrow(_) | InputKind::Other(_)) | None => by_type(literal, role),
    }
}

/// Of an unknown class, or a type that only that class knows.
fn by_type(literal: &Value, role: Role) -> Widget {
    match literal {
        Value::String(text) if text.contains('\n') => Widget::Prompt { placeholder: None, dynamic: false },
        Value::String(_) if matches!(role, Role::Prompt | Role::NegativePrompt) => Widget::Prompt { placeholder: None, dynamic: false },
        Value::String(_) => Widget::Text { placeholder: None },
        Value::Number(number) if role == Role::Seed && !number.is_f64() => {
            let (min, max) = (Some("0".to_owned()), Some(u64::MAX.to_string()));
            Widget::Seed(NumberBounds { whole: true, min, max, ..NumberBounds::default() })
        }
        // 7 may stand for 7.0.
        Value::Number(_) => Widget::Number(NumberBounds::default()),
        Value::Bool(_) => Widget::Switch { on: None, off: None },
        Value::Null | Value::Array(_) | Value::Object(_) => Widget::Json,
    }
}

fn uploading(upload: &UploadTarget, choices: ChoiceList) -> Widget {
    Widget::Upload { kind: upload.kind, folder: upload.folder.clone(), several: upload.several, choices }
}

fn choices(spec: &Spec, texts: &[String]) -> Vec<FieldChoice> {
    let on = |index| spec.pool.map_or_else(Availability::default, |pool| pool.choice(&spec.name, index));
    texts.iter().enumerate().map(|(index, value)| FieldChoice { value: value.clone(), on: on(index) }).collect()
}

fn bounds(range: &NumberRange) -> NumberBounds {
    let text = |number: &Option<serde_json::Number>| number.as_ref().map(ToString::to_string);
    NumberBounds {
        whole: range.whole,
        min: text(&range.min),
        max: text(&range.max),
        step: text(&range.step),
        display: range.display.clone(),
    }
}
