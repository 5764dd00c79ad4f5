//! What `c3import inspect` shows: a page of 80 columns for people, JSON for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::model::figures::{count, rows};
use crate::model::{ColumnIndex, Header, TableShape, excerpt};
use crate::plan::{ColumnProfile, Distinct, Profile};
use crate::source::{SheetInfo, TextDetails};

/// The page is this wide.
const WIDTH: usize = 80;

/// Everything that was found out about a table.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The input as the user named it.
    pub input: String,
    /// What was known before its rows were read.
    pub shape: TableShape,
    /// How a text table is written.
    pub text: Option<TextDetails>,
    /// All sheets of a workbook, in the order of their tabs.
    pub sheets: Vec<SheetInfo>,
    /// Whether somebody said which sheet to read.
    pub sheet_asked: bool,
    /// The column names.
    pub header: Header,
    /// The row that looks more like the header.
    pub header_suggestion: Option<u64>,
    /// What its rows hold.
    pub profile: Profile,
    /// Lines without any cell; nothing when reading ended before its time.
    pub blank_lines: Option<u64>,
}

/// For people.
pub fn inspection_text(inspection: &Inspection) -> String {
    let Inspection { input, shape, text, header, header_suggestion, profile, blank_lines, .. } = inspection;
    let mut page = String::new();
    let kind = shape.description.split(',').next().unwrap_or_default();
    say(
        &mut page,
        &format!("{}: {kind}, {}, {}", excerpt(input, 200), rows(profile.rows), columns(profile.columns.len())),
    );
    page.push('\n');
    if let Some(text) = text {
        fact(&mut page, "encoding", &format!("{}: {}", text.encoding, text.encoding_reason));
        fact(&mut page, "delimiter", &format!("{}: {}", delimiter_name(text.delimiter), text.delimiter_reason));
        if text.backslash_escapes {
            fact(&mut page, "quotes", "a backslash before a quote keeps it inside its cell");
        }
        if text.spaced_quotes {
            fact(&mut page, "quotes", "spaces before the quote that opens a cell are not part of it");
        }
    }
    for (number, line) in sheet_lines(inspection).iter().enumerate() {
        let name = if number > 0 {
            ""
        } else if inspection.sheets.len() == 1 {
            "sheet"
        } else {
            "sheets"
        };
        fact(&mut page, name, line);
    }
    fact(&mut page, "header", &format!("row {}", header.row));
    if let Some(row) = header_suggestion {
        fact(&mut page, "", &format!("row {row} looks like the header: --header-row {row}"));
    }
    let blank =
        blank_lines.map_or_else(|| "reading ended too early".to_owned(), |lines| format!("{} blank", count(lines)));
    fact(&mut page, "rows", &format!("{}; {blank}, {} ragged", count(profile.rows), count(profile.ragged_rows)));
    page.push('\n');
    column_table(&mut page, profile);
    findings(&mut page, profile);
    page.push_str("\nTo pin what was found, put this into the mapping:\n\n");
    for line in source_lines(inspection) {
        let _infallible = writeln!(page, "    {line}");
    }
    page
}

/// One line a sheet: which one is read and why, which others there are, and how far they reach.
fn sheet_lines(inspection: &Inspection) -> Vec<String> {
    const LISTED_MAX: usize = 20;
    let line = |sheet: &SheetInfo| {
        let mut text = format!("\"{}\"", excerpt(&sheet.name, 100));
        if !sheet.visible {
            text.push_str(", hidden");
        }
        if let Some(corner) = corner(sheet) {
            text.push_str(&format!(", up to {corner}"));
        }
        if sheet.chosen {
            text.push_str(&format!(": read, {}", sheet_reason(inspection)));
        } else if let Some(header) = &sheet.header {
            let names: Vec<String> = header.names.iter().take(3).map(|name| excerpt(name.trim(), 20)).collect();
            let more = if header.names.len() > 3 { ", …" } else { "" };
            text.push_str(&format!(": not read; row {} is {}{more}", header.row, names.join(", ")));
        }
        text
    };
    let sheets = &inspection.sheets;
    let mut lines: Vec<String> = sheets.iter().take(LISTED_MAX).map(line).collect();
    if sheets.len() > LISTED_MAX {
        lines.extend(sheets.iter().skip(LISTED_MAX).filter(|sheet| sheet.chosen).map(line));
        lines.push(format!("{} in all", count(sheets.len() as u64)));
    }
    if sheets.iter().any(|sheet| sheet.header.is_some()) {
        lines.push("another one is read with --sheet NAME".to_owned());
    }
    lines
}

fn sheet_reason(inspection: &Inspection) -> &'static str {
    if inspection.sheet_asked { "as asked for" } else { "the first visible one with data" }
}

/// The last cell of a sheet as its file declares it: `Q321`.
fn corner(sheet: &SheetInfo) -> Option<String> {
    let column = ColumnIndex(sheet.columns?.checked_sub(1)?);
    Some(format!("{}{}", column.letters(), sheet.rows?))
}

/// The `[source]` table of a mapping that reads the table as it was read now.
fn source_lines(inspection: &Inspection) -> Vec<String> {
    let mut lines = vec!["[source]".to_owned()];
    if let Some(sheet) = &inspection.shape.sheet {
        // A JSON string is a TOML basic string.
        lines.push(format!("sheet = {}", json!(sheet)));
    }
    if let Some(text) = &inspection.text {
        lines.push(format!("encoding = {}", json!(text.encoding.to_ascii_lowercase())));
        lines.push(format!("delimiter = {}", json!(delimiter_name(text.delimiter))));
    }
    lines.push(format!("header_row = {}", inspection.header_suggestion.unwrap_or(inspection.header.row.0)));
    lines
}

fn columns(number: usize) -> String {
    format!("{} column{}", count(number as u64), if number == 1 { "" } else { "s" })
}

/// As `--delimiter` and `[source]` take it.
fn delimiter_name(delimiter: u8) -> String {
    match delimiter {
        b',' => "comma".to_owned(),
        b';' => "semicolon".to_owned(),
        b'\t' => "tab".to_owned(),
        b'|' => "pipe".to_owned(),
        other => char::from(other).to_string(),
    }
}

fn fact(page: &mut String, name: &str, text: &str) {
    wrapped(page, &format!("  {name:<11}"), text);
}

fn say(page: &mut String, text: &str) {
    wrapped(page, "", text);
}

/// Text behind a first word, in as many lines as it takes; the lines below stand under the text.
fn wrapped(page: &mut String, before: &str, text: &str) {
    let indent = width(before);
    page.push_str(before);
    let mut at = indent;
    for (number, word) in text.split(' ').enumerate() {
        if number > 0 && at + 1 + width(word) > WIDTH {
            page.push('\n');
            page.push_str(&" ".repeat(indent.max(2)));
            at = indent.max(2);
        } else if number > 0 {
            page.push(' ');
            at += 1;
        }
        page.push_str(word);
        at += width(word);
    }
    page.push('\n');
}

/// One line a column: letters, name, how full, how many values, what kinds, samples.
fn column_table(page: &mut String, profile: &Profile) {
    const NAME_MAX: usize = 20;
    let mut lines: Vec<[String; 6]> = vec![["", "column", "filled", "distinct", "holds", "such as"].map(str::to_owned)];
    for column in &profile.columns {
        let kinds: Vec<&str> = column.kinds.iter().map(|(kind, _)| kind.as_str()).collect();
        lines.push([
            column.column.letters(),
            cut(&excerpt(&column.name, NAME_MAX), NAME_MAX),
            share(column.filled, profile.sound_rows),
            distinct(column.distinct),
            cut(&if kinds.is_empty() { "blank".to_owned() } else { kinds.join(", ") }, 16),
            String::new(),
        ]);
    }
    let widths: Vec<usize> = (0..5).map(|at| lines.iter().map(|line| width(&line[at])).max().unwrap_or(0)).collect();
    for (number, line) in lines.iter().enumerate() {
        let mut text = String::from(" ");
        for (at, cell) in line[..5].iter().enumerate() {
            let pad = " ".repeat(widths[at] - width(cell));
            // Numbers stand to the right.
            text.push_str(if at == 0 { " " } else { "  " });
            text.push_str(&if matches!(at, 2 | 3) { format!("{pad}{cell}") } else { format!("{cell}{pad}") });
        }
        let room = WIDTH.saturating_sub(width(&text) + 2);
        text.push_str("  ");
        match number.checked_sub(1).and_then(|at| profile.columns.get(at)) {
            Some(column) => text.push_str(&samples(&column.samples, room)),
            None => text.push_str(&line[5]),
        }
        page.push_str(text.trim_end());
        page.push('\n');
    }
}

/// Samples side by side; each gives way when they do not fit.
fn samples(samples: &[String], room: usize) -> String {
    const BETWEEN: &str = " · ";
    let all = samples.join(BETWEEN);
    if width(&all) <= room || samples.is_empty() {
        return all;
    }
    let mut room = room.saturating_sub(width(BETWEEN) * (samples.len() - 1));
    let mut order: Vec<&String> = samples.iter().collect();
    order.sort_by_key(|sample| width(sample));
    // The short ones first: what they leave is for the long ones.
    let mut share = 0;
    for (at, sample) in order.iter().enumerate() {
        share = room / (order.len() - at);
        if width(sample) > share {
            break;
        }
        room -= width(sample);
    }
    let kept: Vec<String> = samples.iter().map(|sample| cut(sample, share)).collect();
    kept.join(BETWEEN)
}

fn findings(page: &mut String, profile: &Profile) {
    let mut said: Vec<String> = profile.header_findings.clone();
    for (code, (times, row)) in &profile.issues {
        let times = if *times == 1 { "once".to_owned() } else { format!("{} times", count(*times)) };
        said.push(format!("{code} {times}, first in row {row}: c3import rows tells each"));
    }
    for column in &profile.columns {
        said.extend(column.findings.iter().map(|finding| format!("{}: {finding}", label(column))));
    }
    if said.is_empty() {
        return;
    }
    page.push_str("\nFindings\n");
    for finding in said {
        wrapped(page, "  - ", &finding);
    }
}

fn label(column: &ColumnProfile) -> String {
    if column.name.is_empty() {
        format!("column {}", column.column.letters())
    } else {
        format!("column {} \"{}\"", column.column.letters(), excerpt(&column.name, 40))
    }
}

/// `98 %`; a few blanks among many rows are not rounded away.
fn share(part: u64, whole: u64) -> String {
    let percent = match (part * 100 + whole / 2).checked_div(whole) {
        None => return "-".to_owned(),
        Some(100) if part < whole => 99,
        Some(0) if part > 0 => 1,
        Some(percent) => percent,
    };
    format!("{percent} %")
}

fn distinct(distinct: Distinct) -> String {
    match distinct {
        Distinct::Exactly(number) => count(number as u64),
        Distinct::AtLeast(number) => format!("{}+", count(number as u64)),
    }
}

/// The text, at most so many columns wide.
fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if width(&kept) + char_width(c) + 1 > most {
            break;
        }
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}

fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// How many columns of a terminal a character takes (Unicode Standard Annex 11, near enough for a table).
fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F => 2,
        0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// For programs: everything, nothing shortened but the samples.
pub fn inspection_json(inspection: &Inspection) -> String {
    let Inspection { input, shape, text, sheets, header, header_suggestion, profile, blank_lines, .. } = inspection;
    let sheet = |sheet: &SheetInfo| {
        json!({
            "name": sheet.name,
            "visible": sheet.visible,
            "rows_declared": sheet.rows,
            "columns_declared": sheet.columns,
            "read": sheet.chosen,
            "reason": sheet.chosen.then(|| sheet_reason(inspection)),
            "header": sheet.header.as_ref().map(|header| &header.names),
        })
    };
    let column = |column: &ColumnProfile| {
        let (distinct, distinct_is_exact) = match column.distinct {
            Distinct::Exactly(number) => (number, true),
            Distinct::AtLeast(number) => (number, false),
        };
        let mut kinds: serde_json::Map<String, Value> =
            column.kinds.iter().map(|(kind, cells)| (kind.as_str().to_owned(), json!(cells))).collect();
        kinds.insert("blank".to_owned(), json!(blank_cells(profile, column)));
        json!({
            "column": column.column.letters(),
            "name": column.name,
            "filled": column.filled,
            "distinct": distinct,
            "distinct_is_exact": distinct_is_exact,
            "kinds": kinds,
            "samples": column.samples,
            "findings": column.findings,
        })
    };
    let issues: Vec<Value> = profile
        .issues
        .iter()
        .map(|(code, (times, row))| json!({ "code": code.as_str(), "times": times, "first_row": row.0 }))
        .collect();
    let value = json!({
        "input": input,
        "read_as": shape.description,
        "sheet": shape.sheet,
        "sheets": sheets.iter().map(sheet).collect::<Vec<_>>(),
        "encoding": text.as_ref().map(|text| json!({
            "name": text.encoding, "reason": text.encoding_reason, "byte_order_mark": text.marked,
        })),
        "delimiter": text.as_ref().map(|text| json!({
            "name": delimiter_name(text.delimiter), "reason": text.delimiter_reason,
            "backslash_escapes": text.backslash_escapes, "spaced_quotes": text.spaced_quotes,
        })),
        "header_row": header.row.0,
        "header_row_suggested": header_suggestion,
        "rows": profile.rows,
        "blank_lines": blank_lines,
        "ragged_rows": profile.ragged_rows,
        "complete": blank_lines.is_some(),
        "issues": issues,
        "header_findings": profile.header_findings,
        "columns": profile.columns.iter().map(column).collect::<Vec<_>>(),
        "source": source_lines(inspection).join("\n"),
    });
    format!("{value:#}\n")
}

/// Blank cells of the rows whose cells could be told apart.
fn blank_cells(profile: &Profile, column: &ColumnProfile) -> u64 {
    profile.sound_rows.saturating_sub(column.filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_not_rounded_to_all_or_nothing() {
        assert_eq!([share(0, 9), share(1, 1000), share(999, 1000), share(9, 9)], ["0 %", "1 %", "99 %", "100 %"]);
        assert_eq!(share(0, 0), "-");
    }

    #[test]
    fn text_is_cut_by_what_it_takes_on_the_screen() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("王伟李娜", 5), "王伟…");
        assert_eq!(cut("ab", 2), "ab");
    }

    #[test]
    fn long_sentences_go_on_below() {
        let mut page = String::new();
        wrapped(&mut page, "  - ", &"word ".repeat(20));
        assert!(page.lines().all(|line| line.len() <= WIDTH));
        assert!(page.lines().nth(1).is_some_and(|line| line.starts_with("    word")));
    }
}
