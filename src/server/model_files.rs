//! What the ComfyUIs know of LoRAs and embeddings: previews and trigger words. Only files that a ComfyUI lists are asked for, each once in a while.

use std::{hash::Hash, sync::Arc, time::Duration};

use bytes::Bytes;
use comfyui::{ComfyError, ModelFile};
use hashlink::LruCache;
use parking_lot::Mutex;
use tokio::{sync::Semaphore, time::Instant};

use crate::{backend::Backend, media::shrink, pool::Pool};
use proto::{
    ids::BackendId,
    limits,
    prompts::{PromptModel, trigger_words},
};

/// How long an answer is used.
const KEPT: Duration = Duration::from_secs(600);
const LIST_KEPT: Duration = Duration::from_secs(60);
/// The side of a preview in pixels: twice what the page shows, for dense screens.
const SIDE: u32 = 96;

type ModelKey = (PromptModel, String);

pub struct ModelFiles {
    pool: Arc<Pool>,
    lists: Recent<(BackendId, PromptModel), Arc<[ModelFile]>>,
    previews: Recent<ModelKey, Option<Bytes>>,
    words: Recent<ModelKey, Vec<String>>,
    /// ComfyUI answers these on the thread of its socket.
    requests: Semaphore,
}

impl ModelFiles {
    pub fn new(pool: Arc<Pool>) -> Self {
        Self {
            pool,
            lists: Recent::new(LIST_KEPT),
            previews: Recent::new(KEPT),
            words: Recent::new(KEPT),
            requests: Semaphore::new(limits::MODEL_FILE_REQUESTS),
        }
    }

    /// The small picture of a model, WebP. `None`: it has none.
    ///
    /// # Errors
    /// Why it cannot be read, for people.
    pub async fn preview(&self, kind: PromptModel, name: &str) -> Result<Option<Bytes>, String> {
        let key = (kind, name.to_owned());
        if let Some(known) = self.previews.get(&key) {
            return Ok(known);
        }
        let Ok(_permit) = self.requests.acquire().await else { return Ok(None) };
        // Another request may have read it meanwhile.
        if let Some(known) = self.previews.get(&key) {
            return Ok(known);
        }
        let mut problem = None;
        let places = self.places(kind, name).await?;
        for (backend, file) in places.found {
            match read(&backend, backend.client.model_preview(kind.folder(), &file).await) {
                Ok(Some(bytes)) => {
                    let made = tokio::task::spawn_blocking(move || shrink(&bytes, SIDE)).await.ok().flatten().map(Bytes::from);
                    if made.is_some() {
                        self.previews.keep(key, made.clone());
                        return Ok(made);
                    }
                }
                Ok(None) => {}
                Err(why) => problem = Some(why),
            }
        }
        if let Some(why) = problem {
            return Err(why);
        }
        if places.is_complete {
            self.previews.keep(key, None);
        }
        Ok(None)
    }

    /// The words that a model was trained with.
    ///
    /// # Errors
    /// Why they cannot be read, for people.
    pub async fn trigger_words(&self, kind: PromptModel, name: &str) -> Result<Vec<String>, String> {
        let key = (kind, name.to_owned());
        if let Some(known) = self.words.get(&key) {
            return Ok(known);
        }
        let Ok(_permit) = self.requests.acquire().await else { return Ok(Vec::new()) };
        let (mut words, mut problem) = (Vec::new(), None);
        let places = self.places(kind, name).await?;
        for (backend, file) in places.found {
            match read(&backend, backend.client.model_metadata(kind.folder(), &file.name).await) {
                Ok(metadata) => words = metadata.map(|metadata| trigger_words(&metadata)).unwrap_or_default(),
                Err(why) => problem = Some(why),
            }
            if !words.is_empty() {
                break;
            }
        }
        if let Some(why) = problem.filter(|_| words.is_empty()) {
            return Err(why);
        }
        if places.is_complete || !words.is_empty() {
            self.words.keep(key, words.clone());
        }
        Ok(words)
    }

    /// The ComfyUIs that have the model, and its file there.
    async fn places(&self, kind: PromptModel, name: &str) -> Result<Places, String> {
        let mut places = Places { found: Vec::new(), is_complete: true };
        let mut problem = Some("No ComfyUI can be reached.".to_owned());
        for backend in self.pool.iter() {
            if !backend.takes_tasks() {
                places.is_complete = false;
                continue;
            }
            match self.list(backend, kind).await {
                Ok(files) => {
                    problem = None;
                    let listed = files.iter().find(|file| is_named(kind, &file.name, name)).cloned();
                    let file = listed.or_else(|| offered(backend, kind, name));
                    places.found.extend(file.map(|file| (backend.clone(), file)));
                }
                Err(why) => {
                    places.is_complete = false;
                    problem = problem.map(|_| why);
                }
            }
        }
        problem.map_or(Ok(places), Err)
    }

    async fn list(&self, backend: &Arc<Backend>, kind: PromptModel) -> Result<Arc<[ModelFile]>, String> {
        let key = (backend.id.clone(), kind);
        if let Some(known) = self.lists.get(&key) {
            return Ok(known);
        }
        let files = read(backend, backend.client.model_files(kind.folder()).await.map(Some))?.unwrap_or_default();
        let files: Arc<[ModelFile]> = files.into();
        self.lists.keep(key, files.clone());
        Ok(files)
    }
}

/// Where a model is.
struct Places {
    found: Vec<(Arc<Backend>, ModelFile)>,
    /// All ComfyUIs were asked. Otherwise one of the others may have the model, too.
    is_complete: bool,
}

/// A file that ComfyUI itself cannot read has nothing to show.
fn read<T>(backend: &Backend, answer: Result<Option<T>, ComfyError>) -> Result<Option<T>, String> {
    match answer {
        Err(ComfyError::Status { status, text }) => {
            tracing::debug!(backend = %backend.id, %status, text, "a model's file cannot be read");
            Ok(None)
        }
        answer => answer.map_err(|error| format!("The file cannot be read from {}: {error}.", backend.id)),
    }
}

/// Versions without a list of files offer LoRAs in the class of their node.
fn offered(backend: &Backend, kind: PromptModel, name: &str) -> Option<ModelFile> {
    let is_offered = || backend.form_catalog().choices("LoraLoader", "lora_name").iter().any(|file| file == name);
    (kind == PromptModel::Lora && is_offered()).then(|| ModelFile { name: name.to_owned(), path_index: 0 })
}

/// Embeddings are named without their ending.
fn is_named(kind: PromptModel, file: &str, name: &str) -> bool {
    match kind {
        PromptModel::Lora => file == name,
        PromptModel::Embedding => file.rsplit_once('.').map_or(file, |(stem, _)| stem) == name,
    }
}

/// The latest answers.
struct Recent<K, V> {
    kept: Mutex<LruCache<K, (Instant, V)>>,
    age: Duration,
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    fn new(age: Duration) -> Self {
        Self { kept: Mutex::new(LruCache::new(limits::MODEL_FILES_KEPT)), age }
    }

    fn get(&self, key: &K) -> Option<V> {
        self.kept.lock().get(key).filter(|(at, _)| at.elapsed() < self.age).map(|(_, value)| value.clone())
    }

    fn keep(&self, key: K, value: V) {
        self.kept.lock().insert(key, (Instant::now(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_are_kept_for_a_while_and_the_oldest_go_first() {
        let recent = Recent::new(KEPT);
        for n in 0..=limits::MODEL_FILES_KEPT {
            recent.keep(n, n);
        }
        assert_eq!((recent.get(&0), recent.get(&1)), (None, Some(1)));
        tokio::time::advance(KEPT).await;
        assert_eq!(recent.get(&1), None);
    }

    #[test]
    fn an_embedding_is_named_without_its_ending_and_a_lora_with_it() {
        assert!(is_named(PromptModel::Embedding, "soft/v1.5.safetensors", "soft/v1.5"));
        assert!(is_named(PromptModel::Lora, "ink.safetensors", "ink.safetensors"));
        assert!(!is_named(PromptModel::Lora, "ink.safetensors", "ink"));
    }
}
