//! The list of projects as its page knows it.

use leptos::{prelude::*, task::spawn_local};
use proto::{
    link::LinkState,
    production::{ProductionChange, ProductionFirst, Project, ProjectId, ProjectList},
};

use super::{client::ProductionClient, first::first_of_server};
use crate::{
    api::fetch_projects,
    components::{call_error::call_error, reactive::memo},
    live::use_live,
};

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct ProjectsModel {
    pub client: ProductionClient,
    /// `None`: not read yet.
    pub list: RwSignal<Option<ProjectList>>,
    pub failed: RwSignal<String>,
    /// What was thrown away last.
    pub removed: RwSignal<Option<(ProjectId, String)>>,
}

impl ProjectsModel {
    pub fn new() -> Self {
        let model =
            Self { client: ProductionClient::new(), list: RwSignal::new(None), failed: RwSignal::default(), removed: RwSignal::new(None) };
        let is_rendered = match first_of_server() {
            Some(ProductionFirst::Projects(Ok(list))) => {
                model.list.set(Some(list));
                true
            }
            Some(ProductionFirst::Projects(Err(problem))) => {
                model.failed.set(problem.words());
                true
            }
            _ => false,
        };
        let live = use_live();
        // Takes that are finished, and what was missed while the connection was lost.
        let news = memo(move || {
            let ended = live.with_all(|all| all.tasks.iter().filter(|task| task.state.is_final()).count());
            (live.connection().state == LinkState::Connected, ended)
        });
        Effect::new(move |earlier: Option<()>| {
            // Read, not only tracked: a memo that nobody reads knows of no change.
            news.get();
            if earlier.is_some() || !is_rendered {
                model.read();
            }
        });
        model
    }

    pub fn read(self) {
        spawn_local(async move {
            let answer = fetch_projects().await;
            let failure = match answer {
                Ok(Ok(list)) => {
                    let _ = self.list.try_set(Some(list));
                    String::new()
                }
                Ok(Err(problem)) => problem.words(),
                Err(error) => call_error(error),
            };
            let _ = self.failed.try_set(failure);
        });
    }

    pub fn archive(self, project: &Project, archived: bool) {
        let change =
            ProductionChange::ChangeProject { project: project.id, version: None, fields: String::new(), archived: Some(archived) };
        self.client.send("Not changed", change, move |_| self.read());
    }

    pub fn trash(self, project: ProjectId, title: String, trashed: bool) {
        self.client.send("Not changed", ProductionChange::TrashProject { project, trashed }, move |_| {
            let _ = self.removed.try_set(trashed.then(|| (project, title.clone())));
            self.read();
        });
    }
}
