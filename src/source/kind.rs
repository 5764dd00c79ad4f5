//! What a file is, told from its bytes and never from its name.

use super::SourceError;
use super::csv::reads_as_utf_16;
use super::package::Package;

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A zip: a workbook, perhaps; its entries tell.
    Zip,
    /// An OLE compound file: an old workbook, or a protected new one; its directory tells.
    Compound,
    /// The stream of an old workbook without a compound file around it.
    BareXls,
    /// A kind we know and do not read.
    Other(Other),
    /// Bytes without any sense.
    Noise,
    /// Text, as far as one can see.
    Text,
}

/// A kind of file we recognise in order to refuse it by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Other {
    /// With its article.
    pub(super) what: &'static str,
    /// What to do.
    pub(super) hint: &'static str,
}

impl Other {
    /// The refusal.
    pub(super) fn refuse(self, path: String) -> SourceError {
        SourceError::OtherKind { path, what: self.what, hint: self.hint }
    }
}

const SAVE_AS_XLSX: &str = "open it in a spreadsheet program and save it as .xlsx";
const EXPORT_A_TABLE: &str = "export the contacts as CSV or XLSX";
const UNPACK: &str = "unpack it and give the file inside";

const fn other(what: &'static str, hint: &'static str) -> Other {
    Other { what, hint }
}

/// The kind by its first bytes. `Text` only says that nothing else was recognised.
pub(super) fn sniff(head: &[u8]) -> Kind {
    let starts = |magic: &[u8]| head.starts_with(magic);
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") || starts(b"PK\x07\x08") {
        return Kind::Zip;
    }
    if starts(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Kind::Compound;
    }
    if starts(b"\x09\x08") && head.get(2..4).is_some_and(|size| matches!(size, [4..=16, 0])) {
        return Kind::BareXls;
    }
    let known = if starts(b"%PDF") {
        other("a PDF document", EXPORT_A_TABLE)
    } else if starts(b"{\\rtf") {
        other("a text document (RTF)", EXPORT_A_TABLE)
    } else if starts(b"\x89PNG\r\n") || starts(b"\xFF\xD8\xFF") || starts(b"GIF8") {
        other("a picture", EXPORT_A_TABLE)
    } else if starts(b"\x1F\x8B") || starts(b"7z\xBC\xAF\x27\x1C") || starts(b"Rar!\x1A\x07") || starts(b"BZh") {
        other("a packed archive", UNPACK)
    } else if starts(b"SQLite format 3\0") {
        other("an SQLite database", EXPORT_A_TABLE)
    } else if starts(b"\x09\x00\x04\x00") || starts(b"\x09\x02\x06\x00") || starts(b"\x09\x04\x06\x00") {
        other("an Excel workbook from before 1993", SAVE_AS_XLSX)
    } else if starts(b"II*\0") || starts(b"MM\0*") || starts(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        other("a picture", EXPORT_A_TABLE)
    } else if head.get(4..8) == Some(b"ftyp") {
        other("a picture or a film", EXPORT_A_TABLE)
    } else if starts(b"\xFD7zXZ") || starts(b"\x28\xB5\x2F\xFD") || head.get(257..262) == Some(b"ustar") {
        other("a packed archive", UNPACK)
    } else if starts(b"PAR1") {
        other("a Parquet file", EXPORT_A_TABLE)
    } else if starts(b"\0\x01\0\0Standard ") {
        other("an Access database", EXPORT_A_TABLE)
    } else if starts(b"!BDN") {
        other("an Outlook data file", EXPORT_A_TABLE)
    } else if starts(b"\0\0\x02\0") || starts(b"\0\0\x1A\0") {
        other("a Lotus 1-2-3 or Quattro worksheet", SAVE_AS_XLSX)
    } else if starts(b"\x7FELF") || starts(b"MZ") && head.contains(&0) {
        other("a program", EXPORT_A_TABLE)
    } else if starts(b"ID;P") && [&b"\nP;"[..], b"\nC;", b"\nB;", b"\nF;"].iter().any(|line| contains(head, line)) {
        other("a SYLK file", SAVE_AS_XLSX)
    } else if starts(b"TABLE\r\n0,1") || starts(b"TABLE\n0,1") {
        other("a DIF file", SAVE_AS_XLSX)
    } else if is_ebcdic(head) {
        other("text in EBCDIC, the encoding of mainframes", "convert it to UTF-8 and try again")
    } else if is_noise(head) {
        return Kind::Noise;
    } else {
        return Kind::Text;
    };
    Kind::Other(known)
}

/// Marked-up text with tables in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Markup {
    /// A web page.
    Html,
    /// An Excel 2003 XML spreadsheet.
    SpreadsheetXml,
    /// A flat OpenDocument spreadsheet.
    FlatOds,
    /// A kind we know and do not read.
    Other(Other),
}

/// Whether text is marked up, by its first bytes in whatever encoding.
pub(super) fn sniff_markup(head: &[u8]) -> Option<Markup> {
    let head: Vec<u8> = head.iter().take(8192).copied().filter(|&byte| byte != 0).collect();
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let head = head.trim_start_matches(['\u{feff}', '\u{fffd}', ' ', '\t', '\r', '\n']);
    let named = |word: &str| head.contains(word);
    if head.starts_with("mime-version:") || named("\ncontent-type: multipart/related") {
        return Some(Markup::Other(other("a web archive (MHTML)", SAVE_AS_XLSX)));
    }
    if !head.starts_with('<') {
        return None;
    }
    let named = |word: &str| head.contains(word);
    let root = root_of(head);
    match root.rsplit(':').next() {
        Some("workbook") if named("urn:schemas-microsoft-com:office:spreadsheet") => {
            return Some(Markup::SpreadsheetXml);
        }
        Some("document" | "document-content") if root.starts_with("office:") => {
            return Some(if named("opendocument.spreadsheet") || !named("mimetype=") {
                Markup::FlatOds
            } else {
                Markup::Other(other("an OpenDocument text or drawing", EXPORT_A_TABLE))
            });
        }
        _ => {}
    }
    let tags = [
        "html", "table", "script", "meta", "head", "body", "div", "style", "center", "tr", "font", "title", "link", "p",
    ];
    let is_page = tags.contains(&root) || named("<html") || named("<!doctype html");
    is_page.then_some(Markup::Html)
}

/// The name of the first element, after what may stand before it.
fn root_of(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let end = match () {
            () if rest.starts_with("<!--") => "-->",
            () if rest.starts_with("<?") || rest.starts_with("<!") => ">",
            () => break,
        };
        let Some((_, after)) = rest.split_once(end) else { return "" };
        rest = after;
    }
    let name = rest.strip_prefix('<').unwrap_or_default();
    &name[..name.find(|c: char| !(c.is_alphanumeric() || matches!(c, ':' | '-' | '_'))).unwrap_or(name.len())]
}

/// Whether bytes are neither text in any encoding nor anything known: control characters everywhere. Wide encodings
/// have them in one half of each character only, and zeros in plenty.
fn is_noise(head: &[u8]) -> bool {
    let marks: [&[u8]; 4] = [b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF", b"\0\0\xFE\xFF"];
    if head.len() < 64 || marks.iter().any(|mark| head.starts_with(mark)) {
        return false;
    }
    let control = |byte: u8| matches!(byte, 0..=8 | 14..=25 | 28..=31);
    let share = |from: usize, test: &dyn Fn(u8) -> bool| {
        let half = head.iter().skip(from).step_by(2);
        half.filter(|&&byte| test(byte)).count() * 200 / head.len()
    };
    let everywhere = share(0, &control) > 3 && share(1, &control) > 3;
    // Of scripts with their own page of Unicode, the page stands in one half of every character.
    let wide = || reads_as_utf_16(head, u16::from_le_bytes) || reads_as_utf_16(head, u16::from_be_bytes);
    everywhere && share(0, &|byte| byte == 0) < 15 && share(1, &|byte| byte == 0) < 15 && !wide()
}

/// Whether bytes are letters, digits, signs and line ends of EBCDIC, and not of anything else: it has its line ends and
/// spaces where others have signs and letters.
fn is_ebcdic(head: &[u8]) -> bool {
    if head.len() < 16
        || head.contains(&b'\n')
        || head.contains(&b' ')
        || !head.iter().any(|byte| matches!(byte, 0x15 | 0x25))
    {
        return false;
    }
    let usual = |byte: &&u8| {
        matches!(byte, 0x81..=0x89 | 0x91..=0x99 | 0xA2..=0xA9 | 0xC1..=0xC9 | 0xD1..=0xD9 | 0xE2..=0xE9 | 0xF0..=0xF9
            | 0x05 | 0x0D | 0x15 | 0x25 | 0x40 | 0x4B..=0x50 | 0x5A..=0x61 | 0x6B..=0x6F | 0x7A..=0x7F)
    };
    let letters = head.iter().filter(|byte| **byte > 0x80).count();
    letters * 2 > head.len() && head.iter().filter(usual).count() * 20 > head.len() * 19
}

/// A kind of text that is not a table, told from its decoded beginning.
pub(super) fn sniff_text(head: &str) -> Option<Other> {
    let head = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let mut bound = head.len().min(4096);
    while !head.is_char_boundary(bound) {
        bound -= 1;
    }
    let lower = head[..bound].to_ascii_lowercase();
    if lower.starts_with('<') {
        let named = |tag: &str| lower.contains(tag);
        if named("urn:schemas-microsoft-com:office:spreadsheet") || named("progid=\"excel.sheet\"") {
            return Some(other("an Excel XML spreadsheet", SAVE_AS_XLSX));
        }
        if named("<office:document") {
            return Some(other("a flat OpenDocument file", SAVE_AS_XLSX));
        }
        if ["<!doctype html", "<html", "<table", "<meta", "<head", "<body", "<div"].iter().any(|tag| named(tag)) {
            return Some(other("a web page (HTML), whatever its name says", SAVE_AS_XLSX));
        }
        let first_tag = lower.split('>').next().unwrap_or_default();
        if lower.starts_with("<?xml") || first_tag.contains(" xmlns") {
            return Some(other("an XML document", EXPORT_A_TABLE));
        }
    }
    let mut opening = lower.chars().filter(|c| !c.is_whitespace());
    match (opening.next(), opening.next()) {
        (Some('{'), _) if lower.contains("docs.google.com") => {
            Some(other("a link to a Google spreadsheet, not the spreadsheet", "open it there and download it as .xlsx"))
        }
        (Some('{'), Some('"' | '}')) | (Some('['), Some('{' | '[')) => Some(other("a JSON document", EXPORT_A_TABLE)),
        _ if lower.starts_with("begin:vcard") => Some(other("a vCard file", EXPORT_A_TABLE)),
        _ => None,
    }
}

/// Whether these bytes, in no known encoding with NULs, are something else than text. Text has next to no control
/// characters; compressed or binary data has more than one in ten.
pub(super) fn looks_binary(head: &[u8]) -> bool {
    // A file that was cut off while it was written may end in zeros.
    let zeros = head.iter().rev().take_while(|&&byte| byte == 0).count();
    let head = if zeros < head.len() { &head[..head.len() - zeros] } else { head };
    let control = |byte: &&u8| matches!(**byte, 0..=8 | 14..=26 | 28..=31);
    let controls = head.iter().filter(control).count();
    controls > 8 && controls * 20 > head.len() || controls > 3 && controls * 8 > head.len()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// What a zip holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ZipKind {
    /// An Office Open XML workbook.
    Xlsx,
    /// The same with binary parts.
    Xlsb,
    /// An OpenDocument spreadsheet.
    Ods,
    /// Something else.
    Other(Other),
}

/// What a zip holds, by the names of its parts.
pub(super) fn sniff_zip(package: &mut Package) -> ZipKind {
    // An unreadable part leaves the text empty, and the file is then named by its other parts.
    let mimetype = package.bytes("mimetype").ok().flatten().unwrap_or_default();
    let mimetype = String::from_utf8_lossy(&mimetype[..mimetype.len().min(200)]).trim().to_lowercase();
    let named = |test: &dyn Fn(&str) -> bool| package.names().any(test);
    let file_of = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    if named(&|name| name.ends_with("workbook.bin")) {
        return ZipKind::Xlsb;
    }
    if named(&|name| file_of(name).starts_with("workbook") && name.ends_with(".xml")) {
        return ZipKind::Xlsx;
    }
    let ends = |ending: &'static str| named(&move |name| name.ends_with(ending));
    ZipKind::Other(match &*mimetype {
        kind if kind.contains("opendocument.spreadsheet") => return ZipKind::Ods,
        kind if kind.contains("opendocument") => other("an OpenDocument text or drawing", EXPORT_A_TABLE),
        kind if kind.contains("epub") => other("an e-book", EXPORT_A_TABLE),
        _ if named(&|name| name.starts_with("word/")) => other("a Word document", EXPORT_A_TABLE),
        _ if named(&|name| name.starts_with("ppt/")) => other("a PowerPoint presentation", EXPORT_A_TABLE),
        _ if named(&|name| name.starts_with("visio/")) => other("a Visio drawing", EXPORT_A_TABLE),
        _ if ends(".iwa") || ends(".iwa.zip") || named(&|name| name == "index.zip" || name == "index/document.iwa") => {
            other("an Apple Numbers or Pages file", SAVE_AS_XLSX)
        }
        _ if named(&|name| name.starts_with("xl/") || name == "[content_types].xml") => {
            other("an Office file without a workbook", SAVE_AS_XLSX)
        }
        // Written without a type by some programs; the part names itself when it is read.
        _ if package.has("content.xml") => return ZipKind::Ods,
        _ if ends(".csv") || ends(".xlsx") || ends(".xls") || ends(".ods") => {
            other("a zip archive with a spreadsheet inside", UNPACK)
        }
        _ => other("a zip archive without a workbook", UNPACK),
    })
}

/// What a compound file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CompoundKind {
    /// An old workbook, in the stream of this name.
    Xls(&'static str),
    /// A modern workbook behind a password.
    Encrypted,
    /// Something else.
    Other(Other),
}

/// What a compound file holds, by the names in its directory.
pub(super) fn sniff_compound<'a>(names: impl Iterator<Item = &'a str>) -> CompoundKind {
    let names: Vec<&str> = names.collect();
    let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    let starts = |start: &str| names.iter().any(|name| name.starts_with(start));
    match () {
        () if has("EncryptedPackage") => CompoundKind::Encrypted,
        () if has("Workbook") => CompoundKind::Xls("Workbook"),
        () if has("Book") => CompoundKind::Xls("Book"),
        () if has("WordDocument") => CompoundKind::Other(other("a Word document", EXPORT_A_TABLE)),
        () if has("PowerPoint Document") => CompoundKind::Other(other("a PowerPoint presentation", EXPORT_A_TABLE)),
        () if has("VisioDocument") => CompoundKind::Other(other("a Visio drawing", EXPORT_A_TABLE)),
        () if starts("__properties_version1.0") || starts("__substg1.0") => {
            CompoundKind::Other(other("an Outlook message", EXPORT_A_TABLE))
        }
        () if has("MM") || has("MatOST") => CompoundKind::Other(other("a Works document", SAVE_AS_XLSX)),
        () => CompoundKind::Other(other("an Office file without a workbook", SAVE_AS_XLSX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        assert_eq!(sniff(b"PK\x03\x04rest"), Kind::Zip);
        assert_eq!(sniff(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Kind::Compound);
        assert!(matches!(sniff(b"%PDF-1.7"), Kind::Other(pdf) if pdf.what == "a PDF document"));
        assert_eq!(sniff(b"PK;Name\n1;Anna"), Kind::Text);
        assert_eq!(sniff(b""), Kind::Text);
    }

    #[test]
    fn text_that_is_no_table_is_called_by_its_name() {
        let what = |text| sniff_text(text).map(|other| other.what);
        assert_eq!(what("\u{feff}\n<html><table>"), Some("a web page (HTML), whatever its name says"));
        assert_eq!(what("<table border=1>"), Some("a web page (HTML), whatever its name says"));
        assert_eq!(
            what("<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>"),
            Some("an Excel XML spreadsheet")
        );
        assert_eq!(what("[{\"name\": 1}]"), Some("a JSON document"));
        assert_eq!(what("<svg xmlns=\"http://www.w3.org/2000/svg\"><text>"), Some("an XML document"));
        assert_eq!(what("<name>,<mail>\nBo,b@b.se"), None);
        assert_eq!(what("name,email\n<b>,x"), None);
        assert_eq!(what("{name},email"), None);
        assert_eq!(what(""), None);
    }

    #[test]
    fn marked_up_text_is_told_by_its_first_element() {
        let markup = |text: &str| sniff_markup(text.as_bytes());
        assert_eq!(markup("\u{feff}\n<html><table>"), Some(Markup::Html));
        assert_eq!(markup("<!-- x --><TABLE border=1>"), Some(Markup::Html));
        assert_eq!(markup("<?xml version=\"1.0\"?><!DOCTYPE html><x>"), Some(Markup::Html));
        let urn = "urn:schemas-microsoft-com:office:spreadsheet";
        assert_eq!(markup(&format!("<?xml?><ss:Workbook xmlns:ss='{urn}'><Table>")), Some(Markup::SpreadsheetXml));
        assert_eq!(markup("<?xml?><office:document><style:style/><table:table>"), Some(Markup::FlatOds));
        assert_eq!(markup("<?xml?><contacts><table/>"), None);
        assert_eq!(markup("<script>1</script><table>"), Some(Markup::Html));
        assert_eq!(markup("<b>,name"), None);
        assert!(matches!(markup("MIME-Version: 1.0\n"), Some(Markup::Other(_))));
        assert_eq!(markup("name,<html>"), None);
    }

    #[test]
    fn noise_is_no_text_and_wide_text_is_no_noise() {
        let noise: Vec<u8> = (0..4000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(sniff(&noise), Kind::Noise);
        let wide = |text: &str| text.repeat(50).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for text in [
            "Имя;Город\nИван Иванов;Москва\n",
            "name,email\nÅsa,a@b.se\n",
            "\u{4e01}\u{4e02}\u{4e03},\u{4e05}\u{4e0f}\n",
            "\u{4e01}a\u{4e02}b\n",
        ] {
            assert_eq!(sniff(&wide(text)), Kind::Text, "{text}");
        }
    }

    #[test]
    fn binary_is_told_from_text_with_a_stray_nul() {
        assert!(!looks_binary(b"name,email\nA\0nna,a@b.se\n"));
        let noise: Vec<u8> = (0..4000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert!(looks_binary(&noise));
    }

    #[test]
    fn a_mainframes_text_is_told() {
        // NAME,MAIL and ANNA,A@B.SE in code page 37.
        let rows =
            [&b"\xD5\xC1\xD4\xC5\x6B\xD4\xC1\xC9\xD3\x25"[..], b"\xC1\xD5\xD5\xC1\x6B\xC1\x7C\xC2\x4B\xE2\xC5\x25"];
        assert!(matches!(sniff(&rows.concat()), Kind::Other(text) if text.what.contains("EBCDIC")));
        let (cyrillic, _, _) = encoding_rs::WINDOWS_1251.encode("имя;город\rиван;москва%\r");
        assert_eq!(sniff(&cyrillic), Kind::Text);
    }

    #[test]
    fn a_compound_file_is_what_its_directory_says() {
        let kind = |names: &[&'static str]| sniff_compound(names.iter().copied());
        assert_eq!(kind(&["Root Entry", "EncryptionInfo", "EncryptedPackage"]), CompoundKind::Encrypted);
        assert_eq!(kind(&["Root Entry", "WORKBOOK"]), CompoundKind::Xls("Workbook"));
        assert_eq!(kind(&["Root Entry", "Book"]), CompoundKind::Xls("Book"));
        assert!(matches!(kind(&["WordDocument"]), CompoundKind::Other(word) if word.what == "a Word document"));
    }
}
