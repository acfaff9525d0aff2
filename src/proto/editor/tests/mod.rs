mod findings;
mod pages;
mod properties;
