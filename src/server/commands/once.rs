//! Carries each command out once: a repetition (the answer was lost, the page was reloaded, Darkroom restarted) gets the result of the first
//! time.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::{
    clock::now,
    store::{CommandRecord, Store},
};
use proto::{ids::CommandId, limits};

/// The error is for people.
type CommandResult = Result<(), String>;

pub(super) struct OncePerId {
    store: Store,
    results: Mutex<Results>,
}

/// Of the newest [`limits::REMEMBERED_COMMANDS`] commands.
#[derive(Default)]
struct Results {
    by_id: HashMap<CommandId, Arc<OnceCell<CommandResult>>>,
    oldest_first: VecDeque<CommandId>,
}

impl Results {
    fn cell(&mut self, id: CommandId) -> Arc<OnceCell<CommandResult>> {
        if let Some(cell) = self.by_id.get(&id) {
            return cell.clone();
        }
        if self.oldest_first.len() >= limits::REMEMBERED_COMMANDS
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        self.oldest_first.push_back(id);
        self.by_id.entry(id).or_default().clone()
    }
}

impl OncePerId {
    /// `earlier`: commands from before the start, oldest first.
    pub(super) fn new(store: Store, earlier: Vec<CommandRecord>) -> Self {
        let mut results = Results::default();
        for CommandRecord { id, error, .. } in earlier {
            // Cannot fail: the cell is new.
            let _ = results.cell(id).set(error.map_or(Ok(()), Err));
        }
        Self { store, results: Mutex::new(results) }
    }

    /// Runs `act` if no command with this `id` came before, else waits for the result of that one. `act` runs to its end even if this future is
    /// dropped. The result is on disk when this returns, unless the disk cannot be written.
    pub(super) async fn run(&self, id: CommandId, act: impl Future<Output = CommandResult> + Send + 'static) -> CommandResult {
        let cell = self.results.lock().cell(id);
        let store = self.store.clone();
        let done = tokio::spawn(async move {
            let first = async {
                let result = act.await;
                store.keep_command(CommandRecord { id, error: result.clone().err(), at: now() });
                let _ = store.flush().await;
                result
            };
            cell.get_or_init(|| first).await.clone()
        });
        done.await.unwrap_or_else(|_| Err("Darkroom is stopping. Try again in a moment.".into()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use uuid::Uuid;

    use super::*;
    use crate::config::Retention;

    fn open(folder: &std::path::Path) -> OncePerId {
        let (store, kept) = Store::open(folder, Retention::default()).unwrap();
        OncePerId::new(store, kept.commands)
    }

    #[tokio::test]
    async fn a_command_acts_once_and_has_the_same_result_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let acted = Arc::new(AtomicU32::new(0));
        let act = |outcome: CommandResult| {
            let acted = acted.clone();
            async move {
                tokio::task::yield_now().await;
                acted.fetch_add(1, Ordering::Relaxed);
                outcome
            }
        };
        let (good, bad) = (CommandId(Uuid::from_u128(1)), CommandId(Uuid::from_u128(2)));
        let why = Err("This task is over.".to_owned());
        let commands = open(folder.path());
        // Two at the same time, then a repetition.
        let (first, second) = tokio::join!(commands.run(good, act(Ok(()))), commands.run(good, act(Ok(()))));
        assert_eq!(first, Ok(()));
        assert_eq!(second, Ok(()));
        assert_eq!(commands.run(bad, act(why.clone())).await, why);
        assert_eq!(commands.run(bad, act(Ok(()))).await, why);
        assert_eq!(acted.load(Ordering::Relaxed), 2);
        drop(commands);

        let commands = open(folder.path());
        assert_eq!(commands.run(good, act(Err("again".into()))).await, Ok(()));
        assert_eq!(commands.run(bad, act(Ok(()))).await, why);
        assert_eq!(acted.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_command_is_completed_although_its_caller_went_away() {
        let folder = tempfile::tempdir().unwrap();
        let commands = Arc::new(open(folder.path()));
        let id = CommandId(Uuid::from_u128(3));
        let (go, gone) = tokio::sync::oneshot::channel();
        let asked = tokio::spawn({
            let commands = commands.clone();
            async move { commands.run(id, async { gone.await.map_err(|_| "lost".to_owned()) }).await }
        });
        tokio::task::yield_now().await;
        asked.abort();
        go.send(()).unwrap();
        assert_eq!(commands.run(id, async { Err("acted twice".into()) }).await, Ok(()));
    }

    #[test]
    fn the_number_of_remembered_commands_is_limited() {
        let mut results = Results::default();
        for number in 0..limits::REMEMBERED_COMMANDS as u128 + 5 {
            results.cell(CommandId(Uuid::from_u128(number)));
        }
        assert_eq!(results.by_id.len(), limits::REMEMBERED_COMMANDS);
        assert!(!results.by_id.contains_key(&CommandId(Uuid::from_u128(4))));
    }
}
