//! What a page shows of the server.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use super::{super::first::first_of_server, stream::NewsStream};
use crate::{
    api::CallError,
    base_path::use_path,
    components::reactive::memo,
    live::{Live, use_live},
};
use proto::{
    link::LinkState,
    production::{ProductionFirst, ProductionProblem},
};

/// Events that follow each other this quickly are one question.
const TOGETHER: Duration = Duration::from_millis(250);

/// An answer of the server.
pub(in crate::components::production) type Fetched<V> = Pin<Box<dyn Future<Output = Result<Result<V, ProductionProblem>, CallError>>>>;
type Fetch<V> = Arc<dyn Fn() -> Fetched<V> + Send + Sync>;

/// How far the page is.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::components::production) enum PageStage {
    Loading,
    Ready,
    /// There is no such thing.
    Missing,
    /// Why it cannot be read, for people. What was read before is still shown, if there is anything.
    Failed(String),
}

impl PageStage {
    fn of(problem: &ProductionProblem) -> Self {
        match problem {
            ProductionProblem::NotFound(_) => Self::Missing,
            problem => Self::Failed(problem.words()),
        }
    }
}

/// Cheap to copy.
pub(in crate::components::production) struct PageData<V: Send + Sync + 'static> {
    pub live: Live,
    /// What was read last.
    view: RwSignal<Option<V>>,
    pub stage: RwSignal<PageStage>,
    /// A change is under way.
    pub busy: RwSignal<bool>,
    fetch: StoredValue<Fetch<V>>,
    asking: StoredValue<bool>,
    /// Something happened since the question that is under way.
    stale: StoredValue<bool>,
}

impl<V: Send + Sync + 'static> Clone for PageData<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: Send + Sync + 'static> Copy for PageData<V> {}

impl<V: DeserializeOwned + Send + Sync + 'static> PageData<V> {
    /// Begins with what the server rendered, if this is that page, and follows `news`.
    pub fn follow(news: NewsStream, fetch: impl Fn() -> Fetched<V> + Send + Sync + 'static) -> Self {
        let live = use_live();
        let (first, stage) = match first_view() {
            None => (None, PageStage::Loading),
            Some(Ok(view)) => (Some(view), PageStage::Ready),
            Some(Err(problem)) => (None, PageStage::of(&problem)),
        };
        let data = Self {
            live,
            view: RwSignal::new(first),
            stage: RwSignal::new(stage),
            busy: RwSignal::new(false),
            fetch: StoredValue::new(Arc::new(fetch)),
            asking: StoredValue::new(false),
            stale: StoredValue::new(false),
        };
        let connected = memo(move || live.connection().state == LinkState::Connected);
        Effect::new(move |_| {
            // Read, not only tracked: a memo that nobody read has no sources yet.
            connected.get();
            data.refresh();
        });
        Effect::new(move |_| news.follow(move || data.refresh()));
        data
    }
}

impl<V: Send + Sync + 'static> PageData<V> {
    /// Reads everything anew, soon.
    pub fn refresh(self) {
        match self.asking.try_get_value() {
            // The page is gone.
            None => {}
            Some(true) => self.stale.set_value(true),
            Some(false) => {
                self.asking.set_value(true);
                set_timeout(move || self.ask(), TOGETHER);
            }
        }
    }

    fn ask(self) {
        let Some(fetch) = self.fetch.try_get_value() else { return };
        spawn_local(async move {
            let answer = fetch().await;
            // The page may have been left meanwhile.
            if self.asking.try_get_value().is_none() {
                return;
            }
            match answer {
                Ok(Ok(view)) => {
                    self.view.set(Some(view));
                    self.stage.set(PageStage::Ready);
                }
                Ok(Err(problem)) => self.stage.set(PageStage::of(&problem)),
                // It is asked for again with the next connection.
                Err(_) => {}
            }
            self.asking.set_value(false);
            if self.stale.get_value() {
                self.stale.set_value(false);
                self.refresh();
            }
        });
    }

    /// Reads what is shown; the default before there is anything.
    pub fn with<T: Default>(self, read: impl FnOnce(&V) -> T) -> T {
        self.view.with(|view| view.as_ref().map(read).unwrap_or_default())
    }

    /// The same without subscribing to it.
    pub fn with_untracked<T: Default>(self, read: impl FnOnce(&V) -> T) -> T {
        self.view.with_untracked(|view| view.as_ref().map(read).unwrap_or_default())
    }
}

/// What the server rendered for this address, while the browser takes it over.
fn first_view<V: DeserializeOwned>() -> Option<Result<V, ProductionProblem>> {
    let here = use_path().get_untracked();
    match first_of_server()? {
        ProductionFirst::View { path, view } if path == here.trim_end_matches('/') => match view {
            Ok(bytes) => postcard::from_bytes(&bytes).ok().map(Ok),
            Err(problem) => Some(Err(problem)),
        },
        _ => None,
    }
}
