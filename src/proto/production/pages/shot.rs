//! The page of a shot.

use serde::{Deserialize, Serialize};

use super::super::{
    Asset, Cast, CompositePrompt, EmotionalBeat, ProductionEvent, ProductionNode, ProductionNodeId, ProductionRecord, Project, Scene, Shot,
    ShotId, Take, TakeState,
};
use super::AsJson;

/// A shot with all that its page shows. Kept up to date by [`ShotView::apply`]. What is in the trash is in it, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShotView {
    pub project: AsJson<Project>,
    pub scene: AsJson<Scene>,
    pub shot: AsJson<Shot>,
    /// The shots before and after it in the story.
    pub before: Option<ShotId>,
    pub after: Option<ShotId>,
    /// In order.
    pub nodes: AsJson<Vec<ProductionNode>>,
    /// The newest first.
    pub takes: AsJson<Vec<Take>>,
    /// In order.
    pub casts: AsJson<Vec<Cast>>,
    pub assets: AsJson<Vec<Asset>>,
    pub beats: AsJson<Vec<EmotionalBeat>>,
    /// As it would be sent now.
    pub prompt: AsJson<CompositePrompt>,
    /// Events up to this number are in it, perhaps also later ones.
    pub at: u64,
}

/// What an event does to the page of a shot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShotNews {
    pub changed: bool,
    /// The prompt may be another one.
    pub prompt_changed: bool,
}

/// Puts a newer version in the place of an older one, or adds it: at the beginning or at the end. Returns whether it is newer.
fn put<T: Clone, K: PartialEq>(list: &mut Vec<T>, item: &T, of: impl Fn(&T) -> (K, u32), at_first: bool) -> bool {
    let (key, version) = of(item);
    match list.iter_mut().find(|known| of(known).0 == key) {
        Some(known) if of(known).1 >= version => return false,
        Some(known) => *known = item.clone(),
        None if at_first => list.insert(0, item.clone()),
        None => list.push(item.clone()),
    }
    true
}

impl ShotView {
    /// Takes in an event. One that comes twice, late or out of order does no harm: only a newer version replaces an older one.
    pub fn apply(&mut self, record: &ProductionRecord) -> ShotNews {
        self.at = self.at.max(record.number);
        self.apply_event(&record.event)
    }

    /// The same of the answer to a change, which has no number.
    pub fn apply_event(&mut self, event: &ProductionEvent) -> ShotNews {
        let part = |changed| ShotNews { changed, prompt_changed: changed };
        let only = |changed| ShotNews { changed, prompt_changed: false };
        match event {
            ProductionEvent::ProjectUpdated { data } if data.id == self.project.0.id => {
                let is_newer = data.stamp.version > self.project.0.stamp.version;
                if is_newer {
                    self.project.0 = (**data).clone();
                }
                only(is_newer)
            }
            ProductionEvent::SceneChanged { scene } if scene.id == self.scene.0.id => {
                let is_newer = scene.stamp.version > self.scene.0.stamp.version;
                if is_newer {
                    self.scene.0 = (**scene).clone();
                }
                part(is_newer)
            }
            ProductionEvent::ShotChanged { shot } if shot.id == self.shot.0.id => {
                let is_newer = shot.stamp.version > self.shot.0.stamp.version;
                if is_newer {
                    self.shot.0 = (**shot).clone();
                }
                part(is_newer)
            }
            ProductionEvent::AssetChanged { asset } => {
                part(put(&mut self.assets.0, asset, |asset: &Asset| (asset.id, asset.stamp.version), false))
            }
            ProductionEvent::BeatChanged { beat } => {
                part(put(&mut self.beats.0, beat, |beat: &EmotionalBeat| (beat.id, beat.stamp.version), false))
            }
            ProductionEvent::CastChanged { cast } if cast.shot == self.shot.0.id => {
                part(put(&mut self.casts.0, cast, |cast: &Cast| (cast.id, cast.stamp.version), false))
            }
            ProductionEvent::NodeStateChanged { node, .. } | ProductionEvent::TakeSelected { node } => only(self.put_node(node)),
            ProductionEvent::TakeCreated { take }
            | ProductionEvent::TakeUpdated { take }
            | ProductionEvent::TakeReviewed { take }
            | ProductionEvent::TakeTrashed { take }
            | ProductionEvent::TakeRestored { take } => only(self.put_take(take)),
            _ => ShotNews::default(),
        }
    }

    fn put_node(&mut self, node: &ProductionNode) -> bool {
        let is_known = self.nodes.0.iter().any(|known| known.node_id == node.node_id);
        let is_ours = is_known || node.fields.shot == Some(self.shot.0.id);
        is_ours && put(&mut self.nodes.0, node, |node| (node.node_id.clone(), node.stamp.version), false)
    }

    fn put_take(&mut self, take: &Take) -> bool {
        let is_known = self.nodes.0.iter().any(|node| node.node_id == take.node_id);
        let is_ours = is_known || take.shot == Some(self.shot.0.id);
        is_ours && put(&mut self.takes.0, take, |take| (take.id, take.stamp.version), true)
    }

    /// The nodes of the shot, in order, without those in the trash.
    #[must_use]
    pub fn live_nodes(&self) -> Vec<&ProductionNode> {
        let is_here = |node: &&ProductionNode| node.fields.shot == Some(self.shot.0.id) && node.stamp.deleted_at.is_none();
        let mut nodes: Vec<_> = self.nodes.0.iter().filter(is_here).collect();
        nodes.sort_by(|one, other| (one.position, &one.node_id).cmp(&(other.position, &other.node_id)));
        nodes
    }

    /// The takes of a node, the newest first. `trashed`: those in the trash instead.
    #[must_use]
    pub fn takes_of(&self, node: &ProductionNodeId, trashed: bool) -> Vec<&Take> {
        let mut takes: Vec<_> =
            self.takes.0.iter().filter(|take| take.node_id == *node && take.stamp.deleted_at.is_some() == trashed).collect();
        takes.sort_by_key(|take| std::cmp::Reverse(take.take_number));
        takes
    }

    /// The current take of a node.
    #[must_use]
    pub fn current(&self, node: &ProductionNode) -> Option<&Take> {
        let number = node.run.current_take?;
        self.takes.0.iter().find(|take| take.node_id == node.node_id && take.take_number == number)
    }

    /// The take of a node that is made now.
    #[must_use]
    pub fn running(&self, node: &ProductionNodeId) -> Option<&Take> {
        self.takes_of(node, false).into_iter().find(|take| take.state == TakeState::Generating)
    }
}
