//! The form of the page for edits, sent without JavaScript: the pictures come along, and a refused form keeps them.

use std::collections::HashMap;

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    http::{Response, StatusCode},
    response::{IntoResponse, Redirect},
};
use proto::{
    edit::{EditField, EditProblem, EditRun, PictureId, edit_of_texts},
    recipe::{Field, TextToImage},
    submit::{EncodedEdit, Refusal, Submission},
    task::Problem,
};
use service::{ArcService, PictureRefusal, SubmitError};

use super::{pages, start};
use crate::first_paint::{KEPT_MASK, KEPT_PICTURE, ReturnedForm, WITHOUT_MASK};

/// Redirects to the new task, or renders the form again with what is wrong, and all that was entered.
pub(super) async fn submit(State(service): State<ArcService>, request: Request) -> Response<Body> {
    let Some(_permit) = start::permits(2) else { return start::busy() };
    let (parts, body) = request.into_parts();
    let form = match Multipart::from_request(Request::from_parts(parts.clone(), body), &()).await {
        Ok(multipart) => EditForm::read(multipart).await,
        Err(rejection) => return rejection.into_response(),
    };
    let mut form = match form {
        Ok(form) => form,
        Err(error) => return error.into_response(),
    };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    let refusal = match form.run(&service, &mut status).await {
        Ok(run) => match service.submit(Submission::Edit(EncodedEdit::of(&run))).await {
            Ok(task) => return Redirect::to(&format!("/tasks/{task}")).into_response(),
            Err(SubmitError::Refused(refusal)) => refusal,
            Err(SubmitError::Unavailable(why)) => return start::later(&why),
        },
        Err(problems) => Refusal::new(problems),
    };
    let mut first = pages::first_paint(&service);
    first.returned_edit = Some(ReturnedForm { fields: form.fields.into_iter().collect(), refusal });
    pages::render(service, first, status, Request::from_parts(parts, Body::empty())).await
}

struct EditForm {
    /// The text fields by name.
    fields: HashMap<String, String>,
    /// The bytes of the files that were chosen.
    picture: Option<Vec<u8>>,
    mask: Option<Vec<u8>>,
}

impl EditForm {
    async fn read(mut multipart: Multipart) -> Result<Self, MultipartError> {
        let mut form = Self { fields: HashMap::new(), picture: None, mask: None };
        while let Some(field) = multipart.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            let is_file = field.file_name().is_some();
            let bytes = field.bytes().await?;
            match (is_file, name.as_str()) {
                // Without a choice browsers send an empty file.
                (true, _) if bytes.is_empty() => {}
                (true, "picture") => form.picture = Some(bytes.into()),
                (true, "mask") => form.mask = Some(bytes.into()),
                (true, _) => {}
                (false, _) => {
                    form.fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        Ok(form)
    }

    /// What is asked for. `status`: that of the answer, if this is refused.
    async fn run(&mut self, service: &ArcService, status: &mut StatusCode) -> Result<EditRun, Vec<Problem>> {
        let mut problems: Vec<EditProblem> = Vec::new();
        let mut refused = |field: EditField, refusal: PictureRefusal| {
            *status = start::status_of(&refusal);
            problems.push(EditProblem { field, message: refusal.to_string() });
        };
        let picture = match self.picture.take() {
            Some(bytes) => service.take_picture(bytes).await.map(|picture| Some(picture.id)),
            None => self.kept(service, KEPT_PICTURE).await,
        };
        let source = picture.unwrap_or_else(|refusal| {
            refused(EditField::Source, refusal);
            None
        });
        if self.fields.remove(WITHOUT_MASK).is_some() {
            self.fields.remove(KEPT_MASK);
        }
        let given = match self.mask.take() {
            Some(bytes) => service.take_mask(bytes).await.map(|mask| Some(mask.id)),
            None => self.kept(service, KEPT_MASK).await,
        };
        let is_mask_refused = given.is_err();
        let mask = given.unwrap_or_else(|refusal| {
            refused(EditField::Mask, refusal);
            None
        });
        // A form that is refused keeps them.
        for (name, id) in [(KEPT_PICTURE, &source), (KEPT_MASK, &mask)] {
            self.fields.insert(name.to_owned(), id.as_ref().map(ToString::to_string).unwrap_or_default());
        }
        if source.is_none() && problems.is_empty() {
            problems.push(EditProblem { field: EditField::Source, message: "Choose the picture to change.".into() });
        }
        let text = |name: &str| self.fields.get(name).map_or("", String::as_str);
        let edit = edit_of_texts(text, mask);
        let recipe = TextToImage::from_fields(|field: Field| text(field.name()));
        match (source, edit, recipe) {
            (Some(source), Ok(edit), Ok(recipe)) if problems.is_empty() => Ok(EditRun { recipe, source, edit, parent: None }),
            (_, edit, recipe) => {
                // Why a mask is not taken is said already.
                let wrong = edit.err().unwrap_or_default().into_iter();
                problems.extend(wrong.filter(|problem| !is_mask_refused || problem.field != EditField::Mask));
                let recipe = recipe.err().unwrap_or_default();
                Err(problems.into_iter().map(Problem::from).chain(recipe).collect())
            }
        }
    }

    /// The picture that came with a form that was refused before.
    async fn kept(&self, service: &ArcService, name: &str) -> Result<Option<PictureId>, PictureRefusal> {
        let Some(id) = self.fields.get(name).filter(|id| !id.is_empty()) else { return Ok(None) };
        let found = async { service.picture(id.parse().ok()?).await }.await;
        match found {
            Some(picture) => Ok(Some(picture.id)),
            None => Err(PictureRefusal::Invalid("Darkroom does not have this picture any more. Choose it again.".into())),
        }
    }
}
