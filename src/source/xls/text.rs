//! Strings of the binary format: in two ways of Unicode since Excel 97, in a code page before, and cut across records
//! where they are long (MS-XLS 2.5.293, 2.5.294).

use encoding_rs::Encoding;

use super::record::{Record, u16_at};

/// How the texts of a workbook are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Writing {
    /// Since Excel 97.
    Unicode,
    /// Before: this encoding; `None` for a code page nobody knows.
    CodePage(Option<&'static Encoding>),
}

impl Writing {
    /// By the number of a code page.
    pub(super) fn of_code_page(number: u16) -> Writing {
        let label = match number {
            367 | 1252 | 0x8001 => "windows-1252".to_owned(),
            874 | 1250..=1258 => format!("windows-{number}"),
            866 => "ibm866".to_owned(),
            932 => "shift_jis".to_owned(),
            936 => "gbk".to_owned(),
            949 => "euc-kr".to_owned(),
            950 => "big5".to_owned(),
            10_000 | 0x8000 => "macintosh".to_owned(),
            10_007 => "x-mac-cyrillic".to_owned(),
            65_001 => "utf-8".to_owned(),
            _ => return Writing::CodePage(None),
        };
        Writing::CodePage(Encoding::for_label(label.as_bytes()))
    }

    /// Appends a string in one record, whose length is told in one byte or in two; whether all of it is there.
    #[must_use]
    pub(super) fn push(self, out: &mut String, bytes: &[u8], wide_length: bool) -> bool {
        let (length, rest) = if wide_length {
            (u16_at(bytes, 0).map(usize::from), bytes.get(2..))
        } else {
            (bytes.first().map(|&length| usize::from(length)), bytes.get(1..))
        };
        let (Some(length), Some(rest)) = (length, rest) else { return false };
        match self {
            Writing::Unicode => {
                // The flags may be missing from an empty string.
                let Some((flags, rest)) = rest.split_first() else { return length == 0 };
                let is_wide = flags & 1 != 0;
                let before = usize::from(flags & 8 != 0) * 2 + usize::from(flags & 4 != 0) * 4;
                let bytes = length * if is_wide { 2 } else { 1 };
                let Some(characters) = rest.get(before..before + bytes) else { return false };
                push_characters(out, characters, is_wide);
                true
            }
            Writing::CodePage(encoding) => {
                let Some(characters) = rest.get(..length) else { return false };
                match encoding {
                    Some(encoding) => out.push_str(&encoding.decode_without_bom_handling(characters).0),
                    None => out.extend(characters.iter().map(|&byte| match byte {
                        0..0x80 => char::from(byte),
                        _ => char::REPLACEMENT_CHARACTER,
                    })),
                }
                true
            }
        }
    }
}

fn push_characters(out: &mut String, characters: &[u8], is_wide: bool) {
    if is_wide {
        let units = characters.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    } else {
        out.extend(characters.iter().map(|&byte| char::from(byte)));
    }
}

/// Bytes of a record and of those that continue it.
pub(super) struct Continued<'a> {
    pieces: Vec<&'a [u8]>,
    piece: usize,
    at: usize,
}

impl<'a> Continued<'a> {
    /// A record and the ones after it of the kind `CONTINUE`.
    pub(super) fn new(first: Record<'a>, after: impl Iterator<Item = Record<'a>>) -> Self {
        const CONTINUE: u16 = 0x3C;
        let mut pieces = vec![first.data];
        pieces.extend(after.take_while(|record| record.kind == CONTINUE).map(|record| record.data));
        Continued { pieces, piece: 0, at: 0 }
    }

    /// What is left of the piece being read; the next one when there is nothing left.
    fn rest(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.pieces.get(self.piece)?.get(self.at..)?;
            if !rest.is_empty() {
                return Some(rest);
            }
            self.piece += 1;
            self.at = 0;
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.rest()?.first()?;
        self.at += 1;
        Some(byte)
    }

    /// A number of so many bytes.
    pub(super) fn number(&mut self, bytes: u32) -> Option<u32> {
        (0..bytes).try_fold(0, |number, at| Some(number | u32::from(self.byte()?) << (8 * at)))
    }

    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > 0 {
            let here = self.rest()?.len().min(count);
            self.at += here;
            count -= here;
        }
        Some(())
    }

    /// Appends the next shared string; `None` when it is cut short.
    pub(super) fn string(&mut self, out: &mut String) -> Option<()> {
        let length = self.number(2)? as usize;
        self.characters(length, out)
    }

    /// Appends a string of so many characters, whose flags come next.
    pub(super) fn characters(&mut self, length: usize, out: &mut String) -> Option<()> {
        let flags = self.byte()?;
        let runs = if flags & 8 != 0 { self.number(2)? as usize } else { 0 };
        let phonetics = if flags & 4 != 0 { self.number(4)? as usize } else { 0 };
        let mut is_wide = flags & 1 != 0;
        let mut left = length;
        // Two halves of one character may be parted by the end of a record.
        let mut units: Vec<u16> = Vec::with_capacity(length.min(1024));
        while left > 0 {
            let before = self.piece;
            let rest = self.rest()?;
            if self.piece != before {
                // A string that goes on in a new record says anew how it is written.
                is_wide = self.byte()? & 1 != 0;
                continue;
            }
            let size = if is_wide { 2 } else { 1 };
            let here = (rest.len() / size).min(left);
            if here == 0 {
                return None;
            }
            let bytes = &rest[..here * size];
            if is_wide {
                units.extend(bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])));
            } else {
                units.extend(bytes.iter().map(|&byte| u16::from(byte)));
            }
            self.at += here * size;
            left -= here;
        }
        out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        self.skip(runs * 4)?;
        self.skip(phonetics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn continued<'a>(pieces: &[&'a [u8]]) -> Continued<'a> {
        Continued { pieces: pieces.to_vec(), piece: 0, at: 0 }
    }

    #[test]
    fn a_string_goes_on_in_the_next_record_and_may_change_its_width_there() {
        let mut out = String::new();
        let mut read = continued(&[&[4, 0, 0, b'a', b'b'], &[1, 0xE5, 0, b'c', 0, 1, 0, 0, b'z']]);
        assert_eq!(read.string(&mut out), Some(()));
        assert_eq!(read.string(&mut out), Some(()));
        assert_eq!(out, "abåcz");
        assert_eq!(read.string(&mut out), None);
        assert_eq!(continued(&[&[4, 0, 0, b'a']]).string(&mut out), None);
    }

    #[test]
    fn runs_and_phonetics_are_passed_over() {
        let mut out = String::new();
        let bytes = [1, 0, 12, 1, 0, 3, 0, 0, 0, b'x', 9, 9, 9, 9, 8, 8, 8, 1, 0, 0, b'y'];
        let mut read = continued(&[&bytes]);
        assert!(read.string(&mut out).is_some() && read.string(&mut out).is_some());
        assert_eq!(out, "xy");
    }

    #[test]
    fn texts_from_before_unicode_are_in_their_code_page() {
        let mut out = String::new();
        assert!(Writing::of_code_page(1252).push(&mut out, &[2, 0xC5, b's'], false));
        assert!(Writing::of_code_page(1251).push(&mut out, &[1, 0, 0xDF], true));
        assert!(Writing::of_code_page(4711).push(&mut out, &[2, b'a', 0xDF], false));
        assert_eq!(out, "ÅsЯa\u{fffd}");
        assert!(!Writing::Unicode.push(&mut out, &[2, 0, b'a'], false));
    }
}
