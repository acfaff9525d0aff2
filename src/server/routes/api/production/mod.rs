//! `/api/projects`, `/api/structures` and `/api/agents`: productions for programs. Each file answers one question.

pub(super) mod agents;
mod errors;
pub(super) mod events;
pub(super) mod export;
pub(super) mod generate;
pub(super) mod narrative;
mod object_body;
mod object_routes;
pub(super) mod objects;
mod paths;
pub(super) mod projects;
pub(super) mod prompt;
pub(super) mod shapes;
pub(super) mod stream;
pub(super) mod structures;
pub(super) mod takes;
pub(super) mod usage;
mod version;
pub(super) mod webhooks;
