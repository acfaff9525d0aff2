//! `GET /object_info`: the node classes of a ComfyUI, and what each of their inputs accepts.
//!
//! The shapes are those of ComfyUI 0.3.64 and 0.8.0 (`comfy_api/latest/_io.py`, `nodes.py`), and what older and custom nodes send. The text has
//! several megabytes; it is decoded class by class, so that one class that cannot be read hides no other, and only one is in memory as JSON.

mod class;
mod classes;
mod input;
mod pool;
mod read;
#[cfg(test)]
mod tests;

pub use class::{NodeClass, Output};
pub use classes::Catalog;
pub use input::{
    AfterRun, Autogrow, AutogrowNames, DynamicOption, Input, InputKind, LinkUse, NumberRange, RemoteChoices, UploadKind, UploadTarget,
};
pub use pool::{Availability, PoolClass, pool_class};
