//! The lock around what many connections share. Everywhere else it is parking_lot's; with the feature `shuttle`, a test decides which thread
//! goes on whenever one takes it, and so tries orders of events that a machine shows once in a year (`tracker/tests/schedules.rs`).

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
