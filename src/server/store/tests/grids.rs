use proto::{ids::GridId, time::Timestamp};
use uuid::Uuid;

use super::{open, stored, task};
use crate::store::{Added, CellKey, Origin, Stored, StoredCellState, StoredGrid};

fn grid(number: u128, created_at: u64) -> StoredGrid {
    StoredGrid { id: GridId(Uuid::from_u128(number)), spec: "{}".into(), paused: false, priority: 0, created_at: Timestamp(created_at) }
}

#[tokio::test]
async fn a_cell_has_its_task_from_the_moment_the_task_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let (first, second) = (grid(1, 5), grid(2, 9));
    assert!(store.add_grid(second.clone(), vec!["[\"z\"]".into()]).await.unwrap());
    assert!(store.add_grid(first.clone(), vec!["[\"a\"]".into(), "[\"b\"]".into(), "[\"a\"]".into()]).await.unwrap());
    let (next, cell) = store.next_cell().await.unwrap().unwrap();
    assert_eq!((next, cell.number, cell.values), (first.clone(), 0, vec!["a".to_owned()]));

    let key = CellKey { grid: first.id, number: 0 };
    let new = task("cell", 7);
    let origin = Origin { cell: Some(key), ..Origin::default() };
    assert_eq!(store.add(Stored { origin, ..stored(new.clone()) }, None).await.unwrap(), Added::New);
    let (_, cells) = store.grid(first.id).await.unwrap().unwrap();
    let states: Vec<_> = cells.iter().map(|cell| (cell.state, cell.task)).collect();
    assert_eq!(states, [(StoredCellState::Submitted, Some(new.id)), (StoredCellState::Waiting, None)]);
    assert_eq!(store.grid_tasks(first.id).await.unwrap().len(), 1);
    assert_eq!(store.next_cell().await.unwrap().unwrap().1.number, 1);

    store.refuse_cell(CellKey { number: 1, ..key }, "no".into()).await.unwrap();
    assert_eq!(store.next_cell().await.unwrap().unwrap().0.id, second.id);
    store.pause_grid(second.id, true).await.unwrap();
    assert_eq!(store.next_cell().await.unwrap(), None);

    store.repeat_cells(first.id, vec![(0, vec![("seed".into(), "9".into())])]).await.unwrap();
    let again = store.next_cell().await.unwrap().unwrap().1;
    assert_eq!((again.number, again.again, again.task, again.more), (0, 1, None, vec![("seed".to_owned(), "9".to_owned())]));
    assert!(store.change_grid(first.id, "{\"more\":1}".into(), vec!["[\"b\"]".into(), "[\"c\"]".into()]).await.unwrap());
    let (changed, cells) = store.grid(first.id).await.unwrap().unwrap();
    assert_eq!(changed.spec, "{\"more\":1}");
    assert_eq!(cells.iter().map(|cell| cell.number).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(cells[1].message.as_deref(), Some("no"), "a cell that is there stays as it is");

    store.link_cell(key, new.id).await.unwrap();
    store.forget(new.id);
    store.flush().await.unwrap();
    let (_, cells) = store.grid(first.id).await.unwrap().unwrap();
    assert_eq!((cells[0].state, cells[0].task), (StoredCellState::Submitted, None), "a task that was removed");
    store.cancel_cells(first.id).await.unwrap();
    let counts = store.grids().await.unwrap();
    assert_eq!(counts.iter().map(|(grid, _)| grid.id).collect::<Vec<_>>(), [second.id, first.id]);
    assert_eq!(
        counts[1].1.iter().map(|count| (count.state, count.cells)).collect::<Vec<_>>(),
        [(StoredCellState::Cancelled, 1), (StoredCellState::Refused, 1), (StoredCellState::Submitted, 1),]
    );
    assert!(store.remove_grid(first.id).await.unwrap());
    assert!(!store.remove_grid(first.id).await.unwrap());
    assert_eq!(store.grid(first.id).await.unwrap(), None);
}
