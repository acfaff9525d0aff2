//! Reads bytes from their beginning to their end.

use super::error::{CUT_OFF, StripError};

pub(super) struct ByteReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> ByteReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The next bytes, which are not taken. `None`: there are not so many.
    pub(super) fn peek(&self, length: usize) -> Option<&'a [u8]> {
        self.bytes.get(self.at..self.at.checked_add(length)?)
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], StripError> {
        let taken = self.peek(length).ok_or(CUT_OFF)?;
        self.at += length;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, StripError> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], StripError> {
        self.take(N)?.try_into().map_err(|_| CUT_OFF)
    }

    /// A length of four bytes, the highest first.
    pub(super) fn length_be(&mut self) -> Result<usize, StripError> {
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| CUT_OFF)
    }

    /// A length of four bytes, the lowest first.
    pub(super) fn length_le(&mut self) -> Result<usize, StripError> {
        usize::try_from(u32::from_le_bytes(self.array()?)).map_err(|_| CUT_OFF)
    }
}
