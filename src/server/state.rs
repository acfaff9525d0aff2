//! What request handlers share: the services of this server.

use std::sync::Arc;

use super::{
    backend::Backend,
    comfy_v2::{AssetLibrary, Jobs},
    commands::Commands,
    config::Config,
    edits::Edits,
    external::ExternalPrograms,
    feed::{EventStreams, FeedLog},
    gallery::Gallery,
    grids::Grids,
    media::MediaLibrary,
    metrics::Metrics,
    model_files::ModelFiles,
    pictures::Pictures,
    pool::Pool,
    production::{ProductionParts, Productions},
    prompts::Prompts,
    report::Urls,
    store::{CommandRecord, Store},
    story::StorySessions,
    submissions::Submissions,
    task_archive::TaskArchive,
    tracker::Tracker,
    webhooks::{Deliveries, WebhookSettings},
    wildcards::WildcardFolder,
    workflow_library::WorkflowLibrary,
};
use proto::ids::BackendId;

/// Only holds them, and is cheap to clone.
#[derive(Clone)]
pub struct AppState {
    tracker: Arc<Tracker>,
    store: Store,
    pool: Arc<Pool>,
    metrics: Arc<Metrics>,
    archive: Arc<TaskArchive>,
    submissions: Arc<Submissions>,
    commands: Arc<Commands>,
    deliveries: Arc<Deliveries>,
    event_streams: Arc<EventStreams>,
    media: Arc<MediaLibrary>,
    library: Arc<WorkflowLibrary>,
    pictures: Arc<Pictures>,
    grids: Arc<Grids>,
    gallery: Arc<Gallery>,
    productions: Arc<Productions>,
    story_sessions: StorySessions,
    public_ws_url: Arc<str>,
    urls: Arc<Urls>,
    prompts: Arc<Prompts>,
    model_files: Arc<ModelFiles>,
    external: Arc<ExternalPrograms>,
    jobs: Arc<Jobs>,
    assets: Arc<AssetLibrary>,
}

/// What the services are made from.
pub struct StateParts {
    pub tracker: Arc<Tracker>,
    pub store: Store,
    pub pool: Arc<Pool>,
    /// The commands that the store remembers from before the start, oldest first.
    pub carried_out: Vec<CommandRecord>,
    pub webhooks: WebhookSettings,
    pub media: Arc<MediaLibrary>,
    /// What programs were told until now, to go on with.
    pub feed: Option<Arc<FeedLog>>,
}

impl AppState {
    /// # Errors
    /// The certificates for Redis cannot be used.
    pub fn new(config: &Config, parts: StateParts) -> Result<Self, redis::RedisError> {
        let StateParts { tracker, store, pool, carried_out, webhooks, media, feed } = parts;
        let prompts = Arc::new(Prompts::new(WildcardFolder::new(&config.data)));
        let archive = Arc::new(TaskArchive::new(tracker.clone(), store.clone(), pool.clone()));
        let pictures = Arc::new(Pictures::new(media.files().clone(), store.clone()));
        let submissions = Arc::new(Submissions::new(
            tracker.clone(),
            store.clone(),
            pool.clone(),
            archive.clone(),
            prompts.clone(),
            Edits::new(pictures.clone(), pool.clone()),
            config.queue.max_waiting,
        ));
        let commands = Arc::new(Commands::new(tracker.clone(), store.clone(), pool.clone(), archive.clone(), carried_out));
        let urls = Arc::new(Urls::new(config.base_path.as_str()));
        let streams = EventStreams::new(tracker.clone(), store.clone(), archive.clone(), urls.clone(), config.keep_ended, feed);
        let event_streams = Arc::new(streams);
        let library = Arc::new(WorkflowLibrary::new(store.clone(), pool.clone()));
        let productions = Arc::new(Productions::new(ProductionParts {
            store: store.clone(),
            tracker: tracker.clone(),
            pool: pool.clone(),
            submissions: submissions.clone(),
            commands: commands.clone(),
            library: library.clone(),
        }));
        let external = Arc::new(ExternalPrograms::new(store.clone(), event_streams.clone(), productions.clone(), config)?);
        Ok(Self {
            jobs: Arc::new(Jobs::new(tracker.clone(), store.clone(), archive.clone(), config.retention, config.jobs_visible)),
            assets: Arc::new(AssetLibrary::new(media.files().clone(), store.clone(), archive.clone(), config.asset_life)),
            grids: Arc::new(Grids::new(
                store.clone(),
                tracker.clone(),
                pool.clone(),
                submissions.clone(),
                archive.clone(),
                commands.clone(),
                media.clone(),
            )),
            gallery: Arc::new(Gallery::new(store.clone(), media.clone(), pool.clone())),
            public_ws_url: config.public_ws_url.as_deref().unwrap_or_default().into(),
            urls,
            story_sessions: StorySessions::new(store.clone()),
            productions,
            metrics: Arc::new(Metrics::new(tracker.clone(), store.clone(), pool.clone(), external.clone())),
            submissions,
            commands,
            deliveries: Arc::new(Deliveries::new(tracker.clone(), store.clone(), archive.clone(), webhooks)),
            event_streams,
            external,
            library,
            model_files: Arc::new(ModelFiles::new(pool.clone())),
            tracker,
            store,
            pool,
            archive,
            media,
            pictures,
            prompts,
        })
    }

    /// Tasks as jobs of the Comfy API v2.
    pub fn jobs(&self) -> &Arc<Jobs> {
        &self.jobs
    }

    /// Files that programs uploaded over the Comfy API v2.
    pub fn assets(&self) -> &AssetLibrary {
        &self.assets
    }

    /// Tasks of other programs, and Redis.
    pub fn external(&self) -> &Arc<ExternalPrograms> {
        &self.external
    }

    /// Previews and trigger words of models.
    pub fn model_files(&self) -> &ModelFiles {
        &self.model_files
    }

    /// Templates of prompts, and wildcards.
    pub fn prompts(&self) -> &Prompts {
        &self.prompts
    }

    /// The unfinished tasks and the newest finished ones, as they are now.
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The configured ComfyUIs.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    pub fn shared_pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub fn backend(&self, id: &BackendId) -> Option<&Arc<Backend>> {
        self.pool.get(id)
    }

    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Tasks of any age.
    pub fn archive(&self) -> &TaskArchive {
        &self.archive
    }

    pub fn submissions(&self) -> &Arc<Submissions> {
        &self.submissions
    }

    pub fn commands(&self) -> &Arc<Commands> {
        &self.commands
    }

    /// Messages to webhooks.
    pub fn deliveries(&self) -> &Arc<Deliveries> {
        &self.deliveries
    }

    /// Server-sent events for programs.
    pub fn event_streams(&self) -> &Arc<EventStreams> {
        &self.event_streams
    }

    /// Kept outputs.
    pub fn media(&self) -> &Arc<MediaLibrary> {
        &self.media
    }

    /// Saved workflows.
    pub fn library(&self) -> &WorkflowLibrary {
        &self.library
    }

    /// Pictures that people gave.
    pub fn pictures(&self) -> &Pictures {
        &self.pictures
    }

    /// Grids of tasks.
    pub fn grids(&self) -> &Arc<Grids> {
        &self.grids
    }

    /// All kept outputs, to be searched.
    pub fn gallery(&self) -> &Arc<Gallery> {
        &self.gallery
    }

    /// Projects, and what happens in them.
    pub fn productions(&self) -> &Arc<Productions> {
        &self.productions
    }

    /// What is at which path, for programs.
    pub fn urls(&self) -> &Arc<Urls> {
        &self.urls
    }

    /// Where browsers reach `/ws`. Empty: at the address of the page.
    pub fn public_ws_url(&self) -> &str {
        &self.public_ws_url
    }

    /// Sessions of clients of the story's dialect.
    pub fn story_sessions(&self) -> &StorySessions {
        &self.story_sessions
    }

    /// Whether the database can be written, so that an accepted task would be kept.
    pub fn is_writable(&self) -> bool {
        self.store.health().is_writable()
    }
}
