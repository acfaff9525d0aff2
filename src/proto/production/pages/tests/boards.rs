use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    ids::TaskId,
    production::{
        AsJson, AssetId, AssetKind, Board, BoardAsset, BoardCast, BoardCounts, BoardFilter, BoardState, CastId, ExternalProgress, Moment,
        NodeRun, NodeStatus, ObjectKind, ProductionChange, ProductionEvent, ProductionNode, ProductionRecord, Project, ProjectFields,
        ReviewState, Scene, SceneFields, SceneId, Shot, ShotFields, ShotId, Stamp, Take, TakeState, take_differences,
        tests::support::{asset, moment, node, project, take},
    },
};

fn empty_board() -> Board {
    let fields = ProjectFields { title: "One".into(), ..ProjectFields::default() };
    let stamp = Stamp::new(moment(0));
    Board::new(Project { id: project(), fields, narrative_structure: "three-act".into(), archived_at: None, stamp }, 0)
}

fn stamp(version: u32) -> Stamp {
    Stamp { version, ..Stamp::new(moment(0)) }
}

fn shot_id() -> ShotId {
    ShotId(Uuid::from_u128(7))
}

fn shot(version: u32, title: &str, status: ReviewState) -> Shot {
    Shot {
        id: shot_id(),
        project_id: project(),
        scene: SceneId(Uuid::from_u128(3)),
        scene_id: "S001".parse().unwrap(),
        code: "P001".parse().unwrap(),
        position: u64::from(version),
        fields: ShotFields { title: title.into(), status, ..ShotFields::default() },
        stamp: stamp(version),
    }
}

fn scene(version: u32) -> Scene {
    Scene {
        id: SceneId(Uuid::from_u128(3)),
        project_id: project(),
        chapter: crate::production::ChapterId(Uuid::from_u128(2)),
        code: "S001".parse().unwrap(),
        position: 1,
        fields: SceneFields { title: format!("scene {version}"), ..SceneFields::default() },
        stamp: Stamp { deleted_at: (version == 3).then(|| moment(9)), ..stamp(version) },
    }
}

fn node_at(version: u32, status: NodeStatus) -> ProductionNode {
    let mut node = node();
    node.fields.shot = Some(shot_id());
    node.run = NodeRun { status, take_count: version, ..NodeRun::default() };
    node.stamp = stamp(version);
    node
}

fn take_at(version: u32, state: TakeState) -> Take {
    let mut take = take(1);
    (take.state, take.stamp) = (state, stamp(version));
    take
}

fn told(percent: f64) -> ProductionEvent {
    let node_id = Some("node-1".parse().unwrap());
    let (current_step, total_steps) = (Some(2), Some(5));
    ProductionEvent::TaskProgress(Box::new(ExternalProgress {
        progress: Some(percent),
        node_id,
        current_step,
        total_steps,
        ..ExternalProgress::default()
    }))
}

/// All that happens to one shot, in order.
fn story() -> Vec<ProductionEvent> {
    vec![
        ProductionEvent::SceneChanged { scene: Box::new(scene(1)) },
        ProductionEvent::ShotChanged { shot: Box::new(shot(1, "A", ReviewState::Todo)) },
        ProductionEvent::NodeStateChanged { node: Box::new(node_at(1, NodeStatus::Idle)), takes: Vec::new() },
        ProductionEvent::TakeCreated { take: Box::new(take_at(1, TakeState::Generating)) },
        ProductionEvent::NodeStateChanged { node: Box::new(node_at(2, NodeStatus::Generating)), takes: Vec::new() },
        ProductionEvent::SceneChanged { scene: Box::new(scene(2)) },
        ProductionEvent::TakeUpdated { take: Box::new(take_at(2, TakeState::Completed)) },
        ProductionEvent::NodeStateChanged { node: Box::new(node_at(3, NodeStatus::Completed)), takes: Vec::new() },
        ProductionEvent::ShotChanged { shot: Box::new(shot(2, "B", ReviewState::Approved)) },
        ProductionEvent::SceneChanged { scene: Box::new(scene(3)) },
        ProductionEvent::AssetChanged { asset: Box::new(asset(5, AssetKind::Character, "", "")) },
    ]
}

fn record(number: u64, event: ProductionEvent) -> ProductionRecord {
    ProductionRecord { number, timestamp: Moment::default(), project_id: Some(project()), event }
}

fn in_order() -> Board {
    let mut board = empty_board();
    for (number, event) in (1..).zip(story()) {
        board.apply(&record(number, event));
    }
    board
}

proptest! {
    /// Doubled, late and out of order: a board ends as it would in order.
    #[test]
    fn the_order_of_events_does_not_matter(order in Just((0..story().len()).collect::<Vec<_>>()).prop_shuffle(), again in prop::collection::vec(0..story().len(), 0..20)) {
        let story = story();
        let mut board = empty_board();
        for at in order.into_iter().chain(again) {
            board.apply(&record(at as u64 + 1, story[at].clone()));
        }
        // How many shots there ever were depends on which the page has seen at once: here it is one.
        prop_assert_eq!(board, in_order());
    }
}

#[test]
fn what_changes_nothing_says_so() {
    let mut board = in_order();
    for (number, event) in (1..).zip(story()) {
        assert!(!board.apply(&record(number, event.clone())), "{}", event.name());
    }
}

#[test]
fn progress_belongs_to_a_node_that_generates() {
    let mut board = empty_board();
    assert!(!board.apply(&record(0, told(10.0))), "there is no such node");
    board.apply_event(&ProductionEvent::NodeStateChanged { node: Box::new(node_at(1, NodeStatus::Generating)), takes: Vec::new() });
    assert!(board.apply(&record(0, told(40.0))));
    assert_eq!(board.facts()[&shot_id()].told, Some((40, "step 2 of 5".into())));
    board.apply_event(&ProductionEvent::NodeStateChanged { node: Box::new(node_at(2, NodeStatus::Completed)), takes: Vec::new() });
    assert!(!board.apply(&record(0, told(90.0))), "late");
    assert_eq!(board.facts()[&shot_id()].told, None);
}

#[test]
fn a_card_shows_the_task_of_its_newest_take() {
    let mut board = empty_board();
    board.apply_event(&ProductionEvent::NodeStateChanged { node: Box::new(node_at(1, NodeStatus::Generating)), takes: Vec::new() });
    board.apply_event(&ProductionEvent::TakeCreated { take: Box::new(take_at(1, TakeState::Generating)) });
    assert_eq!(board.facts()[&shot_id()].task, Some(TaskId(Uuid::from_u128(7))));
    assert_eq!(board.facts()[&shot_id()].state, BoardState::Generating);
    board.apply_event(&ProductionEvent::TakeUpdated { take: Box::new(take_at(2, TakeState::Cancelled)) });
    board.apply_event(&ProductionEvent::NodeStateChanged { node: Box::new(node_at(2, NodeStatus::Idle)), takes: Vec::new() });
    assert_eq!(board.facts()[&shot_id()].task, None);
}

#[test]
fn shots_are_counted_and_found() {
    let mut board = in_order();
    board.apply_event(&ProductionEvent::SceneChanged { scene: Box::new(Scene { stamp: stamp(4), ..scene(2) }) });
    assert_eq!(BoardCounts::of(&board), BoardCounts { shots: 1, completed: 1, approved: 1, ..BoardCounts::default() });
    let found = |filter: BoardFilter| {
        let shot = &board.shots[&shot_id()];
        filter.shows(&board, shot, BoardState::Completed, &Default::default())
    };
    assert!(found(BoardFilter { text: "s001_p001 b".into(), status: Some(ReviewState::Approved), ..BoardFilter::default() }));
    assert!(!found(BoardFilter { state: Some(BoardState::Error), ..BoardFilter::default() }));
    assert!(!found(BoardFilter { stale_only: true, ..BoardFilter::default() }));
    assert!(
        !found(BoardFilter { character: Some(asset(5, AssetKind::Character, "", "").id), ..BoardFilter::default() }),
        "it is not in the shot"
    );
}

/// Where a shot happens: its own location before that of its scene.
#[test]
fn shots_are_found_by_what_is_in_them() {
    let mut board = in_order();
    let (pier, stairs, oil) =
        (asset(1, AssetKind::Location, "pier", ""), asset(2, AssetKind::Location, "stairs", ""), asset(3, AssetKind::Style, "oil", ""));
    for known in [&pier, &stairs, &oil] {
        board.assets.insert(known.id, BoardAsset::from(known));
    }
    for scene in board.scenes.values_mut() {
        scene.location = Some(pier.id);
    }
    let shown = |board: &Board, filter: BoardFilter| board.filtered(&filter, &Default::default()).shots.len();
    let at = |location: AssetId| BoardFilter { location: Some(location), ..BoardFilter::default() };
    assert_eq!((shown(&board, at(pier.id)), shown(&board, at(stairs.id))), (1, 0));
    for (number, known) in [(71, &stairs), (72, &oil)] {
        let id = CastId(Uuid::from_u128(number));
        board.casts.insert(id, BoardCast { id, shot: shot_id(), asset: known.id, version: 1, is_gone: false });
    }
    assert_eq!((shown(&board, at(pier.id)), shown(&board, at(stairs.id))), (0, 1));
    assert_eq!(shown(&board, BoardFilter { style: Some(oil.id), ..BoardFilter::default() }), 1);
    // A location in the trash is none.
    board.assets.values_mut().filter(|known| known.id == stairs.id).for_each(|known| known.is_gone = true);
    assert_eq!((shown(&board, at(pier.id)), shown(&board, at(stairs.id))), (1, 0));
}

#[test]
fn a_filter_is_in_the_address() {
    let id = asset(1, AssetKind::Location, "", "").id;
    let filter = BoardFilter {
        text: "old pier".into(),
        status: Some(ReviewState::Retake),
        state: Some(BoardState::Error),
        character: None,
        location: Some(id),
        style: None,
        stale_only: true,
    };
    assert_eq!(filter.query(), format!("?q=old%20pier&status=retake&state=error&location={id}&stale=1"));
    let parameters = [("q", "old pier"), ("status", "retake"), ("state", "error"), ("location", &id.to_string()), ("stale", "1")];
    let read = |name: &str| parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    assert_eq!(BoardFilter::read(read), filter);
    assert_eq!(
        BoardFilter::read(|name| (name != "q").then(|| "no such".to_owned())),
        BoardFilter { stale_only: true, ..BoardFilter::default() }
    );
    assert_eq!(BoardFilter::default().query(), "");
}

#[test]
fn a_board_is_the_same_after_a_way_through_postcard() {
    let board = in_order();
    let bytes = postcard::to_allocvec(&board).unwrap();
    assert_eq!(postcard::from_bytes::<Board>(&bytes).unwrap(), board);
    let event = AsJson(ProductionEvent::TakeReviewed { take: Box::new(take(3)) });
    let bytes = postcard::to_allocvec(&event).unwrap();
    assert_eq!(postcard::from_bytes::<AsJson<ProductionEvent>>(&bytes).unwrap(), event);
}

#[test]
fn a_server_draws_the_beginning_of_a_board() {
    let mut board = in_order();
    board.scenes.get_mut(&SceneId(Uuid::from_u128(3))).unwrap().is_gone = false;
    let chapter = crate::production::ChapterId(Uuid::from_u128(2));
    let chapter = crate::production::BoardChapter { id: chapter, position: 1, title: "One".into(), version: 1, is_gone: false };
    board.chapters.insert(chapter.id, chapter);
    assert_eq!(board.beginning(5).shots.len(), 1);
    let nothing = board.beginning(0);
    assert_eq!((nothing.shots.len(), nothing.nodes.len(), nothing.shot_count), (0, 0, 1));
}

#[test]
fn theirs_is_told_as_an_event() {
    let change = ProductionChange::Change {
        project: project(),
        kind: ObjectKind::Shot,
        id: shot_id().to_string(),
        version: Some(1),
        fields: r#"{"title":"mine"}"#.into(),
    };
    let theirs = shot(4, "theirs", ReviewState::Hold);
    let told = change.current_state(&serde_json::to_string(&theirs).unwrap());
    assert_eq!(told, Some(ProductionEvent::ShotChanged { shot: Box::new(theirs) }));
    assert!(matches!(change.of_version(4), ProductionChange::Change { version: Some(4), .. }));
}

#[test]
fn only_parameters_that_differ_are_told() {
    let (one, mut other) = (take(1), take(2));
    assert_eq!(take_differences(&one, &other), []);
    other.seed = Some(5);
    other.metadata.insert("note".into(), "warmer".into());
    let seed = one.seed.map_or("–".to_owned(), |seed| seed.to_string());
    assert_eq!(
        take_differences(&one, &other),
        [("seed".to_owned(), seed, "5".to_owned()), ("note".to_owned(), "–".to_owned(), "warmer".to_owned())]
    );
}
