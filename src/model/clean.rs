//! Whether a text can be damaged at all: one look over many bytes that spares a look at every character.

use super::any_two;

/// Whether UTF-8 holds none of what damage is made of: no control character but line ends and tabs, no character of
/// U+0080–U+00BF or U+F000–U+FFFF (C1 controls, U+FFFD), and no two characters beyond ASCII side by side, without which
/// there is no [`mojibake`](super::mojibake). Most texts of most tables pass.
pub fn is_clean(text: &[u8]) -> bool {
    // A continuation byte ends a character, and a byte from 0xC0 on begins one.
    let is_odd_or_touched = |byte: u8, next: u8| may_be_damage(byte) | (byte & 0xC0 == 0x80) & (next >= 0xC0);
    !any_two(text, is_odd_or_touched) && !text.last().is_some_and(|last| may_be_damage(*last))
}

/// Whether a byte of UTF-8 is a control character (line ends and tabs apart), or begins U+0080–U+00BF or U+F000–U+FFFF.
#[inline]
pub fn may_be_damage(byte: u8) -> bool {
    let control = (byte < 0x20) & (byte != b'\n') & (byte != b'\r') & (byte != b'\t');
    control | (byte == 0x7F) | (byte == 0xC2) | (byte == 0xEF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mojibake;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_clean_is_not_damaged(text in "[aåÃÂâÅÄÐï√€¶¿½\\t\\n\u{1}\u{7f}\u{85}\u{fffd}]{0,6}") {
            if is_clean(text.as_bytes()) {
                prop_assert_eq!(mojibake(&text), None);
                let odd = |c: char| c == '\u{fffd}' || c.is_control() && !matches!(c, '\t' | '\n' | '\r');
                let odd = text.chars().any(odd);
                prop_assert!(!odd);
            }
        }
    }

    #[test]
    fn western_text_is_clean() {
        assert!(is_clean("Åsa Öberg\t\"Västra Hamngatan\"\r\n漢 Müller".as_bytes()));
        assert!(!is_clean("Ã¶".as_bytes()));
        assert!(!is_clean("漢字".as_bytes()));
        assert!(!is_clean(b"a\0"));
    }
}
