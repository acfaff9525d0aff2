//! The page of the agents: what each does, what it claims of the graphics memory beside what is measured, and to whom it gave its work.

mod card;
mod chains;
mod page;
mod vram;

pub(super) use page::agents_view;
