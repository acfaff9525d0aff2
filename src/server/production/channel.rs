//! The events of a project for many connections: read and encoded once, whoever follows it.

use std::{collections::hash_map::Entry, sync::Arc, time::Duration};

use proto::{
    limits,
    production::{ProductionRecord, ProjectId},
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, sleep_until},
};

use super::{
    encoded_event::EncodedEvent,
    follow::{FollowedProduction, ProductionFollower},
    library::Productions,
};
use crate::store::{NewsFilter, ProductionError};

/// One connection's place in the events of one project.
pub struct ProjectFeed {
    productions: Arc<Productions>,
    project: ProjectId,
    at: u64,
    channel: broadcast::Receiver<EncodedEvent>,
    /// Events that were read and not returned yet, the next one last.
    read: Vec<EncodedEvent>,
    /// All that is in the database was read: what comes next is in the channel.
    is_live: bool,
}

impl Productions {
    /// Follows a project from the event after `known` on, or from now on. All who follow it share what is read and encoded.
    ///
    /// # Errors
    /// There is no such project, or the database cannot be read.
    pub async fn project_feed(self: &Arc<Self>, project: ProjectId, known: Option<u64>) -> Result<ProjectFeed, ProductionError> {
        let mut channels = self.channels.lock().await;
        let (channel, newest) = match channels.entry(project) {
            Entry::Occupied(known) => (known.get().subscribe(), None),
            Entry::Vacant(free) => {
                let follower = self.follow(Some(project), None).await?;
                let (sender, receiver) = broadcast::channel(limits::PROJECT_CHANNEL);
                let newest = follower.at();
                free.insert(sender.clone());
                tokio::spawn(publish(self.clone(), project, follower, sender));
                (receiver, Some(newest))
            }
        };
        drop(channels);
        let at = match (known, newest) {
            (Some(known), _) => known,
            (None, Some(newest)) => newest,
            // No number is as large: nothing but the place of the newest is read.
            (None, None) => self.events(NewsFilter { project: Some(project), subject: None }, u64::MAX, 1).await?.next,
        };
        Ok(ProjectFeed { productions: self.clone(), project, at, channel, read: Vec::new(), is_live: false })
    }
}

/// Reads the events of a project once for all who follow it, until nobody does.
async fn publish(
    productions: Arc<Productions>,
    project: ProjectId,
    mut follower: ProductionFollower,
    sender: broadcast::Sender<EncodedEvent>,
) {
    let mut progress = MergedProgress::default();
    loop {
        tokio::select! {
            next = follower.next() => {
                let Some(next) = next else { break };
                // A channel that nobody reads takes nothing.
                let send = |event: EncodedEvent| drop(sender.send(event));
                match next {
                    FollowedProduction::Progress(record) => progress.add(&record, EncodedEvent::of(project, &record)),
                    FollowedProduction::Records(records) => {
                        // What was said before comes before.
                        progress.take().into_iter().for_each(send);
                        records.iter().map(|record| EncodedEvent::of(project, record)).for_each(send);
                    }
                    FollowedProduction::Incomplete(number) => send(EncodedEvent::incomplete(project, number)),
                }
            }
            () = progress.due() => progress.take().into_iter().for_each(|event| drop(sender.send(event))),
            () = sender.closed() => {
                // Nobody can begin to follow it while the list is locked.
                let mut channels = productions.channels.lock().await;
                if sender.receiver_count() == 0 {
                    channels.remove(&project);
                    return;
                }
            }
        }
    }
    productions.channels.lock().await.remove(&project);
}

/// Progress that is told with the next tick; a newer one replaces an older one about the same.
#[derive(Default)]
struct MergedProgress {
    events: Vec<(String, EncodedEvent)>,
    due: Option<Instant>,
}

impl MergedProgress {
    fn add(&mut self, record: &ProductionRecord, event: EncodedEvent) {
        let key = record.event.merge_key().unwrap_or_default();
        self.events.retain(|(other, _)| *other != key);
        self.events.push((key, event));
        self.due.get_or_insert_with(|| Instant::now() + Duration::from_millis(limits::PROJECT_TICK_MS));
    }

    /// Waits until there is progress to be told. Cancel-safe.
    async fn due(&self) {
        match self.due {
            Some(due) => sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    fn take(&mut self) -> Vec<EncodedEvent> {
        self.due = None;
        std::mem::take(&mut self.events).into_iter().map(|(_, event)| event).collect()
    }
}

impl ProjectFeed {
    /// Waits for the next event. `None`: the database is closed, or the project is no more.
    pub async fn next(&mut self) -> Option<EncodedEvent> {
        loop {
            if let Some(event) = self.read.pop() {
                self.at = self.at.max(event.number);
                return Some(event);
            }
            if !self.is_live {
                self.catch_up().await.ok()?;
                continue;
            }
            match self.channel.recv().await {
                // It was read from the database already.
                Ok(event) if event.number != 0 && event.number <= self.at => {}
                Ok(event) => {
                    self.at = self.at.max(event.number);
                    return Some(event);
                }
                // What was stored is in the database. Progress that is missed is followed by newer one.
                Err(RecvError::Lagged(_)) => self.is_live = false,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Reads the next portion of what is in the database.
    async fn catch_up(&mut self) -> Result<(), ProductionError> {
        let filter = NewsFilter { project: Some(self.project), subject: None };
        let page = self.productions.events(filter, self.at, limits::EXPORT_PORTION).await?;
        if !page.is_complete {
            self.read = vec![EncodedEvent::incomplete(self.project, page.next)];
            // Its number may be lower: the database was put back to an earlier state.
            self.at = page.next;
            return Ok(());
        }
        self.read = page.records.iter().rev().map(|record| EncodedEvent::of(self.project, record)).collect();
        self.at = if self.read.is_empty() { page.next.max(self.at) } else { self.at };
        self.is_live = !page.has_more;
        Ok(())
    }
}
