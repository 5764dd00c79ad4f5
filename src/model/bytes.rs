//! Questions about text that are asked a million times, answered for many bytes at once: without branches, and with an
//! answer of the same width as a byte, so that the compiler takes them together.

/// Whether `is` holds of any byte. It should have no branches.
#[inline]
pub fn any_byte(text: &[u8], is: impl Fn(u8) -> bool) -> bool {
    text.iter().fold(0, |any, byte| any | u8::from(is(*byte))) != 0
}

/// Whether `is` holds of any byte and the one that follows it. It should have no branches.
#[inline]
pub fn any_two(text: &[u8], is: impl Fn(u8, u8) -> bool) -> bool {
    let next = text.get(1..).unwrap_or_default();
    text.iter().zip(next).fold(0, |any, (byte, next)| any | u8::from(is(*byte, *next))) != 0
}

/// Eight times the same byte.
#[inline]
pub const fn eight_of(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// As `str::trim`; nearly all there is has nothing to trim.
#[inline]
pub fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_is_any_wherever_it_stands(text in prop::collection::vec(0u8..9, 0..70)) {
            prop_assert_eq!(any_byte(&text, |byte| byte == 8), text.contains(&8));
            let two = text.windows(2).any(|two| two[0] < 2 && two[1] > 6);
            prop_assert_eq!(any_two(&text, |byte, next| (byte < 2) & (next > 6)), two);
        }
    }
}
