//! `--report people.checked.xlsx`: the sheet as it was, with what became of each row, for people who mend it there.
//!
//! Rows are streamed: the workbook's rows lie in unnamed temporary files beside the report until it is whole.

use std::io;
use std::path::Path;

use rust_xlsxwriter::{Chart, ChartLegendPosition, Color, Format, FormatAlign, Note, Workbook, Worksheet, XlsxError};

use super::Account;
use super::columns::own_cells;
use super::html::meaning;
use super::side_file::SideFile;
use crate::model::OWN_COLUMNS;
use crate::model::figures::{bytes, cards, count, of, rate_of, rows, span, time};
use crate::model::{ColumnIndex, Header, Outcome, Reason, Row, Severity, TableShape, TokenOutlook, excerpt};

/// A sheet has no more rows and columns, and a cell no more characters (Excel's limits).
const ROWS_MAX: u32 = 1_048_576;
const COLUMNS_MAX: usize = 16_384;
const CHARS_MAX: usize = 32_767;

/// Notes are kept in memory, and programs become slow by many.
const NOTES_MAX: usize = 5_000;
const NOTE_CHARS_MAX: usize = 600;

/// A column is as wide as what stands in these rows, within bounds.
const ROWS_MEASURED: u32 = 200;
const WIDTHS: [usize; 2] = [9, 48];

/// The workbook as it grows.
pub struct ResultsXlsx {
    file: SideFile,
    book: Workbook,
    header: Header,
    /// The original columns that are kept: all but our own, when an earlier results file is the input.
    kept: Vec<ColumnIndex>,
    sheet_name: String,
    /// Sheets of rows so far; they stand behind the summary.
    sheets: usize,
    /// The next row of the last of them.
    next_row: u32,
    widths: Vec<usize>,
    notes: usize,
    notes_left_out: u64,
    cells_cut: u64,
    looks: Looks,
    error: Option<XlsxError>,
}

#[derive(Debug)]
struct Looks {
    head: Format,
    own_head: Format,
    error: Format,
    warning: Format,
    title: Format,
    bold: Format,
    wrapped: Format,
    number: Format,
}

impl std::fmt::Debug for ResultsXlsx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResultsXlsx").field("file", &self.file).finish_non_exhaustive()
    }
}

impl ResultsXlsx {
    /// Begins the workbook.
    ///
    /// # Errors
    /// When nothing can be written there, or the table has more columns than a sheet.
    pub fn create(path: &Path, header: &Header, shape: &TableShape) -> io::Result<ResultsXlsx> {
        let own = |name: &String| OWN_COLUMNS.contains(&name.trim());
        let names = (0..).map(ColumnIndex).zip(&header.names).filter(|(_, name)| !own(name));
        let kept: Vec<ColumnIndex> = names.map(|(column, _)| column).collect();
        if kept.len() + OWN_COLUMNS.len() > COLUMNS_MAX {
            let message =
                format!("a sheet has {COLUMNS_MAX} columns at most, and this table would need {}", kept.len() + 8);
            return Err(io::Error::other(message));
        }
        let file = SideFile::create_whole(path)?;
        let mut book = Workbook::new();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        book.set_tempdir(folder).map_err(io::Error::other)?;
        book.add_worksheet().set_name("Summary").map_err(io::Error::other)?;
        let fill = |colour: u32| Format::new().set_background_color(Color::RGB(colour));
        let looks = Looks {
            head: fill(0xE3_E8_EF).set_bold(),
            own_head: fill(0xD3_E3_D6).set_bold(),
            error: fill(0xF9_D0_CC),
            warning: fill(0xFD_EB_B8),
            title: Format::new().set_bold().set_font_size(14.0),
            bold: Format::new().set_bold(),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            number: Format::new().set_num_format("#,##0").set_align(FormatAlign::Top),
        };
        let mut results = ResultsXlsx {
            file,
            book,
            header: header.clone(),
            widths: vec![0; kept.len() + OWN_COLUMNS.len()],
            kept,
            sheet_name: sheet_name(shape.sheet.as_deref().unwrap_or("Rows")),
            sheets: 0,
            next_row: 0,
            notes: 0,
            notes_left_out: 0,
            cells_cut: 0,
            looks,
            error: None,
        };
        results.begin_sheet().map_err(io::Error::other)?;
        Ok(results)
    }

    /// Adds a row. After a failure nothing is added any more, and [`ResultsXlsx::finish`] tells of it.
    pub fn add(&mut self, row: &Row, outcome: &Outcome) {
        if self.error.is_none()
            && let Err(error) = self.write(row, outcome)
        {
            self.error = Some(error);
        }
    }

    fn begin_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        let name = match self.sheets {
            1 => self.sheet_name.clone(),
            number => format!("{} {number}", self.sheet_name.chars().take(24).collect::<String>()),
        };
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        let names = self.kept.iter().map(|column| (self.header.names[column.index()].as_str(), &self.looks.head));
        let own = OWN_COLUMNS.iter().map(|name| (*name, &self.looks.own_head));
        for ((at, (name, look)), width) in (0..).zip(names.chain(own)).zip(&mut self.widths) {
            let (name, _) = fitting(name);
            // Room for the filter's button.
            *width = (*width).max(name.chars().count() + 3);
            sheet.write_string_with_format(0, at, name, look)?;
        }
        self.next_row = 1;
        Ok(())
    }

    fn write(&mut self, row: &Row, outcome: &Outcome) -> Result<(), XlsxError> {
        if self.next_row == ROWS_MAX {
            self.begin_sheet()?;
        }
        let at_row = self.next_row;
        self.next_row += 1;
        let own = own_cells(&self.header, row, outcome);
        let blamed = blamed(outcome);
        let sheet = self.book.worksheet_from_index(self.sheets)?;
        let measured = at_row <= ROWS_MEASURED;
        for ((at, &column), width) in (0u16..).zip(&self.kept).zip(&mut self.widths) {
            let (text, cut) = fitting(row.cell(column));
            self.cells_cut += u64::from(cut);
            if measured {
                *width = (*width).max(text.chars().count());
            }
            let reasons: Vec<&(Severity, &Reason)> =
                blamed.iter().filter(|(_, reason)| reason.columns.contains(&column)).collect();
            let Some(worst) = reasons.iter().map(|(severity, _)| *severity).min() else {
                if !text.is_empty() {
                    sheet.write_string(at_row, at, text)?;
                }
                continue;
            };
            let look = if worst == Severity::Error { &self.looks.error } else { &self.looks.warning };
            sheet.write_string_with_format(at_row, at, text, look)?;
            if self.notes == NOTES_MAX {
                self.notes_left_out += 1;
                continue;
            }
            self.notes += 1;
            let texts: Vec<String> =
                reasons.iter().map(|(_, reason)| format!("{}: {}", reason.code.as_str(), reason.message)).collect();
            let note = Note::new(excerpt_lines(&texts)).add_author_prefix(false).set_author("c3import").set_width(280);
            sheet.insert_note(at_row, at, &note)?;
        }
        let first = self.kept.len() as u16;
        let worst = blamed.iter().map(|(severity, _)| *severity).min();
        for (((at, text), name), width) in
            (first..).zip(&own).zip(OWN_COLUMNS).zip(&mut self.widths[usize::from(first)..])
        {
            if measured {
                *width = (*width).max(text.chars().count());
            }
            let (text, _) = fitting(text);
            let number =
                matches!(name, "c3_row" | "c3_http_status" | "c3_attempts").then(|| text.parse::<f64>().ok()).flatten();
            match (number, worst, name) {
                (Some(number), ..) => sheet.write_number(at_row, at, number)?,
                (None, Some(Severity::Error), "c3_status" | "c3_code") => {
                    sheet.write_string_with_format(at_row, at, text, &self.looks.error)?
                }
                (None, Some(Severity::Warning), "c3_status" | "c3_code") => {
                    sheet.write_string_with_format(at_row, at, text, &self.looks.warning)?
                }
                (None, ..) if text.is_empty() => continue,
                (None, ..) => sheet.write_string(at_row, at, text)?,
            };
        }
        Ok(())
    }

    /// Writes the summary, and ends the file.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn finish(mut self, account: &Account<'_>) -> io::Result<()> {
        if let Some(error) = self.error.take() {
            return Err(io::Error::other(error));
        }
        self.close(account).map_err(io::Error::other)?;
        self.file.finish()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    fn close(&mut self, account: &Account<'_>) -> Result<(), XlsxError> {
        let last_column = (self.widths.len() - 1) as u16;
        for at in 1..=self.sheets {
            let last_row = if at == self.sheets { self.next_row - 1 } else { ROWS_MAX - 1 };
            let sheet = self.book.worksheet_from_index(at)?;
            sheet.autofilter(0, 0, last_row, last_column)?;
            sheet.set_landscape().set_repeat_rows(0, 0)?;
            for (column, width) in (0..).zip(&self.widths) {
                sheet.set_column_width(column, (*width).clamp(WIDTHS[0], WIDTHS[1]) as f64)?;
            }
        }
        let mut facts = facts(account);
        if self.notes_left_out > 0 {
            let text = format!(
                "the first {} bad cells; {} more are coloured only",
                count(NOTES_MAX as u64),
                count(self.notes_left_out)
            );
            facts.push(("Notes stand on".to_owned(), text));
        }
        if self.cells_cut > 0 {
            let text = format!(
                "{} more than {} characters",
                of(self.cells_cut, "that holds", "that hold"),
                count(CHARS_MAX as u64)
            );
            facts.push(("Cells cut short here".to_owned(), text));
        }
        let summary = self.book.worksheet_from_index(0)?;
        write_summary(summary, account, &facts, &self.looks)?;
        if account.timeline.requests() > 0 {
            requests_sheet(&mut self.book, account, &self.looks)?;
        }
        self.book.worksheet_from_index(0)?.set_active(true);
        self.book.save_to_writer(self.file.writer())
    }
}

/// What somebody must look at, with how much it matters.
fn blamed(outcome: &Outcome) -> Vec<(Severity, &Reason)> {
    let marked = outcome.reasons.iter().filter_map(|reason| Some((Severity::of(outcome.status, reason.code)?, reason)));
    marked.filter(|(severity, _)| *severity != Severity::Note).collect()
}

fn facts(account: &Account<'_>) -> Vec<(String, String)> {
    let mut facts = vec![("Read as".to_owned(), account.read_as.to_owned())];
    let mut fact = |name: &str, text: String| facts.push((name.to_owned(), text));
    if account.sample.is_some() {
        fact("A sample", "only the first rows were looked at; all that stands here is said of those".to_owned());
    }
    if let Some(why) = account.stopped {
        fact("Ended early", why.to_owned());
    }
    fact("Rows", count(account.tally.rows()));
    for (status, number) in account.tally.iter().filter(|(_, rows)| *rows > 0) {
        fact(&format!("  {status}"), format!("{}: {}", count(number), meaning(status, account.is_dry())));
    }
    if account.gathered.merged_rows() > 0 {
        fact("Merged", format!("{} of them into another row's card", count(account.gathered.merged_rows())));
    }
    if let Some(merges) = account.merges.filter(|merges| merges.groups > 0 || merges.identical_rows > 0) {
        let text = format!(
            "{} become {}, from this file alone; {} several rows; {}",
            rows(merges.rows),
            cards(merges.cards),
            of(merges.groups, "card takes", "cards take"),
            of(merges.identical_rows, "row repeats another", "rows repeat others")
        );
        fact("Cards", text);
    }
    if let Some(forecast) = account.forecast {
        fact("Requests", format!("{}, with documents of {}", count(forecast.requests), bytes(forecast.bytes)));
        if let (Some(needed), Some(rate)) = (forecast.time, forecast.rate) {
            fact("Time", format!("{} or more, at {}", time(needed), rate_of(rate)));
        }
        match forecast.token {
            Some(TokenOutlook::Ended(ago)) => fact("Token", format!("ended {} ago", span(ago))),
            Some(TokenOutlook::TooSoon(left)) => {
                fact("Token", format!("ends in {}, before the import does", span(left)))
            }
            Some(TokenOutlook::Enough(left)) => fact("Token", format!("ends in {}, which is enough", span(left))),
            Some(TokenOutlook::Unsaid) | None => {}
        }
    }
    if let Some(endpoint) = account.endpoint {
        fact("Sent to", endpoint.to_owned());
        fact("Time", time(account.elapsed));
    }
    fact("Mapping", account.mapping.to_owned());
    fact("Made by", format!("c3import {}, {}", env!("CARGO_PKG_VERSION"), account.made));
    facts
}

fn write_summary(
    sheet: &mut Worksheet,
    account: &Account<'_>,
    facts: &[(String, String)],
    looks: &Looks,
) -> Result<(), XlsxError> {
    let title = if account.is_dry() { "What an import would do" } else { "What the import did" };
    sheet.write_string_with_format(0, 0, format!("{title}: {}", account.input), &looks.title)?;
    let mut at = 2;
    for (name, text) in facts {
        sheet.write_string_with_format(at, 0, name, &looks.bold)?.write_string(at, 1, fitting(text).0)?;
        at += 1;
    }
    at += 1;
    for (column, name) in (0..).zip(["Severity", "Code", "Column", "Count", "First", "What", "What to do"]) {
        sheet.write_string_with_format(at, column, name, &looks.head)?;
    }
    let first = at;
    for remark in account.remarks {
        at += 1;
        let look = match remark.severity {
            Severity::Error => &looks.error,
            Severity::Warning => &looks.warning,
            Severity::Note => &looks.wrapped,
        };
        let example = remark.examples.first();
        sheet.write_string_with_format(at, 0, remark.severity.as_str(), look)?;
        let texts = [
            (1, remark.code),
            (2, &remark.column),
            (4, example.map_or("", |it| &it.place)),
            (5, example.map_or("", |it| &it.message)),
            (6, remark.hint),
        ];
        for (column, text) in texts {
            sheet.write_string_with_format(at, column, fitting(text).0, &looks.wrapped)?;
        }
        sheet.write_number_with_format(at, 3, remark.count as f64, &looks.number)?;
    }
    if account.remarks.is_empty() {
        sheet.write_string(at + 1, 0, "nothing to remark")?;
    } else {
        sheet.autofilter(first, 0, at, 6)?;
    }
    for (column, width) in (0..).zip([22.0, 24.0, 24.0, 9.0, 18.0, 60.0, 70.0]) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_landscape();
    Ok(())
}

/// Requests over time and latencies, as numbers and as charts.
fn requests_sheet(book: &mut Workbook, account: &Account<'_>, looks: &Looks) -> Result<(), XlsxError> {
    let timeline = account.timeline;
    let sheet = book.add_worksheet();
    let name = "Requests over time";
    sheet.set_name(name)?;
    for (column, title) in (0..).zip(["Second", "Stored", "Others", "", "Answered within (ms)", "Requests"]) {
        sheet.write_string_with_format(0, column, title, &looks.head)?;
    }
    let step = timeline.span().as_secs_f64();
    let mut last = 0;
    for (at, (row, span)) in (1u32..).zip(timeline.spans()).enumerate() {
        sheet.write_number(row, 0, at as f64 * step)?;
        sheet.write_number(row, 1, span.stored as f64)?.write_number(row, 2, span.others as f64)?;
        last = row;
    }
    let mut last_latency = 0;
    for (row, (within, number)) in (1u32..).zip(timeline.latencies()) {
        sheet.write_number(row, 4, (within.as_secs_f64() * 10_000.0).round() / 10.0)?;
        sheet.write_number(row, 5, number as f64)?;
        last_latency = row;
    }
    let mut over_time = Chart::new(rust_xlsxwriter::ChartType::ColumnStacked);
    for (column, colour) in [(1u16, 0x2E_7D_4F), (2, 0xC0_39_2B)] {
        let series = over_time.add_series();
        series.set_name((name, 0, column)).set_categories((name, 1, 0, last, 0));
        series.set_values((name, 1, column, last, column)).set_gap(10);
        series.set_format(
            rust_xlsxwriter::ChartFormat::new()
                .set_solid_fill(rust_xlsxwriter::ChartSolidFill::new().set_color(Color::RGB(colour))),
        );
    }
    over_time.title().set_name(&format!("Requests answered in each {step} s"));
    over_time.x_axis().set_name("seconds from the start");
    over_time.legend().set_position(ChartLegendPosition::Bottom);
    over_time.set_width(720).set_alt_text("Requests answered over time");
    sheet.insert_chart(1, 7, &over_time)?;
    let mut latency = Chart::new_column();
    let series = latency.add_series();
    series.set_name("Requests").set_categories((name, 1, 4, last_latency, 4));
    series.set_values((name, 1, 5, last_latency, 5)).set_gap(10);
    latency.title().set_name("How long answers took");
    latency.x_axis().set_name("answered within, ms");
    latency.legend().set_hidden();
    latency.set_width(720).set_alt_text("Requests by how long their answers took");
    sheet.insert_chart(18, 7, &latency)?;
    sheet.set_column_width(4, 20.0)?;
    Ok(())
}

/// As much as a cell holds, and whether it was cut.
fn fitting(text: &str) -> (&str, bool) {
    // Excel counts in UTF-16, of which a text never has more units than bytes.
    if text.len() <= CHARS_MAX {
        return (text, false);
    }
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > CHARS_MAX {
            return (&text[..at], true);
        }
    }
    (text, false)
}

fn excerpt_lines(texts: &[String]) -> String {
    texts
        .iter()
        .map(|text| excerpt(text, NOTE_CHARS_MAX))
        .collect::<Vec<_>>()
        .join("\n")
        .chars()
        .take(4 * NOTE_CHARS_MAX)
        .collect()
}

/// A name that a sheet can have: 31 characters at most, without `[ ] : * ? / \`, no quote at its ends, and not the
/// summary's.
fn sheet_name(name: &str) -> String {
    let fits = |c: &char| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') && !c.is_control();
    let name: String = name.chars().filter(fits).take(28).collect();
    let name = name.trim().trim_matches('\'').trim();
    let taken = ["summary", "history", "requests over time", ""].contains(&name.to_lowercase().as_str());
    if taken { "Rows".to_owned() } else { name.to_owned() }
}
