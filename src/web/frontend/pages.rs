//! Rendered pages, and their forms without JavaScript. A rejected form is shown again with the entered values.

use std::collections::HashMap;

use axum::{
    body::Body,
    extract::{Multipart, Path, Request, State},
    http::{Response, StatusCode, header},
    response::{IntoResponse, Redirect},
};
use leptos::{nonce::Nonce, prelude::provide_context};

use super::{assets, policy};
use crate::{
    app::shell,
    first_paint::{FirstPaint, ReturnedForm},
};
use proto::{
    ids::TaskId,
    recipe::{Field, TextToImage},
    submit::{Refusal, Submission},
    task::Problem,
};
use service::{ArcService, ServiceError, SignedIn, SubmitError};

/// Any page. 404 for a task that does not exist.
pub(super) async fn show(State(service): State<ArcService>, request: Request) -> Response<Body> {
    let requested = request.uri().path().strip_prefix("/tasks/").map(|id| id.trim_end_matches('/').parse::<TaskId>());
    let mut first = first_paint(&service);
    let mut missing = false;
    if let Some(id) = requested {
        match async { service.task(id.ok()?).await }.await {
            // The snapshot has only recent tasks, and older ones without details.
            Some(task) => {
                first.webhooks = postcard::to_allocvec(&(task.id, service.deliveries(task.id).await)).unwrap_or_default();
                first.snapshot.tasks.retain(|kept| kept.id != task.id);
                let at = first.snapshot.tasks.partition_point(|kept| kept.created_at < task.created_at);
                first.snapshot.tasks.insert(at, task);
            }
            None => missing = true,
        }
    } else if !matches!(request.uri().path(), "/" | "/queue" | "/settings") {
        missing = true;
    }
    let status = if missing { StatusCode::NOT_FOUND } else { StatusCode::OK };
    render(service, first, status, request).await
}

/// The form of Studio, sent without JavaScript: redirects to the new task, or renders the form again with the errors.
pub(super) async fn submit(State(service): State<ArcService>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let form = match <Multipart as axum::extract::FromRequest<()>>::from_request(Request::from_parts(parts.clone(), body), &()).await {
        Ok(multipart) => read_form(multipart).await,
        Err(rejection) => return rejection.into_response(),
    };
    let form = match form {
        Ok(form) => form,
        Err(error) => return error.into_response(),
    };
    let refusal = match form.submission(&service).await {
        Ok(submission) => match service.submit(submission).await {
            Ok(task) => return Redirect::to(&format!("/tasks/{task}")).into_response(),
            Err(SubmitError::Refused(refusal)) => refusal,
            Err(SubmitError::Unavailable(why)) => {
                return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], format!("{why}\n")).into_response();
            }
        },
        Err(refusal) => refusal,
    };
    let mut first = first_paint(&service);
    first.returned = Some(ReturnedForm { fields: form.fields.into_iter().collect(), refusal });
    let request = Request::from_parts(parts, Body::empty());
    render(service, first, StatusCode::UNPROCESSABLE_ENTITY, request).await
}

/// The cancel button, without JavaScript.
pub(super) async fn cancel(State(service): State<ArcService>, Path(id): Path<TaskId>) -> Response<Body> {
    back_to(id, service.cancel(id).await)
}

/// The button that sends a message to a webhook again, without JavaScript.
pub(super) async fn replay(State(service): State<ArcService>, Path((id, delivery)): Path<(TaskId, String)>) -> Response<Body> {
    back_to(id, service.redeliver(id, delivery).await)
}

/// Redirects to the task's page, or answers with the error as a line of text.
fn back_to(id: TaskId, done: Result<(), ServiceError>) -> Response<Body> {
    let Err(error) = done else { return Redirect::to(&format!("/tasks/{id}")).into_response() };
    let status = match error {
        ServiceError::NotFound(_) => StatusCode::NOT_FOUND,
        ServiceError::Conflict(_) => StatusCode::CONFLICT,
        ServiceError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, format!("{error}\n")).into_response()
}

pub(super) async fn server_fn(State(service): State<ArcService>, request: Request) -> impl IntoResponse {
    leptos_axum::handle_server_fns_with_context(move || provide_context(service.clone()), request).await
}

fn first_paint(service: &ArcService) -> FirstPaint {
    FirstPaint {
        snapshot: service.snapshot(),
        options: service.form_options(),
        returned: None,
        build: assets::version(),
        seed: rand::random::<u32>().into(),
        signed_in: false,
        webhooks: Vec::new(),
    }
}

async fn render(service: ArcService, mut first: FirstPaint, status: StatusCode, request: Request) -> Response<Body> {
    let nonce = Nonce::new();
    let policy = policy::document(&nonce);
    // Only these pages show the button to sign out.
    first.signed_in = request.extensions().get::<SignedIn>().is_some();
    let context = move || {
        provide_context(service.clone());
        provide_context(nonce.clone());
        provide_context(first.clone());
        provide_context(assets::split_manifest());
    };
    let mut response = leptos_axum::render_app_to_stream_with_context(context, || shell(assets::urls()))(request).await;
    *response.status_mut() = status;
    // The page shows the present state, so that a cached one would be wrong.
    response.headers_mut().insert(header::CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// The text fields by name, and the name and bytes of the file, if one was chosen.
struct SubmittedForm {
    fields: HashMap<String, String>,
    file: Option<(String, Vec<u8>)>,
}

async fn read_form(mut multipart: Multipart) -> Result<SubmittedForm, axum::extract::multipart::MultipartError> {
    let mut form = SubmittedForm { fields: HashMap::new(), file: None };
    while let Some(field) = multipart.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let bytes = field.bytes().await?;
        match file_name {
            Some(file_name) if !file_name.is_empty() => form.file = Some((file_name, bytes.into())),
            Some(_) => {}
            None => {
                form.fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    Ok(form)
}

impl SubmittedForm {
    async fn submission(&self, service: &ArcService) -> Result<Submission, Refusal> {
        if self.fields.get("kind").is_some_and(|kind| kind == "workflow") {
            let refusal = |message| Refusal::new(vec![Problem { node: None, title: None, input: None, message }]);
            let (name, bytes) = self.file.as_ref().ok_or_else(|| refusal("Choose a workflow file.".to_owned()))?;
            let opened = service.open_file(bytes.clone()).await.map_err(refusal)?;
            return Ok(Submission::Workflow { name: name.clone(), json: opened.json });
        }
        let field = |field: Field| self.fields.get(field.name()).map_or("", String::as_str);
        TextToImage::from_fields(field).map(Submission::TextToImage).map_err(Refusal::new)
    }
}
