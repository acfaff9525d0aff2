//! Who follows projects over the live connection, and up to which event each of them has all.

use std::{collections::HashMap, sync::Arc};

use leptos::prelude::*;

use super::{
    project_listener::{ProjectCallback, ProjectListener},
    state::{BrowserState, Live},
};
use proto::{production::ProjectId, wire::ProjectPlace};

impl Live {
    /// Calls `on_event` with the events of a project after the event `from`. Returns the number to remove it by.
    pub(super) fn follow_project(&self, project: ProjectId, from: u64, on_event: ProjectCallback) -> u32 {
        let add = |browser: &mut BrowserState| {
            browser.last_listener += 1;
            let number = browser.last_listener;
            browser.project_listeners.push(ProjectListener { number, project, at: from, callback: on_event });
            number
        };
        let number = self.browser.try_update_value(add).unwrap_or_default();
        self.projects_changed();
        number
    }

    pub(super) fn unfollow_project(&self, number: u32) {
        let remove = |browser: &mut BrowserState| browser.project_listeners.retain(|listener| listener.number != number);
        // The page may be gone, with its state.
        if self.browser.try_update_value(remove).is_some() {
            self.projects_changed();
        }
    }

    /// Sets what is called when other projects are followed.
    pub fn on_projects(&self, handler: impl Fn() + Send + Sync + 'static) {
        self.browser.update_value(|browser| browser.on_projects = Some(Arc::new(handler)));
    }

    fn projects_changed(&self) {
        let handler = self.browser.try_with_value(|browser| browser.on_projects.clone()).flatten();
        if let Some(handler) = handler {
            handler();
        }
    }

    /// The projects that are followed, each from the place of the listener that is the farthest behind.
    #[must_use]
    pub fn followed_projects(&self) -> Vec<ProjectPlace> {
        self.browser.with_value(|browser| {
            let mut places: HashMap<ProjectId, u64> = HashMap::new();
            for listener in &browser.project_listeners {
                places.entry(listener.project).and_modify(|at| *at = listener.at.min(*at)).or_insert(listener.at);
            }
            places.into_iter().map(|(project, at)| ProjectPlace { project, known: Some(at) }).collect()
        })
    }

    /// Tells an event to those that do not have it yet. Without `json`: everything up to `number` is to be read anew.
    pub fn project_event(&self, project: ProjectId, number: u64, json: Option<&str>) {
        let mut called = Vec::new();
        self.browser.update_value(|browser| {
            for listener in browser.project_listeners.iter_mut().filter(|listener| listener.project == project) {
                // The number of what is to be read anew may be lower: the database was put back to an earlier state.
                if number == 0 || number > listener.at || json.is_none() {
                    listener.at = if number == 0 { listener.at } else { number };
                    called.push(listener.callback.clone());
                }
            }
        });
        for callback in called {
            callback(number, json);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use uuid::Uuid;

    use super::*;
    use crate::live::provide_live;
    use proto::task::Snapshot;

    type Told = Arc<Mutex<Vec<(u64, Option<String>)>>>;

    fn follow(live: Live, project: ProjectId, from: u64) -> (u32, Told) {
        let told = Told::default();
        let heard = told.clone();
        let callback = move |number, json: Option<&str>| heard.lock().unwrap().push((number, json.map(str::to_owned)));
        (live.follow_project(project, from, Arc::new(callback)), told)
    }

    fn numbers(told: &Told) -> Vec<u64> {
        told.lock().unwrap().iter().map(|(number, _)| *number).collect()
    }

    #[test]
    fn every_listener_is_told_each_event_of_its_project_once() {
        Owner::new().with(|| {
            let live = provide_live(Snapshot::default());
            let (one, other) = (ProjectId(Uuid::from_u128(1)), ProjectId(Uuid::from_u128(2)));
            let (_, early) = follow(live, one, 3);
            let (late_number, late) = follow(live, one, 7);
            let (_, foreign) = follow(live, other, 0);
            let mut places = live.followed_projects();
            places.sort_by_key(|place| place.project);
            assert_eq!(places, [ProjectPlace { project: one, known: Some(3) }, ProjectPlace { project: other, known: Some(0) }]);
            for number in [4, 7, 7, 0, 8, 6] {
                live.project_event(one, number, Some("{}"));
            }
            assert_eq!((numbers(&early), numbers(&late)), (vec![4, 7, 0, 8], vec![0, 8]));
            assert!(numbers(&foreign).is_empty(), "of another project");
            live.unfollow_project(late_number);
            live.project_event(one, 5, None);
            assert_eq!(early.lock().unwrap().last(), Some(&(5, None)), "everything is to be read anew");
            live.project_event(one, 6, Some("{}"));
            assert_eq!((numbers(&early).last(), numbers(&late).len()), (Some(&6), 2));
        });
    }

    #[test]
    fn the_connection_learns_when_other_projects_are_followed() {
        Owner::new().with(|| {
            let live = provide_live(Snapshot::default());
            let count = Arc::new(Mutex::new(0));
            let counted = count.clone();
            live.on_projects(move || *counted.lock().unwrap() += 1);
            let (number, _) = follow(live, ProjectId(Uuid::from_u128(1)), 0);
            live.unfollow_project(number);
            assert_eq!((*count.lock().unwrap(), live.followed_projects()), (2, Vec::new()));
        });
    }
}
