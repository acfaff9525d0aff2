use proto::production::{BoardChapter, BoardScene, BoardShot, Moment, Project, ProjectFields, ProjectId, ReviewState, Stamp};
use uuid::Uuid;

use super::*;

/// One chapter with two scenes of so many shots.
fn board(first: u128, second: u128) -> Board {
    let id = ProjectId(Uuid::from_u128(1));
    let stamp = Stamp::new(Moment::default());
    let project = Project { id, fields: ProjectFields::default(), narrative_structure: String::new(), archived_at: None, stamp };
    let mut board = Board::new(project, 0);
    let chapter = ChapterId(Uuid::from_u128(10));
    board.chapters.insert(chapter, BoardChapter { id: chapter, position: 1, title: "One".into(), version: 1, is_gone: false });
    for (number, count) in [(1, first), (2, second)] {
        let id = SceneId(Uuid::from_u128(20 + number));
        let code = format!("S00{number}").parse().unwrap();
        let scene = BoardScene {
            id,
            chapter,
            code,
            position: number as u64,
            title: String::new(),
            status: ReviewState::Todo,
            location: None,
            version: 1,
            is_gone: false,
        };
        board.scenes.insert(id, scene);
        for at in 1..=count {
            let shot = ShotId(Uuid::from_u128(1_000 * number + at));
            let shot = BoardShot {
                id: shot,
                scene: id,
                code: format!("P{at:03}").parse().unwrap(),
                position: at as u64,
                title: if at % 2 == 0 { "even".into() } else { "odd".into() },
                prompt: String::new(),
                status: ReviewState::Todo,
                version: 1,
                is_gone: false,
            };
            board.shots.insert(shot.id, shot);
        }
    }
    board
}

const SIZES: BoardSizes = BoardSizes { columns: 3, chapter: 50, scene: 40, cards: 200 };

fn lines(board: &Board, filter: &BoardFilter) -> BoardLines {
    BoardLines::new(board, filter, &BTreeSet::new(), Some(SIZES))
}

#[test]
fn cards_are_in_lines_of_as_many_as_fit() {
    let lines = lines(&board(4, 0), &BoardFilter::default());
    let counts: Vec<usize> = lines
        .lines
        .iter()
        .map(|line| match line {
            BoardLine::Cards { shots, .. } => shots.len(),
            _ => 0,
        })
        .collect();
    assert_eq!(counts, [0, 0, 3, 1, 0]);
    assert_eq!(lines.tops, [0, 50, 90, 290, 490, 530]);
    assert_eq!(lines.shots.len(), 4);
}

#[test]
fn each_line_has_a_key_of_its_own() {
    let lines = lines(&board(2_000, 1_000), &BoardFilter::default());
    assert_eq!(lines.places.len(), lines.lines.len());
}

#[test]
fn of_a_large_board_only_what_is_near_the_window_is_drawn() {
    let lines = lines(&board(3_000, 0), &BoardFilter::default());
    let drawn = lines.drawn(50_000, 800);
    assert!(drawn.end - drawn.first < 16, "{drawn:?}");
    let total = *lines.tops.last().unwrap();
    let height: u64 = lines.tops[drawn.end] - lines.tops[drawn.first];
    assert_eq!(drawn.above + height + drawn.below, total, "the page is as long as if all were drawn");
    assert!(drawn.above <= 50_000 && drawn.above + height >= 50_800, "the window is filled");
}

#[test]
fn a_filter_hides_scenes_without_results() {
    let board = board(1, 2);
    let filter = BoardFilter { text: "EVEN".into(), ..BoardFilter::default() };
    let found = lines(&board, &filter);
    assert_eq!(found.shots, [ShotId(Uuid::from_u128(2_002))]);
    assert_eq!(found.lines.len(), 3, "the chapter, the scene with the result, and its card");
    let nothing = lines(&board, &BoardFilter { text: "nothing".into(), ..BoardFilter::default() });
    assert!(nothing.lines.is_empty());
}

#[test]
fn arrows_go_from_card_to_card() {
    let lines = lines(&board(4, 2), &BoardFilter::default());
    let shot = |number: u128| ShotId(Uuid::from_u128(number));
    assert_eq!(lines.beside(shot(1_003), 1, 0), Some(shot(1_004)));
    assert_eq!(lines.beside(shot(1_001), -1, 0), None);
    assert_eq!(lines.beside(shot(1_003), 0, 1), Some(shot(1_004)), "the last of a shorter line");
    assert_eq!(lines.beside(shot(1_004), 0, 1), Some(shot(2_001)), "into the next scene");
}
