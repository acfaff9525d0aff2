//! The projects that a connection follows.

use std::{collections::HashMap, sync::Arc};

use proto::{limits, production::ProjectId, wire::ProjectPlace};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinHandle,
};

use crate::production::{EncodedEvent, Productions};

/// Events of all projects of a connection that wait to be sent. While there are as many, nothing more is read.
const WAITING: usize = 32;

/// A connection cannot follow so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyProjects;

/// Each is read by a task of its own, which ends with the connection.
pub(super) struct FollowedProjects {
    productions: Arc<Productions>,
    sender: Sender<ReadEvent>,
    receiver: Receiver<ReadEvent>,
    /// How many readers there were.
    started: u64,
    readers: HashMap<ProjectId, ProjectReader>,
}

/// What a reader read.
struct ReadEvent {
    project: ProjectId,
    /// What a reader read that is not there any more is not sent.
    reader: u64,
    event: EncodedEvent,
}

struct ProjectReader {
    number: u64,
    task: JoinHandle<()>,
}

impl Drop for ProjectReader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FollowedProjects {
    pub fn new(productions: Arc<Productions>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self { productions, sender, receiver, started: 0, readers: HashMap::new() }
    }

    /// Follows these projects, and no others.
    ///
    /// # Errors
    /// They are too many: nothing is changed.
    pub fn replace(&mut self, places: &[ProjectPlace]) -> Result<(), TooManyProjects> {
        if places.len() > limits::FOLLOWED_PROJECTS {
            return Err(TooManyProjects);
        }
        self.readers.clear();
        places.iter().try_for_each(|place| self.follow(*place))
    }

    pub fn follows(&self, project: ProjectId) -> bool {
        self.readers.contains_key(&project)
    }

    /// Follows a project from this place on, whether it is followed already or not.
    ///
    /// # Errors
    /// They are too many.
    pub fn follow(&mut self, ProjectPlace { project, known }: ProjectPlace) -> Result<(), TooManyProjects> {
        if self.readers.len() >= limits::FOLLOWED_PROJECTS && !self.follows(project) {
            return Err(TooManyProjects);
        }
        self.started += 1;
        let (productions, sender, number) = (self.productions.clone(), self.sender.clone(), self.started);
        let task = tokio::spawn(async move {
            // One that is not there tells nothing: a page learns that from what it reads.
            let Ok(mut feed) = productions.project_feed(project, known).await else { return };
            while let Some(event) = feed.next().await {
                if sender.send(ReadEvent { project, reader: number, event }).await.is_err() {
                    return;
                }
            }
        });
        self.readers.insert(project, ProjectReader { number, task });
        Ok(())
    }

    pub fn unfollow(&mut self, project: ProjectId) {
        self.readers.remove(&project);
    }

    /// Waits for the next event. Cancel-safe.
    pub async fn next(&mut self) -> EncodedEvent {
        loop {
            match self.receiver.recv().await {
                Some(read) if self.readers.get(&read.project).is_some_and(|reader| reader.number == read.reader) => return read.event,
                // Of a project that is not followed any more.
                Some(_) => {}
                // Not reached: there is a sender here.
                None => std::future::pending().await,
            }
        }
    }
}
