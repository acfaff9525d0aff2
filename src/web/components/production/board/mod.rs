//! The board of a project: chapters as lanes, scenes as rows, shots as cards.

mod add;
mod card;
mod card_state;
mod chapter;
mod drag;
mod filter;
mod head;
mod lines;
mod list;
mod model;
mod moves;
mod page;
mod rename;
mod scene;
mod toolbar;
mod trash;
mod window;

pub(super) use page::BoardPage;
