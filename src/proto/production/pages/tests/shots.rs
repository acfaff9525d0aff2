use proptest::prelude::*;
use uuid::Uuid;

use crate::production::{
    AsJson, AssetKind, Cast, CastFields, CastId, CompositePrompt, NodeRun, ProductionEvent, Project, ProjectFields, ReviewState, Scene,
    SceneFields, SceneId, Shot, ShotFields, ShotId, ShotView, Stamp, TakeId, TakeState,
    tests::support::{asset, moment, node, project, take},
};

fn stamp(version: u32) -> Stamp {
    Stamp { version, ..Stamp::new(moment(0)) }
}

fn shot(version: u32) -> Shot {
    Shot {
        id: ShotId(Uuid::from_u128(7)),
        project_id: project(),
        scene: SceneId(Uuid::from_u128(3)),
        scene_id: "S001".parse().unwrap(),
        code: "P001".parse().unwrap(),
        position: 1,
        fields: ShotFields { title: format!("version {version}"), status: ReviewState::Todo, ..ShotFields::default() },
        stamp: stamp(version),
    }
}

fn view() -> ShotView {
    let fields = ProjectFields { title: "One".into(), ..ProjectFields::default() };
    let project_now = Project { id: project(), fields, narrative_structure: String::new(), archived_at: None, stamp: stamp(1) };
    let scene = Scene {
        id: SceneId(Uuid::from_u128(3)),
        project_id: project(),
        chapter: crate::production::ChapterId(Uuid::from_u128(2)),
        code: "S001".parse().unwrap(),
        position: 1,
        fields: SceneFields::default(),
        stamp: stamp(1),
    };
    ShotView {
        project: AsJson(project_now),
        scene: AsJson(scene),
        shot: AsJson(shot(1)),
        before: None,
        after: None,
        nodes: AsJson(Vec::new()),
        takes: AsJson(Vec::new()),
        casts: AsJson(Vec::new()),
        assets: AsJson(Vec::new()),
        beats: AsJson(Vec::new()),
        prompt: AsJson(CompositePrompt::default()),
        at: 0,
    }
}

fn take_event(number: u32, version: u32, state: TakeState) -> ProductionEvent {
    let mut take = take(number);
    (take.id, take.state, take.stamp) = (TakeId(Uuid::from_u128(u128::from(number))), state, stamp(version));
    take.shot = Some(ShotId(Uuid::from_u128(7)));
    ProductionEvent::TakeUpdated { take: Box::new(take) }
}

fn node_event(version: u32, current_take: Option<u32>) -> ProductionEvent {
    let mut node = node();
    node.fields.shot = Some(ShotId(Uuid::from_u128(7)));
    (node.run, node.stamp) = (NodeRun { current_take, ..NodeRun::default() }, stamp(version));
    ProductionEvent::NodeStateChanged { node: Box::new(node), takes: Vec::new() }
}

fn cast_event(version: u32) -> ProductionEvent {
    let cast = Cast {
        id: CastId(Uuid::from_u128(4)),
        project_id: project(),
        shot: ShotId(Uuid::from_u128(7)),
        asset: asset(5, AssetKind::Character, "", "").id,
        position: 1,
        fields: CastFields::default(),
        stamp: stamp(version),
    };
    ProductionEvent::CastChanged { cast: Box::new(cast) }
}

fn story() -> Vec<ProductionEvent> {
    vec![
        node_event(1, None),
        take_event(1, 1, TakeState::Generating),
        take_event(1, 2, TakeState::Completed),
        node_event(2, Some(1)),
        ProductionEvent::ShotChanged { shot: Box::new(shot(2)) },
        take_event(2, 1, TakeState::Generating),
        cast_event(1),
        cast_event(2),
        take_event(2, 2, TakeState::Failed),
    ]
}

/// What a page shows of it.
fn shown(view: &ShotView) -> (String, Option<u32>, Vec<(u32, TakeState)>, u32) {
    let node = view.live_nodes().first().map(|node| (*node).clone()).unwrap();
    let takes = view.takes_of(&node.node_id, false).iter().map(|take| (take.take_number, take.state)).collect();
    let current = view.current(&node).map(|take| take.take_number);
    (view.shot.0.fields.title.clone(), current, takes, view.casts.0[0].stamp.version)
}

proptest! {
    /// Doubled, late and out of order: a page ends as it would in order.
    #[test]
    fn the_order_of_events_does_not_matter(order in Just((0..story().len()).collect::<Vec<_>>()).prop_shuffle(), again in prop::collection::vec(0..story().len(), 0..20)) {
        let story = story();
        let mut view = view();
        for at in order.into_iter().chain(again) {
            view.apply_event(&story[at]);
        }
        let takes = vec![(2, TakeState::Failed), (1, TakeState::Completed)];
        prop_assert_eq!(shown(&view), ("version 2".to_owned(), Some(1), takes, 2));
    }
}

#[test]
fn only_what_belongs_to_a_prompt_asks_for_a_new_one() {
    let mut view = view();
    assert!(view.apply_event(&cast_event(1)).prompt_changed);
    assert!(!view.apply_event(&cast_event(1)).changed, "twice");
    let taken = view.apply_event(&take_event(1, 1, TakeState::Completed));
    assert_eq!((taken.changed, taken.prompt_changed), (true, false));
}

#[test]
fn what_is_of_another_shot_changes_nothing() {
    let mut view = view();
    let mut other = take(1);
    other.shot = Some(ShotId(Uuid::from_u128(8)));
    assert!(!view.apply_event(&ProductionEvent::TakeCreated { take: Box::new(other) }).changed);
    let mut node = node();
    node.fields.shot = Some(ShotId(Uuid::from_u128(8)));
    assert!(!view.apply_event(&ProductionEvent::NodeStateChanged { node: Box::new(node), takes: Vec::new() }).changed);
    let mut shot = shot(9);
    shot.id = ShotId(Uuid::from_u128(8));
    assert!(!view.apply_event(&ProductionEvent::ShotChanged { shot: Box::new(shot) }).changed);
}
