//! The event that tells an object after a change.

use super::{Asset, Cast, Chapter, EmotionalBeat, ProductionEvent, ProductionNode, ProductionObject, Scene, Shot};

/// An object whose changes are told.
pub trait ToldObject: ProductionObject {
    /// Tells the whole new state.
    fn changed(self) -> ProductionEvent;
}

impl ToldObject for Chapter {
    fn changed(self) -> ProductionEvent {
        ProductionEvent::ChapterChanged { chapter: Box::new(self) }
    }
}

impl ToldObject for Scene {
    fn changed(self) -> ProductionEvent {
        ProductionEvent::SceneChanged { scene: Box::new(self) }
    }
}

impl ToldObject for Shot {
    fn changed(self) -> ProductionEvent {
        ProductionEvent::ShotChanged { shot: Box::new(self) }
    }
}

impl ToldObject for ProductionNode {
    fn changed(self) -> ProductionEvent {
        ProductionEvent::NodeStateChanged { node: Box::new(self), takes: Vec::new() }
    }
}

impl ToldObject for Asset {
    fn changed(self) -> ProductionEvent {
        ProductionEvent::AssetChanged { asset: Box::new(self) }
    }
}

impl ToldObject for Cast {
    fn changed(self) -> ProductionEvent {
        ProductionEvent::CastChanged { cast: Box::new(self) }
    }
}

impl ToldObject for EmotionalBeat {
    fn changed(self) -> ProductionEvent {
        ProductionEvent::BeatChanged { beat: Box::new(self) }
    }
}
