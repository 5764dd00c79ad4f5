//! UTF-8 that somebody has read in a one-byte encoding before it came here: `Ã¶` for ö, `â€™` for ’.

use encoding_rs::{Encoding, MACINTOSH, WINDOWS_1252};

/// A character that was read as several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mojibake {
    /// The characters that stand there.
    pub wrong: String,
    /// What stood there before.
    pub right: char,
}

/// The first place in a text that only a wrong encoding can have made. Signs that people write beside such letters as
/// well, such as `Å»`, are let pass: this is for refusing a cell, so it must be certain.
pub fn mojibake(text: &str) -> Option<Mojibake> {
    let opens = |c: char| matches!(c, 'Ã' | 'Â' | 'â' | 'Å' | 'Ä' | 'Ð' | 'Ñ' | '√' | 'ï');
    if text.is_ascii() || !text.chars().any(opens) {
        return None;
    }
    text.char_indices().filter(|&(_, c)| opens(c)).find_map(|(at, c)| {
        let before = text[..at].chars().next_back();
        let mut rest = text[at..].chars().skip(1);
        let (second, third) = (rest.next()?, rest.next());
        let neighbours = (before, third);
        let (encoding, len) = match c {
            'Ã' if is_certain_behind_a_tilde(second, neighbours) => (WINDOWS_1252, 2),
            'Â' if "°£§©®´·¨±²³µ¼½¾¿¡ªº".contains(second) => (WINDOWS_1252, 2),
            'Å' if "¡¾‚„›º¼™¯±ˆ".contains(second) && beside_a_small_letter(neighbours) => {
                (WINDOWS_1252, 2)
            }
            'Ä' if "‡™Œ±Ÿ›†".contains(second) && beside_a_small_letter(neighbours) => (WINDOWS_1252, 2),
            // Cyrillic letters come in words, so that one pair follows another.
            'Ð' | 'Ñ' if matches!(third, Some('Ð' | 'Ñ')) && !second.is_ascii() => (WINDOWS_1252, 2),
            'â' if second == '€' && third.is_some() => (WINDOWS_1252, 3),
            'ï' if second == '¿' && third == Some('½') || second == '»' && third == Some('¿') => (WINDOWS_1252, 3),
            '√' if "∂•§©ºß®∏¶±≠≥¨≤".contains(second) => (MACINTOSH, 2),
            _ => return None,
        };
        read_anew(text[at..].chars().take(len).collect(), encoding)
    })
}

/// Nobody writes a sign behind `Ã`; dashes and quotation marks may follow it at the end of a word in capitals.
fn is_certain_behind_a_tilde(second: char, (before, third): (Option<char>, Option<char>)) -> bool {
    if "¶¥¤©¼¨¸¦±§¡³ºŸ‰œ˜†¢£ª¬\u{ad}®¯²´µ¹½¾¿ž‡ƒ€ˆŠŒŽ•š›·°".contains(second)
    {
        return true;
    }
    "–—…“”‘’„‚«»".contains(second)
        && before.is_none_or(|c| !c.is_uppercase())
        && third.is_some_and(|c| c.is_lowercase())
}

fn beside_a_small_letter((before, after): (Option<char>, Option<char>)) -> bool {
    before.is_some_and(char::is_lowercase) || after.is_some_and(char::is_lowercase)
}

/// What the characters were before they were read as `encoding`, if that is one character.
fn read_anew(wrong: String, encoding: &'static Encoding) -> Option<Mojibake> {
    let (bytes, _, lossy) = encoding.encode(&wrong);
    let text = std::str::from_utf8(&bytes).ok().filter(|_| !lossy)?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(right), None) => Some(Mojibake { wrong, right }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_read_as_something_else_is_known() {
        for (text, right) in [
            ("Ã–berg", 'Ö'),
            ("Ã…sa", 'Å'),
            ("MalmÃ¶", 'ö'),
            ("JosÃ©", 'é'),
            ("Itâ€™s", '’'),
            ("20 Â°C", '°'),
            ("NovÃ¡k", 'á'),
            ("WaÅ‚Ä™sa", 'ł'),
            ("ÐžÐ»ÑŒÐ³Ð°", 'О'),
            ("√ñstersund M√∂rk", 'ö'),
            ("5 â‚¬ Ã¤", 'ä'),
            ("ï»¿Name", '\u{feff}'),
            ("M√§r", 'ä'),
        ] {
            assert_eq!(mojibake(text).map(|found| found.right), Some(right), "{text}");
        }
    }

    #[test]
    fn honest_letters_pass() {
        for text in [
            "Åsa Öberg",
            "SÃO PAULO",
            "MAÇÃ – fruta",
            "«Å»",
            "Å\u{a0}Ä",
            "Ñuñoa",
            "São João",
            "Â",
            "√2",
            "naïve",
            "château",
            "Ð",
            "Åº",
            "PÃ“",
        ] {
            assert_eq!(mojibake(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_looked_at_without_harm(text in "[ÃÂâÅÄÐÑ√ï¶–€™ a-zÅ»¿½]{0,12}") {
            if let Some(found) = mojibake(&text) {
                proptest::prop_assert!(text.contains(&found.wrong));
            }
        }
    }
}
