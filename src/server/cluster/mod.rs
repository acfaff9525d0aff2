//! Several Darkrooms that share a database: one decides (the owner), each answers. What only the owner can answer is forwarded to it.

mod forwarded;
mod forwarder;
mod front;
mod pool;
mod tunnel;

pub use self::{
    forwarder::Forwarder,
    front::{Front, FrontPort},
};
