//! The mask as a file to send.

use gloo_timers::future::TimeoutFuture;
use proto::mask::{PixelBox, PngWriter, TILE};

use super::state::handle;
use crate::components::mask_editor::model::MaskEditorModel;

/// Written in bands of a tile's height, with a pause after each, so that the page stays responsive.
pub(crate) async fn mask_file(model: MaskEditorModel) -> Option<Vec<u8>> {
    let handle = handle(model)?;
    let mask = {
        let mut driver = handle.0.borrow_mut();
        driver.finish_input();
        // What is painted from now on belongs to the next run.
        driver.painting.mask().clone()
    };
    let (width, height) = (mask.width(), mask.height());
    let mut writer = PngWriter::new(width, height);
    let mut top = 0;
    while top < height {
        let band = PixelBox { left: 0, top, right: width, bottom: (top + TILE).min(height) };
        let mut pixels = vec![0; width as usize * band.height() as usize];
        mask.read(band, &mut pixels);
        writer.rows(&pixels);
        top += TILE;
        TimeoutFuture::new(0).await;
    }
    Some(writer.finish())
}
