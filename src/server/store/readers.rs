//! The connections that read: each answers one question at a time, and none waits for the writer.

use std::path::Path;

use parking_lot::{Condvar, Mutex};
use proto::limits;
use rusqlite::Connection;

use super::{StoreError, schema};

pub(super) struct Readers {
    connections: Mutex<Connections>,
    returned: Condvar,
    number: usize,
}

struct Connections {
    free: Vec<Connection>,
    in_use: usize,
    is_closed: bool,
}

impl Readers {
    /// As many as there are processors, and at most [`limits::STORE_READERS`]; at least two, so that a long question does not delay all others.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let number = std::thread::available_parallelism().map_or(1, usize::from).clamp(2, limits::STORE_READERS);
        let free = (0..number).map(|_| schema::open_reader(path)).collect::<Result<_, _>>()?;
        Ok(Self { connections: Mutex::new(Connections { free, in_use: 0, is_closed: false }), returned: Condvar::new(), number })
    }

    /// How many questions are answered at the same time.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Waits for a free connection.
    ///
    /// # Errors
    /// `Closed`, and those of `read`.
    pub fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut connections = self.connections.lock();
        let connection = loop {
            if connections.is_closed {
                return Err(StoreError::Closed);
            }
            match connections.free.pop() {
                Some(connection) => break connection,
                None => self.returned.wait(&mut connections),
            }
        };
        connections.in_use += 1;
        drop(connections);
        let lent = Lent { readers: self, connection: Some(connection) };
        lent.connection.as_ref().map_or(Err(StoreError::Closed), read)
    }

    /// Closes all connections, when each has answered.
    pub fn close(&self) {
        let mut connections = self.connections.lock();
        connections.is_closed = true;
        self.returned.notify_all();
        while connections.in_use > 0 {
            self.returned.wait(&mut connections);
        }
        connections.free.clear();
    }
}

/// A connection that returns when this is dropped, also by a panic.
struct Lent<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut connections = self.readers.connections.lock();
        connections.in_use -= 1;
        connections.free.extend(self.connection.take());
        self.readers.returned.notify_all();
    }
}
