//! A grid as the page knows it: asked for again whenever the live state shows that something of it changed.

use std::{collections::HashMap, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::{act_on_grid, fetch_grid},
    components::{boundary::use_boundary, memo},
    live::{Live, ToastKind, use_live},
};
use proto::{
    grid::{GridAction, GridAxis, GridCell, GridCellState, GridView},
    ids::{GridId, TaskId},
    link::LinkState,
    task::{Task, TaskState},
};

/// Changes that follow each other this quickly are one question.
const TOGETHER: Duration = Duration::from_millis(120);

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct GridModel {
    pub id: GridId,
    live: Live,
    /// The outer `None`: not known yet. The inner: there is no such grid.
    view: RwSignal<Option<Option<GridView>>>,
    /// An action is under way.
    pub busy: RwSignal<bool>,
    asking: StoredValue<bool>,
    /// Something changed since the question that is under way.
    stale: StoredValue<bool>,
}

impl GridModel {
    /// Begins to follow the grid.
    pub fn follow(id: GridId) -> Self {
        let live = use_live();
        let boundary = use_boundary();
        let (asking, stale) = (StoredValue::new(false), StoredValue::new(false));
        let model = Self { id, live, view: RwSignal::new(None), busy: RwSignal::new(false), asking, stale };
        let connected = memo(move || live.connection().state == LinkState::Connected);
        // States of its tasks; and while cells become tasks, which tasks there are.
        let seen = memo(move || {
            let (tasks, grows) = model
                .with(|view| (view.cells.iter().filter_map(|cell| cell.task).collect::<Vec<_>>(), is_growing(view)))
                .unwrap_or_default();
            live.with_all(|all| {
                let newest = all.tasks.last().filter(|_| grows).map(|task| task.id);
                let states = all.tasks.iter().filter(|task| tasks.contains(&task.id));
                (newest, states.map(|task| (task.id, task.state as u8, task.pictures().count())).collect::<Vec<_>>())
            })
        });
        Effect::new(move |_| {
            // Read, not only tracked: a memo that nobody read has no sources yet.
            seen.with(|_| ());
            connected.get();
            model.ask(boundary);
        });
        model
    }

    fn ask(self, boundary: crate::components::boundary::BoundaryHandle) {
        if self.asking.get_value() {
            self.stale.set_value(true);
            return;
        }
        self.asking.set_value(true);
        set_timeout(
            move || {
                spawn_local(async move {
                    let found = fetch_grid(self.id).await;
                    match found {
                        Ok(Ok(view)) => drop(self.view.try_set(Some(view))),
                        Ok(Err(why)) => boundary.fail(&why),
                        // It is asked for again with the next connection.
                        Err(_) => {}
                    }
                    let _ = self.asking.try_set_value(false);
                    if self.stale.try_get_value() == Some(true) {
                        self.stale.set_value(false);
                        self.ask(boundary);
                    }
                });
            },
            TOGETHER,
        );
    }

    /// Whether the grid is known, and whether there is one.
    pub fn is_there(self) -> Option<bool> {
        self.view.with(|view| view.as_ref().map(Option::is_some))
    }

    /// Reads the grid. `None`: it is not known, or there is none.
    pub fn with<T>(self, read: impl FnOnce(&GridView) -> T) -> Option<T> {
        self.view.with(|view| view.as_ref().and_then(Option::as_ref).map(read))
    }

    pub fn axes(self) -> Vec<GridAxis> {
        self.with(|view| view.axes.clone()).unwrap_or_default()
    }

    /// The cell with these values.
    pub fn cell(self, values: &[String]) -> Option<GridCell> {
        self.with(|view| view.cells.iter().find(|cell| cell.values == values).cloned()).flatten()
    }

    /// The state of a cell now: its task may have gone on since the grid was asked for.
    pub fn state(self, cell: &GridCell) -> GridCellState {
        let Some(task) = cell.task else { return cell.state };
        self.live.with_task(task, state_of).unwrap_or(cell.state)
    }

    /// Does something with the grid, and shows the result. `then` is called if it was done.
    pub fn act(self, action: GridAction, then: impl FnOnce() + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let done = act_on_grid(self.id, action).await;
            let _ = self.busy.try_set(false);
            let why = match done {
                Ok(Ok(view)) => {
                    let _ = self.view.try_set(Some(view));
                    return then();
                }
                Ok(Err(why)) => why,
                Err(_) => "Darkroom cannot be reached, and nothing was done. Try again when it can be.".to_owned(),
            };
            self.live.toast(ToastKind::Bad, "This was not done", why, None);
        });
    }

    /// The places in the queue of the tasks that wait.
    pub fn positions(self) -> Memo<HashMap<TaskId, usize>> {
        let live = self.live;
        memo(move || {
            live.with_all(|all| {
                let mut waiting: Vec<&Task> = all.tasks.iter().filter(|task| !task.state.has_begun()).collect();
                waiting.sort_by_key(|task| task.place.key());
                waiting.iter().zip(1..).map(|(task, place)| (task.id, place)).collect()
            })
        })
    }
}

/// Some of its cells are to become tasks.
fn is_growing(view: &GridView) -> bool {
    view.cells.iter().any(|cell| cell.state == GridCellState::Waiting)
}

fn state_of(task: &Task) -> GridCellState {
    match task.state {
        TaskState::Accepted | TaskState::Queued => GridCellState::Queued,
        TaskState::Running => GridCellState::Running,
        TaskState::Completed => GridCellState::Completed,
        TaskState::Failed => GridCellState::Failed,
        TaskState::Cancelled => GridCellState::Cancelled,
    }
}
