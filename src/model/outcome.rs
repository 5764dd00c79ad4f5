//! How a row ended.

use std::fmt;

use super::{Code, ColumnIndex, Issue};

/// The columns that results add behind those of the input, in this order. In an input they tell of an earlier run, and
/// are no columns of the table.
pub const OWN_COLUMNS: [&str; 8] =
    ["c3_row", "c3_status", "c3_id", "c3_http_status", "c3_attempts", "c3_code", "c3_column", "c3_error"];

/// The id that the server gave a card: 1 to 64 ASCII letters, digits, `-`, `_`, `.` or `:`, of which the first is a letter
/// or digit; never `0`. A number in practice
/// (undocumented, says the API facts: the page shows a number and a string of digits).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct C3Id(Box<str>);

impl C3Id {
    /// Takes an id as the server wrote it; `None` when it is no id at all.
    pub fn new(text: &str) -> Option<C3Id> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(word)
            && text.as_bytes()[0].is_ascii_alphanumeric()
            && text != "0";
        fits.then(|| C3Id(text.into()))
    }

    /// As the server wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for C3Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The seven ways a row can end (`c3_status` in the results).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The server has it.
    Stored,
    /// The server had this very card already; nothing was sent.
    Unchanged,
    /// Something is wrong with the row; nothing was sent.
    Invalid,
    /// The server said no.
    Refused,
    /// It was sent, and nobody knows what became of it.
    Uncertain,
    /// The run ended before its turn; certainly not in the server because of this run.
    NotSent,
    /// Nothing in it to send.
    Skipped,
}

impl Status {
    /// All of them, in the order in which summaries list them.
    pub const ALL: [Status; 7] = [
        Status::Stored,
        Status::Unchanged,
        Status::Invalid,
        Status::Refused,
        Status::Uncertain,
        Status::NotSent,
        Status::Skipped,
    ];

    /// As written in results and summaries.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Stored => "stored",
            Status::Unchanged => "unchanged",
            Status::Invalid => "invalid",
            Status::Refused => "refused",
            Status::Uncertain => "uncertain",
            Status::NotSent => "not_sent",
            Status::Skipped => "skipped",
        }
    }

    /// Back from [`Status::as_str`].
    pub fn parse(text: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Stable names of why a row ended as it did (`c3_code`). Never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutcomeCode {
    /// Something wrong with the row itself.
    Issue(Code),
    /// Every mapped cell is blank.
    RowBlank,
    /// The very card of an earlier row.
    RowRepeats,
    /// What it says goes with the card of an earlier row.
    RowMerged,
    /// Its name is not the one that the card of several rows has.
    RowNameDiffers,
    /// An earlier results file, fed back, says that the row is stored.
    RowStored,
    /// The mapping leaves such rows out.
    RowExcluded,
    /// Stored, but the answer was odd.
    ServerOdd,
    /// Stored, but the answer lacks something that was sent.
    EchoMissing,
    /// Stored, but the answer shows a custom entry more often than it was sent.
    EchoDoubled,
    /// The server said no.
    ServerRefused,
    /// Stored at a later attempt, after one whose outcome stayed unknown: the server may have appended twice.
    DeliveryResent,
    /// No answer tells whether it was stored.
    DeliveryUnknown,
    /// The run stopped first.
    RunStopped,
    /// A dry run: it would have been sent.
    RunDry,
}

impl OutcomeCode {
    /// Every code.
    pub fn all() -> impl Iterator<Item = OutcomeCode> {
        let others = [
            OutcomeCode::RowBlank,
            OutcomeCode::RowRepeats,
            OutcomeCode::RowMerged,
            OutcomeCode::RowNameDiffers,
            OutcomeCode::RowStored,
            OutcomeCode::RowExcluded,
            OutcomeCode::ServerOdd,
            OutcomeCode::EchoMissing,
            OutcomeCode::EchoDoubled,
            OutcomeCode::ServerRefused,
            OutcomeCode::DeliveryResent,
            OutcomeCode::DeliveryUnknown,
            OutcomeCode::RunStopped,
            OutcomeCode::RunDry,
        ];
        Code::ALL.into_iter().map(OutcomeCode::Issue).chain(others)
    }

    /// Back from [`OutcomeCode::as_str`].
    pub fn parse(text: &str) -> Option<OutcomeCode> {
        OutcomeCode::all().find(|code| code.as_str() == text)
    }

    /// As written in the results.
    pub fn as_str(self) -> &'static str {
        match self {
            OutcomeCode::Issue(code) => code.as_str(),
            OutcomeCode::RowBlank => "row.blank",
            OutcomeCode::RowStored => "row.stored_before",
            OutcomeCode::RowRepeats => "row.repeats",
            OutcomeCode::RowMerged => "row.merged",
            OutcomeCode::RowNameDiffers => "row.name_differs",
            OutcomeCode::RowExcluded => "row.excluded",
            OutcomeCode::ServerOdd => "server.odd_answer",
            OutcomeCode::EchoMissing => "echo.missing",
            OutcomeCode::EchoDoubled => "echo.custom_doubled",
            OutcomeCode::ServerRefused => "server.refused",
            OutcomeCode::DeliveryResent => "delivery.resent",
            OutcomeCode::DeliveryUnknown => "delivery.unknown",
            OutcomeCode::RunStopped => "run.stopped",
            OutcomeCode::RunDry => "run.dry",
        }
    }
}

/// One reason for an ending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Its stable name.
    pub code: OutcomeCode,
    /// The columns to look at, if any are to blame.
    pub columns: Vec<ColumnIndex>,
    /// A sentence without a period.
    pub message: String,
}

/// How a row ended, with all that the results say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which of the seven.
    pub status: Status,
    /// The card's id, where it is known.
    pub id: Option<C3Id>,
    /// The status of the last answer, where there was one.
    pub http_status: Option<u16>,
    /// How many times it was sent.
    pub attempts: u32,
    /// Why; empty for a row that simply landed.
    pub reasons: Vec<Reason>,
}

impl Outcome {
    /// The ending of a row that was never sent.
    pub fn unsent(status: Status, reasons: Vec<Reason>) -> Outcome {
        Outcome { status, id: None, http_status: None, attempts: 0, reasons }
    }

    /// The ending of a row that the mapping rejected.
    pub fn invalid(issues: Vec<Issue>) -> Outcome {
        Outcome::unsent(Status::Invalid, issues.into_iter().map(Reason::from).collect())
    }
}

impl From<Issue> for Reason {
    fn from(issue: Issue) -> Reason {
        Reason {
            code: OutcomeCode::Issue(issue.code),
            columns: issue.column.into_iter().collect(),
            message: issue.message,
        }
    }
}
