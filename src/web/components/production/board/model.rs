//! A board as a page knows it: kept up to date by events, filtered, and what is selected of it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;
use proto::{
    link::LinkState,
    production::{
        Board, BoardFilter, BoardTrash, ObjectKind, ProductionChange, ProductionEvent, ProductionFirst, ProductionRecord, ProjectId,
        ShotFacts, ShotId,
    },
};

use super::lines::{BoardLines, BoardSizes};
use crate::{
    api::{fetch_board, fetch_board_trash, fetch_stale_shots},
    components::{
        call_error::call_error,
        production::{
            client::ProductionClient,
            first::first_of_server,
            project_events::{ProjectNews, follow},
        },
        reactive::memo,
    },
    live::ToastKind,
};

/// Events that wait for the next frame at most.
const MOST_WAITING: usize = 500;

/// What was thrown away last: it can be brought back.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ThrownAway {
    pub kind: ObjectKind,
    pub id: String,
    pub name: String,
}

/// What is dragged, or renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BoardObject {
    Chapter(proto::production::ChapterId),
    Scene(proto::production::SceneId),
    Shot(ShotId),
}

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct BoardModel {
    pub project: ProjectId,
    pub client: ProductionClient,
    /// `None`: not read yet.
    pub board: RwSignal<Option<Board>>,
    pub failed: RwSignal<String>,
    pub filter: RwSignal<BoardFilter>,
    /// Everything that was thrown away; `None`: nobody asked for it yet.
    pub trash: RwSignal<Option<BoardTrash>>,
    /// Shots whose current takes were made of older parts.
    pub stale: RwSignal<BTreeSet<ShotId>>,
    pub selected: RwSignal<BTreeSet<ShotId>>,
    pub removed: RwSignal<Option<ThrownAway>>,
    pub dragged: RwSignal<Option<BoardObject>>,
    pub renamed: RwSignal<Option<BoardObject>>,
    /// Of the window; `None`: not measured yet, as the server draws it.
    pub sizes: RwSignal<Option<BoardSizes>>,
    pub lines: Memo<BoardLines>,
    /// What machines do for each shot that has nodes.
    pub facts: Memo<HashMap<ShotId, ShotFacts>>,
    /// Only its beginning is there.
    pub is_partial: RwSignal<bool>,
    /// Events that came since the last frame.
    waiting: StoredValue<Vec<ProductionRecord>>,
    /// Counts readings of the whole board: events before the last are in it.
    reading: StoredValue<u32>,
    /// After which event the project is followed. `None`: not yet.
    follows: RwSignal<Option<u64>>,
}

impl BoardModel {
    /// Begins with what the server rendered, if this is that page.
    pub fn new(project: ProjectId) -> Self {
        let (board, filter) = (RwSignal::new(None::<Board>), RwSignal::new(filter_of_address()));
        let (stale, sizes) = (RwSignal::new(BTreeSet::new()), RwSignal::new(None));
        let lines = memo(move || {
            let (filter, sizes) = (filter.get(), sizes.get());
            board.with(|board| match board {
                Some(board) => stale.with(|stale| BoardLines::new(board, &filter, stale, sizes)),
                None => BoardLines::default(),
            })
        });
        let model = Self {
            project,
            client: ProductionClient::new(),
            board,
            failed: RwSignal::default(),
            filter,
            trash: RwSignal::new(None),
            stale,
            selected: RwSignal::default(),
            removed: RwSignal::new(None),
            dragged: RwSignal::new(None),
            renamed: RwSignal::new(None),
            sizes,
            lines,
            facts: memo(move || board.with(|board| board.as_ref().map(Board::facts).unwrap_or_default())),
            is_partial: RwSignal::new(false),
            waiting: StoredValue::default(),
            reading: StoredValue::new(0),
            follows: RwSignal::new(None),
        };
        match first_of_server() {
            Some(ProductionFirst::Board { project: of, board: Ok(found), stale, trash, .. }) if of == project => {
                model.stale.set(stale.into_iter().collect());
                model.trash.set(trash);
                model.is_partial.set(found.shots.len() < found.shot_count);
                model.board.set(Some(*found));
            }
            Some(ProductionFirst::Board { project: of, board: Err(problem), .. }) if of == project => model.failed.set(problem.words()),
            _ => {}
        }
        Effect::new(move |_| {
            let Some(from) = model.follows.get() else { return };
            let follower = follow(model.project, from, move |news| match news {
                ProjectNews::Incomplete => model.read(),
                ProjectNews::Event(record) => model.take(*record),
            });
            on_cleanup(move || drop(follower));
        });
        let live = model.client.live;
        let connected = memo(move || live.connection().state == LinkState::Connected);
        Effect::new(move |earlier: Option<()>| {
            let is_connected = connected.get();
            if earlier.is_none() {
                // The whole of it; what the server rendered may be its beginning.
                if model.is_partial.get_untracked() || model.board.with_untracked(Option::is_none) {
                    model.read();
                } else {
                    model.follow_events();
                    model.read_stale();
                }
            } else if is_connected && model.failed.with_untracked(|failed| !failed.is_empty()) {
                model.read();
            }
        });
        model
    }

    /// Reads the whole board.
    pub fn read(self) {
        let Some(reading) = self.reading.try_update_value(|reading| {
            *reading += 1;
            *reading
        }) else {
            return;
        };
        let project = self.project;
        spawn_local(async move {
            let answer = fetch_board(project).await;
            if self.reading.try_get_value() != Some(reading) {
                return;
            }
            match answer {
                Ok(Ok(board)) => {
                    self.failed.set(String::new());
                    self.is_partial.set(false);
                    self.board.set(Some(Arc::unwrap_or_clone(board)));
                    self.follow_events();
                    self.read_stale();
                }
                Ok(Err(problem)) => self.failed.set(problem.words()),
                Err(error) if self.board.with_untracked(Option::is_none) => self.failed.set(call_error(error)),
                // What is there stays; the header says that the connection is lost.
                Err(_) => {}
            }
        });
    }

    pub fn read_stale(self) {
        let project = self.project;
        spawn_local(async move {
            if let Ok(Ok(stale)) = fetch_stale_shots(project).await {
                let _ = self.stale.try_set(stale.into_iter().collect());
            }
        });
    }

    /// Once: the source comes back by itself, with what was missed.
    fn follow_events(self) {
        if self.follows.get_untracked().is_none() {
            let from = self.board.with_untracked(|board| board.as_ref().map_or(0, |board| board.at));
            self.follows.set(Some(from));
        }
    }

    /// Applied with all others of the same frame, so that a flood of them draws once.
    fn take(self, record: ProductionRecord) {
        let count = self.waiting.try_update_value(|waiting| {
            waiting.push(record);
            waiting.len()
        });
        match count {
            Some(1) => request_animation_frame(move || self.apply_waiting()),
            // A page that is not seen has no frames.
            Some(MOST_WAITING..) => self.apply_waiting(),
            _ => {}
        }
    }

    fn apply_waiting(self) {
        let records = self.waiting.try_update_value(std::mem::take).unwrap_or_default();
        let may_be_stale = records.iter().any(|record| changes_parts(&record.event));
        self.update(|board| {
            // All of them, also when the first one changes something.
            records.iter().map(|record| board.apply(record)).filter(|changed| *changed).count() > 0
        });
        if may_be_stale {
            self.read_stale();
        }
    }

    /// Takes in the answer to a change.
    pub fn changed(self, event: &ProductionEvent) {
        self.update(|board| board.apply_event(event));
    }

    /// `update` says whether it changed anything.
    fn update(self, update: impl FnOnce(&mut Board) -> bool) {
        let _ = self.board.try_maybe_update(|board| match board {
            Some(board) => (update(board), ()),
            None => (false, ()),
        });
    }

    /// Sends a change, and takes in its answer.
    pub fn send(self, refused: &'static str, change: ProductionChange) {
        self.client.send(refused, change, move |event| self.changed(event));
    }

    /// Reads the board.
    pub fn with<T: Default>(self, read: impl FnOnce(&Board) -> T) -> T {
        self.board.with(|board| board.as_ref().map(read).unwrap_or_default())
    }

    /// What machines do for a shot.
    pub fn fact<T>(self, shot: ShotId, read: impl Fn(&ShotFacts) -> T) -> T {
        self.facts.with(|facts| facts.get(&shot).map(&read).unwrap_or_else(|| read(&ShotFacts::default())))
    }

    pub fn with_untracked<T: Default>(self, read: impl FnOnce(&Board) -> T) -> T {
        self.board.try_with_untracked(|board| board.as_ref().map(read)).flatten().unwrap_or_default()
    }

    /// Reads what was thrown away.
    pub fn read_trash(self) {
        let project = self.project;
        spawn_local(async move {
            match fetch_board_trash(project).await {
                Ok(Ok(trash)) => drop(self.trash.try_set(Some(trash))),
                Ok(Err(problem)) => self.client.live.toast(ToastKind::Bad, "The trash is not known", problem.words(), None),
                Err(error) => self.client.live.toast(ToastKind::Bad, "The trash is not known", call_error(error), None),
            }
        });
    }

    pub fn throw_away(self, kind: ObjectKind, id: String, name: String) {
        let change = ProductionChange::Trash { project: self.project, kind, id: id.clone(), version: None };
        self.client.send("Not thrown away", change, move |event| {
            self.changed(event);
            let _ = self.removed.try_set(Some(ThrownAway { kind, id: id.clone(), name: name.clone() }));
            self.trash_changed();
        });
    }

    /// `kind` `None`: it is a take.
    pub fn restore(self, kind: Option<ObjectKind>, id: String) {
        let project = self.project;
        let change = match kind {
            Some(kind) => ProductionChange::Restore { project, kind, id: id.clone() },
            None => match id.parse() {
                Ok(take) => ProductionChange::TrashTake { project, take, trashed: false },
                Err(_) => return,
            },
        };
        self.client.send("Not restored", change, move |event| {
            self.changed(event);
            let _ = self.removed.try_update(|removed| {
                if removed.as_ref().is_some_and(|removed| removed.id == id) {
                    *removed = None;
                }
            });
            self.trash_changed();
            // What belongs to it comes back with it.
            self.read();
        });
    }

    /// Reads the trash anew, if it is shown.
    fn trash_changed(self) {
        if self.trash.try_with_untracked(Option::is_some) == Some(true) {
            self.read_trash();
        }
    }
}

/// What the address of the page asks for.
fn filter_of_address() -> BoardFilter {
    use_location().query.with_untracked(|query| BoardFilter::read(|name| query.get(name)))
}

/// Whether a current take may be of older parts now, or no longer.
fn changes_parts(event: &ProductionEvent) -> bool {
    matches!(
        event,
        ProductionEvent::ShotChanged { .. }
            | ProductionEvent::SceneChanged { .. }
            | ProductionEvent::AssetChanged { .. }
            | ProductionEvent::CastChanged { .. }
            | ProductionEvent::BeatChanged { .. }
            | ProductionEvent::TakeSelected { .. }
            | ProductionEvent::TakeUpdated { .. }
    )
}
