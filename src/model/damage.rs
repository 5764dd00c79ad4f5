//! What spreadsheets and databases seem to have done to values that are sent all the same: a value that `plan` makes and
//! reports tell of.

use super::{ColumnIndex, RowNumber};

/// Stable names of such damage. A column is told of it, not a row: it takes the other cells to see it, and nobody but a
/// person can say whether it is so. The names never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DamageCode {
    /// A number of which a spreadsheet has kept the first fifteen digits.
    ValueRounded,
    /// A text that ends where a database or a spreadsheet cuts texts.
    ValueCut,
    /// A number among dates, as spreadsheets count days.
    DateSerial,
    /// An international phone number without its plus.
    PhoneNoPlus,
    /// A national phone number without its zero.
    PhoneNoZero,
}

impl DamageCode {
    /// Every code.
    pub const ALL: [DamageCode; 5] = [
        DamageCode::ValueRounded,
        DamageCode::ValueCut,
        DamageCode::DateSerial,
        DamageCode::PhoneNoPlus,
        DamageCode::PhoneNoZero,
    ];

    /// As reports name it.
    pub fn as_str(self) -> &'static str {
        match self {
            DamageCode::ValueRounded => "value.rounded",
            DamageCode::ValueCut => "value.cut",
            DamageCode::DateSerial => "date.serial",
            DamageCode::PhoneNoPlus => "phone.no_plus",
            DamageCode::PhoneNoZero => "phone.no_zero",
        }
    }
}

/// Cells of one column that seem to be damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// What has happened to them.
    pub code: DamageCode,
    /// Where they stand.
    pub column: ColumnIndex,
    /// How many there are.
    pub cells: u64,
    /// The first of them, in input order, made fit for a message.
    pub first: Vec<(RowNumber, String)>,
    /// What is said of one, after its value.
    pub one: String,
}

/// What becomes of a column's cells, as far as it matters for telling damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carries {
    /// They are sent as they stand, alone or with others.
    Text,
    /// They are read as phone numbers.
    Phone {
        /// Whether all are of a country in which a zero is dialled before national numbers.
        zero_dialled: bool,
    },
}
