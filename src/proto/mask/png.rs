//! An 8-bit grey PNG, written row by row, so that a page can do other work between them.
//!
//! It is for the browser: the part of the `png` crate that does this is several times the code.

use crc32fast::Hasher;
use miniz_oxide::{
    DataFormat, MZFlush, MZStatus,
    deflate::{core::CompressorOxide, stream::deflate},
};

/// Level 3 of deflate.
const LEVEL: u8 = 3;
/// Room for what the compressor puts out at a time, bytes.
const PART: usize = 32 * 1024;

pub struct PngWriter {
    compressor: Box<CompressorOxide>,
    file: Vec<u8>,
    width: usize,
    /// Rows that are still to come.
    rows: u32,
}

impl PngWriter {
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        let mut compressor = Box::new(CompressorOxide::default());
        compressor.set_format_and_level(DataFormat::Zlib, LEVEL);
        let mut writer = Self { compressor, file: b"\x89PNG\r\n\x1a\n".to_vec(), width: width as usize, rows: height };
        let mut header = Vec::with_capacity(13);
        header.extend(width.to_be_bytes());
        header.extend(height.to_be_bytes());
        // 8 bits, grey; deflate, the standard filters, not interlaced.
        header.extend([8, 0, 0, 0, 0]);
        writer.chunk(b"IHDR", &header);
        writer
    }

    /// Adds whole rows. More than the picture has are ignored.
    pub fn rows(&mut self, pixels: &[u8]) {
        let mut lines = Vec::with_capacity(pixels.len() + pixels.len() / self.width.max(1) + 1);
        for row in pixels.chunks_exact(self.width.max(1)).take(self.rows as usize) {
            // Each row begins with its filter: none.
            lines.push(0);
            lines.extend(row);
            self.rows -= 1;
        }
        self.compress(&lines, MZFlush::None);
    }

    /// The file. Rows that did not come are black.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let black = vec![0; self.width];
        while self.rows > 0 {
            self.rows(&black);
        }
        self.compress(&[], MZFlush::Finish);
        self.chunk(b"IEND", &[]);
        self.file
    }

    fn compress(&mut self, mut input: &[u8], flush: MZFlush) {
        let mut output = vec![0; PART];
        loop {
            let result = deflate(&mut self.compressor, input, &mut output, flush);
            input = input.get(result.bytes_consumed..).unwrap_or_default();
            let written = output.get(..result.bytes_written).unwrap_or_default().to_vec();
            if !written.is_empty() {
                self.chunk(b"IDAT", &written);
            }
            // Errors are that there is nothing more to do.
            let done = match result.status {
                Ok(MZStatus::Ok) => input.is_empty() && written.len() < PART && flush == MZFlush::None,
                Ok(_) | Err(_) => true,
            };
            if done {
                return;
            }
        }
    }

    fn chunk(&mut self, kind: &[u8; 4], data: &[u8]) {
        self.file.extend(u32::try_from(data.len()).unwrap_or_default().to_be_bytes());
        self.file.extend(kind);
        self.file.extend(data);
        let mut sum = Hasher::new();
        sum.update(kind);
        sum.update(data);
        self.file.extend(sum.finalize().to_be_bytes());
    }
}
