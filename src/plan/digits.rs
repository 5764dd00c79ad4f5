//! Whether texts are digits, eight bytes at a time: most cells that are neither words nor addresses are.

/// Whether there is nothing but ASCII digits.
#[inline]
pub(super) fn is_digits(text: &[u8]) -> bool {
    // Two words that may overlap are all there is of most texts.
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) if text.len() <= 16 => are_digits(*first) & are_digits(*last),
        _ => match (text.first_chunk(), text.last_chunk()) {
            (Some(&[a, b, c, d]), Some(&[e, f, g, h])) if text.len() < 8 => are_digits([a, b, c, d, e, f, g, h]),
            _ => text.iter().all(u8::is_ascii_digit),
        },
    }
}

/// Whether it is a day as `2024-03-01`.
#[inline]
pub(super) fn is_day(text: &[u8]) -> bool {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return false };
    let two = |tens: u8, ones: u8| 10 * u32::from(tens & 0xf) + u32::from(ones & 0xf);
    are_digits([y1, y2, y3, y4, m1, m2, d1, d2])
        && two(y1, y2) > 0
        && (1..=12).contains(&two(m1, m2))
        && (1..=31).contains(&two(d1, d2))
}

fn are_digits(eight: [u8; 8]) -> bool {
    let word = u64::from_le_bytes(eight);
    // A digit's upper half is 3, and is so still when its lower half is raised by six. What is raised beyond a byte has
    // an upper half that is none.
    let upper = |word: u64| word & 0xf0f0_f0f0_f0f0_f0f0;
    upper(word) | upper(word.wrapping_add(0x0606_0606_0606_0606)) >> 4 == 0x3333_3333_3333_3333
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_short_way_to_see_digits_agrees_with_the_long_one(
            mut text in "[0-9]{0,20}".prop_map(String::into_bytes),
            other in any::<u8>(),
            at in 0usize..40,
        ) {
            if let Some(byte) = text.get_mut(at) {
                *byte = other;
            }
            prop_assert_eq!(is_digits(&text), text.iter().all(u8::is_ascii_digit), "{:?}", text);
        }
    }
}
