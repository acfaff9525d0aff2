//! Rendered pages, and their forms without JavaScript. A rejected form is shown again with the entered values.

use std::collections::HashMap;

use axum::{
    body::Body,
    extract::{Multipart, OriginalUri, Path, Request, State},
    http::{Response, StatusCode, header},
    response::{IntoResponse, Redirect},
};
use leptos::{nonce::Nonce, prelude::provide_context};

use super::{assets, policy, start};
use crate::{
    app::shell,
    base_path::PageBase,
    first_paint::{FirstPaint, ReturnedForm},
};
use proto::{
    edit::{StartLine, StartPicture},
    ids::TaskId,
    recipe::{Field, TextToImage},
    submit::{Refusal, SkippedSetting, Submission, TakenSettings},
    task::Problem,
};
use service::{ArcService, BasePath, PictureRefusal, ServiceError, SignedIn, SubmitError};

/// Any page. 404 for a task that does not exist.
pub(super) async fn show(State(service): State<ArcService>, request: Request) -> Response<Body> {
    let requested = request.uri().path().strip_prefix("/tasks/").map(|id| id.trim_end_matches('/').parse::<TaskId>());
    let mut first = first_paint(&service);
    let mut missing = false;
    let mut status = StatusCode::OK;
    if request.uri().path() == "/" {
        status = start::open(&service, request.uri().query(), &mut first).await;
    }
    if let Some(id) = requested {
        match async { service.task(id.ok()?).await }.await {
            // The snapshot has only recent tasks, and older ones without details.
            Some(task) => {
                first.webhooks = postcard::to_allocvec(&(task.id, service.deliveries(task.id).await)).unwrap_or_default();
                if let Ok(Some(workflow)) = service.task_workflow(task.id).await {
                    first.workflow = postcard::to_allocvec(&(task.id, workflow)).unwrap_or_default();
                }
                first.snapshot.tasks.retain(|kept| kept.id != task.id);
                let at = first.snapshot.tasks.partition_point(|kept| kept.created_at < task.created_at);
                first.snapshot.tasks.insert(at, task);
            }
            None => missing = true,
        }
    } else if let Some(grid) = request.uri().path().strip_prefix("/grids/").filter(|grid| *grid != "new") {
        let found = async { service.grid(grid.trim_end_matches('/').parse().ok()?).await.ok().flatten() };
        missing = found.await.is_none();
    } else if !matches!(request.uri().path(), "/" | "/inpaint" | "/queue" | "/settings" | "/grids" | "/grids/new") {
        missing = true;
    }
    let status = if missing { StatusCode::NOT_FOUND } else { status };
    render(service, first, status, request).await
}

/// The form of Studio, sent without JavaScript: redirects to the new task, or renders the form again with the errors.
pub(super) async fn submit(State(service): State<ArcService>, request: Request) -> Response<Body> {
    let Some(_permit) = start::permit() else { return start::busy() };
    let (parts, body) = request.into_parts();
    let form = match <Multipart as axum::extract::FromRequest<()>>::from_request(Request::from_parts(parts.clone(), body), &()).await {
        Ok(multipart) => read_form(multipart).await,
        Err(rejection) => return rejection.into_response(),
    };
    let mut form = match form {
        Ok(form) => form,
        Err(error) => return error.into_response(),
    };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    let taken = match form.take_start(&service).await {
        Ok(()) => form.submission(&service).await,
        Err(refusal) => {
            status = start::status_of(&refusal);
            Err(start::refusal_of(refusal))
        }
    };
    let refusal = match taken {
        Ok(submission) => match service.submit(submission).await {
            Ok(task) => return Redirect::to(&format!("/tasks/{task}")).into_response(),
            Err(SubmitError::Refused(refusal)) => refusal,
            Err(SubmitError::Unavailable(why)) => return start::later(&why),
        },
        Err(refusal) => refusal,
    };
    let mut first = first_paint(&service);
    first.start = form.start.as_ref().map(|start| StartLine::of_picture(start).as_str().to_owned()).unwrap_or_default();
    first.returned = Some(ReturnedForm { fields: form.fields.into_iter().collect(), refusal });
    let request = Request::from_parts(parts, Body::empty());
    render(service, first, status, request).await
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

pub(super) fn first_paint(service: &ArcService) -> FirstPaint {
    FirstPaint {
        snapshot: service.snapshot(),
        options: service.form_options(),
        returned: None,
        returned_edit: None,
        build: assets::version(),
        live_address: service.live_address(),
        seed: rand::random::<u32>().into(),
        signed_in: false,
        webhooks: Vec::new(),
        workflow: Vec::new(),
        gallery: Vec::new(),
        production: Vec::new(),
        start: String::new(),
    }
}

pub(super) async fn render(service: ArcService, mut first: FirstPaint, status: StatusCode, request: Request) -> Response<Body> {
    let base = BasePath::of(request.extensions());
    let nonce = Nonce::new();
    let policy = policy::document(&nonce, &first.live_address);
    // Only these pages show the button to sign out.
    first.signed_in = request.extensions().get::<SignedIn>().is_some();
    let assets_base = base.clone();
    let context = move || {
        provide_context(service.clone());
        provide_context(nonce.clone());
        provide_context(first.clone());
        provide_context(assets::split_manifest(&base));
        provide_context(PageBase(base.as_str().to_owned()));
    };
    let mut response =
        leptos_axum::render_app_to_stream_with_context(context, move || shell(assets::urls(&assets_base)))(with_whole_uri(request)).await;
    *response.status_mut() = status;
    // The page shows the present state, so that a cached one would be wrong.
    response.headers_mut().insert(header::CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// With the address as the browser has it: the router of the page knows the base path.
fn with_whole_uri(mut request: Request) -> Request {
    if let Some(OriginalUri(whole)) = request.extensions_mut().remove() {
        *request.uri_mut() = whole;
    }
    request
}

/// The text fields by name, and the name and bytes of the file, if one was chosen.
struct SubmittedForm {
    fields: HashMap<String, String>,
    file: Option<(String, Vec<u8>)>,
    /// The bytes of the picture to start from, if one was chosen.
    picture: Option<Vec<u8>>,
    /// The picture to start from.
    start: Option<StartPicture>,
}

async fn read_form(mut multipart: Multipart) -> Result<SubmittedForm, axum::extract::multipart::MultipartError> {
    let mut form = SubmittedForm { fields: HashMap::new(), file: None, picture: None, start: None };
    while let Some(field) = multipart.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let bytes = field.bytes().await?;
        match file_name {
            Some(file_name) if !file_name.is_empty() && name == "start" => form.picture = Some(bytes.into()),
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
    async fn submission(&mut self, service: &ArcService) -> Result<Submission, Refusal> {
        if self.fields.get("kind").is_some_and(|kind| kind == "workflow") {
            let refusal = |message| Refusal::new(vec![Problem { node: None, title: None, input: None, message }]);
            let (name, bytes) = self.file.as_ref().ok_or_else(|| refusal("Choose a workflow file.".to_owned()))?;
            let (name, opened) = (name.clone(), service.open_file(bytes.clone()).await.map_err(refusal)?);
            return match opened.settings {
                Some(settings) => Err(self.take_settings(settings)),
                None => Ok(Submission::Workflow { name, json: opened.json }),
            };
        }
        let field = |field: Field| self.fields.get(field.name()).map_or("", String::as_str);
        let recipe = TextToImage::from_fields(field).map_err(Refusal::new)?;
        match &self.start {
            Some(start) => start::submission(start.clone(), self.fields.get("strength").map_or("", String::as_str), recipe),
            None => Ok(Submission::TextToImage(recipe)),
        }
    }

    /// Fills the form with the settings of another program, and says what it does not take over.
    fn take_settings(&mut self, settings: TakenSettings) -> Refusal {
        let TakenSettings { program, fields, skipped } = settings;
        self.fields.insert("kind".to_owned(), "text".to_owned());
        self.fields.extend(fields.into_iter().map(|(field, text)| (field.name().to_owned(), text)));
        let rest = if skipped.is_empty() { "" } else { " What is not taken over:" };
        let message = format!("The settings that {program} wrote into this picture are in the form now. Check them, and send it.{rest}");
        let problem = |SkippedSetting { name, value, why, .. }| Problem {
            node: None,
            title: None,
            input: None,
            message: format!("{name} {value}: {why}"),
        };
        Refusal { message, problems: skipped.into_iter().map(problem).collect() }
    }

    /// Stores the picture to start from, so that the form has it also if it is refused.
    async fn take_start(&mut self, service: &ArcService) -> Result<(), PictureRefusal> {
        let kept = self.fields.remove("start-picture").unwrap_or_default();
        self.start = StartLine::from_text(kept).picture();
        if self.fields.get("kind").is_none_or(|kind| kind != "workflow")
            && let Some(bytes) = self.picture.take()
        {
            self.start = start::line_of(service.take_picture(bytes).await?).picture();
        }
        Ok(())
    }
}
