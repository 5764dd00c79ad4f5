//! Which encoding a text table is in: by its mark, by its NULs, or by whether all of it is UTF-8.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// What the beginning of a file says about its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadSays {
    /// A byte order mark of this many bytes.
    Mark(&'static Encoding, usize),
    /// UTF-16 without a mark: every other byte is NUL.
    Pattern(&'static Encoding),
    /// UTF-32, which we refuse.
    Utf32,
    /// Nothing yet: count with [`Census`].
    Nothing,
}

/// Looks for marks and for the pattern of NULs that UTF-16 leaves.
pub(super) fn look(head: &[u8]) -> HeadSays {
    // UTF-32 first: its little-endian mark begins with that of UTF-16.
    if head.starts_with(&[0xFF, 0xFE, 0, 0]) || head.starts_with(&[0, 0, 0xFE, 0xFF]) {
        return HeadSays::Utf32;
    }
    for (mark, encoding) in [(&[0xEF, 0xBB, 0xBF][..], UTF_8), (&[0xFF, 0xFE], UTF_16LE), (&[0xFE, 0xFF], UTF_16BE)] {
        if head.starts_with(mark) {
            // Some tools put a second mark before a file that already has one.
            let marks = head.chunks_exact(mark.len()).take_while(|chunk| *chunk == mark).count();
            return HeadSays::Mark(encoding, marks * mark.len());
        }
    }
    let pairs = head.len() / 2;
    if pairs < 2 {
        return HeadSays::Nothing;
    }
    let nuls = |offset: usize| head.iter().skip(offset).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    if even + odd > pairs * 5 / 4 {
        return HeadSays::Utf32;
    }
    // Latin text in UTF-16 has a NUL in nearly every pair; delimiters and digits make a quarter certain elsewhere.
    match (even, odd) {
        (even, odd) if odd * 4 > pairs && even * 8 < odd => HeadSays::Pattern(UTF_16LE),
        (even, odd) if even * 4 > pairs && odd * 8 < even => HeadSays::Pattern(UTF_16BE),
        _ => HeadSays::Nothing,
    }
}

/// Counts, chunk by chunk, what is UTF-8 and what is not. Constant memory.
#[derive(Debug, Default)]
pub(super) struct Census {
    multibyte: u64,
    broken: u64,
    carried: [u8; 4],
    carried_len: usize,
}

impl Census {
    /// Counts the next bytes of the file.
    pub(super) fn feed(&mut self, mut chunk: &[u8]) {
        while self.carried_len > 0 {
            let Some((&next, rest)) = chunk.split_first() else { return };
            self.carried[self.carried_len] = next;
            let carried = &self.carried[..=self.carried_len];
            match std::str::from_utf8(carried) {
                Ok(_) => {
                    self.multibyte += 1;
                    self.carried_len = 0;
                    chunk = rest;
                }
                Err(error) if error.error_len().is_none() => {
                    self.carried_len += 1;
                    chunk = rest;
                }
                // The byte that does not fit may begin something of its own.
                Err(_) => {
                    self.broken += 1;
                    self.carried_len = 0;
                }
            }
        }
        loop {
            // Faster than the standard library's check where text is not plain ASCII.
            let (valid, rest) = chunk.split_at(Encoding::utf8_valid_up_to(chunk));
            self.count(valid);
            let first_char = &rest[..rest.len().min(4)];
            match std::str::from_utf8(first_char).err().map(|error| error.error_len()) {
                Some(Some(len)) => {
                    self.broken += 1;
                    chunk = &rest[len..];
                }
                Some(None) => {
                    self.carried[..rest.len()].copy_from_slice(rest);
                    self.carried_len = rest.len();
                    return;
                }
                None => return,
            }
        }
    }

    fn count(&mut self, valid: &[u8]) {
        // In blocks that a byte can count, so that many are counted at once.
        for block in valid.chunks(255) {
            let firsts: u8 = block.iter().map(|&byte| u8::from(byte >= 0xC0)).sum();
            self.multibyte += u64::from(firsts);
        }
    }

    /// The verdict. A character cut off at the end counts as broken only when the bytes were `complete`.
    ///
    /// Letters of a one-byte encoding hardly ever line up as UTF-8 by chance, so a file with UTF-8 in it *is* UTF-8,
    /// and its broken rows are reported; taking it for windows-1252 would spoil the others without a word.
    pub(super) fn encoding(&self, complete: bool) -> &'static Encoding {
        let broken = self.broken + u64::from(complete && self.carried_len > 0);
        if broken == 0 || self.multibyte * 4 >= broken { UTF_8 } else { WINDOWS_1252 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(bytes: &[u8], step: usize) -> &'static str {
        let mut census = Census::default();
        bytes.chunks(step).for_each(|chunk| census.feed(chunk));
        census.encoding(true).name()
    }

    #[test]
    fn marks_are_believed() {
        assert_eq!(look(b"\xEF\xBB\xBFa"), HeadSays::Mark(UTF_8, 3));
        assert_eq!(look(b"\xEF\xBB\xBF\xEF\xBB\xBFa"), HeadSays::Mark(UTF_8, 6));
        assert_eq!(look(b"\xFF\xFEa\0"), HeadSays::Mark(UTF_16LE, 2));
        assert_eq!(look(b"\xFE\xFF\0a"), HeadSays::Mark(UTF_16BE, 2));
        assert_eq!(look(b"\xFF\xFE\0\0"), HeadSays::Utf32);
        assert_eq!(look(b"a,b"), HeadSays::Nothing);
    }

    #[test]
    fn utf_16_without_a_mark_shows_by_its_nuls() {
        let text = "Namn;Ort\nÅsa;Malmö\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(look(&little), HeadSays::Pattern(UTF_16LE));
        assert_eq!(look(&big), HeadSays::Pattern(UTF_16BE));
        assert_eq!(look(b"a\0b,c,d\ne,f,g\n"), HeadSays::Nothing);
        let wide: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        assert_eq!(look(&wide), HeadSays::Utf32);
    }

    #[test]
    fn all_of_the_file_decides() {
        for step in [1, 2, 3, 1000] {
            assert_eq!(census("Åsa Öberg 漢字 😀".as_bytes(), step), "UTF-8");
            assert_eq!(census(b"\xC5sa \xD6berg, \xE9t\xE9", step), "windows-1252");
            assert_eq!(census("Åsa, Örjan, \u{e4}".as_bytes(), step), "UTF-8");
            assert_eq!(census(b"\xC3\x85sa, \xC3\x96rjan, and one \xE4 from elsewhere", step), "UTF-8");
            assert_eq!(census(b"plain", step), "UTF-8");
        }
    }
}
