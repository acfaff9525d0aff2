//! Pictures that people give, and edits of them: inpaint, outpaint, redraw, upscale.

mod pictures;
mod plain;
mod refusals;
mod runs;
mod sending;
mod starts;
mod support;
mod transparency;
