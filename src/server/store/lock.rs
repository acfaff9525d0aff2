//! One Darkroom per data folder. Two would send the same tasks twice.

use std::{
    fs::{File, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::StoreError;

/// A lock held while the file is open. The operating system releases it however the process ends.
pub(super) struct FolderLock(#[expect(dead_code, reason = "held, not read")] File);

/// A process that was just killed may still hold its lock briefly.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

impl FolderLock {
    /// # Errors
    /// [`StoreError::InUse`] when another Darkroom keeps holding the lock, or the file cannot be created.
    pub fn acquire(folder: &Path) -> Result<Self, StoreError> {
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(folder.join("darkroom.lock"))?;
        let until = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(error.into()),
                Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    let _ = file.read_to_string(&mut holder);
                    return Err(StoreError::InUse { folder: folder.into(), pid: holder.trim().parse().ok() });
                }
            }
        }
        // The content is only used in the message above, so a full disk must not prevent the start.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self(file))
    }
}
