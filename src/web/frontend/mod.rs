//! The pages as the server mounts them: rendered documents, their forms without JavaScript, built files, and the sign-in pages.

mod assets;
mod edits;
mod gallery;
mod pages;
mod policy;
mod production;
mod production_form;
mod routes;
mod sign_in;
mod start;

pub use routes::Pages;
