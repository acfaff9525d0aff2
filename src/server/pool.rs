//! The configured ComfyUIs: sends waiting tasks to them, and moves tasks away from one that is unreachable for too long.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{
    backend::Backend,
    clock::now,
    config::Config,
    tracker::{PoolSeat, Tracker},
};
use proto::{
    comfy::{Catalog, InputKind, Missing, Needs},
    form,
    ids::BackendId,
    submit::FormOptions,
    task::{Problem, RetryPolicy, Task, retry},
    workflow_file::{self, EditorFile, FileError, Opened, OpenedWorkflow},
};

pub struct Pool {
    backends: Vec<Arc<Backend>>,
    tracker: Arc<Tracker>,
    /// How many prompts each ComfyUI gets at the same time.
    pub prompts_at_once: usize,
    lost_after: Duration,
    retry_policy: RetryPolicy,
}

/// How often it looks for changes that come with time alone: a ComfyUI is unreachable for too long, or its backoff has ended.
const TICK: Duration = Duration::from_secs(1);

impl Pool {
    pub fn new(backends: Vec<Arc<Backend>>, tracker: Arc<Tracker>, config: &Config) -> Self {
        Self {
            backends,
            tracker,
            prompts_at_once: config.prompts_at_once,
            lost_after: config.lost_after,
            retry_policy: config.retry_policy(),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Backend>> {
        self.backends.iter()
    }

    pub fn get(&self, id: &BackendId) -> Option<&Arc<Backend>> {
        self.backends.iter().find(|backend| backend.id == *id)
    }

    pub fn seats(&self) -> Vec<PoolSeat> {
        self.backends.iter().map(|backend| backend.seat()).collect()
    }

    /// Whether any ComfyUI takes tasks.
    pub fn is_ready(&self) -> bool {
        self.backends.iter().any(|backend| backend.takes_tasks())
    }

    /// Assigns waiting tasks whenever that may have become possible, until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        self.release_from_removed();
        let mut tick = interval(TICK);
        let mut estimated = Instant::now();
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.tracker.changed() => {}
                _ = tick.tick() => {}
            }
            self.release_from_lost();
            let seats = self.seats();
            for (task, backend) in self.tracker.to_recall(&seats).into_iter().chain(self.tracker.to_move_away(&seats)) {
                if let Some(backend) = self.get(&backend).filter(|backend| backend.begin_recall(task)).cloned() {
                    tokio::spawn(async move { backend.recall(task).await });
                }
            }
            for (task, backend) in self.tracker.assign(&seats, self.prompts_at_once, usize::MAX) {
                let Some(backend) = self.get(&backend).cloned() else { continue };
                backend.enqueue(task);
            }
            self.tracker.explain_waiting(&seats);
            if estimated.elapsed() >= TICK {
                estimated = Instant::now();
                self.tracker.estimate_starts(&seats);
            }
        }
    }

    /// Ends the attempts of tasks whose ComfyUI was removed from the settings while Darkroom did not run.
    fn release_from_removed(&self) {
        let is_removed = |task: &Task| task.backend.as_ref().is_some_and(|id| self.get(id).is_none());
        for task in self.tracker.unfinished(is_removed) {
            self.tracker.decide(task, |task| {
                let name = task.backend.as_ref().map_or("", BackendId::as_str);
                retry(task, &format!("{name} was taken out of the settings"), self.retry_policy, now())
            });
        }
    }

    /// Tasks of a ComfyUI that is unreachable for [`Config::lost_after`] go to another that has what they need. If there is none, they wait for
    /// it to return.
    fn release_from_lost(&self) {
        for backend in &self.backends {
            let Some(unreachable) = backend.unavailable_for().filter(|time| *time >= self.lost_after) else { continue };
            let others: Vec<PoolSeat> = self.seats().into_iter().filter(|seat| seat.open && seat.id != backend.id).collect();
            for task in backend.assigned() {
                let elsewhere = self.tracker.job(task).is_some_and(|job| others.iter().any(|seat| job.fits(seat, &others)));
                if elsewhere || !self.retry_policy.rerun {
                    let trouble = backend.seat().trouble.map(|trouble| format!(" ({trouble})")).unwrap_or_default();
                    backend.end_attempt(task, &format!("ComfyUI could not be reached for {} s{trouble}", unreachable.as_secs()));
                }
            }
        }
    }

    /// What a workflow needs and no ComfyUI has, as seen by the ComfyUI that lacks least. Empty if one has everything, or if no catalog was read
    /// yet. Before a requirement counts as missing, old catalogs are read again.
    pub async fn missing(&self, needs: &Needs) -> Vec<Problem> {
        if self.backends.iter().any(|backend| needs.met_by(&backend.catalog())) {
            return Vec::new();
        }
        for backend in &self.backends {
            backend.refresh_catalog().await;
        }
        let missing = self.backends.iter().map(|backend| (backend, needs.missing(&backend.catalog())));
        let Some((backend, least)) = missing.min_by_key(|(_, missing)| missing.len()) else { return Vec::new() };
        least.into_iter().map(|missing| self.problem(missing, backend.id.as_str())).collect()
    }

    fn problem(&self, missing: Missing, least: &str) -> Problem {
        let catalogs: Vec<(&str, Arc<Catalog>)> =
            self.backends.iter().map(|backend| (backend.id.as_str(), backend.form_catalog())).collect();
        let pool: Vec<(&str, &Catalog)> = catalogs.iter().map(|(name, catalog)| (*name, catalog.as_ref())).collect();
        let mut message = missing.words(least, &pool);
        let nearest = if pool.iter().any(|(_, catalog)| missing.is_in(catalog)) { Vec::new() } else { self.nearest(&missing) };
        if !nearest.is_empty() {
            message = format!("{message}. The nearest: {}", nearest.join(", "));
        }
        Problem { node: Some(missing.node), title: Some(missing.title), input: missing.model.map(|(input, _)| input), message }
    }

    /// The names on any ComfyUI that are most like one that is missing.
    fn nearest(&self, missing: &Missing) -> Vec<String> {
        let catalogs = self.form_catalogs();
        match &missing.model {
            Some((input, file)) => {
                let files: BTreeSet<&str> =
                    catalogs.iter().flat_map(|catalog| catalog.choices(&missing.class, input)).map(String::as_str).collect();
                form::nearest(file, files.into_iter())
            }
            None => {
                let classes: BTreeSet<&str> =
                    catalogs.iter().flat_map(|catalog| catalog.classes()).map(|class| class.name.as_str()).collect();
                form::nearest(&missing.class, classes.into_iter())
            }
        }
    }

    /// What each ComfyUI has, as far as that was ever read.
    pub fn form_catalogs(&self) -> Vec<Arc<Catalog>> {
        self.backends.iter().map(|backend| backend.form_catalog()).collect()
    }

    /// The workflow of an opened file. One in the editor's format is converted with the node classes of the ComfyUIs; before one of them counts as missing,
    /// old catalogs are read again.
    ///
    /// # Errors
    /// It cannot be converted.
    pub async fn workflow_of(&self, opened: Opened) -> Result<OpenedWorkflow, FileError> {
        let file = match opened {
            Opened::Api(opened) => return Ok(opened),
            Opened::Editor(file) => Arc::new(file),
            Opened::Settings(settings) => return Err(FileError::Settings(settings.program.to_owned())),
        };
        match self.converted(file.clone()).await {
            Err(FileError::NoCatalog | FileError::Unconverted(_)) => {
                for backend in &self.backends {
                    backend.refresh_catalog().await;
                }
                self.converted(file).await
            }
            done => done,
        }
    }

    /// The workflow in the text of a file: see [`Pool::workflow_of`].
    ///
    /// # Errors
    /// It is no workflow, or cannot be converted.
    pub async fn open_text(&self, text: &str) -> Result<OpenedWorkflow, FileError> {
        self.workflow_of(workflow_file::open_text(text)?).await
    }

    /// On a thread of its own: a large file takes a while.
    async fn converted(&self, file: Arc<EditorFile>) -> Result<OpenedWorkflow, FileError> {
        let catalogs = self.form_catalogs();
        tokio::task::spawn_blocking(move || file.convert(&catalogs)).await.unwrap_or(Err(FileError::NoCatalog))
    }

    /// The LoRAs of all ComfyUIs.
    pub fn loras(&self) -> Vec<String> {
        self.files("LoraLoader", "lora_name")
    }

    /// The upscale models of all ComfyUIs.
    pub fn upscalers(&self) -> Vec<String> {
        self.files("UpscaleModelLoader", "model_name")
    }

    fn files(&self, class: &str, input: &str) -> Vec<String> {
        let mut seen = HashSet::new();
        let catalogs = self.form_catalogs();
        let files = catalogs.iter().flat_map(|catalog| catalog.choices(class, input));
        files.filter(|file| seen.insert(file.as_str())).cloned().collect()
    }

    /// The embeddings of all ComfyUIs that can be reached.
    pub async fn embeddings(&self) -> Vec<String> {
        let reachable = self.backends.iter().filter(|backend| backend.takes_tasks());
        let lists = futures::future::join_all(reachable.map(|backend| async {
            backend.client.embeddings().await.unwrap_or_else(|error| {
                tracing::warn!(backend = %backend.id, %error, "the embeddings cannot be read");
                Vec::new()
            })
        }));
        let all: BTreeSet<String> = lists.await.into_iter().flatten().collect();
        all.into_iter().collect()
    }

    /// The choices of an input that ComfyUIs list on a route: of all that can be reached and have the class. Only routes that a class names are called, and
    /// those are always relative to the ComfyUI that has it.
    ///
    /// # Errors
    /// Why there are none, for people.
    pub async fn remote_choices(&self, class: &str, input: &str) -> Result<Vec<String>, String> {
        let asked: Vec<_> = self
            .backends
            .iter()
            .filter_map(|backend| {
                let catalog = backend.form_catalog();
                let InputKind::Remote(remote) = &catalog.class(class)?.input(input)?.kind else { return None };
                Some((backend, remote.clone()))
            })
            .collect();
        if asked.is_empty() {
            return Err(format!("No ComfyUI has such a list for \"{input}\" of {class}."));
        }
        let answers = asked.into_iter().filter(|(backend, _)| backend.takes_tasks()).map(async |(backend, remote)| {
            backend.client.choices(&remote).await.map_err(|error| format!("The list cannot be read from {}: {error}.", backend.id))
        });
        let answers = futures::future::join_all(answers).await;
        let mut seen = HashSet::new();
        let mut problem = Some("The ComfyUI that has this list cannot be reached.".to_owned());
        let mut choices = Vec::new();
        for answer in answers {
            match answer {
                Ok(list) => {
                    problem = None;
                    choices.extend(list.into_iter().filter(|choice| seen.insert(choice.clone())));
                }
                Err(why) if choices.is_empty() && problem.is_some() => problem = Some(why),
                Err(_) => {}
            }
        }
        problem.map_or(Ok(choices), Err)
    }

    /// [`form_options`](Self::form_options), once the classes of some ComfyUI are known: after a start they are read in a moment. Waits for that `within`
    /// this time at most.
    pub async fn form_options_once_known(&self, within: Duration) -> FormOptions {
        if let Some(backend) = self.backends.first() {
            // Otherwise the options say that nothing is known.
            let _ = tokio::time::timeout(within, backend.catalogs.known()).await;
        }
        self.form_options()
    }

    /// The choices of the built-in form: the union over all ComfyUIs, because a task goes to one that has what it needs. Old ones are read
    /// again in the background, for the next call.
    pub fn form_options(&self) -> FormOptions {
        let catalogs = self.form_catalogs();
        for backend in &self.backends {
            let backend = backend.clone();
            tokio::spawn(async move { backend.refresh_classes(&["CheckpointLoaderSimple", "KSampler"]).await });
        }
        let all = |class: &str, input: &str| {
            let mut seen = HashSet::new();
            let choices = catalogs.iter().flat_map(|catalog| catalog.choices(class, input));
            choices.filter(|choice| seen.insert(choice.as_str())).cloned().collect()
        };
        FormOptions {
            checkpoints: all("CheckpointLoaderSimple", "ckpt_name"),
            samplers: all("KSampler", "sampler_name"),
            schedulers: all("KSampler", "scheduler"),
            known: catalogs.iter().any(|catalog| !catalog.is_empty()),
        }
    }
}
