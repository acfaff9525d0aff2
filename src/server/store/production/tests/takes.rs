//! Takes of nodes, and the tasks that make them.

use proto::{
    production::{NodeStatus, Take, TakeReview, TakeState},
    task::{Output, OutputContent, OutputKind, Task, TaskError, TaskState},
};

use super::*;
use crate::store::{
    Added, Origin, Stored, TakeEnd, TakeQuery,
    tests::{open, over, stored, task},
};

impl Store {
    /// A task that makes a take.
    async fn begin(&self, film: &Film, number: u64) -> Task {
        let new = task(&format!("take {number}"), number);
        let origin = Origin { take: Some(new_take(film)), ..Origin::default() };
        assert_eq!(self.add(Stored { origin, ..stored(new.clone()) }, None).await.unwrap(), Added::New);
        new
    }

    async fn end(&self, task: Task, state: TaskState) {
        let mut task = over(task, 50);
        task.state = state;
        if state == TaskState::Failed {
            task.error = Some(TaskError::plain("CUDA ran out of memory"));
        }
        task.outputs.push(Output {
            id: 0,
            node: "9".into(),
            kind: OutputKind::Image,
            temporary: false,
            content: OutputContent::File { filename: "a_00001_.WEBP".into(), subfolder: String::new(), folder: "output".into() },
            storage: Default::default(),
            outside: None,
        });
        self.keep_now(&task).await.unwrap();
    }

    async fn takes_of(&self, film: &Film) -> Vec<Take> {
        let query = TakeQuery { node: Some(film.node.node_id.clone()), limit: 100, ..TakeQuery::default() };
        self.takes(film.project.id, query).await.unwrap().takes
    }
}

/// How many takes are told with the state of a node that generates, or did.
fn takes_told(record: &ProductionRecord) -> Option<usize> {
    match &record.event {
        ProductionEvent::NodeStateChanged { node, takes } if node.run.last_take_number > 0 => Some(takes.len()),
        _ => None,
    }
}

#[tokio::test]
async fn a_task_is_a_take_from_the_moment_it_is_stored_until_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Takes").await;
    let after = store.newest().await;
    let first = store.begin(&film, 10).await;
    let node = store.node(&film).await;
    assert_eq!((node.run.status, node.run.last_take_number, node.run.current_take), (NodeStatus::Generating, 1, None));
    assert_eq!(store.names(film.project.id, after).await, ["take.created", "generation.started", "node.state_changed"]);
    drop(store);
    // The process died; the task goes on.
    let (store, _) = open(folder.path());
    let after = store.newest().await;
    store.end(first.clone(), TaskState::Completed).await;
    let [take] = store.takes_of(&film).await.try_into().unwrap();
    assert_eq!((take.take_number, take.state, take.task_id, take.finished_at), (1, TakeState::Completed, first.id, Some(at(50))));
    assert_eq!(take.path, "03_Renders/S001/P001/S001_P001_T001.webp");
    assert_eq!(take.thumbnail, Some(format!("/api/tasks/{}/outputs/0?thumb=320", first.id)));
    assert_eq!((take.seed, take.quality_preset), (Some(u64::MAX), QualityPreset::Low));
    let node = store.node(&film).await;
    assert_eq!((node.run.status, node.run.current_take, node.run.take_count), (NodeStatus::Completed, Some(1), 1));
    assert_eq!((node.run.output_path.as_ref(), node.run.thumbnail.as_ref()), (Some(&take.path), take.thumbnail.as_ref()));
    assert_eq!(store.names(film.project.id, after).await, ["take.updated", "node.state_changed", "generation.completed"]);
    assert_eq!(store.take_workflow(film.project.id, take.id).await.unwrap(), "{\"3\":{}}", "it is kept, whatever becomes of the task");
    let told: Vec<usize> = store.events_of(film.project.id, 0).await.iter().filter_map(takes_told).collect();
    assert_eq!(told, [0, 1], "the list of takes is told with a new one only");
    // The same state once more, as after a lost answer.
    store.end(first, TaskState::Completed).await;
    assert_eq!(store.names(film.project.id, after).await.len(), 3);
}

#[tokio::test]
async fn the_state_of_a_node_follows_from_its_tasks_in_whatever_order_they_end() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Order").await;
    let (first, second, third) = (store.begin(&film, 10).await, store.begin(&film, 11).await, store.begin(&film, 12).await);
    store.end(third, TaskState::Failed).await;
    assert_eq!(store.node(&film).await.run.status, NodeStatus::Generating, "two are live");
    store.end(first, TaskState::Completed).await;
    store.forget(second.id);
    store.flush().await.unwrap();
    let node = store.node(&film).await;
    assert_eq!((node.run.status, node.run.error.as_deref()), (NodeStatus::Error, Some("CUDA ran out of memory")));
    assert_eq!(node.run.current_take, Some(1));
    let states: Vec<_> = store.takes_of(&film).await.iter().map(|take| (take.take_number, take.state)).collect();
    assert_eq!(states, [(3, TakeState::Failed), (1, TakeState::Completed)], "a task that ComfyUI refused has no take");
    // Who throws the failed one away has seen it.
    let failed = store.takes_of(&film).await[0].id;
    store.trash_take(film.project.id, failed, None, true, at(60)).await.unwrap();
    let node = store.node(&film).await;
    assert_eq!((node.run.status, node.run.error), (NodeStatus::Completed, None));
    let next = store.begin(&film, 13).await;
    store.end(next, TaskState::Cancelled).await;
    assert_eq!(store.takes_of(&film).await[0].take_number, 4, "a number is not used again");
    assert_eq!(store.node(&film).await.run.status, NodeStatus::Completed);
}

#[tokio::test]
async fn a_finished_take_is_current_only_if_nobody_chose_another() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Choice").await;
    let project = film.project.id;
    let finish = async |number| {
        let task = store.begin(&film, number).await;
        store.end(task, TaskState::Completed).await;
        store.node(&film).await.run
    };
    assert_eq!(finish(10).await.current_take, Some(1));
    assert_eq!(finish(11).await.current_take, Some(2));
    let choose = async |number| store.choose_take(project, film.node.node_id.clone(), None, number, at(20)).await;
    let after = store.newest().await;
    assert!(choose(Some(1)).await.unwrap().run.chosen);
    assert_eq!(store.names(project, after).await, ["take.selected", "node.state_changed"]);
    let run = finish(12).await;
    assert_eq!((run.current_take, run.chosen, run.take_count), (Some(1), true, 3));
    assert_eq!(wrong_field(choose(Some(9)).await), "take_number");
    let first = store.takes_of(&film).await[2].id;
    store.trash_take(project, first, None, true, at(21)).await.unwrap();
    let run = store.node(&film).await.run;
    assert_eq!((run.current_take, run.chosen), (Some(3), false), "a choice in the trash is none");
    assert_eq!(wrong_field(choose(Some(1)).await), "take_number");
    store.trash_take(project, first, None, false, at(22)).await.unwrap();
    choose(Some(1)).await.unwrap();
    assert_eq!(choose(None).await.unwrap().run.current_take, Some(3));
    choose(Some(1)).await.unwrap();
    let follow = fields(json!({"follow_latest": true}));
    store.change_object::<ProductionNode>(project, "render".into(), None, follow, at(23)).await.unwrap();
    assert_eq!(store.node(&film).await.run.current_take, Some(1));
    assert_eq!(finish(13).await.current_take, Some(4), "it follows the latest");
}

#[tokio::test]
async fn people_review_takes_and_find_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Review").await;
    let project = film.project.id;
    for number in 0..5 {
        let task = store.begin(&film, number).await;
        store.end(task, TaskState::Completed).await;
    }
    let takes = store.takes_of(&film).await;
    let review = async |version, json| store.review_take(project, takes[0].id, version, fields(json), at(30)).await;
    let take = review(Some(2), json!({"review": "retake", "rating": 2, "note": "The door\nis red"})).await.unwrap();
    assert_eq!((take.fields.review, take.fields.rating, take.stamp.version), (TakeReview::Retake, 2, 3));
    let ProductionRefusal::Conflict { version: 3, changed: Some(changed), .. } = refusal(review(Some(2), json!({"rating": 3})).await)
    else {
        panic!()
    };
    assert_eq!(changed, ["rating", "review", "note"]);
    assert_eq!(wrong_field(review(None, json!({"rating": 6})).await), "rating");
    assert_eq!(wrong_field(review(None, json!({"state": "completed"})).await), "state");
    let list = async |query: TakeQuery| {
        let takes = store.takes(project, TakeQuery { limit: 100, ..query }).await.unwrap().takes;
        takes.iter().map(|take| take.take_number).collect::<Vec<_>>()
    };
    assert_eq!(list(TakeQuery { review: Some(TakeReview::Retake), ..TakeQuery::default() }).await, [5]);
    assert_eq!(list(TakeQuery { shot: Some(film.shot.id), before: Some(takes[2].id), ..TakeQuery::default() }).await, [2, 1]);
    store.trash_take(project, takes[1].id, None, true, at(31)).await.unwrap();
    assert_eq!(list(TakeQuery::default()).await, [5, 3, 2, 1]);
    assert_eq!(list(TakeQuery { in_trash: true, ..TakeQuery::default() }).await, [4]);
    let page = store.takes(project, TakeQuery { limit: 2, ..TakeQuery::default() }).await.unwrap();
    assert_eq!((page.takes.len(), page.next), (2, Some(takes[2].id)));
}

#[tokio::test]
async fn a_task_of_another_program_is_attached_and_ended_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("By hand").await;
    let task = task("elsewhere", 5);
    let take = store.attach_task(task.id, new_take(&film), at(5)).await.unwrap();
    assert_eq!(store.attach_task(task.id, new_take(&film), at(6)).await.unwrap(), take, "a task has one take");
    let end = TakeEnd { state: TakeState::Failed, output: None, has_thumbnail: false, error: Some("no frames".into()) };
    let ended = store.task_ended(task.id, end.clone(), at(7)).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.error.as_deref()), (TakeState::Failed, Some("no frames")));
    assert_eq!(store.task_ended(task.id, end, at(8)).await.unwrap(), None, "the hard limit of Celery tells it twice");
    let mut lost = new_take(&film);
    lost.node = node_id("nowhere");
    let other = crate::store::tests::task("other", 6).id;
    assert_eq!(refusal(store.attach_task(other, lost, at(9)).await), ProductionRefusal::Unknown("node"));
}

#[tokio::test]
async fn a_task_runs_also_when_its_node_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let film = store.film("Gone").await;
    store.trash_object::<ProductionNode>(film.project.id, "render".into(), None, at(2)).await.unwrap();
    let task = store.begin(&film, 10).await;
    assert_eq!(store.read(task.id).await.unwrap().map(|stored| stored.task.id), Some(task.id));
    assert!(store.takes_of(&film).await.is_empty());
}
