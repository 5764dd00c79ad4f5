//! Records of a binary part (MS-XLSB 2.1.4), and fields in them.

use std::io::{self, BufRead, Read};

use crate::model::excerpt;
use crate::source::SourceError;
use crate::source::limits::XML_TOKEN_BYTES_MAX;

/// The records of a part, one at a time.
pub(super) struct Records<'a> {
    input: Box<dyn BufRead + 'a>,
    data: Vec<u8>,
    path: String,
    part: String,
}

/// Fields of a record, in order. `None` means that the record is cut short.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    pub(super) fn new(path: String, part: &str, input: impl BufRead + 'a) -> Self {
        Records { input: Box::new(input), data: Vec::new(), path, part: excerpt(part, 80) }
    }

    /// The kind of the next record; `None` at the end of the part.
    pub(super) fn next(&mut self) -> Result<Option<u16>, SourceError> {
        let Some(first) = self.byte().map_err(|cause| self.unpack(&cause))? else { return Ok(None) };
        let mut kind = u16::from(first);
        if first & 0x80 != 0 {
            kind = u16::from(first & 0x7F) | u16::from(self.must()? & 0x7F) << 7;
        }
        let mut len = 0usize;
        for at in 0..4 {
            let byte = self.must()?;
            len |= usize::from(byte & 0x7F) << (7 * at);
            if byte & 0x80 == 0 {
                break;
            }
        }
        if len > XML_TOKEN_BYTES_MAX {
            let detail = format!("its part {} has a record of more than {} MiB", self.part, XML_TOKEN_BYTES_MAX >> 20);
            return Err(SourceError::BeyondLimit { path: self.path.clone(), detail });
        }
        self.data.clear();
        self.input.by_ref().take(len as u64).read_to_end(&mut self.data).map_err(|cause| {
            let detail = format!("its part {} cannot be unpacked ({cause})", self.part);
            SourceError::Damaged { path: self.path.clone(), detail }
        })?;
        if self.data.len() < len {
            return Err(self.damaged("ends in the middle of a record"));
        }
        Ok(Some(kind))
    }

    /// What stands in the record that came last.
    pub(super) fn fields(&self) -> Fields<'_> {
        Fields { rest: &self.data }
    }

    pub(super) fn damaged(&self, what: &str) -> SourceError {
        SourceError::Damaged { path: self.path.clone(), detail: format!("its part {} {what}", self.part) }
    }

    fn unpack(&self, cause: &io::Error) -> SourceError {
        self.damaged(&format!("cannot be unpacked ({})", excerpt(&cause.to_string(), 80)))
    }

    fn must(&mut self) -> Result<u8, SourceError> {
        let byte = self.byte().map_err(|cause| self.unpack(&cause))?;
        byte.ok_or_else(|| self.damaged("ends in the middle of a record"))
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.input.fill_buf()?.first().copied();
        self.input.consume(usize::from(byte.is_some()));
        Ok(byte)
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// Passes over bytes. Beyond the end nothing is left to be read.
    pub(super) fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(super) fn f64(&mut self) -> Option<f64> {
        Some(f64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    /// Appends a text; one that is not there counts as empty (MS-XLSB 2.5.168).
    pub(super) fn text(&mut self, out: &mut String) -> Option<()> {
        let length = self.u32()?;
        if length == u32::MAX {
            return Some(());
        }
        let bytes = self.take((length as usize).checked_mul(2)?)?;
        let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_lengths_take_as_many_bytes_as_they_need() {
        let mut bytes = vec![0x13, 2, b'a', b'b', 0xE9, 0x04, 0x81, 0x01];
        bytes.extend([7; 129]);
        let mut records = Records::new("x".into(), "part", &bytes[..]);
        assert_eq!(records.next().unwrap(), Some(19));
        assert_eq!(records.data, b"ab");
        assert_eq!(records.next().unwrap(), Some(617));
        assert_eq!(records.data.len(), 129);
        assert_eq!(records.next().unwrap(), None);
        let mut cut = Records::new("x".into(), "part", &bytes[..3]);
        assert_eq!(cut.next().unwrap_err().to_string(), "x is damaged: its part part ends in the middle of a record");
    }
}
