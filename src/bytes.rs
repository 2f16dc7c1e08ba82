//! The one reader for untrusted bytes: it cannot panic and names the field and the offset where input ends.

use thiserror::Error;

/// Why a structure of bytes could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BytesError {
    /// The input ends before the field is complete.
    #[error("input ends inside {field} at byte {offset}")]
    Ends {
        /// The field that was being read.
        field: &'static str,
        /// Where the field begins, in bytes from the start of the input.
        offset: u64,
    },
    /// The structure is complete, but bytes are left.
    #[error("{count} bytes are left after {structure} at byte {offset}")]
    Leftover {
        /// The structure that should have filled the input.
        structure: &'static str,
        /// Where the bytes that are left begin.
        offset: u64,
        /// How many there are.
        count: usize,
    },
}

/// A cursor over untrusted bytes.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: u64,
}

impl<'a> Reader<'a> {
    /// Reads `data`, whose first byte is at offset 0.
    #[must_use]
    pub fn new(data: &'a [u8]) -> Self {
        Self::at(data, 0)
    }

    /// Reads `data`, whose first byte stands at `offset` of a larger input; errors then name that place.
    #[must_use]
    pub fn at(data: &'a [u8], offset: u64) -> Self {
        Self { rest: data, offset }
    }

    /// Where the next byte stands.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether all bytes are read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes that are left, without reading them.
    #[must_use]
    pub fn peek_rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes the bytes that are left.
    pub fn take_rest(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.advance(rest.len());
        self.rest = &[];
        rest
    }

    /// Takes `count` bytes.
    ///
    /// # Errors
    /// [`BytesError::Ends`] when fewer are left; then nothing is taken.
    pub fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], BytesError> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(BytesError::Ends { field, offset: self.offset });
        };
        self.advance(count);
        self.rest = rest;
        Ok(taken)
    }

    /// Takes `count` bytes as declared by a 32-bit field.
    ///
    /// # Errors
    /// [`BytesError::Ends`] when fewer are left.
    pub fn take_u32(&mut self, count: u32, field: &'static str) -> Result<&'a [u8], BytesError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.take(count, field)
    }

    /// Takes exactly `N` bytes as an array.
    ///
    /// # Errors
    /// [`BytesError::Ends`] when fewer are left.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], BytesError> {
        let offset = self.offset;
        let taken = self.take(N, field)?;
        <[u8; N]>::try_from(taken).map_err(|_| BytesError::Ends { field, offset })
    }

    /// Takes one byte.
    ///
    /// # Errors
    /// [`BytesError::Ends`] at the end.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, BytesError> {
        Ok(u8::from_le_bytes(self.array(field)?))
    }

    /// Takes a little-endian 16-bit number.
    ///
    /// # Errors
    /// [`BytesError::Ends`] when fewer than 2 bytes are left.
    pub fn u16_le(&mut self, field: &'static str) -> Result<u16, BytesError> {
        Ok(u16::from_le_bytes(self.array(field)?))
    }

    /// Takes a little-endian 32-bit number.
    ///
    /// # Errors
    /// [`BytesError::Ends`] when fewer than 4 bytes are left.
    pub fn u32_le(&mut self, field: &'static str) -> Result<u32, BytesError> {
        Ok(u32::from_le_bytes(self.array(field)?))
    }

    /// Takes a little-endian 64-bit number.
    ///
    /// # Errors
    /// [`BytesError::Ends`] when fewer than 8 bytes are left.
    pub fn u64_le(&mut self, field: &'static str) -> Result<u64, BytesError> {
        Ok(u64::from_le_bytes(self.array(field)?))
    }

    /// Takes a big-endian 16-bit number.
    ///
    /// # Errors
    /// [`BytesError::Ends`] when fewer than 2 bytes are left.
    pub fn u16_be(&mut self, field: &'static str) -> Result<u16, BytesError> {
        Ok(u16::from_be_bytes(self.array(field)?))
    }

    /// Takes a big-endian 32-bit number.
    ///
    /// # Errors
    /// [`BytesError::Ends`] when fewer than 4 bytes are left.
    pub fn u32_be(&mut self, field: &'static str) -> Result<u32, BytesError> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    /// Takes a big-endian 64-bit number.
    ///
    /// # Errors
    /// [`BytesError::Ends`] when fewer than 8 bytes are left.
    pub fn u64_be(&mut self, field: &'static str) -> Result<u64, BytesError> {
        Ok(u64::from_be_bytes(self.array(field)?))
    }

    /// Takes bytes behind a little-endian 32-bit length and gives a reader over them.
    ///
    /// # Errors
    /// [`BytesError::Ends`] when the length or the bytes are incomplete.
    pub fn prefixed_u32_le(&mut self, field: &'static str) -> Result<Reader<'a>, BytesError> {
        let length = self.u32_le(field)?;
        let offset = self.offset;
        Ok(Reader::at(self.take_u32(length, field)?, offset))
    }

    /// Finishes: every byte must have been read.
    ///
    /// # Errors
    /// [`BytesError::Leftover`] when bytes are left.
    pub fn finish(self, structure: &'static str) -> Result<(), BytesError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(BytesError::Leftover { structure, offset: self.offset, count: self.rest.len() })
    }

    /// Reads a whole structure with `read` and demands that it used every byte.
    ///
    /// # Errors
    /// What `read` returns, or [`BytesError::Leftover`].
    pub fn all<T, E: From<BytesError>>(
        mut self,
        structure: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let value = read(&mut self)?;
        self.finish(structure)?;
        Ok(value)
    }

    fn advance(&mut self, count: usize) {
        self.offset = self.offset.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_field_and_the_offset() {
        let mut reader = Reader::at(&[1, 2, 3], 10);
        assert_eq!(reader.u16_le("version").unwrap(), 0x0201);
        let error = reader.u32_be("certificate length").unwrap_err();
        assert_eq!(error.to_string(), "input ends inside certificate length at byte 12");
        assert_eq!(reader.remaining(), 1, "a field that is cut takes nothing");
    }

    #[test]
    fn leftover_bytes_are_an_error() {
        let result: Result<u8, BytesError> = Reader::new(&[1, 2]).all("pair", |r| r.u8("first"));
        assert_eq!(result.unwrap_err().to_string(), "1 bytes are left after pair at byte 1");
    }

    #[test]
    fn a_length_prefix_is_bounded_by_the_input() {
        let mut reader = Reader::new(&[0xff, 0xff, 0xff, 0xff, 1]);
        assert!(reader.prefixed_u32_le("signer").is_err());
    }
}
