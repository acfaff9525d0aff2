//! The lock around state shared by many connections. Normally parking_lot's; with the feature `shuttle`, a test schedules the threads at
//! every lock, and so tries rare interleavings (`tracker/tests/schedules.rs`).

#[cfg(not(all(test, feature = "shuttle")))]
pub use parking_lot::Mutex;

#[cfg(all(test, feature = "shuttle"))]
pub use scheduled::Mutex;

#[cfg(all(test, feature = "shuttle"))]
mod scheduled {
    use std::sync::PoisonError;

    use shuttle::sync::MutexGuard;

    #[derive(Default)]
    pub struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Self {
            Self(shuttle::sync::Mutex::new(value))
        }

        pub fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
