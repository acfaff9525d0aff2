//! Events change a board.

use super::super::{ExternalProgress, NodeStatus, ProductionEvent, ProductionNode, ProductionRecord, Project, Take, TakeState};
use super::{
    board::{Board, BoardRun, put},
    board_item::{BoardAsset, BoardCast, BoardChapter, BoardNode, BoardScene, BoardShot},
};

impl Board {
    /// Takes in an event. One that comes twice, late or out of order does no harm: only a newer version replaces an older one. Returns whether anything changed.
    pub fn apply(&mut self, record: &ProductionRecord) -> bool {
        // Progress has no number, and is told only as it happens.
        if record.number > 0 {
            self.at = self.at.max(record.number);
        }
        self.apply_event(&record.event)
    }

    /// The same of the answer to a change, which has no number.
    pub fn apply_event(&mut self, event: &ProductionEvent) -> bool {
        match event {
            ProductionEvent::ProjectCreated { data }
            | ProductionEvent::ProjectUpdated { data }
            | ProductionEvent::ProjectDeleted { data } => self.put_project(data),
            ProductionEvent::ChapterChanged { chapter } => put(&mut self.chapters, BoardChapter::from(&**chapter)),
            ProductionEvent::SceneChanged { scene } => put(&mut self.scenes, BoardScene::from(&**scene)),
            ProductionEvent::ShotChanged { shot } => {
                let is_newer = put(&mut self.shots, BoardShot::from(&**shot));
                self.shot_count = self.shot_count.max(self.shots.values().filter(|shot| !shot.is_gone).count());
                is_newer
            }
            ProductionEvent::AssetChanged { asset } => put(&mut self.assets, BoardAsset::from(&**asset)),
            ProductionEvent::CastChanged { cast } => put(&mut self.casts, BoardCast::from(&**cast)),
            ProductionEvent::NodeStateChanged { node, .. } | ProductionEvent::TakeSelected { node } => self.put_node(node),
            ProductionEvent::TakeCreated { take }
            | ProductionEvent::TakeUpdated { take }
            | ProductionEvent::TakeTrashed { take }
            | ProductionEvent::TakeRestored { take } => self.put_take(take),
            ProductionEvent::TaskProgress(progress) => self.tell(progress),
            _ => false,
        }
    }

    fn put_project(&mut self, project: &Project) -> bool {
        let is_newer = project.id == self.project.0.id && project.stamp.version > self.project.0.stamp.version;
        if is_newer {
            self.project.0 = project.clone();
        }
        is_newer
    }

    fn put_node(&mut self, node: &ProductionNode) -> bool {
        let is_newer = put(&mut self.nodes, BoardNode::from(node));
        if is_newer && node.run.status != NodeStatus::Generating {
            self.told.remove(&node.node_id);
        }
        is_newer
    }

    fn put_take(&mut self, take: &Take) -> bool {
        let is_newer = self.runs.get(&take.id).is_none_or(|known| known.version < take.stamp.version);
        if is_newer {
            let is_live = take.state == TakeState::Generating;
            let run = BoardRun {
                node: take.node_id.clone(),
                take_number: take.take_number,
                task: take.task_id,
                version: take.stamp.version,
                is_live,
            };
            self.runs.insert(take.id, run);
        }
        is_newer
    }

    /// Only a node that generates has progress, so that a late word does not stay.
    fn tell(&mut self, progress: &ExternalProgress) -> bool {
        let Some(node) = &progress.node_id else { return false };
        if self.nodes.get(node).is_none_or(|node| node.status != NodeStatus::Generating) {
            return false;
        }
        let percent = progress.progress.unwrap_or_default().clamp(0.0, 100.0) as u8;
        let step = match (&progress.step, progress.current_step, progress.total_steps) {
            (_, Some(step), Some(steps)) => format!("step {step} of {steps}"),
            (Some(step), ..) => step.clone(),
            _ => progress.message.clone().unwrap_or_default(),
        };
        let told = (percent, step);
        self.told.insert(node.clone(), told.clone()).as_ref() != Some(&told)
    }
}
