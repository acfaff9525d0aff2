//! The mutex of state that many connections share. It is parking_lot's, except in tests with the feature `shuttle`: there the test's scheduler decides
//! which thread runs after each lock, and so tries rare interleavings (`tracker/tests/schedules.rs`).

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
