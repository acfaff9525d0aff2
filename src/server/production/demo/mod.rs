//! A production to look around in, of which every page shows something at once.

mod play;
mod script;
mod seed;

pub use play::run_demo_production;
