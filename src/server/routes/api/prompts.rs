//! `/api/prompts` and `/api/wildcards`: what a template gives, and the lists that it takes values from.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::{
    limits,
    prompts::{PromptPreview, PromptSample, WildcardFile, WildcardText},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    extract::{JsonBytes, WildcardPath},
    fields::{integer, not_null},
    kind::ProblemKind,
    problem::ApiProblem,
    responses::problem_responses,
    submit::SeedInput,
};
use crate::{AppState, clock::rfc3339, prompts::PreviewError, report::Seed, wildcards::WildcardError};

impl From<WildcardError> for ApiProblem {
    fn from(error: WildcardError) -> Self {
        let words = error.to_string();
        match error {
            WildcardError::Name(_) => Self::new(ProblemKind::BadPath, words),
            WildcardError::Unknown(_) => Self::new(ProblemKind::UnknownWildcard, words),
            WildcardError::Conflict(_) => Self::new(ProblemKind::ChangedMeanwhile, words),
            WildcardError::Full => Self::new(ProblemKind::LibraryFull, words),
            WildcardError::TooLarge => Self::new(ProblemKind::TooLarge, words),
            WildcardError::TooMuch => Self::at("/template", words),
            WildcardError::Value(_) => Self::at("/text", words),
            WildcardError::Io(_) | WildcardError::Stopping => Self::new(ProblemKind::Unavailable, words),
        }
    }
}

/// A template to be looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateToPreview {
    #[schema(example = "a {red|blue} door")]
    template: String,
    /// How many texts.
    #[schema(minimum = 0, maximum = 20, default = 5)]
    #[serde(default = "samples", deserialize_with = "integer")]
    samples: u32,
    /// Of the first text; each other one has the next. Random by default.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    seed: Option<SeedInput>,
}

fn samples() -> u32 {
    limits::PROMPT_SAMPLES_SHOWN
}

/// What a template gives.
#[derive(Serialize, ToSchema)]
pub struct TemplatePreview {
    /// How many combinations of choices there are, in decimal digits; `null` for 2^128 or more. Where several alternatives are taken, their order counts. Two
    /// combinations may give the same text.
    #[schema(example = "2", pattern = "^[0-9]{1,39}$")]
    combinations: Option<String>,
    samples: Vec<SampleReport>,
    /// The wildcards that were read for it.
    wildcards: Vec<String>,
    /// What may not be meant so, for people.
    notes: Vec<String>,
}

/// A text that a template gives.
#[derive(Serialize, ToSchema)]
pub struct SampleReport {
    /// As `promptSeed` of a task it gives this text again.
    seed: Seed,
    text: String,
}

problem_responses!(PreviewProblems {
    400 => "Not JSON.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "The template is wrong, or names a wildcard that is not there: `errors` has where.",
    503 => "The wildcards cannot be read now.",
});

/// Look at what a template gives
///
/// The number of combinations and some texts, before any of them is paid for. Templates are the prompts of `text-to-image`, and inputs of saved workflows
/// whose class asks for it (`dynamicPrompts`): `{a|b}` is one of them, `{2$$a|b|c}` two of them, `{1-2$$ and $$a|b|c}` one or two with " and " between them,
/// `{3::a|b}` is `a` three times as often, `__name__` a value of a wildcard. `//` and `/*…*/` are comments, `\{`, `\}`, `\|` and `\__` the signs themselves.
#[utoipa::path(
    post,
    path = "/prompts/preview",
    operation_id = "previewPrompt",
    tag = "Prompts",
    request_body = TemplateToPreview,
    responses((status = 200, description = "What it gives.", body = TemplatePreview), PreviewProblems),
)]
pub(super) async fn preview(State(state): State<AppState>, body: JsonBytes) -> Result<Json<TemplatePreview>, ApiProblem> {
    let TemplateToPreview { template, samples, seed } = body.read()?;
    if samples > limits::PROMPT_SAMPLES {
        return Err(ApiProblem::at("/samples", format!("At most {}.", limits::PROMPT_SAMPLES)));
    }
    let seed = seed.map(|seed| seed.value("/seed")).transpose()?;
    match state.prompts().preview(template, seed, samples).await {
        Ok(PromptPreview { combinations, samples, wildcards, notes }) => {
            let sample = |PromptSample { seed, text }| SampleReport { seed: seed.into(), text };
            Ok(Json(TemplatePreview { combinations, samples: samples.into_iter().map(sample).collect(), wildcards, notes }))
        }
        Err(PreviewError::Mistake(mistake)) => Err(ApiProblem::at("/template", mistake.message)),
        Err(PreviewError::Wildcard(error)) => Err(error.into()),
    }
}

/// All wildcards.
#[derive(Serialize, ToSchema)]
pub struct WildcardList {
    /// By name.
    wildcards: Vec<WildcardReport>,
}

/// A wildcard without its values.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WildcardReport {
    /// Written as `__animals/dogs__` in prompts. In a path `/` is `%2F`.
    #[schema(example = "animals/dogs")]
    name: String,
    bytes: u64,
    #[schema(format = DateTime)]
    changed_at: String,
}

/// A wildcard.
#[derive(Serialize, ToSchema)]
pub struct WildcardDetails {
    #[schema(example = "animals/dogs")]
    name: String,
    /// A value in each line, which may be a template itself. Lines that are empty or begin with `#` are none.
    #[schema(example = "a terrier\n2::a poodle\n")]
    text: String,
    /// Differs whenever the text does.
    revision: String,
}

/// The new text of a wildcard.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWildcardText {
    #[schema(example = "a terrier\n2::a poodle\n")]
    text: String,
    /// The revision that was read. Without it, the wildcard must not be there yet.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    revision: Option<String>,
}

problem_responses!(ListWildcardsProblems {
    503 => "The folder cannot be read now.",
});

problem_responses!(WildcardProblems {
    400 => "Not a name of a wildcard.",
    404 => "There is no such wildcard.",
    413 => "Its file is too large.",
    503 => "The folder cannot be used now.",
});

problem_responses!(WriteWildcardProblems {
    400 => "Not JSON, or not a name of a wildcard.",
    404 => "It was removed since the revision that was read.",
    409 => "It was changed since the revision that was read; or it is there already; or there are too many.",
    413 => "Too large.",
    415 => "Not sent as JSON.",
    422 => "Unknown fields, or a line that is no template.",
    503 => "The folder cannot be used now.",
});

/// List wildcards
///
/// They are text files below `wildcards/` in the data folder.
#[utoipa::path(
    get,
    path = "/wildcards",
    operation_id = "listWildcards",
    tag = "Prompts",
    responses((status = 200, description = "All of them.", body = WildcardList), ListWildcardsProblems),
)]
pub(super) async fn list(State(state): State<AppState>) -> Result<Json<WildcardList>, ApiProblem> {
    let report = |WildcardFile { name, bytes, changed_at }| WildcardReport { name, bytes, changed_at: rfc3339(changed_at) };
    Ok(Json(WildcardList { wildcards: state.prompts().wildcards().list().await?.into_iter().map(report).collect() }))
}

/// Look at a wildcard
#[utoipa::path(
    get,
    path = "/wildcards/{name}",
    operation_id = "getWildcard",
    tag = "Prompts",
    params(("name" = String, Path, description = "Its name.")),
    responses((status = 200, description = "Its values.", body = WildcardDetails), WildcardProblems),
)]
pub(super) async fn get(State(state): State<AppState>, WildcardPath(name): WildcardPath) -> Result<Json<WildcardDetails>, ApiProblem> {
    Ok(Json(state.prompts().wildcards().read(name).await?.into()))
}

/// Write a wildcard
///
/// A new one, or the text of one.
#[utoipa::path(
    put,
    path = "/wildcards/{name}",
    operation_id = "putWildcard",
    tag = "Prompts",
    params(("name" = String, Path, description = "Its name.")),
    request_body = NewWildcardText,
    responses(
        (status = 200, description = "It is changed.", body = WildcardDetails),
        (status = 201, description = "It is new.", body = WildcardDetails, headers(("Location" = String, description = "The wildcard."))),
        WriteWildcardProblems,
    ),
)]
pub(super) async fn put(State(state): State<AppState>, WildcardPath(name): WildcardPath, body: JsonBytes) -> Result<Response, ApiProblem> {
    let NewWildcardText { text, revision } = body.read()?;
    let is_new = revision.is_none();
    let location = format!("/api/wildcards/{}", name.as_str().replace('/', "%2F").replace(' ', "%20"));
    let written = Json(WildcardDetails::from(state.prompts().wildcards().write(name, text, revision).await?));
    Ok(if is_new { (StatusCode::CREATED, [(header::LOCATION, location)], written).into_response() } else { written.into_response() })
}

/// Remove a wildcard
#[utoipa::path(
    delete,
    path = "/wildcards/{name}",
    operation_id = "removeWildcard",
    tag = "Prompts",
    params(("name" = String, Path, description = "Its name.")),
    responses((status = 204, description = "It is removed."), WildcardProblems),
)]
pub(super) async fn remove(State(state): State<AppState>, WildcardPath(name): WildcardPath) -> Result<StatusCode, ApiProblem> {
    state.prompts().wildcards().remove(name).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<WildcardText> for WildcardDetails {
    fn from(WildcardText { name, text, revision }: WildcardText) -> Self {
        Self { name, text, revision }
    }
}
