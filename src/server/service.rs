//! Answers the pages' server functions with the services of [`AppState`].

use async_trait::async_trait;
use proto::{
    edit::{PictureId, StoredPicture},
    form::{Overlay, PartChanges},
    graph::TaskWorkflow,
    grid::{GridAction, GridHead, GridPlan, GridProblem, GridSpec, GridView},
    ids::{CommandId, GridId, TaskId, WorkflowId},
    limits,
    outbox::{Answer, Order},
    prompts::{PromptMistake, PromptModel, PromptNames, PromptPreview, WildcardName, WildcardNameError, WildcardText},
    run_warnings::RunCheck,
    submit::{
        EditFacts, EncodedEdit, FormOptions, FormRun, OpenedFile, OpenedSavedWorkflow, Refusal, SavedWorkflowName, Submission,
        WorkflowForm, WorkflowToSave,
    },
    task::{Snapshot, Task},
    webhook::Delivery,
    wire::{News, Resume},
    workflow_file::{self, Opened},
};
use service::{PictureRefusal, Service, ServiceError, SubmitError};

use crate::{
    grids::GridError,
    pictures::PictureError,
    prompts::PreviewError,
    state::AppState,
    task_workflow,
    webhooks::RedeliveryError,
    workflow_forms::{app_mode, form_of, part_changes},
    workflow_library::name_of,
};

#[async_trait]
impl Service for AppState {
    async fn submit(&self, submission: Submission) -> Result<TaskId, SubmitError> {
        self.submissions().submit_from_page(submission, None).await
    }

    async fn edit_facts(&self, edit: EncodedEdit) -> EditFacts {
        let usual_ms = self.submissions().usual_ms(&Submission::Edit(edit)).await;
        EditFacts { upscalers: self.pool().upscalers(), usual_ms }
    }

    async fn take_picture(&self, bytes: Vec<u8>) -> Result<StoredPicture, PictureRefusal> {
        self.pictures().take(bytes.into()).await.map_err(PictureRefusal::from)
    }

    async fn take_mask(&self, bytes: Vec<u8>) -> Result<StoredPicture, PictureRefusal> {
        self.pictures().take_mask_file(bytes.into()).await.map_err(PictureRefusal::from)
    }

    async fn picture(&self, id: PictureId) -> Option<StoredPicture> {
        self.pictures().used(&id).await.ok()
    }

    async fn check_run(&self, submission: Submission) -> RunCheck {
        self.submissions().check_for_page(submission).await
    }

    async fn cancel(&self, id: TaskId) -> Result<(), ServiceError> {
        self.commands().cancel(id).await.map_err(|error| ServiceError::NotFound(error.to_string()))
    }

    async fn order(&self, id: CommandId, order: Order) -> Answer {
        match order {
            Order::Submit(submission) => of_submission(self.submissions().submit_from_page(submission, Some(id)).await),
            Order::Rerun { task, new_seed } => of_submission(self.submissions().rerun_from_page(task, new_seed, id).await),
            Order::Command(command) => match self.commands().run_once(id, command).await {
                Ok(()) => Answer::Done { task: None },
                Err(message) => Answer::Refused(Refusal { message, problems: Vec::new() }),
            },
        }
    }

    async fn task(&self, id: TaskId) -> Option<Task> {
        self.archive().task(id).await
    }

    async fn task_workflow(&self, id: TaskId) -> Result<Option<TaskWorkflow>, String> {
        match self.archive().stored(id).await.map_err(|error| error.to_string())? {
            Some(stored) => task_workflow::describe(self.pool(), stored).await.map(Some),
            None => Ok(None),
        }
    }

    fn live_address(&self) -> String {
        self.public_ws_url().to_owned()
    }

    fn snapshot(&self) -> Snapshot {
        self.tracker().snapshot()
    }

    fn news(&self, known: Resume) -> News {
        self.tracker().news(known)
    }

    async fn deliveries(&self, id: TaskId) -> Vec<Delivery> {
        self.deliveries().list_for_page(id).await
    }

    async fn redeliver(&self, id: TaskId, delivery: String) -> Result<(), ServiceError> {
        self.deliveries().redeliver(id, delivery).await.map_err(ServiceError::from)
    }

    async fn open_file(&self, bytes: Vec<u8>) -> Result<OpenedFile, String> {
        // A picture may take a while to read.
        let opened = tokio::task::spawn_blocking(move || workflow_file::open(&bytes)).await;
        let opened = opened.map_err(|_| "Darkroom is stopping. Choose the file again in a moment.".to_owned())?;
        let opened = match opened {
            Ok(Opened::Settings(settings)) => {
                let settings = settings.take(&self.pool().form_options(), &self.pool().loras());
                return Ok(OpenedFile { settings: Some(settings), ..OpenedFile::default() });
            }
            Ok(opened) => self.pool().workflow_of(opened).await,
            Err(error) => Err(error),
        };
        let opened = opened.map_err(|error| error.to_string())?;
        let json = opened.to_json().map_err(|error| error.to_string())?;
        let app = app_mode(&self.pool().form_catalogs(), &opened);
        let notes = opened.notes.into_iter().chain(app.notes).collect();
        Ok(OpenedFile { json, notes, arrangement: app.arrangement, unwanted: app.unwanted, settings: None })
    }

    async fn workflow_form(&self, json: String, saved: Option<WorkflowId>) -> Result<WorkflowForm, String> {
        // One that was removed meanwhile has the form of a new file.
        let overlay = match saved {
            Some(id) => self.library().get(id, None).await.map(|saved| saved.overlay).unwrap_or_default(),
            None => Overlay::default(),
        };
        let catalogs = self.pool().form_catalogs();
        // A workflow may have thousands of nodes.
        let form = tokio::task::spawn_blocking(move || form_of(&catalogs, &json, &overlay));
        form.await.unwrap_or_else(|_| Err("Darkroom is stopping. Try again in a moment.".into()))
    }

    async fn part_changes(&self, run: FormRun) -> Result<PartChanges, String> {
        let workflow = self.pool().open_text(&run.json).await.map_err(|error| error.to_string())?.workflow;
        let catalogs = self.pool().form_catalogs();
        let changes = tokio::task::spawn_blocking(move || part_changes(&catalogs, &workflow, &run));
        changes.await.map_err(|_| "Darkroom is stopping. Try again in a moment.".into())
    }

    async fn saved_workflows(&self) -> Result<Vec<SavedWorkflowName>, String> {
        let saved = self.library().list().await.map_err(|error| error.to_string())?;
        Ok(saved.into_iter().map(name_of).collect())
    }

    async fn open_workflow(&self, id: WorkflowId) -> Result<OpenedSavedWorkflow, String> {
        self.library().open(id).await.map_err(|error| error.to_string())
    }

    async fn save_workflow(&self, workflow: WorkflowToSave) -> Result<SavedWorkflowName, String> {
        self.library().save_from_page(workflow).await.map(name_of).map_err(|error| error.to_string())
    }

    async fn plan_grid(&self, spec: GridSpec) -> GridPlan {
        self.grids().plan(spec).await.unwrap_or_else(|error| GridPlan { problems: problems_of(error), ..GridPlan::default() })
    }

    async fn create_grid(&self, spec: GridSpec) -> Result<GridId, Vec<GridProblem>> {
        // To its end, although the page may go away meanwhile.
        let grids = self.grids().clone();
        let made = tokio::spawn(async move { grids.create(spec, 0).await });
        made.await.unwrap_or(Err(GridError::Stopping)).map(|view| view.head.id).map_err(problems_of)
    }

    async fn grids(&self) -> Result<Vec<GridHead>, String> {
        self.grids().list().await.map_err(|error| error.to_string())
    }

    async fn grid(&self, id: GridId) -> Result<Option<GridView>, String> {
        match self.grids().get(id).await {
            Ok(view) => Ok(Some(view)),
            Err(GridError::Unknown) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn act_on_grid(&self, id: GridId, action: GridAction) -> Result<Option<GridView>, String> {
        let grids = self.grids().clone();
        let done = tokio::spawn(async move { grids.act(id, action).await });
        done.await.unwrap_or(Err(GridError::Stopping)).map_err(|error| error.to_string())
    }

    async fn preview_prompt(&self, template: String) -> Result<PromptPreview, PromptMistake> {
        let made = self.prompts().preview(template, None, limits::PROMPT_SAMPLES_SHOWN).await;
        made.map_err(|error| match error {
            PreviewError::Mistake(mistake) => mistake,
            PreviewError::Wildcard(error) => PromptMistake { message: error.to_string(), at: None },
        })
    }

    async fn prompt_names(&self) -> PromptNames {
        let wildcards = self.prompts().wildcards().list().await.unwrap_or_default();
        PromptNames {
            loras: self.pool().loras(),
            embeddings: self.pool().embeddings().await,
            wildcards: wildcards.into_iter().map(|file| file.name).collect(),
        }
    }

    async fn trigger_words(&self, kind: PromptModel, name: String) -> Result<Vec<String>, String> {
        self.model_files().trigger_words(kind, &name).await
    }

    async fn read_wildcard(&self, name: String) -> Result<WildcardText, String> {
        self.prompts().wildcards().read(wildcard(&name)?).await.map_err(|error| error.to_string())
    }

    async fn write_wildcard(&self, name: String, text: String, revision: Option<String>) -> Result<WildcardText, String> {
        self.prompts().wildcards().write(wildcard(&name)?, text, revision).await.map_err(|error| error.to_string())
    }

    async fn remove_wildcard(&self, name: String) -> Result<(), String> {
        self.prompts().wildcards().remove(wildcard(&name)?).await.map_err(|error| error.to_string())
    }

    async fn remote_choices(&self, class: String, input: String) -> Result<Vec<String>, String> {
        self.pool().remote_choices(&class, &input).await
    }

    fn form_options(&self) -> FormOptions {
        self.pool().form_options()
    }
}

fn problems_of(error: GridError) -> Vec<GridProblem> {
    match error {
        GridError::Refused(problems) => problems,
        error => vec![GridProblem::of_grid(error.to_string())],
    }
}

fn wildcard(name: &str) -> Result<WildcardName, String> {
    name.trim().parse().map_err(|error: WildcardNameError| error.to_string())
}

fn of_submission(submitted: Result<TaskId, SubmitError>) -> Answer {
    match submitted {
        Ok(task) => Answer::Done { task: Some(task) },
        Err(SubmitError::Refused(refusal)) => Answer::Refused(refusal),
        Err(SubmitError::Unavailable(why)) => Answer::Later(why),
    }
}

impl From<PictureError> for PictureRefusal {
    fn from(error: PictureError) -> Self {
        let why = error.to_string();
        match error {
            PictureError::TooLarge => Self::TooLarge(why),
            PictureError::UnsupportedType => Self::Unsupported(why),
            PictureError::Invalid(_) | PictureError::Unknown => Self::Invalid(why),
            PictureError::Media(_) | PictureError::Store(_) | PictureError::Stopping => {
                tracing::error!(%error, "a picture cannot be stored");
                Self::Unavailable(why)
            }
        }
    }
}

impl From<RedeliveryError> for ServiceError {
    fn from(error: RedeliveryError) -> Self {
        let why = error.to_string();
        match error {
            RedeliveryError::UnknownTask | RedeliveryError::UnknownDelivery => Self::NotFound(why),
            RedeliveryError::Sending | RedeliveryError::NoWebhook => Self::Conflict(why),
            RedeliveryError::Store(_) => Self::Unavailable(why),
        }
    }
}
