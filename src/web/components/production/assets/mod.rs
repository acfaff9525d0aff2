//! The page of the assets: characters, styles, locations, props and sounds, what prompts get from each, and in which shots they are.

mod asset_draft;
mod asset_form;
mod card;
mod page;
mod trash;
mod usage;

pub(super) use page::assets_view;
