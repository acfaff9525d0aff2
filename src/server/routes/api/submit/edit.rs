//! The parameters of the built-in workflows that edit a picture: `redraw`, `inpaint`, `outpaint` and `upscale`.

use proto::{
    edit::{Edit, EditArea, EditRun, Inpaint, InpaintMethod, Outpaint, PictureId, Strength, Upscale, UpscaleHow, UpscaleTo},
    recipe::TextToImage,
    submit::FormOptions,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    super::{
        extract::shaped,
        fields::{integer, not_null, not_null_integer},
        problem::ApiProblem,
    },
    text_to_image::TextToImageParameters,
};

/// The parameters of `redraw`, `inpaint`, `outpaint` and `upscale`, beside those of `text-to-image`, which have the same meaning. (`width` and
/// `height` are the number of pixels that the model works with where `context` is given; otherwise they are ignored. For `upscale` without
/// `strength`, no others are needed.)
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is a schema")]
#[serde(rename_all = "camelCase")]
pub struct EditParameters {
    /// The picture: its id, from `POST /api/pictures`.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    picture: String,
    /// Of `inpaint`, required: the mask, a picture of the same size. White (red channel) is painted new, black stays as it is.
    #[schema(pattern = "^[0-9a-f]{64}$", nullable = false)]
    mask: Option<String>,
    /// How much is redrawn, from 0 to 1: the share of the steps that run. For `upscale`, the enlarged picture is redrawn by the checkpoint.
    #[schema(nullable = false, minimum = 0, maximum = 1, example = 0.6)]
    strength: Option<f64>,
    /// Of `inpaint`: enlarges the mask by so many pixels.
    #[schema(default = 8, minimum = 0, maximum = 512)]
    grow: u32,
    /// Of `inpaint` and `outpaint`: softens the edge of the mask, over so many pixels.
    #[schema(default = 8, minimum = 0, maximum = 512)]
    feather: u32,
    /// Of `inpaint` and `outpaint`: the model gets only the part that changes, with so many pixels around it. Without it, it gets the whole picture.
    #[schema(nullable = false, minimum = 0, maximum = 4096)]
    context: Option<u32>,
    /// Of `inpaint` and `outpaint`.
    #[schema(default = "noise")]
    method: MethodInput,
    /// Of `outpaint`: by how many pixels it is extended.
    #[schema(default = 0)]
    left: u32,
    #[schema(default = 0)]
    top: u32,
    #[schema(default = 0)]
    right: u32,
    #[schema(default = 0)]
    bottom: u32,
    /// Of `upscale`: a file of ComfyUI's models/upscale_models. Without it the picture is resized.
    #[schema(nullable = false)]
    upscale_model: Option<String>,
    /// Of `upscale` without a model: how the picture is resized.
    #[schema(default = "lanczos")]
    resize: String,
    /// Of `upscale`: the size of the result, 200 doubles both sides; or else the sides in pixels, `targetWidth` and `targetHeight`, of which one is
    /// enough.
    #[schema(nullable = false, minimum = 1)]
    percent: Option<u32>,
    #[schema(nullable = false)]
    target_width: Option<u32>,
    #[schema(nullable = false)]
    target_height: Option<u32>,
}

/// How a part is painted new.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MethodInput {
    /// For ordinary models.
    #[default]
    Noise,
    /// For models that were made for inpainting.
    InpaintModel,
    /// What is under the mask is erased first. Always at full strength.
    Erase,
}

impl From<MethodInput> for InpaintMethod {
    fn from(method: MethodInput) -> Self {
        match method {
            MethodInput::Noise => Self::Noise,
            MethodInput::InpaintModel => Self::InpaintModel,
            MethodInput::Erase => Self::Erase,
        }
    }
}

/// From 0 to 1, as a number or as text.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a strength is a number from 0 to 1")]
enum StrengthInput {
    Number(f64),
    Text(String),
}

impl TryFrom<StrengthInput> for Strength {
    type Error = String;

    fn try_from(input: StrengthInput) -> Result<Self, String> {
        match input {
            StrengthInput::Text(text) => text.parse().map_err(|error: proto::edit::WrongStrength| error.to_string()),
            // In 0..=1000, so the cast loses nothing.
            StrengthInput::Number(number) if (0.0..=1.0).contains(&number) => Ok(Self((number * 1000.0).round() as u16)),
            StrengthInput::Number(_) => Err(proto::edit::WrongStrength.to_string()),
        }
    }
}

fn strength<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Strength, D::Error> {
    StrengthInput::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
}

fn some_strength<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Strength>, D::Error> {
    strength(deserializer).map(Some)
}

fn full() -> Strength {
    Strength::FULL
}

fn soft() -> u32 {
    8
}

fn lanczos() -> String {
    "lanczos".into()
}

#[derive(Deserialize)]
struct Redraw {
    picture: PictureId,
    #[serde(deserialize_with = "strength")]
    strength: Strength,
}

#[derive(Deserialize)]
struct InpaintInput {
    picture: PictureId,
    mask: PictureId,
    #[serde(default = "full", deserialize_with = "strength")]
    strength: Strength,
    #[serde(default = "soft", deserialize_with = "integer")]
    grow: u32,
    #[serde(default = "soft", deserialize_with = "integer")]
    feather: u32,
    #[serde(default, deserialize_with = "not_null_integer")]
    context: Option<u32>,
    #[serde(default)]
    method: MethodInput,
}

#[derive(Deserialize)]
struct OutpaintInput {
    picture: PictureId,
    #[serde(default = "full", deserialize_with = "strength")]
    strength: Strength,
    #[serde(default = "soft", deserialize_with = "integer")]
    feather: u32,
    #[serde(default, deserialize_with = "not_null_integer")]
    context: Option<u32>,
    #[serde(default)]
    method: MethodInput,
    #[serde(default, deserialize_with = "integer")]
    left: u32,
    #[serde(default, deserialize_with = "integer")]
    top: u32,
    #[serde(default, deserialize_with = "integer")]
    right: u32,
    #[serde(default, deserialize_with = "integer")]
    bottom: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpscaleInput {
    picture: PictureId,
    #[serde(default, deserialize_with = "some_strength")]
    strength: Option<Strength>,
    #[serde(default, deserialize_with = "not_null")]
    upscale_model: Option<String>,
    #[serde(default = "lanczos")]
    resize: String,
    #[serde(default, deserialize_with = "not_null_integer")]
    percent: Option<u32>,
    #[serde(default, deserialize_with = "not_null_integer")]
    target_width: Option<u32>,
    #[serde(default, deserialize_with = "not_null_integer")]
    target_height: Option<u32>,
}

/// The built-in workflows that edit a picture, and the parameters of their own.
const EDITS: [(&str, &[&str]); 4] = [
    ("redraw", &["picture", "strength"]),
    ("inpaint", &["picture", "mask", "strength", "grow", "feather", "context", "method"]),
    ("outpaint", &["picture", "strength", "feather", "context", "method", "left", "top", "right", "bottom"]),
    ("upscale", &["picture", "strength", "upscaleModel", "resize", "percent", "targetWidth", "targetHeight"]),
];

/// The names of the built-in workflows that edit a picture.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    EDITS.iter().map(|(name, _)| *name)
}

/// The edit of this name with these parameters. `None`: there is no such edit.
pub(super) fn edit(name: &str, parameters: Option<Value>, options: &FormOptions) -> Option<Result<EditRun, ApiProblem>> {
    let (name, own) = EDITS.iter().find(|(known, _)| *known == name)?;
    Some(read(name, own, parameters, options))
}

fn read(name: &str, own: &[&str], parameters: Option<Value>, options: &FormOptions) -> Result<EditRun, ApiProblem> {
    let parameters = parameters.ok_or_else(|| ApiProblem::at("/parameters", format!("{name} needs parameters, at least a picture.")))?;
    let Value::Object(mut rest) = parameters else { return Err(ApiProblem::at("/parameters", "Parameters are an object.")) };
    let taken = own.iter().filter_map(|name| Some(((*name).to_owned(), rest.remove(*name)?))).collect();
    let (source, edit) = match name {
        "redraw" => of::<Redraw>(taken).map(|input| (input.picture, Edit::Redraw { strength: input.strength }))?,
        "inpaint" => inpaint(of(taken)?),
        "outpaint" => outpaint(of(taken)?),
        _ => upscale(of(taken)?)?,
    };
    let recipe = match edit.strength() {
        Some(_) => shaped::<TextToImageParameters>(Value::Object(rest), "/parameters")?.recipe(options)?,
        None => unsampled(rest)?,
    };
    Ok(EditRun { recipe, source, edit, parent: None })
}

fn of<T: DeserializeOwned>(parameters: Map<String, Value>) -> Result<T, ApiProblem> {
    shaped(Value::Object(parameters), "/parameters")
}

/// Nothing is sampled: there is nothing to say about it.
fn unsampled(rest: Map<String, Value>) -> Result<TextToImage, ApiProblem> {
    match rest.keys().next() {
        None => Ok(TextToImage::default()),
        Some(name) => {
            let pointer = format!("/parameters/{}", name.replace('~', "~0").replace('/', "~1"));
            Err(ApiProblem::at(pointer, "unknown parameter, or one of sampling: without a strength nothing is sampled"))
        }
    }
}

fn area(context: Option<u32>) -> EditArea {
    context.map_or(EditArea::Whole, |context| EditArea::Masked { context })
}

fn inpaint(input: InpaintInput) -> (PictureId, Edit) {
    let InpaintInput { picture, mask, strength, grow, feather, context, method } = input;
    (picture, Edit::Inpaint(Inpaint { mask, strength, grow, feather, area: area(context), method: method.into() }))
}

fn outpaint(input: OutpaintInput) -> (PictureId, Edit) {
    let OutpaintInput { picture, strength, feather, context, method, left, top, right, bottom } = input;
    (picture, Edit::Outpaint(Outpaint { left, top, right, bottom, feather, strength, area: area(context), method: method.into() }))
}

fn upscale(input: UpscaleInput) -> Result<(PictureId, Edit), ApiProblem> {
    let UpscaleInput { picture, strength, upscale_model, resize, percent, target_width, target_height } = input;
    let to = match (percent, target_width, target_height) {
        (Some(percent), None, None) => UpscaleTo::Percent(percent),
        (Some(_), ..) => return Err(ApiProblem::at("/parameters/percent", "Give a percentage, or a width or height in pixels, not both.")),
        (None, width, height) => UpscaleTo::Size { width: width.unwrap_or_default(), height: height.unwrap_or_default() },
    };
    let how = match (strength, upscale_model) {
        (Some(strength), name) => UpscaleHow::ModelRedraw { name, strength },
        (None, Some(name)) => UpscaleHow::Model { name },
        (None, None) => UpscaleHow::Resize { method: resize },
    };
    Ok((picture, Edit::Upscale(Upscale { how, to })))
}
