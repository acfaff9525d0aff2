//! A whole grid as one picture: its cells with their labels, and what it is made of as a text in the file.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use futures::TryStreamExt;
use image::{Rgb, RgbImage, imageops};
use proto::{
    grid::{GridCell, GridCellState, GridSpec},
    ids::{GridId, TaskId},
    limits,
    task::Task,
};
use serde::Serialize;

use super::{
    error::GridError,
    library::{Grids, spec_of},
    text::{Alignment, TextPen},
};
use crate::media::decoded_at_most;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetFormat {
    Png,
    Webp,
}

/// Where a cell is in the picture, pixels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SheetPlace {
    pub values: Vec<String>,
    pub task: Option<TaskId>,
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// The text in the file.
#[derive(Serialize)]
struct SheetText<'a> {
    grid: GridId,
    spec: &'a GridSpec,
    cells: &'a [SheetPlace],
}

/// The keyword of that text in a PNG.
const KEYWORD: &str = "darkroom_grid";
/// Quality of the lossy encoder, of 100.
const QUALITY: f32 = 85.0;
const PAPER: Rgb<u8> = Rgb([250, 250, 250]);
const INK: Rgb<u8> = Rgb([28, 28, 30]);
const FAINT: Rgb<u8> = Rgb([96, 96, 100]);
const EMPTY: Rgb<u8> = Rgb([228, 228, 231]);
/// Between cells.
const GAP: u32 = 4;
/// The side of a cell of which there is no picture at all.
const EMPTY_SIDE: u32 = 256;
/// The shortest side that cells are scaled down to.
const LEAST_SIDE: u32 = 24;
/// Lines of a label.
const LINES: usize = 3;

impl Grids {
    /// The picture of a grid as the bytes of a file. Cells without a kept picture are drawn as empty.
    ///
    /// # Errors
    /// `Unknown`, `Sheet`, `Damaged` or `Store`.
    pub async fn sheet(&self, id: GridId, format: SheetFormat) -> Result<Vec<u8>, GridError> {
        let Ok(_permit) = self.sheets.acquire().await else { return Err(GridError::Stopping) };
        let (grid, cells) = self.stored(id).await?;
        let spec = spec_of(&grid)?;
        let tasks = self.tasks(&grid, &cells).await?;
        let cells = self.view(&grid, cells).await?.cells;
        let side = largest_side(&spec);
        let mut pictures = HashMap::new();
        for cell in &cells {
            let task = cell.task.and_then(|task| tasks.get(&task));
            if let (Some(task), Some(output)) = (task, cell.picture)
                && let Some(picture) = self.small_picture(task, output, side).await
            {
                pictures.insert(cell.number, picture);
            }
        }
        let drawing = tokio::task::spawn_blocking(move || {
            let (picture, places) = draw(&spec, &cells, &pictures)?;
            encode(&picture, format, &SheetText { grid: id, spec: &spec, cells: &places })
        });
        drawing.await.map_err(|_| GridError::Stopping)?
    }

    /// `None`: it is not kept, or cannot be read.
    async fn small_picture(&self, task: &Task, output: u32, side: u32) -> Option<RgbImage> {
        let file = self.media.file(task, output).await.filter(|file| file.bytes <= limits::THUMBNAIL_SOURCE)?;
        let bytes = async { self.media.read(&file, None).await.ok()?.try_collect::<Vec<Bytes>>().await.ok() }.await?.concat();
        tokio::task::spawn_blocking(move || decoded_at_most(&bytes, side).map(|picture| picture.into_rgb8())).await.ok().flatten()
    }
}

/// The longest side that a cell may have, so that all of them stay within the limits.
fn largest_side(spec: &GridSpec) -> u32 {
    let (columns, rows, sheets) = size(spec);
    // A part of the pixels is for labels.
    let by_pixels = (limits::GRID_SHEET_PIXELS as f64 * 0.8 / spec.cells().max(1) as f64).sqrt() as u32;
    let by_side = (limits::GRID_SHEET_SIDE * 4 / 5) / columns.max(rows * sheets).max(1);
    by_pixels.min(by_side.saturating_sub(GAP)).clamp(LEAST_SIDE, limits::GRID_SHEET_CELL)
}

/// The number of values on X, Y and Z.
fn size(spec: &GridSpec) -> (u32, u32, u32) {
    let values = |at: usize| spec.axes.get(at).map_or(1, |axis| u32::try_from(axis.values.len()).unwrap_or(u32::MAX));
    (values(0), values(1), values(2))
}

/// The measures of a sheet, pixels.
struct Layout {
    /// Of each cell.
    width: u32,
    height: u32,
    /// Left of the cells, for the labels of rows.
    left: u32,
    /// The title, and the labels of columns: once for each sheet.
    title: u32,
    heading: u32,
    columns: u32,
    rows: u32,
    sheets: u32,
}

impl Layout {
    fn of(spec: &GridSpec, pictures: &HashMap<u32, Arc<RgbImage>>, pen: &TextPen) -> Self {
        let longest = |side: fn(&RgbImage) -> u32| pictures.values().map(|picture| side(picture)).max();
        let empty = EMPTY_SIDE.min(largest_side(spec));
        let (columns, rows, sheets) = size(spec);
        let width = longest(RgbImage::width).unwrap_or(empty);
        let labels = spec.axes.get(1).into_iter().flat_map(|axis| &axis.values).map(|value| pen.width(value).ceil() as u32).max();
        let left = labels.map_or(GAP, |label| label.min(width.max(120)) + 3 * GAP);
        let sheet_line = if spec.axes.len() > 2 { pen.line_height() + GAP } else { 0 };
        let heading = pen.line_height() * LINES as u32 + 2 * GAP + sheet_line;
        let height = longest(RgbImage::height).unwrap_or(empty);
        Self { width, height, left, title: pen.line_height() + 3 * GAP, heading, columns, rows, sheets }
    }

    fn sheet_height(&self) -> u32 {
        self.heading + self.rows * (self.height + GAP)
    }

    fn whole(&self) -> (u32, u32) {
        (self.left + self.columns * (self.width + GAP), self.title + self.sheets * self.sheet_height())
    }

    fn place(&self, column: u32, row: u32, sheet: u32) -> (u32, u32) {
        let y = self.title + sheet * self.sheet_height() + self.heading + row * (self.height + GAP);
        (self.left + column * (self.width + GAP), y)
    }
}

fn draw(spec: &GridSpec, cells: &[GridCell], pictures: &HashMap<u32, RgbImage>) -> Result<(RgbImage, Vec<SheetPlace>), GridError> {
    let pictures: HashMap<u32, Arc<RgbImage>> = pictures.iter().map(|(cell, picture)| (*cell, Arc::new(picture.clone()))).collect();
    let widest = pictures.values().map(|picture| picture.width()).max().unwrap_or(EMPTY_SIDE);
    let text_height = (widest.min(largest_side(spec)) as f32 / 12.0).clamp(13.0, 28.0);
    let pen = TextPen::new(text_height).ok_or_else(|| GridError::Sheet("the font cannot be read".into()))?;
    let layout = Layout::of(spec, &pictures, &pen);
    let (width, height) = layout.whole();
    let mut sheet = RgbImage::from_pixel(width, height, PAPER);
    draw_labels(&mut sheet, spec, &layout, &pen);
    let mut places = Vec::with_capacity(cells.len());
    for cell in cells {
        let Some([column, row, depth]) = position(spec, cell) else { continue };
        let (x, y) = layout.place(column, row, depth);
        let (mut left, mut top, mut side) = (x, y, (layout.width, layout.height));
        match pictures.get(&cell.number) {
            Some(picture) => {
                side = picture.dimensions();
                (left, top) = (x + (layout.width - side.0) / 2, y + (layout.height - side.1) / 2);
                imageops::replace(&mut sheet, &**picture, left.into(), top.into());
            }
            None => draw_empty(&mut sheet, (x, y), &layout, cell.state, &pen),
        }
        places.push(SheetPlace { values: cell.values.clone(), task: cell.task, x: left, y: top, width: side.0, height: side.1 });
    }
    Ok(within_limits(sheet, places))
}

/// The place of a cell on each axis. `None`: the axes do not have its values.
fn position(spec: &GridSpec, cell: &GridCell) -> Option<[u32; 3]> {
    let mut places = [0; 3];
    for ((axis, value), place) in spec.axes.iter().zip(&cell.values).zip(&mut places) {
        *place = u32::try_from(axis.values.iter().position(|known| known == value)?).ok()?;
    }
    Some(places)
}

fn draw_labels(sheet: &mut RgbImage, spec: &GridSpec, layout: &Layout, pen: &TextPen) {
    let gap = GAP as f32;
    let whole = sheet.width() as f32 - 2.0 * gap;
    let axes: Vec<&str> = spec.axes.iter().map(|axis| axis.label.as_str()).collect();
    let title = pen.wrapped(&format!("{} ({})", spec.name, axes.join(" × ")), whole, 1);
    pen.draw(sheet, &title, (gap, gap), Alignment::Left, INK);
    for depth in 0..layout.sheets {
        let top = (layout.title + depth * layout.sheet_height()) as f32;
        if let Some((axis, value)) = spec.axes.get(2).and_then(|axis| Some((axis, axis.values.get(depth as usize)?))) {
            pen.draw(sheet, &pen.wrapped(&format!("{}: {value}", axis.label), whole, 1), (gap, top), Alignment::Left, INK);
        }
        let bottom = (layout.title + depth * layout.sheet_height() + layout.heading - GAP) as f32;
        for (column, value) in (0..).zip(spec.axes.first().map(|axis| axis.values.as_slice()).unwrap_or_default()) {
            let lines = pen.wrapped(value, layout.width as f32, LINES);
            let top = bottom - (lines.len() as u32 * pen.line_height()) as f32;
            let middle = layout.place(column, 0, depth).0 as f32 + layout.width as f32 / 2.0;
            pen.draw(sheet, &lines, (middle, top), Alignment::Centre, INK);
        }
        for (row, value) in (0..).zip(spec.axes.get(1).map(|axis| axis.values.as_slice()).unwrap_or_default()) {
            let lines = pen.wrapped(value, (layout.left - 2 * GAP) as f32, (layout.height / pen.line_height()).max(1) as usize);
            let middle = layout.place(0, row, depth).1 as f32 + layout.height as f32 / 2.0;
            let top = middle - (lines.len() as u32 * pen.line_height()) as f32 / 2.0;
            pen.draw(sheet, &lines, ((layout.left - GAP) as f32, top), Alignment::Right, INK);
        }
    }
}

fn draw_empty(sheet: &mut RgbImage, (x, y): (u32, u32), layout: &Layout, state: GridCellState, pen: &TextPen) {
    for dy in 0..layout.height {
        for dx in 0..layout.width {
            sheet.put_pixel(x + dx, y + dy, EMPTY);
        }
    }
    let word = match state {
        GridCellState::Waiting | GridCellState::Queued => "waiting",
        GridCellState::Running => "running",
        GridCellState::Completed => "not kept",
        GridCellState::Failed => "failed",
        GridCellState::Cancelled => "cancelled",
        GridCellState::Refused => "refused",
        GridCellState::Removed => "removed",
    };
    let lines = pen.wrapped(word, layout.width as f32, 1);
    let middle = (x as f32 + layout.width as f32 / 2.0, (y + layout.height / 2) as f32 - pen.line_height() as f32 / 2.0);
    pen.draw(sheet, &lines, middle, Alignment::Centre, FAINT);
}

/// Scales the whole down if labels made it larger than the limits.
fn within_limits(sheet: RgbImage, mut places: Vec<SheetPlace>) -> (RgbImage, Vec<SheetPlace>) {
    let (width, height) = (f64::from(sheet.width()), f64::from(sheet.height()));
    let by_pixels = (limits::GRID_SHEET_PIXELS as f64 / (width * height)).sqrt();
    let scale = by_pixels.min(f64::from(limits::GRID_SHEET_SIDE) / width.max(height));
    if scale >= 1.0 {
        return (sheet, places);
    }
    let scaled = |length: u32| (f64::from(length) * scale).floor() as u32;
    let smaller = imageops::thumbnail(&sheet, scaled(sheet.width()).max(1), scaled(sheet.height()).max(1));
    for place in &mut places {
        (place.x, place.y) = (scaled(place.x), scaled(place.y));
        (place.width, place.height) = (scaled(place.width), scaled(place.height));
    }
    (smaller, places)
}

fn encode(sheet: &RgbImage, format: SheetFormat, text: &SheetText) -> Result<Vec<u8>, GridError> {
    let failed = |why: String| GridError::Sheet(why);
    if format == SheetFormat::Webp {
        let pixels = webp::Encoder::from_rgb(sheet.as_raw(), sheet.width(), sheet.height()).encode_simple(false, QUALITY);
        return pixels.map(|bytes| bytes.to_vec()).map_err(|error| failed(format!("WebP: {error:?}")));
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, sheet.width(), sheet.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let json = serde_json::to_string(text).map_err(|error| failed(error.to_string()))?;
    encoder.add_itxt_chunk(KEYWORD.into(), json).map_err(|error| failed(error.to_string()))?;
    let mut writer = encoder.write_header().map_err(|error| failed(error.to_string()))?;
    writer.write_image_data(sheet.as_raw()).map_err(|error| failed(error.to_string()))?;
    writer.finish().map_err(|error| failed(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proto::{grid::GridAxis, submit::Submission};

    use super::*;

    fn spec(x: usize, y: usize, z: usize) -> GridSpec {
        let axis = |label: &str, count: usize| GridAxis {
            field: label.into(),
            label: label.into(),
            values: (0..count).map(|value| format!("{label} {value}")).collect(),
            ..GridAxis::default()
        };
        let axes = [("X", x), ("Y", y), ("Z", z)].into_iter().filter(|(_, count)| *count > 0).map(|(label, count)| axis(label, count));
        GridSpec { name: "Sheet".into(), base: Submission::TextToImage(Default::default()), axes: axes.collect() }
    }

    fn cells(spec: &GridSpec) -> Vec<GridCell> {
        let axes: Vec<_> = spec.axes.iter().map(|axis| (axis.values.len(), proto::grid::AxisWeight::Other)).collect();
        let cell = |(number, places): (u32, Vec<usize>)| GridCell {
            number,
            values: spec.values(&places),
            state: GridCellState::Completed,
            task: None,
            again: 0,
            picture: None,
            message: None,
        };
        (0..).zip(proto::grid::order_cells(&axes)).map(cell).collect()
    }

    /// Each cell's picture is at its place, however many axes there are and whatever the pictures' sizes.
    #[test]
    fn every_picture_is_at_its_place_and_nothing_overlaps() {
        for (x, y, z) in [(1, 0, 0), (3, 0, 0), (2, 3, 0), (2, 2, 2)] {
            let spec = spec(x, y, z);
            let cells = cells(&spec);
            let colour = |number: u32| Rgb([40 + 20 * number as u8, 200 - 20 * number as u8, 90]);
            let picture = |cell: &GridCell| RgbImage::from_pixel(40 + 8 * cell.number, 64, colour(cell.number));
            let pictures = cells.iter().filter(|cell| cell.number != 1).map(|cell| (cell.number, picture(cell))).collect();
            let (sheet, places) = draw(&spec, &cells, &pictures).expect("drawn");
            assert_eq!(places.len(), cells.len());
            for (cell, place) in cells.iter().zip(&places) {
                let expected = if cell.number == 1 { EMPTY } else { colour(cell.number) };
                let corners = [(place.x, place.y), (place.x + place.width - 1, place.y + place.height - 1)];
                for (x, y) in corners {
                    assert_eq!(*sheet.get_pixel(x, y), expected, "cell {} of {:?} at {x}, {y}", cell.number, cell.values);
                }
            }
        }
    }

    #[test]
    fn a_large_grid_stays_within_the_limits() {
        for (x, y, z) in [(500, 2, 0), (10, 10, 10)] {
            let spec = spec(x, y, z);
            let cells = cells(&spec);
            let side = largest_side(&spec);
            let pictures = cells.iter().map(|cell| (cell.number, RgbImage::from_pixel(side, side, INK))).collect();
            let (sheet, places) = draw(&spec, &cells, &pictures).expect("drawn");
            let (width, height) = sheet.dimensions();
            assert!(u64::from(width) * u64::from(height) <= limits::GRID_SHEET_PIXELS, "{width} × {height}");
            assert!(width.max(height) <= limits::GRID_SHEET_SIDE, "{width} × {height}");
            assert!(places.iter().all(|place| place.x + place.width <= width && place.y + place.height <= height));
        }
    }

    #[test]
    fn a_png_names_what_it_is_made_of() {
        let spec = spec(2, 0, 0);
        let places = vec![SheetPlace { values: vec!["X 0".into()], task: None, x: 1, y: 2, width: 3, height: 4 }];
        let id = GridId(uuid::Uuid::from_u128(7));
        let text = SheetText { grid: id, spec: &spec, cells: &places };
        let sheet = RgbImage::from_pixel(8, 8, INK);
        let bytes = encode(&sheet, SheetFormat::Png, &text).expect("encoded");
        let mut reader = png::Decoder::new(Cursor::new(&bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("pixels");
        let chunk = reader.info().utf8_text.first().expect("a text");
        assert_eq!(chunk.keyword, KEYWORD);
        let json: serde_json::Value = serde_json::from_str(&chunk.get_text().expect("text")).expect("JSON");
        assert_eq!(json["cells"][0]["height"], 4);
        assert_eq!(json["spec"]["axes"][0]["values"][1], "X 1");
        let webp = encode(&sheet, SheetFormat::Webp, &text).expect("encoded");
        assert_eq!(image::load_from_memory(&webp).expect("a WebP").width(), 8);
    }
}
