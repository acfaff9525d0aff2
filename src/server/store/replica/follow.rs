//! A Darkroom that is not the owner, and shows what the owner shows: changes come over PostgreSQL, those of the database and those of running tasks.

use proto::{ids::Resume, task::Snapshot};
use tokio::time::Instant;

use super::{
    ReplicaError,
    lease::{Lease, wait_for_turn},
    live_rows::{LiveNext, read_after},
    member::{Member, TurnFound},
    owner::Replica,
    position::Position,
    restore::apply_all,
};
use crate::store::{Store, StoreError, live::LiveView};

/// What this Darkroom is from now on.
pub enum MemberTurn {
    Owner(Box<Replica>),
    /// It shows what the owner shows.
    Follower(Box<LiveFollower>),
}

/// See [`MemberTurn::Follower`].
pub struct LiveFollower {
    member: Member,
    /// The state to begin with.
    snapshot: Snapshot,
    /// Up to where changes were shown.
    shown: Resume,
    /// Of the copy in the folder.
    position: Position,
}

/// Why a Darkroom does not follow any longer.
pub enum FollowEnd {
    /// It is the owner. Everything that the last one showed is shown.
    Owner(Replica),
    /// What it shows does not go on, because changes are missing: it has to begin again.
    Anew(Member),
}

enum FollowStep {
    Goes,
    Owner(Lease),
    Hole,
}

impl Member {
    /// Waits until this Darkroom is the owner, or has a copy of everything that the owner shows. Other owners may be of versions whose state this one
    /// cannot show: then it waits, with a copy that is up to date. Can be dropped at any time.
    ///
    /// # Errors
    /// PostgreSQL refuses, or cannot be reached at the start; the folder has another database.
    pub async fn turn(mut self) -> Result<MemberTurn, StoreError> {
        loop {
            match self.try_turn().await {
                Ok(Some(TurnFound::Lease(lease))) => return Ok(MemberTurn::Owner(Box::new(self.own(lease).await?))),
                Ok(Some(TurnFound::View(snapshot, position))) => {
                    return Ok(MemberTurn::Follower(Box::new(LiveFollower::new(self, *snapshot, position))));
                }
                Ok(None) => {}
                Err(error @ ReplicaError::Unreachable { .. }) if self.is_waiting => {
                    tracing::warn!(%error, "waiting to take over");
                    self.reconnect().await;
                }
                Err(error) => return Err(error.into()),
            }
            if !std::mem::replace(&mut self.is_waiting, true) {
                tracing::info!(postgres = %self.database.url(), "another Darkroom is the owner; this one waits to take over");
            }
            wait_for_turn(self.times).await;
        }
    }
}

impl LiveFollower {
    pub(super) fn new(member: Member, snapshot: Snapshot, position: Position) -> Self {
        Self { member, shown: snapshot.resume(), snapshot, position }
    }

    /// The state to begin with; what follows it is told to the view.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Keeps the copy in the folder up to date, and tells `view` each change after the database has it. `is_complete` is called once, when everything that
    /// the owner has shown is shown here. Can be dropped at any time.
    ///
    /// # Errors
    /// The folder cannot be written, or PostgreSQL refuses.
    pub async fn follow(mut self, store: &Store, view: &dyn LiveView, is_complete: impl FnOnce()) -> Result<FollowEnd, StoreError> {
        let mut turn = Instant::now();
        let mut is_complete = Some(is_complete);
        loop {
            match self.step(store, view, &mut turn).await {
                Ok(FollowStep::Goes) => {
                    view.heard();
                    if let Some(is_complete) = is_complete.take() {
                        is_complete();
                    }
                    tokio::select! {
                        () = self.member.news.notified() => {}
                        () = tokio::time::sleep_until(turn) => {}
                    }
                }
                Ok(FollowStep::Owner(lease)) => {
                    // Before the folder is brought up to date: what comes then was shown by nobody.
                    if !matches!(self.show_all(store, view).await, Ok(true)) || !self.is_of_newest_epoch().await {
                        tracing::warn!("the last of what the owner before showed cannot be read; pages load everything anew");
                        view.is_incomplete();
                    }
                    return Ok(FollowEnd::Owner(self.member.own(lease).await?));
                }
                Ok(FollowStep::Hole) | Err(ReplicaError::Damaged(_)) => {
                    self.member.had_hole = true;
                    wait_for_turn(self.member.times).await;
                    return Ok(FollowEnd::Anew(self.member));
                }
                Err(error @ ReplicaError::Unreachable { .. }) => {
                    tracing::warn!(%error, "what the owner does is not known");
                    self.member.reconnect().await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Otherwise an owner began another epoch, and was lost before it showed anything: pages may know it, and must not be led back.
    async fn is_of_newest_epoch(&self) -> bool {
        self.member.newest_epoch().await.is_ok_and(|newest| newest <= self.shown.epoch)
    }

    async fn step(&mut self, store: &Store, view: &dyn LiveView, turn: &mut Instant) -> Result<FollowStep, ReplicaError> {
        if Instant::now() >= *turn {
            *turn = Instant::now() + self.member.times.turn();
            if let Some(lease) = self.member.take().await? {
                return Ok(FollowStep::Owner(lease));
            }
            self.member.read_owner().await?;
        }
        Ok(if self.show_all(store, view).await? { FollowStep::Goes } else { FollowStep::Hole })
    }

    /// Shows what there is. Returns false when something is missing.
    async fn show_all(&mut self, store: &Store, view: &dyn LiveView) -> Result<bool, ReplicaError> {
        loop {
            // Read before the commits: a commit that is shown is in the database by then.
            let next = read_after(&self.member.database, &self.member.client, self.shown).await?;
            let position = apply_all(&self.member.database, &self.member.client, &self.member.path, self.position.clone()).await?;
            if position != self.position {
                self.position = position;
                store.tell_news().await;
            }
            match next {
                LiveNext::Changes(live, upto) => {
                    view.show(&live);
                    self.shown = upto;
                }
                LiveNext::Nothing => return Ok(true),
                LiveNext::Hole => return Ok(false),
            }
        }
    }
}
