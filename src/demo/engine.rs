//! State shared by the routes and the worker of one engine.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    catalog::Catalog,
    faults::{Executions, Orders, Wires},
    files::Folders,
    options::Options,
    pace::Pace,
    queue::Queue,
    sockets::Sockets,
};

pub(super) struct Engine {
    pub(super) catalog: Catalog,
    pub(super) folders: Folders,
    pub(super) pace: Pace,
    pub(super) queue: Queue,
    pub(super) sockets: Sockets,
    /// Set by POST /free: the worker empties its cache before the next prompt (fact 50).
    pub(super) free: AtomicBool,
    pub(super) executions: Executions,
    /// Faults that wait for their trigger.
    pub(super) orders: Arc<Orders>,
    pub(super) wires: Arc<Wires>,
    /// A fault may end the process.
    pub(super) own_process: bool,
    /// The route `POST /api/jobs/{id}/cancel` exists.
    pub(super) atomic_cancel: bool,
    /// See [`Options::previews`].
    pub(super) previews: bool,
}

impl Engine {
    /// # Errors
    /// When the folders cannot be made, or the file of executions cannot be opened.
    pub(super) fn new(options: &Options) -> io::Result<Self> {
        let orders = Arc::new(Orders::default());
        Ok(Self {
            catalog: Catalog::new(options),
            folders: Folders::create(&options.dir)?,
            pace: Pace::new(options.speed),
            queue: Queue::default(),
            sockets: Sockets::new(Arc::clone(&orders)),
            free: AtomicBool::new(false),
            executions: Executions::new(options.faults, options.executions.as_deref())?,
            orders,
            wires: Arc::default(),
            own_process: options.own_process,
            atomic_cancel: options.atomic_cancel,
            previews: options.previews,
        })
    }

    /// Stops the worker: it abandons the running prompt and takes no more.
    pub(super) fn stop(&self) {
        self.queue.close();
        self.pace.die();
    }

    pub(super) fn take_free(&self) -> bool {
        self.free.swap(false, Ordering::Relaxed)
    }
}
