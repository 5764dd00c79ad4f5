//! Records of the binary workbook stream (MS-XLS 2.1.4), and fields in them.

/// A record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) data: &'a [u8],
    /// Where it begins in the stream.
    pub(super) at: usize,
}

/// The records of a stream from some place on. Ends without a word where the stream is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    pub(super) fn from(bytes: &'a [u8], at: usize) -> Self {
        Records { bytes, at }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let at = self.at;
        let kind = u16_at(self.bytes, at)?;
        let len = usize::from(u16_at(self.bytes, at.checked_add(2)?)?);
        let data = self.bytes.get(at + 4..at + 4 + len)?;
        self.at = at + 4 + len;
        Some(Record { kind, data, at })
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

pub(super) fn f64_at(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// A number in four bytes: a whole one or the upper half of a floating one, perhaps a hundred times too large
/// (MS-XLS 2.5.217).
pub(in crate::source) fn rk(bits: u32) -> f64 {
    let number = if bits & 2 != 0 { f64::from((bits as i32) >> 2) } else { f64::from_bits(u64::from(bits & !3) << 32) };
    if bits & 1 != 0 { number / 100.0 } else { number }
}

/// The name of an error value (MS-XLS 2.5.10).
pub(in crate::source) fn error_name(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        0x2B => "#GETTING_DATA",
        0x2C => "#SPILL!",
        0x2D => "#CONNECT!",
        0x2E => "#BLOCKED!",
        0x2F => "#UNKNOWN!",
        0x30 => "#FIELD!",
        0x31 => "#CALC!",
        _ => "#ERROR!",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_read_in_their_four_forms() {
        assert_eq!(rk((7 << 2) | 2), 7.0);
        assert_eq!(rk(((-7i32 as u32) << 2) | 2), -7.0);
        assert_eq!(rk((1234 << 2) | 3), 12.34);
        assert_eq!(rk((1.5f64.to_bits() >> 32) as u32), 1.5);
    }

    #[test]
    fn records_end_where_the_stream_is_cut() {
        let bytes = [1, 0, 2, 0, 7, 8, 2, 0, 9, 0, 1];
        let found: Vec<_> = Records::from(&bytes, 0).map(|record| (record.kind, record.data.to_vec())).collect();
        assert_eq!(found, [(1, vec![7, 8])]);
    }
}
