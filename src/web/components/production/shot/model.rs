//! A shot as its page knows it: kept up to date by events, with what is switched off of its prompt and which take is looked at.

use std::collections::BTreeSet;

use leptos::{prelude::*, task::spawn_local};
use proto::{
    link::LinkState,
    production::{
        CompositePrompt, PartSource, ProductionChange, ProductionEvent, ProductionFirst, ProductionNode, ProductionNodeId, ProjectId,
        ShotId, ShotView, Take, TakeId,
    },
};

use crate::{
    api::{fetch_shot, fetch_shot_prompt},
    components::{
        call_error::call_error,
        production::{
            client::ProductionClient,
            first::first_of_server,
            project_events::{ProjectNews, follow},
        },
        reactive::memo,
    },
};

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct ShotModel {
    pub project: ProjectId,
    pub shot: ShotId,
    pub client: ProductionClient,
    /// `None`: not read yet.
    pub view: RwSignal<Option<ShotView>>,
    pub failed: RwSignal<String>,
    /// Parts of the prompt that are switched off.
    pub off: RwSignal<BTreeSet<PartSource>>,
    /// The prompt without them.
    pub prompt: RwSignal<CompositePrompt>,
    /// Whose takes are shown; `None`: the first node's.
    pub node: RwSignal<Option<ProductionNodeId>>,
    /// The take that is looked at; `None`: the current one.
    pub looked_at: RwSignal<Option<TakeId>>,
    /// Takes that are to be compared.
    pub compared: RwSignal<BTreeSet<TakeId>>,
    /// The take that was thrown away last.
    pub removed: RwSignal<Option<TakeId>>,
    /// Counts assemblings of the prompt: an answer to an earlier one is dropped.
    assembling: StoredValue<u32>,
    /// After which event the project is followed. `None`: not yet.
    follows: RwSignal<Option<u64>>,
}

impl ShotModel {
    /// Begins with what the server rendered, if this is that page.
    pub fn new(project: ProjectId, shot: ShotId) -> Self {
        let model = Self {
            project,
            shot,
            client: ProductionClient::new(),
            view: RwSignal::new(None),
            failed: RwSignal::default(),
            off: RwSignal::default(),
            prompt: RwSignal::default(),
            node: RwSignal::new(None),
            looked_at: RwSignal::new(None),
            compared: RwSignal::default(),
            removed: RwSignal::new(None),
            assembling: StoredValue::new(0),
            follows: RwSignal::new(None),
        };
        match first_of_server() {
            Some(ProductionFirst::Shot { shot: of, view: Ok(view), .. }) if of == shot => model.take_view(*view),
            Some(ProductionFirst::Shot { shot: of, view: Err(problem), .. }) if of == shot => model.failed.set(problem.words()),
            _ => {}
        }
        Effect::new(move |_| {
            let Some(from) = model.follows.get() else { return };
            let follower = follow(model.project, from, move |news| match news {
                ProjectNews::Incomplete => model.read(),
                ProjectNews::Event(record) => {
                    let number = record.number;
                    model.apply(&record.event, number);
                }
            });
            on_cleanup(move || drop(follower));
        });
        let live = model.client.live;
        let connected = memo(move || live.connection().state == LinkState::Connected);
        Effect::new(move |earlier: Option<()>| {
            let is_connected = connected.get();
            if earlier.is_none() {
                if model.view.with_untracked(Option::is_none) { model.read() } else { model.follow_events() }
            } else if is_connected && model.failed.with_untracked(|failed| !failed.is_empty()) {
                model.read();
            }
        });
        model
    }

    fn take_view(self, view: ShotView) {
        self.prompt.set(view.prompt.0.clone());
        self.failed.set(String::new());
        self.view.set(Some(view));
    }

    /// Reads everything anew.
    pub fn read(self) {
        let (project, shot) = (self.project, self.shot);
        spawn_local(async move {
            let answer = fetch_shot(project, shot).await;
            if self.view.try_with_untracked(|_| ()).is_none() {
                return;
            }
            match answer {
                Ok(Ok(view)) => {
                    self.take_view(view);
                    if self.off.with_untracked(|off| !off.is_empty()) {
                        self.assemble();
                    }
                    self.follow_events();
                }
                Ok(Err(problem)) => self.failed.set(problem.words()),
                Err(error) if self.view.with_untracked(Option::is_none) => self.failed.set(call_error(error)),
                // What is there stays; the header says that the connection is lost.
                Err(_) => {}
            }
        });
    }

    /// Once: the source comes back by itself, with what was missed.
    fn follow_events(self) {
        if self.follows.get_untracked().is_none() {
            let from = self.view.with_untracked(|view| view.as_ref().map_or(0, |view| view.at));
            self.follows.set(Some(from));
        }
    }

    /// Takes in the answer to a change.
    pub fn changed(self, event: &ProductionEvent) {
        self.apply(event, 0);
    }

    fn apply(self, event: &ProductionEvent, number: u64) {
        let changed = self.view.try_maybe_update(|view| match view {
            Some(view) => {
                view.at = view.at.max(number);
                let news = view.apply_event(event);
                (news.changed, news.prompt_changed)
            }
            None => (false, false),
        });
        if changed == Some(true) {
            self.assemble();
        }
    }

    /// Sends a change, and takes in its answer.
    pub fn send(self, refused: &'static str, change: ProductionChange) {
        self.client.send(refused, change, move |event| self.changed(event));
    }

    pub fn toggle(self, source: PartSource) {
        self.off.update(|off| {
            if !off.remove(&source) {
                off.insert(source);
            }
        });
        self.assemble();
    }

    /// Asks for the prompt as it is now.
    fn assemble(self) {
        let Some(assembling) = self.assembling.try_update_value(|count| {
            *count += 1;
            *count
        }) else {
            return;
        };
        let off: Vec<PartSource> = self.off.with_untracked(|off| off.iter().cloned().collect());
        let (project, shot) = (self.project, self.shot);
        spawn_local(async move {
            let answer = fetch_shot_prompt(project, shot, off).await;
            if self.assembling.try_get_value() == Some(assembling)
                && let Ok(Ok(prompt)) = answer
            {
                self.prompt.set(prompt.0);
            }
        });
    }

    /// Reads the view.
    pub fn with<T: Default>(self, read: impl FnOnce(&ShotView) -> T) -> T {
        self.view.with(|view| view.as_ref().map(read).unwrap_or_default())
    }

    pub fn with_untracked<T: Default>(self, read: impl FnOnce(&ShotView) -> T) -> T {
        self.view.try_with_untracked(|view| view.as_ref().map(read)).flatten().unwrap_or_default()
    }

    /// The node whose takes are shown.
    pub fn node(self) -> Option<ProductionNode> {
        let chosen = self.node.get();
        self.with(|view| {
            let nodes = view.live_nodes();
            let of_choice = nodes.iter().find(|node| Some(&node.node_id) == chosen.as_ref());
            of_choice.or(nodes.first()).map(|node| (*node).clone())
        })
    }

    /// A take, as it is now.
    pub fn take(self, id: TakeId) -> Option<Take> {
        self.with(|view| view.takes.0.iter().find(|take| take.id == id).cloned())
    }

    /// The take that is looked at: the one that was chosen for that, or else the current one.
    pub fn shown(self) -> Option<Take> {
        let looked_at = self.looked_at.get();
        let node = self.node()?;
        let of_choice = looked_at.and_then(|id| self.take(id)).filter(|take| take.node_id == node.node_id);
        of_choice.or_else(|| self.with(|view| view.current(&node).cloned()))
    }

    pub fn trash(self, take: TakeId, trashed: bool) {
        self.client.send("Not changed", ProductionChange::TrashTake { project: self.project, take, trashed }, move |event| {
            self.changed(event);
            let _ = self.removed.try_set(trashed.then_some(take));
            let _ = self.compared.try_update(|compared| compared.remove(&take));
        });
    }

    pub fn review(self, take: &Take, fields: String) {
        self.review_then(take, fields, |_| ());
    }

    /// `then`: with the take as it is then, mine or that of somebody who was quicker.
    pub fn review_then(self, take: &Take, fields: String, then: impl Fn(&Take) + Send + Sync + 'static) {
        let version = Some(take.stamp.version);
        let change = ProductionChange::ReviewTake { project: self.project, take: take.id, version, fields };
        self.client.send("Not changed", change, move |event| {
            self.changed(event);
            if let ProductionEvent::TakeReviewed { take } = event {
                then(take);
            }
        });
    }

    pub fn choose(self, take: &Take) {
        let change = ProductionChange::ChooseTake {
            project: self.project,
            node: take.node_id.clone(),
            version: None,
            take_number: Some(take.take_number),
        };
        self.send("Not changed", change);
    }
}
