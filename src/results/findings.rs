//! What was wrong, counted by code and column, with the first rows of each kind.

use std::collections::BTreeMap;

use super::columns::columns;
use crate::model::{Header, Outcome, OutcomeCode, Row, RowNumber, Status};

/// How many examples of one kind are kept.
const EXAMPLES_MAX: usize = 5;

/// One kind of finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its stable name.
    pub code: OutcomeCode,
    /// The column or columns to blame, by name; empty when it is the row as such.
    pub column: String,
    /// How many rows have it.
    pub count: u64,
    /// The first of them, in input order.
    pub examples: Vec<Example>,
}

/// One row that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The row's number.
    pub row: RowNumber,
    /// What is said of it.
    pub message: String,
}

/// Gathers findings; its size depends on the kinds, not on the rows.
#[derive(Debug, Default)]
pub struct Findings {
    kinds: BTreeMap<(OutcomeCode, String), Finding>,
}

impl Findings {
    /// Takes note of how a row ended. Rows that landed, were blank, or simply had no turn are no findings.
    pub fn note(&mut self, header: &Header, row: &Row, outcome: &Outcome) {
        match outcome.status {
            Status::NotSent | Status::Skipped | Status::Unchanged => return,
            Status::Stored | Status::Invalid | Status::Refused | Status::Uncertain => {}
        }
        for reason in &outcome.reasons {
            let column = columns(header, reason);
            let finding = self.kinds.entry((reason.code, column.clone())).or_insert_with(|| Finding {
                code: reason.code,
                column,
                count: 0,
                examples: Vec::new(),
            });
            finding.count += 1;
            if finding.examples.len() < EXAMPLES_MAX {
                finding.examples.push(Example { row: row.number, message: reason.message.clone() });
            }
        }
    }

    /// All kinds, the most frequent first.
    pub fn into_list(self) -> Vec<Finding> {
        let mut list: Vec<Finding> = self.kinds.into_values().collect();
        list.sort_by_key(|finding| std::cmp::Reverse(finding.count));
        list
    }
}
