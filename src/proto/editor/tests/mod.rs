mod findings;
mod pages;
mod properties;
mod written;
