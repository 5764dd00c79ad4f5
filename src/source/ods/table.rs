//! Tables of a document, row by row.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::paragraph;
use super::value::Cell;
use crate::source::SourceError;
use crate::source::book::{Gatherer, Sheet};
use crate::source::limits::{LIST_MAX, REPEATED_CELLS_MAX, SHEET_COLUMNS_MAX, SHEET_ROWS_MAX, SHEETS_MAX};
use crate::source::xml::{Element, Event, Xml, attribute};

/// All tables, with the rows and columns that hold something.
pub(super) fn list(mut xml: Xml<'_>) -> Result<Vec<Sheet>, SourceError> {
    let mut sheets = Vec::new();
    let mut walk = Walk::default();
    while let Some((name, visible)) = walk.next_table(&mut xml)? {
        if sheets.len() == SHEETS_MAX {
            return Err(xml.damaged(&format!("has more than {SHEETS_MAX} tables")));
        }
        let (mut last_row, mut last_column) = (0, 0);
        let flow = walk.rows(&mut xml, &mut |_, place| {
            last_row = last_row.max(u64::from(place.row) + u64::from(place.rows));
            last_column = last_column.max(place.column.saturating_add(place.columns).min(SHEET_COLUMNS_MAX));
            Ok(ControlFlow::Continue(()))
        })?;
        debug_assert!(flow.is_continue(), "nobody says stop");
        let size = (last_row > 0).then_some((last_row, last_column));
        sheets.push(Sheet { name, visible, has_cells: true, size, has_values: Some(last_row > 0) });
    }
    if sheets.is_empty() {
        return Err(xml.damaged("holds no table"));
    }
    Ok(sheets)
}

/// Pushes the rows of the table at this place.
pub(super) fn stream(mut xml: Xml<'_>, at: usize, rows: &mut Gatherer<'_, '_>) -> Result<ControlFlow<()>, SourceError> {
    let mut walk = Walk::default();
    for _ in 0..at {
        if walk.next_table(&mut xml)?.is_some() {
            walk.skip_rows(&mut xml)?;
        }
    }
    if walk.next_table(&mut xml)?.is_none() {
        return Err(xml.damaged("has changed while it was read"));
    }
    let mut row = None;
    let mut repeated = 0u64;
    let mut times = 1;
    let flow = walk.rows(&mut xml, &mut |cell, place| {
        if row.is_some_and(|row| row != place.row) && rows.end_row(times)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        (row, times) = (Some(place.row), place.rows);
        if u64::from(place.row) + u64::from(place.rows) > u64::from(SHEET_ROWS_MAX) {
            return Err(
                rows.damaged(&format!("has a cell beyond {SHEET_ROWS_MAX} rows or {SHEET_COLUMNS_MAX} columns"))
            );
        }
        repeated += u64::from(place.columns) * u64::from(place.rows) - 1;
        if repeated > REPEATED_CELLS_MAX {
            return Err(rows.damaged(&format!("says \"the same again\" for more than {REPEATED_CELLS_MAX} cells")));
        }
        for column in (place.column..).take(place.columns as usize) {
            if rows.add(place.row, column, |out| cell.write(out))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if flow.is_break() || rows.end_row(times)?.is_break() {
        return Ok(ControlFlow::Break(()));
    }
    Ok(ControlFlow::Continue(()))
}

/// Takes a cell.
type EachCell<'a> = dyn FnMut(&Cell, Place) -> Result<ControlFlow<()>, SourceError> + 'a;

/// Where a cell stands, 0-based, and how often it does.
#[derive(Clone, Copy, Debug)]
struct Place {
    row: u32,
    rows: u32,
    column: u32,
    columns: u32,
}

/// A walk through the document, forward.
#[derive(Default)]
struct Walk {
    depth: u32,
    /// The depth of the element that holds the tables.
    body: Option<u32>,
    /// The style being read, and the table styles that hide.
    style: String,
    hiding: HashSet<String>,
    cell: Cell,
}

impl Walk {
    /// The next table's name and whether it is shown; `None` when there is none.
    fn next_table(&mut self, xml: &mut Xml<'_>) -> Result<Option<(String, bool)>, SourceError> {
        loop {
            let (mut skip, mut picture) = (false, false);
            match xml.next()? {
                Event::Start(start) => {
                    self.depth += 1;
                    let within_body = self.body.is_some_and(|body| self.depth == body + 1);
                    match start.local_name() {
                        "spreadsheet" => self.body = Some(self.depth),
                        "table" if within_body => {
                            let name = attribute(&start, "name").unwrap_or_default().into_owned();
                            let style = attribute(&start, "style-name").unwrap_or_default();
                            let shown =
                                attribute(&start, "visibility").is_none_or(|visibility| visibility == "visible");
                            // What was last seen of other files is kept as tables, too.
                            if name.contains("'#$") || &*style == "ta_extref" {
                                skip = true;
                            } else {
                                return Ok(Some((name, shown && !self.hiding.contains(&*style))));
                            }
                        }
                        // Changes, links and such, which have cells of their own.
                        _ if within_body => skip = true,
                        "style" => self.style = attribute(&start, "name").unwrap_or_default().into_owned(),
                        "table-properties"
                            if self.hiding.len() < LIST_MAX
                                && attribute(&start, "display").is_some_and(|display| display == "false") =>
                        {
                            self.hiding.insert(self.style.clone());
                        }
                        "binary-data" => picture = true,
                        _ => {}
                    }
                }
                Event::End(_) => self.depth = self.depth.saturating_sub(1),
                Event::Eof if self.body.is_none() => return Err(xml.damaged("is no spreadsheet")),
                Event::Eof if self.depth > 0 => return Err(xml.damaged("ends too early")),
                Event::Eof => return Ok(None),
                _ => {}
            }
            if skip {
                xml.skip_element()?;
                self.depth -= 1;
            }
            if picture {
                xml.skip_text()?;
            }
        }
    }

    /// Passes over the table just begun.
    fn skip_rows(&mut self, xml: &mut Xml<'_>) -> Result<(), SourceError> {
        xml.skip_element()?;
        self.depth -= 1;
        Ok(())
    }

    /// Gives every cell of the table just begun that has content.
    fn rows(&mut self, xml: &mut Xml<'_>, each: &mut EachCell<'_>) -> Result<ControlFlow<()>, SourceError> {
        let until = self.depth;
        let mut place = Place { row: 0, rows: 0, column: 0, columns: 1 };
        loop {
            let mut skip = false;
            match xml.next()? {
                Event::Start(start) => {
                    self.depth += 1;
                    match start.local_name() {
                        "table-row" => {
                            place.row = place.row.saturating_add(place.rows);
                            place.rows = times(&start, "number-rows-repeated");
                            place.column = 0;
                        }
                        "table-cell" | "covered-table-cell" => {
                            place.columns = times(&start, "number-columns-repeated");
                            self.cell.begin(&start);
                            read_cell(xml, &mut self.cell)?;
                            self.depth -= 1;
                            if self.cell.has_content() && each(&self.cell, place)?.is_break() {
                                return Ok(ControlFlow::Break(()));
                            }
                            place.column = place.column.saturating_add(place.columns);
                        }
                        "table-row-group" | "table-header-rows" | "table-rows" => {}
                        _ => skip = true,
                    }
                }
                Event::End(_) => {
                    self.depth -= 1;
                    if self.depth < until {
                        return Ok(ControlFlow::Continue(()));
                    }
                }
                Event::Eof => return Err(xml.damaged("ends in the middle of a table")),
                _ => {}
            }
            if skip {
                xml.skip_element()?;
                self.depth -= 1;
            }
        }
    }
}

/// Reads the inside of the cell just begun.
fn read_cell(xml: &mut Xml<'_>, cell: &mut Cell) -> Result<(), SourceError> {
    loop {
        let paragraph = match xml.next()? {
            Event::Start(start) => matches!(start.local_name(), "p" | "h"),
            Event::End(_) => return Ok(()),
            Event::Eof => return Err(xml.damaged("ends in the middle of a cell")),
            _ => continue,
        };
        if paragraph {
            paragraph::read(xml, cell.next_paragraph())?;
        } else {
            // Notes, pictures and tables within the cell.
            xml.skip_element()?;
        }
    }
}

/// How often something stands there; at least once.
fn times(start: &Element<'_>, name: &str) -> u32 {
    attribute(start, name).and_then(|times| times.trim().parse().ok()).unwrap_or(1).max(1)
}
