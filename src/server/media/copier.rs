//! Copies outputs out of ComfyUI's folders into the media store. What is to be copied is in the database, so that copying continues after a restart.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    copy::{CopyFailure, copy, copy_frame},
    library::MediaLibrary,
};
use crate::{
    clock::now,
    pool::Pool,
    store::{CopyKey, CopyResult, DueCopy, StoreError},
};
use proto::{
    ids::BackendId,
    limits,
    task::{CopyDelay, NotKeptReason, OutputStorage},
};

/// The longest pause of all copies after the media store failed.
const STORE_PAUSE: Duration = Duration::from_secs(30);
/// Without anything to copy, there is no need to look; this is only for clocks that jump.
const IDLE: Duration = Duration::from_secs(60);

struct Copier {
    library: Arc<MediaLibrary>,
    pool: Arc<Pool>,
    /// The copies under way, and from where.
    running: HashMap<CopyKey, BackendId>,
    jobs: JoinSet<Done>,
    /// ComfyUIs that outputs are shown to wait for.
    away: HashMap<BackendId, bool>,
    /// The media store failed so often in a row, and is not used before this time.
    store_failures: u32,
    store_pause: Option<Instant>,
}

/// An attempt has ended.
struct Done {
    key: CopyKey,
    /// The media store failed.
    store_delay: Option<CopyDelay>,
    is_kept: bool,
}

impl MediaLibrary {
    /// Copies until `stop`. What is under way then is begun again after the next start.
    pub(super) async fn copy_all(self: Arc<Self>, pool: Arc<Pool>, stop: CancellationToken) {
        let backends: Vec<BackendId> = pool.iter().map(|backend| backend.id.clone()).collect();
        let begun = async {
            let mut is_logged = false;
            while let Err(error) = self.store.begin_copying(backends.clone()).await {
                if !is_logged {
                    tracing::error!(%error, "copies of outputs wait for the database");
                }
                is_logged = true;
                sleep(limits::STORE_RETRY).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = begun => {}
        }
        let mut copier = Copier {
            library: self.clone(),
            pool,
            running: HashMap::new(),
            jobs: JoinSet::new(),
            away: HashMap::new(),
            store_failures: 0,
            store_pause: None,
        };
        let backfill = self.backfill();
        tokio::pin!(backfill);
        let mut is_backfilled = false;
        loop {
            let wait = copier.go_on().await.unwrap_or_else(|error| {
                if !matches!(error, StoreError::Closed) {
                    tracing::error!(%error, "outputs to copy cannot be looked up");
                }
                limits::STORE_RETRY
            });
            tokio::select! {
                () = stop.cancelled() => return,
                () = &mut backfill, if !is_backfilled => is_backfilled = true,
                Some(done) = copier.jobs.join_next(), if !copier.jobs.is_empty() => {
                    if let Ok(done) = done {
                        copier.done(done).await;
                    }
                }
                () = self.store.copies() => {}
                () = sleep(wait) => {}
            }
        }
    }

    /// Finds what an earlier Darkroom did not copy.
    async fn backfill(&self) {
        loop {
            match self.store.backfill().await {
                Ok(false) | Err(StoreError::Closed) => return,
                Ok(true) => {}
                Err(error) => {
                    tracing::warn!(%error, "outputs of earlier tasks cannot be looked up yet");
                    sleep(limits::STORE_RETRY).await;
                }
            }
        }
    }
}

impl Copier {
    /// Starts all copies for which there is room. Returns how long to wait for the next.
    async fn go_on(&mut self) -> Result<Duration, StoreError> {
        self.note_reachable().await?;
        let (next, waiting) = self.library.store.next_copy(now()).await?;
        self.library.tracker.meters().set_media_waiting(waiting);
        let paused = self.store_pause.map(|until| until.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero());
        if let Some(wait) = paused {
            return Ok(wait);
        }
        // After a failure of the media store, one copy tries for all.
        let at_once = if self.store_failures > 0 { 1 } else { self.library.config.copies_at_once };
        let room = at_once.saturating_sub(self.running.len());
        if room > 0 && waiting > 0 {
            let under_way = self.running.keys().copied().collect();
            for due in self.library.store.copies_due(now(), self.busy(), under_way, room).await? {
                self.start(due);
            }
        }
        let look = if waiting > self.running.len() as u64 { limits::COPY_LOOK } else { IDLE };
        Ok(next.map_or(look, |next| Duration::from_millis(next.since(now())).min(look)))
    }

    /// ComfyUIs from which nothing more can be copied now.
    fn busy(&self) -> Vec<String> {
        let per_comfyui = self.library.config.copies_per_comfyui;
        let copies = |id: &BackendId| self.running.values().filter(|from| *from == id).count();
        let busy = self.pool.iter().filter(|backend| !backend.is_reachable() || copies(&backend.id) >= per_comfyui);
        busy.map(|backend| backend.id.as_str().to_owned()).collect()
    }

    fn start(&mut self, due: DueCopy) {
        // The limit of one ComfyUI may be reached within one answer of the database.
        let copies = self.running.values().filter(|from| **from == due.backend).count();
        let frame = due.content.socket_name().map(str::to_owned);
        let backend = self.pool.get(&due.backend).filter(|_| copies < self.library.config.copies_per_comfyui).cloned();
        if backend.is_none() && frame.is_none() {
            return;
        }
        self.running.insert(due.key, due.backend.clone());
        let library = self.library.clone();
        self.jobs.spawn(async move {
            let max = library.config.max_file;
            let copied = match (&frame, &backend) {
                (Some(name), _) => copy_frame(&library.files, &library.spool, name, max).await,
                (None, Some(backend)) => copy(&library.files, backend, &due, max).await,
                (None, None) => Err(CopyFailure::Final(NotKeptReason::NotConfigured)),
            };
            let key = due.key;
            match copied {
                Ok(new) => {
                    let (file, bytes, is_new) = (new.file.clone(), new.file.bytes, new.is_new);
                    // Before the copy is recorded: after a crash in between both are done anew.
                    library.check_outside(key, &file).await;
                    let is_recorded = library.record(key, CopyResult::Kept(file), OutputStorage::Kept).await;
                    if let Some(name) = frame.filter(|_| is_recorded) {
                        library.spool.remove(&name).await;
                    }
                    library.tracker.meters().media_kept(bytes, is_new);
                    Done { key, store_delay: None, is_kept: true }
                }
                Err(CopyFailure::Final(reason)) => {
                    tracing::warn!(task = %key.task, output = key.output, reason = reason.as_str(), "an output cannot be kept");
                    library.tracker.meters().media_not_kept();
                    let is_recorded = library.record(key, CopyResult::Failed(reason), OutputStorage::NotKept { reason }).await;
                    if let Some(name) = frame.filter(|_| is_recorded) {
                        library.spool.remove(&name).await;
                    }
                    Done { key, store_delay: None, is_kept: false }
                }
                Err(failure) => {
                    let (delay, why, store_delay) = match failure {
                        CopyFailure::Store(delay, why) => (delay, why, Some(delay)),
                        CopyFailure::Unreachable(why) => (CopyDelay::ComfyuiUnreachable, why, None),
                        CopyFailure::Unreadable(why) => (CopyDelay::FileUnreadable, why, None),
                        CopyFailure::Final(_) => return Done { key, store_delay: None, is_kept: false },
                    };
                    tracing::info!(task = %key.task, output = key.output, why, "an output could not be copied, and is tried again");
                    library.tracker.meters().media_retried();
                    let due_at = now().plus(library.pause(due.tries));
                    let storage = OutputStorage::Copying { delay: Some(delay) };
                    library.record(key, CopyResult::Delayed { delay, due_at }, storage).await;
                    Done { key, store_delay, is_kept: false }
                }
            }
        });
    }

    async fn done(&mut self, done: Done) {
        self.running.remove(&done.key);
        if let Some(delay) = done.store_delay {
            let pause = self.library.pause(self.store_failures).min(STORE_PAUSE);
            if self.store_failures == 0 {
                tracing::error!(
                    reason = delay.as_str(),
                    "the media store cannot be written; outputs stay where they are, and are copied when it can"
                );
            }
            self.store_failures = self.store_failures.saturating_add(1);
            self.store_pause = Some(Instant::now() + pause);
            self.library.set_store_delay(Some(delay)).await;
        } else if done.is_kept && self.store_failures > 0 {
            tracing::info!("the media store is written again");
            self.store_failures = 0;
            self.store_pause = None;
            self.library.set_store_delay(None).await;
        }
    }

    /// Marks outputs as waiting for their ComfyUI, and clears that when it is reachable again.
    async fn note_reachable(&mut self) -> Result<(), StoreError> {
        for backend in self.pool.iter() {
            let is_away = backend.unavailable_for().is_some_and(|time| time >= limits::COPY_AWAY);
            let is_back = backend.is_reachable();
            let said = self.away.get(&backend.id).copied();
            // After a start it is unknown which outputs the last process marked.
            let now_away = match said {
                Some(true) if is_back => false,
                Some(false) if is_away => true,
                None if is_away => true,
                None if is_back => false,
                _ => continue,
            };
            self.library.set_reachable(&backend.id, !now_away).await?;
            self.away.insert(backend.id.clone(), now_away);
        }
        Ok(())
    }
}
