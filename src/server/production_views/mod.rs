//! Answers what the pages of productions ask, beside board and shot: one file for each page.

mod agents;
mod external;
mod service;
mod story;
mod whole;
