//! Pictures to start from that come with a request: shared from another app, or chosen in the form without JavaScript.

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request, State},
    http::{Response, StatusCode, header},
    response::{IntoResponse, Redirect},
};
use proto::{
    edit::{Edit, EditField, EditProblem, EditRun, StartLine, StartPicture, StoredPicture, Strength},
    limits,
    recipe::TextToImage,
    submit::{EncodedEdit, Refusal, Submission},
};
use service::{ArcService, PictureRefusal};
use tokio::sync::Semaphore;

use crate::first_paint::{FirstPaint, ReturnedForm};

/// Forms with a picture that are read at the same time, each up to [`limits::UPLOAD`] in memory.
static READING: Semaphore = Semaphore::const_new(limits::UPLOADS);

/// A permit to read a form that may have a picture in it. `None`: too many are read, see [`busy`].
pub(super) fn permit() -> Option<tokio::sync::SemaphorePermit<'static>> {
    permits(1)
}

/// The same for a form with so many pictures.
pub(super) fn permits(pictures: u32) -> Option<tokio::sync::SemaphorePermit<'static>> {
    READING.try_acquire_many(pictures).ok()
}

/// The answer where there is no [`permit`].
pub(super) fn busy() -> Response<Body> {
    later("Too many uploads are under way. Try again in a moment.")
}

/// A request that may succeed later.
pub(super) fn later(why: &str) -> Response<Body> {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], format!("{why}\n")).into_response()
}

/// The first picture of a form that was shared. Answers with the address of Studio with the picture in its form, or with the reason why it was not
/// taken: either can be opened again, and nothing is sent again.
pub(super) async fn share(State(service): State<ArcService>, request: Request) -> Response<Body> {
    let Some(_permit) = permit() else { return busy() };
    let taken = match Multipart::from_request(request, &()).await {
        Ok(form) => first_file(form).await,
        Err(rejection) => return rejection.into_response(),
    };
    let taken = match taken {
        Ok(Some(bytes)) => service.take_picture(bytes).await,
        Ok(None) => Err(PictureRefusal::Unsupported(String::new())),
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large()),
        Err(error) => return error.into_response(),
    };
    match taken {
        Ok(picture) => Redirect::to(&format!("/?start={}", picture.id)).into_response(),
        Err(refusal) => Redirect::to(&format!("/?unshared={}", reason(&refusal))).into_response(),
    }
}

fn reason(refusal: &PictureRefusal) -> &'static str {
    match refusal {
        PictureRefusal::TooLarge(_) => "too-large",
        PictureRefusal::Unsupported(_) => "unsupported",
        PictureRefusal::Invalid(_) => "invalid",
        PictureRefusal::Unavailable(_) => "unavailable",
    }
}

/// The other way round. `None`: it is no reason.
fn refusal_for(reason: &str) -> Option<PictureRefusal> {
    Some(match reason {
        "too-large" => too_large(),
        "unsupported" => {
            PictureRefusal::Unsupported("What was shared is no PNG, JPEG or WebP. Share a picture of one of these types.".into())
        }
        "invalid" => {
            let most = limits::UPLOAD_PIXELS / 1_000_000;
            PictureRefusal::Invalid(format!("The picture that was shared is damaged, or has more than {most} megapixels."))
        }
        "unavailable" => PictureRefusal::Unavailable("The picture that was shared could not be stored. Share it again later.".into()),
        _ => return None,
    })
}

async fn first_file(mut form: Multipart) -> Result<Option<Vec<u8>>, axum::extract::multipart::MultipartError> {
    while let Some(field) = form.next_field().await? {
        if field.file_name().is_some() {
            let bytes = field.bytes().await?;
            if !bytes.is_empty() {
                return Ok(Some(bytes.into()));
            }
        }
    }
    Ok(None)
}

pub(super) fn too_large() -> PictureRefusal {
    PictureRefusal::TooLarge(format!("A picture is at most {} MiB.", limits::UPLOAD >> 20))
}

pub(super) fn status_of(refusal: &PictureRefusal) -> StatusCode {
    match refusal {
        PictureRefusal::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        PictureRefusal::Unsupported(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        PictureRefusal::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        PictureRefusal::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

pub(super) fn refusal_of(refusal: PictureRefusal) -> Refusal {
    Refusal { message: refusal.to_string(), problems: Vec::new() }
}

/// The line of a picture that a person gave.
pub(super) fn line_of(picture: StoredPicture) -> StartLine {
    StartLine::of_picture(&StartPicture { edit: "redraw".into(), picture: picture.id, size: picture.size, strength: None, parent: None })
}

/// Opens Studio with the picture of `/?start=ID`, or with the reason why a shared one was not taken.
pub(super) async fn open(service: &ArcService, query: Option<&str>, first: &mut FirstPaint) -> StatusCode {
    let value = |name: &str| query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')));
    if let Some(refusal) = value("unshared").and_then(refusal_for) {
        let status = status_of(&refusal);
        first.returned = Some(ReturnedForm { fields: Vec::new(), refusal: refusal_of(refusal) });
        return status;
    }
    let Some(id) = value("start") else { return StatusCode::OK };
    let found = async { service.picture(id.parse().ok()?).await }.await;
    match found {
        Some(picture) => line_of(picture).as_str().clone_into(&mut first.start),
        None => {
            let message = "Darkroom does not have this picture any more. Choose it again.".into();
            first.returned = Some(ReturnedForm { fields: Vec::new(), refusal: Refusal { message, problems: Vec::new() } });
            return StatusCode::NOT_FOUND;
        }
    }
    StatusCode::OK
}

/// The edit of a form that was sent without JavaScript.
pub(super) fn submission(start: StartPicture, strength: &str, recipe: TextToImage) -> Result<Submission, Refusal> {
    let strength: Strength = strength.parse().map_err(|error: proto::edit::WrongStrength| {
        Refusal::new(vec![EditProblem { field: EditField::Strength, message: format!("Strength: {error}") }.into()])
    })?;
    let run = EditRun { recipe, source: start.picture, edit: Edit::Redraw { strength }, parent: start.parent };
    Ok(Submission::Edit(EncodedEdit::of(&run)))
}
