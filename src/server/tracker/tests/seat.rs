//! A ComfyUI as the queue sees it.

use std::sync::Arc;

use crate::tracker::{PoolSeat, SeatSocket};
use proto::comfy::Catalog;

/// One that is connected and takes tasks.
pub(super) fn open_seat(id: &str, catalog: Catalog) -> PoolSeat {
    PoolSeat {
        id: id.into(),
        open: true,
        takes_tasks: true,
        stuck: false,
        trouble: None,
        socket: SeatSocket::Open,
        foreign: 0,
        catalog: Arc::new(catalog),
    }
}
