//! Real files, damaged at random: whatever comes in, a table comes out within bounds, or one sentence says why not.
//!
//! A few seconds by default, always with the same dice. `C3IMPORT_DAMAGES=100000` throws them more often, and
//! `C3IMPORT_DAMAGE_SEED` from another beginning; a failure names the throw that shows it.

use std::io::{Cursor, Read as _, Write as _};
use std::ops::ControlFlow;
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{SourceError, open};
use crate::model::{Input, SourceOptions};

/// How many files are damaged unless the environment says otherwise.
const DAMAGES: u64 = 1_500;

/// So many rows of one file are enough: what repeats itself says nothing new.
const ROWS: u64 = 3_000;

/// What one row may hold, as `limits` has it for text and for sheets.
const ROW_BYTES_MAX: usize = 16 * 1024 * 1024;

const FIXTURES: [&str; 21] = [
    "xlsx/sheetjs.xlsx",
    "xlsx/xlsxwriter.xlsx",
    "xlsx/openpyxl.xlsx",
    "xlsx/libreoffice.xlsx",
    "xlsb/sheetjs.xlsb",
    "xls/libreoffice.xls",
    "xls/sheetjs.xls",
    "xls/sheetjs-biff5.xls",
    "xls/xlwt.xls",
    "ods/libreoffice.ods",
    "ods/sheetjs.ods",
    "ods/libreoffice.fods",
    "markup/sheetjs-2003.xls",
    "markup/sheetjs-html.xls",
    "markup/libreoffice.html",
    "messy.csv",
    "latin1-semicolon.csv",
    "mac-title.csv",
    "backslash-quotes.csv",
    "exports/google-contacts.csv",
    "exports/outlook-sv.csv",
];

/// What readers stumble over: ends of ranges, what opens and closes things, numbers that overflow.
const STUMBLES: [&[u8]; 20] = [
    b"\0",
    b"\xFF\xFF\xFF\xFF",
    b"\x7F\xFF",
    b"\xFE\xFF",
    b"\"",
    b"\"\"",
    b"\r",
    b"\n",
    b";",
    b"<",
    b">",
    b"</",
    b"&#x110000;",
    b"&a;",
    b"]]>",
    b"99999999999999999999",
    b"-1",
    b"XFD1048576",
    b"1e999",
    b"\xC3\x28",
];

/// Dice that fall the same way every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.throw() % end as u64) as usize }
    }
}

/// Damages `bytes` in one to four places.
fn damage(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        let len_max = if dice.below(4) == 0 { 5_000 } else { 16 };
        let len = 1 + dice.below(len_max);
        let end = (at + len).min(bytes.len());
        match dice.below(10) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
            1 if !bytes.is_empty() => bytes[at] = dice.throw() as u8,
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let again = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, again));
            }
            5 => {
                let from = dice.below(other.len());
                let piece = other[from..(from + len).min(other.len())].to_vec();
                drop(bytes.splice(at..end, piece));
            }
            6 => bytes[at..end].fill(0),
            7 => {
                let to = dice.below(bytes.len());
                let piece: Vec<u8> = bytes.drain(at..end).collect();
                let to = to.min(bytes.len());
                drop(bytes.splice(to..to, piece));
            }
            _ => {
                // Often in place of a number, which says how much of something follows or where it stands.
                let digits = |byte: &u8| byte.is_ascii_digit();
                let from = bytes[at..].iter().position(digits).map_or(at, |found| at + found);
                let number = bytes[from..].iter().take_while(|byte| digits(byte)).count();
                let end = from + if dice.below(2) == 0 { number } else { 0 };
                drop(bytes.splice(from..end, STUMBLES[dice.below(STUMBLES.len())].iter().copied()));
            }
        }
    }
}

/// The same inside a zip: a part is damaged, and the zip around it is sound.
fn damage_inside(zip: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
    let victim = dice.below(archive.len());
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        if at == victim {
            damage(&mut bytes, other, dice);
        }
        let name = part.name().unwrap().into_owned();
        out.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored)).unwrap();
        out.write_all(&bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// An error is one sentence, and no panic that the fence has caught.
fn is_told(error: &SourceError) -> Result<(), String> {
    let text = error.to_string();
    let sound = !text.ends_with('.') && !text.chars().any(char::is_control) && text.len() < 2_000;
    if sound && !text.contains("makes no sense to the reader") { Ok(()) } else { Err(text) }
}

fn read(file: &Path) -> Result<(), String> {
    let table = match open(&Input::File(file.to_owned()), &SourceOptions::default()) {
        Ok(table) => table,
        Err(error) => return is_told(&error),
    };
    let width = table.header().names.len();
    let (mut before, mut rows, mut odd) = (table.header().row.0, 0, None);
    let end = table.read(&mut |row| {
        rows += 1;
        if row.number.0 <= before || row.len() != width || row.text_len() > ROW_BYTES_MAX {
            odd = Some(format!("row {} after {before}: {} cells of {width}", row.number, row.len()));
        }
        before = row.number.0;
        if rows < ROWS && odd.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    match (odd, end) {
        (Some(odd), _) => Err(odd),
        (None, Ok(_)) => Ok(()),
        (None, Err(error)) => is_told(&error),
    }
}

#[test]
fn a_damaged_file_is_read_or_refused_with_a_sentence() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (damages, seed) = (number("C3IMPORT_DAMAGES").unwrap_or(DAMAGES), number("C3IMPORT_DAMAGE_SEED").unwrap_or(1));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut files: Vec<Vec<u8>> = FIXTURES.iter().map(|name| std::fs::read(root.join(name)).unwrap()).collect();
    // Text in units of two bytes, which no fixture is.
    let messy = String::from_utf8_lossy(&files[15]).into_owned();
    files.push(
        "\u{feff}".chars().chain(messy.chars()).collect::<String>().encode_utf16().flat_map(u16::to_le_bytes).collect(),
    );
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for damage_number in 0..damages {
        let mut dice = Dice(seed.wrapping_mul(1 << 32).wrapping_add(damage_number));
        let which = dice.below(files.len());
        let other = dice.below(files.len());
        let bytes = if files[which].starts_with(b"PK") && dice.below(4) > 0 {
            damage_inside(&files[which], &files[other], &mut dice)
        } else {
            let mut bytes = files[which].clone();
            damage(&mut bytes, &files[other], &mut dice);
            bytes
        };
        file.as_file_mut().set_len(0).unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        if let Err(told) = read(file.path()) {
            panic!("damage {damage_number} of seed {seed} to {}: {told}", FIXTURES.get(which).unwrap_or(&"UTF-16"));
        }
    }
}
