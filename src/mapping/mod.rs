//! A mapping file and rows in, contact cards out. Touches nothing: no files, no clock, no network.
//!
//! # The mapping language, version 1
//!
//! A mapping says which columns of a table become which parts of a contact card. It is a TOML file:
//!
//! ```toml
//! version = 1
//!
//! [source]                        # optional: how to read the table; flags on the command line win
//! header_row = 1                  # the row that holds the column names, counted as the spreadsheet shows it
//! sheet = "People"                # of a workbook: its name, or its place as a number
//! delimiter = ";"                 # of a text table: one character, "tab", or "auto"
//! encoding = "windows-1252"       # of a text table: or "utf-8", "auto", …
//! expect_columns = ["First Name", "…"]   # all columns in order: another table is refused before anything is sent
//!
//! [rows]                          # optional
//! require_identity = true         # the default; false lets rows through that have no contact entry
//! skip_if = { column = "Status", in = ["deleted", "spam"] }   # such rows stay behind; or a list: any of them
//! only_if = [{ column = "Role", equals = "customer" }]        # only such rows are sent; all of a list
//! on_finding = { "phone.length" = "warn" }                    # leave the value out, send the rest, and tell
//!
//! [card]
//! name = "{First Name} {Last Name}"                        # braces: a template
//! email = ["E-mail", { column = "Other e-mails", split = ";" }]   # no braces: a column; brackets: several sources
//! voice = [{ column = "Mobile", country = "SE" }]          # phone numbers, sent as +46701234567
//! facebook = "Facebook"                                    # likewise vk and line
//!
//! [card.custom]                                            # label = source, sent in this order
//! "ID" = "Customer No"
//! "Address" = "{Street}, {Postal code} {City}"
//! "Source" = { value = "migration 2026" }
//! ```
//!
//! A key that is not listed here is an error, and so is a column that the table does not have. Every problem of a file
//! is reported at once, each with its place and what to write instead.
//!
//! ## Sources
//!
//! | written | is |
//! | --- | --- |
//! | `"Mobile"` | the column with this header |
//! | `"{First} {Last}"` | a template: headers in braces, other text as it stands; `{{` and `}}` are braces |
//! | `{ column = "Mobile", … }` | the column, with options; braces in the header mean nothing here |
//! | `{ template = "{A} {B}", … }` | the template, with options |
//! | `{ value = "migration 2026" }` | the same text on every card; for `name` and `custom` only, because people who share a contact entry become one card |
//!
//! `name` takes one source, everything else one or a list; a list under a custom label gives several values with that
//! label.
//!
//! ## Options
//!
//! They take effect in this order, whatever the order in which they are written; `split` on the cell,
//! `trim` to `max_length` on each of its values, the rest on the source as a whole.
//!
//! | option | does |
//! | --- | --- |
//! | `optional = true` | the table may lack the column; in a template such a column is blank |
//! | `label = "Phone * - Type"` | custom: the column that holds the label; where it is blank, the key is the label |
//! | `country = "SE"`, `{ column = "Land", values = { Sverige = "SE" }, default = "SE" }` | voice: whose national phone numbers these are, in two letters of ISO 3166, for all rows or as a column says, there in small letters as well |
//! | `split = ";"`, `[";", ","]` | takes a cell apart at any of these; not for `name` |
//! | `trim = false` | custom: keeps white space at the ends |
//! | `strip = "*'"` | takes these characters off both ends |
//! | `replace = [["old", "new"], …]` | writes one text as another wherever it stands, pair by pair |
//! | `match = "…"` | leaves out values in which this regular expression is not found |
//! | `extract = "…"` | keeps its first group, or all it finds; leaves out values in which it is not found |
//! | `case = "lower"` | or `upper`, or `title`, which begins every word with a capital; damage is refused as it stands before |
//! | `values = { Ja = "yes", "-" = "" }` | writes whole values as others; `""` leaves a value out |
//! | `date_format = "DD.MM.YYYY"` | custom: reads dates of `YYYY` or `YY`, `MM` or `M`, `DD` or `D`, with or without a time of day behind, and sends `YYYY-MM-DD`; a workbook's own dates are read as well; anything else is `date.format` |
//! | `max_length = 80` | refuses longer values: `value.too_long` |
//! | `join = ", "` | name and custom: puts all values of the source, or of its family of columns, together into one |
//! | `default = "none"` | name and custom: what is sent when there is no value; does not make a row worth sending |
//! | `required = true` | refuses a row without a value, also where `on_finding` has left it out: `value.missing` |
//!
//! Regular expressions are those of the `regex` crate: linear in time, bounded in size, without look-around and back
//! references.
//!
//! ## Columns
//!
//! A name finds the column whose header is the same once both are trimmed. Only when there is none, case, white space
//! and ways to write the same letter in Unicode are disregarded, and then just one header may fit. Nothing is guessed:
//! a header that is merely similar is offered in the error message. Two columns with the same header cannot be told
//! apart by it, and a mapping that names them so is refused.
//!
//! A column may also be named by its place: `"#7"` is the seventh, `"#C"` the third. A header that is written exactly so
//! comes first.
//!
//! In a name that is no header, one `*` stands for a number: `"E-mail * - Value"` is every column `E-mail 1 - Value`,
//! `E-mail 2 - Value`, … that the table has, in the order of the numbers, each as a source of its own; at least one must
//! be there unless `optional`. In a template, and in `label`, the `*` is the same number everywhere:
//! `"{Address * - Street}, {Address * - City}"` gives one value for each address.
//!
//! ## Values
//!
//! - Cells are trimmed: white space, no-break spaces, zero-width characters, byte order marks. Blank cells are not sent;
//!   the server only ever adds to a card, so there is no way to say "delete this".
//! - A template whose columns are all blank is blank. Text before its first column, after its last one, or in brackets
//!   around one is sent only with that column; text between two columns only when something stands on both sides of
//!   it, and of several such texts that a blank column leaves side by side only one. So `"{Street}, {Postal code}
//!   {City}"` without a street gives `111 22 Stockholm`, and without a postal code `Storgatan 1, Stockholm`. Runs of
//!   white space become one space.
//! - Within a channel a repeated value is sent once; e-mail addresses are compared without regard to case. The same
//!   custom label and value are sent once.
//! - E-mail addresses are checked. `Name <address>` and `mailto:` are unwrapped; the domain is lower-cased, what stands
//!   before the @ is sent untouched; domains with letters such as ö are sent as people write them.
//! - Phone numbers are sent as E.164 with a plus sign. A number that begins with `+` or `00` names its country itself;
//!   any other needs the source's `country`, which is never guessed. Spaces, dots, dashes, slashes, brackets, `(0)` and
//!   `tel:` are understood. Letters, extensions, and numbers that a spreadsheet has turned into sums (`4.67E+10`) are
//!   refused, and so are numbers of a length that their country does not have, of more than E.164's 15 digits, and those of
//!   which digits would be lost.
//! - Facebook, VK and LINE entries and custom values are sent as they stand.
//! - Control characters, U+FFFD, letters read in a wrong encoding (`Ã¶`), the errors of spreadsheets (`#N/A`, `#####`) and
//!   numbers that they have cut to a few digits (`1.23457E+18`) are refused, and so are values of more than 32,767 characters, the most a spreadsheet cell can hold. Line ends and tabs may stand in names and custom values.
//! - What only a column as a whole shows is sent, and the column is told of as a warning: numbers rounded to 15 digits, days
//!   counted as numbers among dates, texts cut at 255 or 32,767 characters, phone numbers without their plus or zero.
//!
//! ## Rows
//!
//! A row in which every mapped cell is blank is skipped, and so is one of which `match` and its kin leave nothing. A row with anything wrong in a mapped cell is not sent, and
//! tells every reason at once. So is a row without any e-mail, facebook, vk, line or voice entry, since the server would
//! make a new card of it each time; `require_identity = false` lets it through. What is wrong in columns that the
//! mapping does not use is nobody's business.
//!
//! Conditions of `skip_if` and `only_if` hold one cell, trimmed, against `equals`, `in`, `blank` (true or false) or
//! `matches`; case counts, except where an expression says `(?i)`. A row that they leave out is skipped as
//! `row.excluded`, whatever else is wrong with it, unless the cell that they ask could not be read.
//!
//! `on_finding` turns findings about single values into warnings: the value is left out, the rest of the row is sent,
//! and the results tell what was left out. What concerns the row as a whole (`row.…`, `contact.none`, `value.missing`)
//! is always an error; and a row whose contacts have all been left out has none.

mod carries;
mod cell;
mod columns;
mod compile;
mod condition;
mod date_format;
mod diagnostic;
mod document;
mod draft;
mod email;
mod explain;
mod fault;
mod keys;
mod lint;
mod mapper;
mod options;
mod parse;
mod phone;
mod phone_plan;
mod phone_text;
mod schema;
mod scraps;
mod settings;
mod shape;
mod shipped;
mod short;
mod source;
mod step;
mod suggest;
mod template;
mod toml_table;

pub use diagnostic::{Diagnostic, Level};
pub use explain::{Explanation, Trace, TraceEnd};
pub use mapper::Mapper;
pub use schema::schema;
pub use scraps::Scraps;
pub use shipped::{Fit, SHIPPED, Shipped, best_fit};
pub use suggest::{Pinned, Role, SAMPLE_ROWS, Said, Suggestion, seems, suggest};

use crate::model::{Header, Row, SourceOptions};
use document::Document;

/// Whether two letters name a country whose phone numbers are known.
pub fn is_country(code: &str) -> bool {
    phone::Country::from_code(code).is_some()
}

/// A mapping file that is well-formed, not yet held against a table's columns.
#[derive(Clone, Debug)]
pub struct Mapping {
    document: Document,
}

impl Mapping {
    /// Reads a mapping file's text.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file; at least one diagnostic. Spans are byte ranges of
    /// `text`.
    pub fn parse(text: &str) -> Result<Mapping, Vec<Diagnostic>> {
        parse::parse(text).map(|document| Mapping { document })
    }

    /// What its `[source]` table says about reading the table.
    pub fn source_options(&self) -> &SourceOptions {
        &self.document.source
    }

    /// Finds the mapping's columns in a table's header.
    ///
    /// # Errors
    /// Every column that is missing or cannot be told apart; at least one diagnostic. Spans are byte ranges of the text
    /// that was parsed.
    pub fn compile(&self, header: &Header) -> Result<Mapper, Vec<Diagnostic>> {
        compile::compile(&self.document, header)
    }

    /// What it says that it probably does not mean: warnings, in the order of the file.
    pub fn lint(&self) -> Vec<Diagnostic> {
        lint::alone(&self.document)
    }

    /// The same of the mapping and a table that it fits: warnings and notes. `mapper` is what [`Mapping::compile`] made
    /// of it for this header.
    pub fn lint_against(&self, header: &Header, mapper: &Mapper) -> Vec<Diagnostic> {
        lint::against(&self.document, header, mapper)
    }
}

impl Mapper {
    /// What will happen to each source and row, in plain words. `header` is the one it was compiled for.
    pub fn explain(&self, header: &Header) -> Vec<Explanation> {
        explain::explain(self, header)
    }

    /// What each cell of a row becomes, step by step; [`Mapper::map`] says what the row becomes.
    pub fn trace(&self, row: &Row) -> Vec<Trace> {
        explain::trace(self, row)
    }
}

#[cfg(test)]
mod language_tests;
#[cfg(test)]
mod mapper_tests;
#[cfg(test)]
mod phone_table_tests;
