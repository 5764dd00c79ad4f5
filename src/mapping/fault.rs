//! What is wrong with one value, before anybody knows which column it came from.

use crate::model::{Code, ColumnIndex, Issue};

/// A stable code and a whole sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub code: Code,
    /// Without a period; foreign text in it has been through `excerpt`.
    pub message: String,
}

impl Fault {
    /// The issue that this is, in a column.
    pub fn in_column(self, column: Option<ColumnIndex>) -> Issue {
        Issue { column, ..Issue::row(self.code, self.message) }
    }
}
