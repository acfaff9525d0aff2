//! Random sequences of operations: the store behaves as a map that survives restarts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Op {
    Add {
        key: Option<u8>,
        request: u8,
    },
    /// Index among all tasks ever added, and the new attempt.
    Keep(usize, u32),
    KeepNow(usize, u32),
    Finish(usize),
    Forget(usize),
    Flush,
    Reopen,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (proptest::option::of(0..3u8), 0..2u8).prop_map(|(key, request)| Op::Add { key, request }),
        4 => (any::<usize>(), 2..99u32).prop_map(|(which, attempt)| Op::Keep(which, attempt)),
        2 => (any::<usize>(), 2..99u32).prop_map(|(which, attempt)| Op::KeepNow(which, attempt)),
        1 => any::<usize>().prop_map(Op::Finish),
        3 => any::<usize>().prop_map(Op::Forget),
        1 => Just(Op::Flush),
        1 => Just(Op::Reopen),
    ]
}

#[derive(Default)]
struct Model {
    tasks: BTreeMap<TaskId, Task>,
    keys: BTreeMap<u8, (u8, TaskId)>,
    /// All tasks ever added, including forgotten ones.
    ever: Vec<Task>,
}

impl Model {
    fn add(&mut self, task: &Task, key: Option<u8>, request: u8) -> Added {
        if let Some((known_request, known)) = key.and_then(|key| self.keys.get(&key)) {
            return if *known_request == request { Added::Known(*known) } else { Added::Conflict };
        }
        self.keys.extend(key.map(|key| (key, (request, task.id))));
        self.tasks.insert(task.id, task.clone());
        self.ever.push(task.clone());
        Added::New
    }

    fn pick(&self, which: usize) -> Option<Task> {
        (!self.ever.is_empty())
            .then(|| self.ever[which % self.ever.len()].clone())
            .map(|task| self.tasks.get(&task.id).cloned().unwrap_or(task))
    }

    /// Returns whether the task exists.
    fn keep(&mut self, task: Task) -> bool {
        self.tasks.get_mut(&task.id).map(|known| *known = task).is_some()
    }

    fn forget(&mut self, id: TaskId) {
        self.tasks.remove(&id);
        self.keys.retain(|_, (_, task)| *task != id);
    }
}

async fn play(ops: Vec<Op>) {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let mut model = Model::default();
    // An old key would expire before the next start.
    let begin = crate::clock::now().0;
    for (at, op) in ops.into_iter().enumerate() {
        match op {
            Op::Add { key, request } => {
                let task = task("A cat", begin + at as u64);
                let expected = model.add(&task, key, request);
                let key = key.and_then(|key| Key::new(&key.to_string(), &[request]));
                assert_eq!(store.add(stored(task), key).await.unwrap(), expected);
            }
            Op::Keep(which, attempt) => {
                let Some(task) = model.pick(which) else { continue };
                let task = Task { attempt, ..task };
                store.keep(&task);
                model.keep(task);
            }
            Op::KeepNow(which, attempt) => {
                let Some(task) = model.pick(which) else { continue };
                let task = Task { attempt, ..task };
                assert_eq!(store.keep_now(&task).await.is_ok(), model.keep(task));
            }
            Op::Finish(which) => {
                let Some(task) = model.pick(which) else { continue };
                let task = over(task, begin + at as u64);
                store.keep(&task);
                model.keep(task);
            }
            Op::Forget(which) => {
                let Some(task) = model.pick(which) else { continue };
                store.forget(task.id);
                model.forget(task.id);
            }
            Op::Flush => {
                store.flush().await.unwrap();
                let listed = store.list(Filter::default(), None, 100).await.unwrap().tasks;
                let mut expected: Vec<Task> = model.tasks.values().map(Task::summary).collect();
                expected.sort_by_key(|task| std::cmp::Reverse((task.created_at, task.id)));
                assert_eq!(listed, expected);
            }
            Op::Reopen => {
                drop(store);
                let kept;
                (store, kept) = open(folder.path());
                let mut expected: Vec<Task> = model.tasks.values().cloned().collect();
                expected.sort_by_key(|task| (task.created_at, task.id));
                assert_eq!(kept.tasks, expected);
                for task in expected {
                    assert_eq!(kept.workflows.contains_key(&task.id), !task.state.is_final());
                }
            }
        }
        // On disk or queued for writing.
        for task in &model.ever {
            let found = store.read(task.id).await.unwrap();
            // A state stored after its task was forgotten is not on disk, and so is not read.
            assert_eq!(found.map(|stored| stored.task).as_ref(), model.tasks.get(&task.id));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_store_behaves_like_a_map_over_restarts(ops in proptest::collection::vec(op(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(play(ops));
    }
}
