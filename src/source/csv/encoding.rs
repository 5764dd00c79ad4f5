//! Which encoding a text table is in: by its mark, by its NULs, or by whether all of it is UTF-8.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::letters::Letters;

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
    if pairs < 2 || !head.contains(&0) {
        return HeadSays::Nothing;
    }
    let big = |unit: [u8; 4]| u32::from_be_bytes(unit);
    let little = |unit: [u8; 4]| u32::from_le_bytes(unit);
    if is_utf_32(head, big) || is_utf_32(head, little) {
        return HeadSays::Utf32;
    }
    // In text of any script the delimiters, digits and line ends leave their NULs on one side, and next to none on the other.
    let nuls = |offset: usize| head.iter().skip(offset).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    let one_sided = |here: usize, there: usize| here * 20 > pairs && there * 8 <= here;
    if one_sided(odd, even) && reads_as_utf_16(head, u16::from_le_bytes) {
        HeadSays::Pattern(UTF_16LE)
    } else if one_sided(even, odd) && reads_as_utf_16(head, u16::from_be_bytes) {
        HeadSays::Pattern(UTF_16BE)
    } else {
        HeadSays::Nothing
    }
}

/// Whether the beginning, read as UTF-16, is text throughout: no half surrogates, and next to nothing but letters,
/// digits, punctuation and white space. Random bytes have a half surrogate in every thirty-second unit.
pub(in crate::source) fn reads_as_utf_16(head: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let units = head.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let (mut all, mut odd, mut halves) = (0u64, 0u64, 0u64);
    for c in char::decode_utf16(units) {
        all += 1;
        match c {
            Ok(c) => odd += u64::from(!is_texty(c)),
            Err(_) => halves += 1,
        }
    }
    // One half may be a character that the end of the head has cut.
    all > 0 && halves <= 1 + all / 1000 && odd * 20 <= all
}

fn is_utf_32(head: &[u8], unit: fn([u8; 4]) -> u32) -> bool {
    let units = head.chunks_exact(4).map(|four| unit([four[0], four[1], four[2], four[3]]));
    let (mut all, mut texty) = (0u64, 0u64);
    for unit in units {
        all += 1;
        texty += u64::from(char::from_u32(unit).is_some_and(is_texty));
    }
    all > 0 && texty * 20 >= all * 19
}

fn is_texty(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | ' '..='~' | '\u{a0}'..='\u{24f}' => true,
        '\u{feff}' | '\u{2000}'..='\u{206f}' | '\u{20a0}'..='\u{20cf}' | '\u{2190}'..='\u{27bf}' => true,
        '\u{3000}'..='\u{303f}' | '\u{fe00}'..='\u{fe0f}' | '\u{ff00}'..='\u{ffef}' | '\u{1f000}'..='\u{1faff}' => true,
        c => c.is_alphanumeric(),
    }
}

/// What a whole file, or as much of it as can be seen, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing beyond ASCII.
    Ascii,
    /// UTF-8, and so many sequences in it that are not.
    Utf8 {
        /// Sequences that are not UTF-8.
        broken: u64,
    },
    /// Something older; the first byte that is not UTF-8 stands here, counted from zero.
    Legacy {
        /// Its place.
        first_broken: u64,
    },
}

/// Counts, chunk by chunk, what is UTF-8 and what is not, and looks at the letters of what is not. Constant memory.
#[derive(Default)]
pub(super) struct Census {
    passed: u64,
    multibyte: u64,
    broken: u64,
    first_broken: u64,
    carried: [u8; 4],
    carried_len: usize,
    letters: Letters,
    /// The end of the bytes before, while it is not yet known whether that is UTF-8.
    tail: Vec<u8>,
}

/// So many characters of UTF-8 without a broken one settle it.
const SETTLED_CHARACTERS: u64 = 64;

/// A word, or a few.
const TAIL_BYTES: usize = 64;

impl Census {
    /// Counts the next bytes of the file.
    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let broken_before = self.broken;
        let ascii = if self.carried_len == 0 { Encoding::ascii_valid_up_to(chunk) } else { 0 };
        if ascii < chunk.len() {
            self.count(&chunk[ascii..], self.passed + ascii as u64);
        }
        self.passed += chunk.len() as u64;
        // Letters are weighed from the first that is not UTF-8: what is UTF-8 before it is ASCII, or the file is UTF-8.
        if self.broken > 0 && broken_before == 0 {
            self.letters.feed(&self.tail);
            self.letters.feed(&chunk[ascii.saturating_sub(TAIL_BYTES)..]);
        } else if self.broken > 0 {
            self.letters.feed(chunk);
        }
        if self.carried_len > 0 && self.broken == 0 {
            self.tail.extend_from_slice(chunk);
            self.tail.drain(..self.tail.len().saturating_sub(TAIL_BYTES));
        } else {
            self.tail.clear();
        }
    }

    fn count(&mut self, mut chunk: &[u8], mut place: u64) {
        while self.carried_len > 0 {
            let Some((&next, rest)) = chunk.split_first() else { return };
            self.carried[self.carried_len] = next;
            let carried = &self.carried[..=self.carried_len];
            match std::str::from_utf8(carried) {
                Ok(_) => {
                    self.multibyte += 1;
                    self.carried_len = 0;
                    chunk = rest;
                    place += 1;
                }
                // One half of a pair of surrogates: not broken off by a byte that does not fit, as UTF-8 would have it.
                Err(_) if is_surrogate(carried) => {
                    if carried.len() == 3 {
                        self.note_surrogate(place - 2);
                        self.carried_len = 0;
                    } else {
                        self.carried_len += 1;
                    }
                    chunk = rest;
                    place += 1;
                }
                Err(error) if error.error_len().is_none() => {
                    self.carried_len += 1;
                    chunk = rest;
                    place += 1;
                }
                // The byte that does not fit may begin something of its own.
                Err(_) => {
                    self.note_broken(place - self.carried_len as u64);
                    self.carried_len = 0;
                }
            }
        }
        loop {
            // Faster than the standard library's check where text is not plain ASCII.
            let (valid, rest) = chunk.split_at(Encoding::utf8_valid_up_to(chunk));
            self.count_characters(valid);
            place += valid.len() as u64;
            if let Some(surrogate) = rest.get(..3).filter(|three| is_surrogate(three)) {
                self.note_surrogate(place);
                chunk = &rest[surrogate.len()..];
                place += surrogate.len() as u64;
                continue;
            }
            if is_surrogate(rest) {
                self.carried[..rest.len()].copy_from_slice(rest);
                self.carried_len = rest.len();
                return;
            }
            let first_char = &rest[..rest.len().min(4)];
            match std::str::from_utf8(first_char).err().map(|error| error.error_len()) {
                Some(Some(len)) => {
                    self.note_broken(place);
                    chunk = &rest[len..];
                    place += len as u64;
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

    fn note_broken(&mut self, place: u64) {
        if self.broken == 0 {
            self.first_broken = place;
        }
        self.broken += 1;
    }

    /// UTF-8 in every way but that it should not be there.
    fn note_surrogate(&mut self, place: u64) {
        self.note_broken(place);
        self.multibyte += 1;
    }

    fn count_characters(&mut self, valid: &[u8]) {
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
    pub(super) fn finding(&mut self, complete: bool) -> Finding {
        if complete && self.carried_len > 0 {
            if self.broken == 0 {
                self.letters.feed(&self.tail);
            }
            self.note_broken(self.passed - self.carried_len as u64);
            self.carried_len = 0;
        }
        match (self.broken, self.multibyte) {
            (0, 0) => Finding::Ascii,
            (broken, multibyte) if broken == 0 || multibyte * 4 >= broken => Finding::Utf8 { broken },
            _ => Finding::Legacy { first_broken: self.first_broken },
        }
    }

    /// Whether less of it is UTF-8 than is not. Text of two bytes a character lines up so by chance, and letters of one
    /// byte hardly ever.
    pub(super) fn is_hardly_utf_8(&self) -> bool {
        self.multibyte < self.broken
    }

    /// Where the first sequence stands that is not UTF-8, counted from zero.
    pub(super) fn first_broken(&self) -> u64 {
        self.first_broken
    }

    /// Whether so much of it is UTF-8, and nothing else, that what is still to come cannot make it another encoding: two
    /// letters of a one-byte encoding line up as UTF-8 once in some dozen times, and never so often in a row.
    pub(super) fn is_settled(&self) -> bool {
        self.broken == 0 && self.multibyte >= SETTLED_CHARACTERS
    }

    /// What the bytes beyond ASCII say.
    pub(super) fn into_letters(self) -> Letters {
        self.letters
    }
}

/// Whether up to three bytes are, or begin, a half of a surrogate pair in UTF-8, as some databases write characters
/// beyond U+FFFF (CESU-8). No decoder takes it, but the text around it is UTF-8.
fn is_surrogate(bytes: &[u8]) -> bool {
    matches!(bytes, [0xED, 0xA0..=0xBF] | [0xED, 0xA0..=0xBF, 0x80..=0xBF])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(bytes: &[u8], step: usize) -> Finding {
        let mut census = Census::default();
        bytes.chunks(step).for_each(|chunk| census.feed(chunk));
        census.finding(true)
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
    fn noise_is_no_utf_16() {
        assert_eq!(look(&[0u8, 159, 146, 150, 255, 254, 0, 1].repeat(40)), HeadSays::Nothing);
        assert_eq!(look(&[0u8; 64]), HeadSays::Nothing);
        let little: Vec<u8> = "姓名,电话\n王伟,123\n李娜,456\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(look(&little), HeadSays::Pattern(UTF_16LE));
        let records: Vec<u8> = (0..200u16).flat_map(|n| [n.to_le_bytes(), [0, 0], [1, 7]].concat()).collect();
        assert_eq!(look(&records), HeadSays::Nothing);
    }

    #[test]
    fn all_of_the_file_decides() {
        for step in [1, 2, 3, 1000] {
            assert_eq!(census("Åsa Öberg 漢字 😀".as_bytes(), step), Finding::Utf8 { broken: 0 });
            assert_eq!(census(b"\xC5sa \xD6berg, \xE9t\xE9", step), Finding::Legacy { first_broken: 0 });
            assert_eq!(census(b"ab\xE9", step), Finding::Legacy { first_broken: 2 });
            assert_eq!(
                census(b"\xC3\x85sa, \xC3\x96rjan, and one \xE4 from elsewhere", step),
                Finding::Utf8 { broken: 1 }
            );
            let of_databases = b"\xED\xA0\xBD\xED\xB8\x80 emoji, and nothing else";
            assert_eq!(census(of_databases, step), Finding::Utf8 { broken: 2 });
            assert_eq!(census(b"plain", step), Finding::Ascii);
        }
    }
}
