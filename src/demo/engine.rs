//! What the routes and the worker of one engine share.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use super::{Options, catalog::Catalog, files::Folders, pace::Pace, queue::Queue, sockets::Sockets};

pub(super) struct Engine {
    pub(super) catalog: Catalog,
    pub(super) folders: Folders,
    pub(super) pace: Pace,
    pub(super) queue: Queue,
    pub(super) sockets: Sockets,
    /// Set by POST /free: the worker empties its cache before the next prompt (fact 50).
    pub(super) free: AtomicBool,
}

impl Engine {
    /// # Errors
    /// When the folders cannot be made.
    pub(super) fn new(options: &Options) -> io::Result<Self> {
        Ok(Self {
            catalog: Catalog::new(options),
            folders: Folders::create(&options.dir)?,
            pace: Pace::new(options.speed),
            queue: Queue::default(),
            sockets: Sockets::default(),
            free: AtomicBool::new(false),
        })
    }

    /// Ends the worker: it drops what it runs and takes no more.
    pub(super) fn stop(&self) {
        self.queue.close();
        self.pace.interrupt();
    }

    pub(super) fn take_free(&self) -> bool {
        self.free.swap(false, Ordering::Relaxed)
    }
}

/// A random id, for prompts and sockets that came without one.
pub(super) fn random_id() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}
