//! A JSON text, read from left to right by one who knows what should come. Nothing is built on the way, and what holds no
//! escapes is lent. `None` always means: it is not what was asked for, or no JSON (RFC 8259).

use std::borrow::Cow;

use serde_json::Value;

/// Whole numbers of more digits may be beyond 64 bits, where they lose digits; those are not taken.
const DIGITS_MAX: usize = 18;

/// A place in a text.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    /// How many bytes are still to come.
    pub(super) fn left(&self) -> usize {
        self.text.len() - self.at
    }

    /// Nothing but blanks is left.
    pub(super) fn end(&mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    /// An object; `member` reads each value, and hears its name. Names with escapes are not taken.
    pub(super) fn object(&mut self, mut member: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.take(b'}') {
            return Some(());
        }
        loop {
            let Cow::Borrowed(name) = self.string()? else { return None };
            self.expect(b':')?;
            member(self, name)?;
            if !self.take(b',') {
                return self.expect(b'}');
            }
        }
    }

    /// An array; `item` reads each of its values.
    pub(super) fn array(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.take(b']') {
            return Some(());
        }
        loop {
            item(self)?;
            if !self.take(b',') {
                return self.expect(b']');
            }
        }
    }

    /// A string or a whole number, as text.
    pub(super) fn scalar(&mut self) -> Option<Cow<'a, str>> {
        match self.peek()? {
            b'"' => self.string(),
            _ => self.whole_number().map(Cow::Borrowed),
        }
    }

    /// `null`, if that is what comes.
    pub(super) fn null(&mut self) -> bool {
        let is_null = self.peek() == Some(b'n') && self.rest().starts_with("null");
        self.at += if is_null { "null".len() } else { 0 };
        is_null
    }

    /// Any value, whatever it is; no more is let pass than where it would be wanted.
    pub(super) fn skip(&mut self) -> Option<()> {
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<Value>();
        values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(())
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.expect(b'"')?;
        let from = self.at;
        let mut escapes = false;
        loop {
            self.at += special(&self.text.as_bytes()[self.at..])?;
            match self.text.as_bytes()[self.at] {
                b'"' => break,
                // Whatever it escapes, it is no end.
                b'\\' if self.text.is_char_boundary(self.at + 2) => self.at += 2,
                _ => return None,
            }
            escapes = true;
        }
        let inside = from..self.at;
        self.at += 1;
        if escapes {
            return serde_json::from_str(&self.text[from - 1..self.at]).ok().map(Cow::Owned);
        }
        Some(Cow::Borrowed(&self.text[inside]))
    }

    fn whole_number(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let count = digits.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
        let number = &rest[..rest.len() - digits.len() + count];
        let leads = digits.starts_with('0') && number != "0";
        if !(1..=DIGITS_MAX).contains(&count) || leads || digits[count..].starts_with(['.', 'e', 'E']) {
            return None;
        }
        self.at += number.len();
        Some(number)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            if !blank(byte) {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
}

/// Where the first byte is that no string holds as it is: a quote, a backslash, a control character. Eight bytes at a
/// time: a third of what reading an answer took went into looking at them one by one.
fn special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    // The lowest mark is of the first byte below `limit`; those above it may be wrong, by a borrow from below.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGHS;
    let is = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let mut at = 0;
    while let Some(eight) = bytes[at..].first_chunk() {
        let word = u64::from_le_bytes(*eight);
        let marks = is(word, b'"') | is(word, b'\\') | below(word, 0x20);
        if marks != 0 {
            return Some(at + marks.trailing_zeros() as usize / 8);
        }
        at += eight.len();
    }
    let rest = bytes[at..].iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20)?;
    Some(at + rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn eight_at_a_time_is_as_good_as_one(text in "[a-z\u{80}-\u{ff}\u{7f}\" \\\\\u{1f}]{0,40}", skip in 0..8usize) {
            let bytes = &text.as_bytes()[skip.min(text.len())..];
            let one = bytes.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
            prop_assert_eq!(special(bytes), one);
        }
    }
}
