mod built;
mod pictures;
mod recorded;
