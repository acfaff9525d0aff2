//! Commands act once: one that comes again (its answer was lost, its page was reloaded, Darkroom restarted) is answered as it was the first
//! time.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::OnceCell;

use super::{
    clock::now,
    store::{CommandRecord, Store},
};
use proto::{ids::CommandId, limits};

/// Why a command was not carried out, in words for people.
pub type Outcome = Result<(), String>;

pub(super) struct Commands {
    store: Store,
    remembered: Mutex<Remembered>,
}

/// The newest [`limits::REMEMBERED_COMMANDS`].
#[derive(Default)]
struct Remembered {
    known: HashMap<CommandId, Arc<OnceCell<Outcome>>>,
    oldest_first: VecDeque<CommandId>,
}

impl Remembered {
    fn outcome(&mut self, id: CommandId) -> Arc<OnceCell<Outcome>> {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        if self.oldest_first.len() >= limits::REMEMBERED_COMMANDS
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.oldest_first.push_back(id);
        self.known.entry(id).or_default().clone()
    }
}

impl Commands {
    /// `earlier`: those of an earlier life, oldest first.
    pub fn new(store: Store, earlier: Vec<CommandRecord>) -> Self {
        let mut remembered = Remembered::default();
        for CommandRecord { id, error, .. } in earlier {
            // A new cell takes what it is given.
            let _ = remembered.outcome(id).set(error.map_or(Ok(()), Err));
        }
        Self { store, remembered: Mutex::new(remembered) }
    }

    /// Runs `act` if no command with this `id` came before; else waits for what came of that one. What was begun is brought to its end,
    /// also when nobody waits any more. When this returns, what was done is on disk, if the disk takes it.
    pub async fn once(&self, id: CommandId, act: impl Future<Output = Outcome> + Send + 'static) -> Outcome {
        let outcome = self.remembered.lock().outcome(id);
        let store = self.store.clone();
        let done = tokio::spawn(async move {
            let first = async {
                let outcome = act.await;
                store.carried(CommandRecord { id, error: outcome.clone().err(), at: now() });
                let _ = store.flush().await;
                outcome
            };
            outcome.get_or_init(|| first).await.clone()
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

    fn open(folder: &std::path::Path) -> Commands {
        let (store, kept) = Store::open(folder, Retention::default()).unwrap();
        Commands::new(store, kept.commands)
    }

    #[tokio::test]
    async fn a_command_acts_once_and_is_answered_the_same_in_every_life() {
        let folder = tempfile::tempdir().unwrap();
        let acted = Arc::new(AtomicU32::new(0));
        let act = |outcome: Outcome| {
            let acted = acted.clone();
            async move {
                tokio::task::yield_now().await;
                acted.fetch_add(1, Ordering::Relaxed);
                outcome
            }
        };
        let (well, badly) = (CommandId(Uuid::from_u128(1)), CommandId(Uuid::from_u128(2)));
        let why = Err("This task is over.".to_owned());
        let commands = open(folder.path());
        // At the same time, and again.
        let both = tokio::join!(commands.once(well, act(Ok(()))), commands.once(well, act(Ok(()))));
        assert_eq!(both, (Ok(()), Ok(())));
        assert_eq!(commands.once(badly, act(why.clone())).await, why);
        assert_eq!(commands.once(badly, act(Ok(()))).await, why);
        assert_eq!(acted.load(Ordering::Relaxed), 2);
        drop(commands);

        let commands = open(folder.path());
        assert_eq!(commands.once(well, act(Err("again".into()))).await, Ok(()));
        assert_eq!(commands.once(badly, act(Ok(()))).await, why);
        assert_eq!(acted.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn what_was_begun_is_brought_to_its_end_although_who_asked_went_away() {
        let folder = tempfile::tempdir().unwrap();
        let commands = Arc::new(open(folder.path()));
        let id = CommandId(Uuid::from_u128(3));
        let (go, gone) = tokio::sync::oneshot::channel();
        let asked = tokio::spawn({
            let commands = commands.clone();
            async move { commands.once(id, async { gone.await.map_err(|_| "lost".to_owned()) }).await }
        });
        tokio::task::yield_now().await;
        asked.abort();
        go.send(()).unwrap();
        assert_eq!(commands.once(id, async { Err("acted twice".into()) }).await, Ok(()));
    }

    #[test]
    fn only_so_many_are_remembered() {
        let mut remembered = Remembered::default();
        for number in 0..limits::REMEMBERED_COMMANDS as u128 + 5 {
            remembered.outcome(CommandId(Uuid::from_u128(number)));
        }
        assert_eq!(remembered.known.len(), limits::REMEMBERED_COMMANDS);
        assert!(!remembered.known.contains_key(&CommandId(Uuid::from_u128(4))));
    }
}
