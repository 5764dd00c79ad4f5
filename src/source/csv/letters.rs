//! Which of the older encodings a text is in, told from its letters: every one of them can read nearly any bytes, so
//! only what makes sense beside other letters can tell.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    Encoding, IBM866, ISO_8859_2, ISO_8859_15, KOI8_R, KOI8_U, MACINTOSH, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
    WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257, WINDOWS_1258,
};

/// How much text with letters beyond ASCII is weighed; the count of bytes goes over everything.
const WEIGHED_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What the letters say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// This encoding, and why, in words.
    Encoding(&'static Encoding, String),
    /// An encoding of DOS that is not read.
    Dos,
}

/// Weighs letters beyond ASCII as they come. Constant memory.
pub(super) struct Letters {
    detector: EncodingDetector,
    weighed: usize,
    /// How often each byte from 0x80 on stands there.
    counts: [u64; 128],
    /// The same, only within words: there a small letter is likely, and a sign or capital is not.
    within: [u64; 128],
    /// The same, only where words with small letters begin: there a capital is likely.
    initial: [u64; 128],
    /// Line ends; old Macintoshes write no line feeds.
    crs: u64,
    lfs: u64,
    last: [u8; 2],
}

impl Default for Letters {
    fn default() -> Self {
        Letters {
            detector: EncodingDetector::new(Iso2022JpDetection::Deny),
            weighed: 0,
            counts: [0; 128],
            within: [0; 128],
            initial: [0; 128],
            crs: 0,
            lfs: 0,
            last: [b'\n'; 2],
        }
    }
}

/// The letters of Mac Roman and of DOS code page 850 that are small, by byte.
const MAC_SMALL: [u8; 36] = [
    0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
    0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA7, 0xBE, 0xBF, 0xCF, 0xD8, 0xF5, 0xDE, 0xDF, 0xBB, 0xBC, 0xB9,
];
const DOS_SMALL: [u8; 29] = [
    0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8C, 0x8D, 0x91, 0x93, 0x94, 0x95, 0x96, 0x97,
    0x98, 0x9B, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xE1, 0xD0, 0xE7,
];
/// The small letters of Mac Roman and code page 850 that people's names have most: ä å ç é è ö ü ß æ ø ñ á í ó, and of
/// Mac Roman ã õ.
const MAC_USUAL: [u8; 16] =
    [0x8A, 0x8C, 0x8D, 0x8E, 0x8F, 0x9A, 0x9F, 0xA7, 0xBE, 0xBF, 0x96, 0x87, 0x92, 0x97, 0x8B, 0x9B];
const DOS_USUAL: [u8; 14] = [0x84, 0x86, 0x87, 0x82, 0x8A, 0x94, 0x81, 0xE1, 0x91, 0x9B, 0xA4, 0xA0, 0xA1, 0xA2];
/// Capitals that names begin with: Ä Å Ç É Ñ Ö Ü Æ Ø Á Í Ó.
const MAC_CAPITAL: [u8; 12] = [0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0xAE, 0xAF, 0xE7, 0xEA, 0xEE];
const DOS_CAPITAL: [u8; 12] = [0x8E, 0x8F, 0x80, 0x90, 0xA5, 0x99, 0x9A, 0x92, 0x9D, 0xB5, 0xD6, 0xE0];
/// Small letters of the windows encodings between 0x80 and 0x9F: ś ť ž œ ƒ and the Cyrillic ones.
const WINDOWS_SMALL_LOW: [u8; 5] = [0x9C, 0x9D, 0x9E, 0x83, 0x90];
/// š and ź, which no language has both of; on old Macintoshes they are ö and ü, which stand together in many.
const S_CARON: u8 = 0x9A;
const Z_ACUTE: u8 = 0x9F;

/// Signs of the windows encodings that stand in or before words: „ … ‘ ’ “ • – —.
const WINDOWS_SIGNS: [u8; 8] = [0x84, 0x85, 0x91, 0x92, 0x93, 0x95, 0x96, 0x97];

impl Letters {
    /// Weighs the next bytes.
    pub(super) fn feed(&mut self, chunk: &[u8]) {
        self.crs += memchr::memchr_iter(b'\r', chunk).count() as u64;
        self.lfs += memchr::memchr_iter(b'\n', chunk).count() as u64;
        let mut rest = chunk;
        while !rest.is_empty() {
            let ascii = Encoding::ascii_valid_up_to(rest);
            if let Some(tail) = rest[..ascii].last_chunk::<2>() {
                self.see_after(rest[0]);
                self.last = *tail;
            } else {
                rest[..ascii].iter().for_each(|&byte| self.see(byte));
            }
            rest = &rest[ascii..];
            let high = rest.iter().take_while(|byte| **byte >= 0x80).count();
            rest[..high].iter().for_each(|&byte| self.see(byte));
            rest = &rest[high..];
        }
        if self.weighed < WEIGHED_BYTES_MAX {
            for line in chunk.split_inclusive(|&byte| matches!(byte, b'\n' | b'\r')) {
                // Lines of plain ASCII say nothing.
                if !line.is_ascii() && self.weighed < WEIGHED_BYTES_MAX {
                    self.detector.feed(line, false);
                    self.weighed += line.len();
                }
            }
        }
    }

    fn see(&mut self, byte: u8) {
        self.see_after(byte);
        if byte >= 0x80 {
            self.counts[usize::from(byte - 0x80)] += 1;
        }
        self.last = [self.last[1], byte];
    }

    /// Now that the byte behind it is known: whether the last byte, if it is no ASCII, stood in a word or began one.
    fn see_after(&mut self, byte: u8) {
        let [before, high] = self.last;
        if high < 0x80 {
            return;
        }
        let place = usize::from(high - 0x80);
        let small = byte.is_ascii_lowercase();
        // At a word's end one neighbour is enough; behind a capital that would be an abbreviation.
        let word_ends = matches!(byte, b' ' | b',' | b';' | b'\t' | b'\n' | b'\r' | b'"');
        if before.is_ascii_alphabetic() && small || before.is_ascii_lowercase() && word_ends {
            self.within[place] += 1;
        } else if small && matches!(before, b' ' | b',' | b';' | b'\t' | b'\n' | b'\r' | b'"' | b'-') {
            self.initial[place] += 1;
        }
    }

    fn initial(&self, bytes: impl IntoIterator<Item = u8>) -> u64 {
        bytes.into_iter().map(|byte| self.initial[usize::from(byte - 0x80)]).sum()
    }

    fn within(&self, bytes: impl IntoIterator<Item = u8>) -> u64 {
        bytes.into_iter().map(|byte| self.within[usize::from(byte - 0x80)]).sum()
    }

    /// The likeliest encoding.
    pub(super) fn guess(mut self) -> Guess {
        self.see_after(b'\n');
        let windows = self.within(0xDF..=0xFF)
            + self.within(WINDOWS_SMALL_LOW)
            + self.within([S_CARON]).max(self.within([Z_ACUTE]))
            + self.within(WINDOWS_SIGNS)
            + self.initial(0xC0..=0xDE)
            + self.initial(WINDOWS_SIGNS);
        // A usual letter weighs twice, so that two readings of the same bytes are told by what people are called.
        let mac = self.within(MAC_SMALL) + self.within(MAC_USUAL) + self.initial(MAC_CAPITAL);
        let dos = self.within(DOS_SMALL) + self.within(DOS_USUAL) + self.initial(DOS_CAPITAL);
        let all = self.within(0x80..=0xFF) + self.initial(0x80..=0xFF);
        if dos > mac && dos > 2 * windows && dos >= all && self.within(DOS_USUAL) > 0 {
            return Guess::Dos;
        }
        let undefined = [0x81u8, 0x8D, 0x8F, 0x90, 0x9D].iter().any(|byte| self.counts[usize::from(byte - 0x80)] > 0);
        let doubt = if undefined || self.crs > 0 && self.lfs == 0 { 1 } else { 2 };
        if mac > doubt * windows && mac >= all && self.within(MAC_USUAL) > 0 && self.may_be_western() {
            return Guess::Encoding(MACINTOSH, self.reason(MACINTOSH));
        }
        self.detector.feed(b"", true);
        let mut guess = self.detector.guess(None, Utf8Detection::Deny);
        if guess == WINDOWS_1252 && self.is_hungarian() {
            guess = WINDOWS_1250;
        } else if guess == WINDOWS_1252 && self.is_baltic() {
            guess = WINDOWS_1257;
        } else if guess == WINDOWS_1252 && self.is_turkish() {
            guess = WINDOWS_1254;
        } else if guess == WINDOWS_1250 && self.is_pounds_only() {
            guess = WINDOWS_1252;
        }
        // They differ in the euro sign; nobody writes the sign ¤ that stands in its place.
        if guess == WINDOWS_1252 && self.counts[0x24] > 0 && self.counts[..0x20].iter().all(|count| *count == 0) {
            guess = ISO_8859_15;
        }
        Guess::Encoding(guess, self.reason(guess))
    }

    /// Whether ő and ű, which are õ and û to Western Europe, stand beside á or é, and beside no letter that the languages
    /// with õ or û have and Hungarian lacks.
    fn is_hungarian(&self) -> bool {
        let all = |bytes: &[u8]| bytes.iter().map(|&byte| self.counts[usize::from(byte - 0x80)]).sum::<u64>();
        // ã ç ê â à of Portuguese, è ë î ï ô of French, ä of Estonian; å æ ø ñ.
        let western = all(&[0xE3, 0xE7, 0xEA, 0xE2, 0xE0, 0xE8, 0xEB, 0xEE, 0xEF, 0xF4, 0xE4, 0xE5, 0xE6, 0xF8, 0xF1]);
        self.within([0xF5, 0xFB]) > 0 && all(&[0xF5]) > 0 && all(&[0xE1, 0xE9]) > 0 && western == 0
    }

    /// Whether the letters š and ž, which are ð and þ to Western Europe, stand where only Baltic names have them: as the
    /// capital Ð, with which no word begins, or beside more letters that Icelandic lacks than such as it has.
    fn is_baltic(&self) -> bool {
        let [small_s, small_z, capital_s, capital_z] = [0xF0, 0xFE, 0xD0, 0xDE];
        let all = |bytes: &[u8]| bytes.iter().map(|&byte| self.counts[usize::from(byte - 0x80)]).sum::<u64>();
        // ą ā č ē ė ģ ī ļ ņ ų ū, and é ó ú ý ö.
        let baltic = all(&[0xE0, 0xE2, 0xE8, 0xE7, 0xEB, 0xEC, 0xEE, 0xEF, 0xF2, 0xF8, 0xFB]);
        let icelandic = all(&[0xE9, 0xF3, 0xFA, 0xFD, 0xF6]);
        self.initial([capital_s]) > 0 && icelandic == 0
            || all(&[small_s, small_z, capital_s, capital_z]) > 0 && baltic > icelandic
    }

    /// Whether ş and ğ, which are þ and ð to Western Europe, stand beside ç or ü, and beside no letter that Icelandic
    /// has and Turkish lacks.
    fn is_turkish(&self) -> bool {
        let all = |bytes: &[u8]| bytes.iter().map(|&byte| self.counts[usize::from(byte - 0x80)]).sum::<u64>();
        // á é í ó ú æ.
        let icelandic = all(&[0xE1, 0xE9, 0xED, 0xF3, 0xFA, 0xE6]);
        all(&[0xF0, 0xFE, 0xDE]) > 0 && all(&[0xE7, 0xFC]) > 0 && icelandic == 0
    }

    /// Whether all there is are signs for pounds, which are Ł to Central Europe, and none in a word.
    fn is_pounds_only(&self) -> bool {
        let all: u64 = self.counts.iter().sum();
        let pounds = usize::from(0xA3u8 - 0x80);
        all == self.counts[pounds] && self.initial[pounds] + self.within[pounds] == 0
    }

    /// Mac Roman shares its bytes with the letters of other scripts; a text full of those is none.
    fn may_be_western(&self) -> bool {
        let all: u64 = self.counts.iter().sum();
        let high: u64 = self.counts[0x60..].iter().sum();
        high * 4 < all
    }

    fn reason(&self, encoding: &'static Encoding) -> String {
        let mut bytes: Vec<(u64, u8)> = self
            .counts
            .iter()
            .zip(0x80..=0xFF)
            .filter(|(count, _)| **count > 0)
            .map(|(count, byte)| (*count, byte))
            .collect();
        bytes.sort_by_key(|&(count, byte)| (std::cmp::Reverse(count), byte));
        let kind = text_kind(encoding);
        if !encoding.is_single_byte() {
            return format!("bytes as in {kind} text");
        }
        let letters: Vec<String> = bytes
            .iter()
            .map(|(_, byte)| encoding.decode_without_bom_handling(&[*byte]).0.into_owned())
            .filter(|text| text.chars().all(char::is_alphabetic))
            .take(5)
            .collect();
        if letters.is_empty() {
            format!("signs as in {kind} text")
        } else {
            format!("{} as in {kind} text", letters.join(" "))
        }
    }
}

/// Whose text an encoding is used for.
fn text_kind(encoding: &'static Encoding) -> &'static str {
    if encoding == WINDOWS_1252 || encoding == ISO_8859_15 {
        "Western European"
    } else if encoding == MACINTOSH {
        "old Macintosh"
    } else if encoding == WINDOWS_1250 || encoding == ISO_8859_2 {
        "Central European"
    } else if [WINDOWS_1251, KOI8_R, KOI8_U, IBM866].contains(&encoding) || encoding.name() == "ISO-8859-5" {
        "Cyrillic"
    } else if encoding == WINDOWS_1253 || encoding.name() == "ISO-8859-7" {
        "Greek"
    } else if encoding == WINDOWS_1254 {
        "Turkish"
    } else if encoding == WINDOWS_1255 || encoding.name().starts_with("ISO-8859-8") {
        "Hebrew"
    } else if encoding == WINDOWS_1256 || encoding.name() == "ISO-8859-6" {
        "Arabic"
    } else if encoding == WINDOWS_1257 || ["ISO-8859-4", "ISO-8859-13"].contains(&encoding.name()) {
        "Baltic"
    } else if encoding == WINDOWS_1258 {
        "Vietnamese"
    } else if encoding.name() == "windows-874" {
        "Thai"
    } else if ["Shift_JIS", "EUC-JP", "ISO-2022-JP"].contains(&encoding.name()) {
        "Japanese"
    } else if ["GBK", "gb18030"].contains(&encoding.name()) {
        "simplified Chinese"
    } else if encoding.name() == "Big5" {
        "traditional Chinese"
    } else if encoding.name() == "EUC-KR" {
        "Korean"
    } else {
        "European"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(bytes: &[u8], step: usize) -> String {
        let mut letters = Letters::default();
        bytes.chunks(step).for_each(|chunk| letters.feed(chunk));
        match letters.guess() {
            Guess::Encoding(encoding, reason) => format!("{}: {reason}", encoding.name()),
            Guess::Dos => "dos".to_owned(),
        }
    }

    #[track_caller]
    fn check(encoding: &'static Encoding, text: &str) {
        let (bytes, _, lossy) = encoding.encode(text);
        assert!(!lossy, "{text}");
        let told = guess(&bytes, 4096);
        assert!(told.starts_with(&format!("{}: ", encoding.name())), "{told}: {text}");
    }

    #[test]
    fn western_text_is_told_from_macs() {
        check(WINDOWS_1252, "Namn;Ort\nÅsa Öberg;Malmö\nJürgen Groß;Köln\n");
        check(WINDOWS_1252, "Name,Note\nZoë Œuvrard,pays 5 € – always\nd’Arc,“yes”\n");
        check(WINDOWS_1252, "Nombre\nJosé Muñoz\nInés\n");
        check(WINDOWS_1252, "Namn\nÅsa\n");
        check(MACINTOSH, "Namn\rÅsa Öberg\rMalmö\rJürgen Groß\r");
        check(MACINTOSH, "Förnamn;Efternamn\rÅsa;Öberg\rBjörn;Måård\r");
        check(WINDOWS_1252, "Name,Note\nAnna,don’t call\nBo,it’s fine\n");
        check(WINDOWS_1252, "Name,Note\nAnna,and so on …and\nBo,„ja“ – “no”\nCy,Mon–Fri\n");
        check(MACINTOSH, "Nombre\rJosé Peña\rMaría Muñoz\rÁngel Núñez\r");
        check(MACINTOSH, "Förnamn;Efternamn\nÅsa;Öberg\nBjörn;Lindström\n");
        check(ISO_8859_15, "Nom;Prix\nZoë;5 €\n");
        check(MACINTOSH, "Nom,Ville\rRené Lefèvre,Besançon\r");
        check(MACINTOSH, "Name;Ort\nJürgen Möller;Köln\n");
        check(WINDOWS_1250, "ime;grad\nTomaš Kušar;Škofja Loka\n");
        check(MACINTOSH, "navn;by\nSøren Nørgård;Ærøskøbing\n");
    }

    #[test]
    fn other_scripts_are_told() {
        check(WINDOWS_1250, "jméno;město\nJiří Novák;Plzeň\nŽofie Dvořáková;Třebíč\nPřemysl Šťastný;Děčín\n");
        check(WINDOWS_1250, "imię;miasto\nŁukasz Wójcik;Łódź\nMałgorzata Dąbrowska;Gdańsk\nŚwiętosław Źdźbło;Kraków\n");
        let hungarian =
            "Győző Szőke;Győr;később hív\nTünde Kőműves;Pécs;köszöni\nBéla Füredi;Székesfehérvár;nem kérte\n";
        check(WINDOWS_1250, hungarian);
        check(WINDOWS_1250, &hungarian.repeat(200));
        check(WINDOWS_1252, &"Õnne Põld;Jõhvi;ülemiste\nTõnu Mägi;Võru;möödas\n".repeat(200));
        check(WINDOWS_1252, &"João Simões;Camões;não põe\nInês;Évora;há limões\n".repeat(200));
        check(WINDOWS_1251, "имя;город\nИван Иванов;Москва\nОльга Петрова;Казань\n");
        check(KOI8_U, "имя;город\nИван Иванов;Москва\nОльга Петрова;Казань\n");
        check(WINDOWS_1253, "όνομα;πόλη\nΓιώργος Παπαδόπουλος;Αθήνα\nΕλένη Νικολάου;Πάτρα\n");
        check(WINDOWS_1254, "ad;şehir\nGökçe;Muğla\n");
        check(WINDOWS_1252, "name;price\nAnna;£5\n");
        check(MACINTOSH, "nome;cidade\nJoão Conceição;São Paulo\n");
        check(WINDOWS_1257, "vardas;miestas\nJonas Žukauskas;Šiauliai\nOna Šimkutė;Kėdainiai\n");
        check(WINDOWS_1257, "vārds;pilsēta\nĀdams Bērziņš;Rīga\n");
        check(WINDOWS_1252, "nafn;bær\nÞórður Sigurðsson;Reykjavík\nGuðrún Þóra;Ísafjörður\n");
        check(WINDOWS_1254, "ad;şehir\nAyşe Yılmaz;İstanbul\nÇağrı Öztürk;Eskişehir\nGülşen Doğan;Muğla\n");
    }

    #[test]
    fn dos_is_told_and_chunks_do_not_matter() {
        let dos = b"namn;ort\r\n\x8fsa \x99berg;Malm\x94\r\nJ\x81rgen;K\x94ln\r\nB\x84ck;V\x84ster\x86s\r\n";
        for step in [1, 3, 4096] {
            assert_eq!(guess(dos, step), "dos");
            let told = guess(b"Namn;Ort\n\xC5sa;Malm\xF6\nG\xF6ran;\xE5\xE4\n", step);
            assert_eq!(told.split(':').next(), Some("windows-1252"), "{told}");
        }
    }
}
