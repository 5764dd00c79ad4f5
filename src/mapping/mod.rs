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
//!
//! [rows]                          # optional
//! require_identity = true         # the default; false lets rows through that have no contact entry
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
//! Options: `split = ";"` takes a cell apart into several entries (not for `name`); `country = "SE"`, for `voice` only,
//! says whose national phone numbers these are: two letters of ISO 3166. `name` takes one source, everything else one
//! or a list; a list under a custom label gives several values with that label.
//!
//! ## Columns
//!
//! A name finds the column whose header is the same once both are trimmed. Only when there is none, case, white space
//! and ways to write the same letter in Unicode are disregarded, and then just one header may fit. Nothing is guessed:
//! a header that is merely similar is offered in the error message. Two columns with the same header cannot be told
//! apart, and a mapping that names them is refused.
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
//!   refused, and so are numbers of a length that their country does not have.
//! - Facebook, VK and LINE entries and custom values are sent as they stand.
//! - Control characters, U+FFFD and letters read in a wrong encoding (`Ã¶`) are refused, and so are values of more than
//!   32,767 characters, the most a spreadsheet cell can hold. Line ends and tabs may stand in names and custom values.
//!
//! ## Rows
//!
//! A row in which every mapped cell is blank is skipped. A row with anything wrong in a mapped cell is not sent, and
//! tells every reason at once. So is a row without any e-mail, facebook, vk, line or voice entry, since the server would
//! make a new card of it each time; `require_identity = false` lets it through. What is wrong in columns that the
//! mapping does not use is nobody's business.

mod cell;
mod columns;
mod compile;
mod diagnostic;
mod document;
mod email;
mod fault;
mod mapper;
mod parse;
mod phone;
mod phone_plan;
mod phone_text;
mod settings;
mod source;
mod template;
mod toml_table;

pub use diagnostic::Diagnostic;
pub use mapper::Mapper;

use crate::model::{Header, SourceOptions};
use document::Document;

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
}
