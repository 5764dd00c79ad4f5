//! Our own columns in the results: their names, and what stands in them.

use std::borrow::Cow;

use crate::model::{Header, Outcome, Reason, Row};

/// Between several reasons of one row.
const BETWEEN: &str = "; ";

/// The texts of our own columns for one row. `c3_code`, `c3_column` and `c3_error` list every reason, in step.
pub fn own_cells<'o>(header: &Header, row: &Row, outcome: &'o Outcome) -> [Cow<'o, str>; 8] {
    let number = |n: Option<u64>| n.map(|n| Cow::Owned(n.to_string())).unwrap_or_default();
    let listed = |text: &dyn Fn(&Reason) -> String| {
        let texts: Vec<String> = outcome.reasons.iter().map(text).collect();
        // A list of blanks is blank.
        if texts.iter().all(String::is_empty) { Cow::Borrowed("") } else { safe(Cow::Owned(texts.join(BETWEEN))) }
    };
    [
        number(Some(row.number.0)),
        Cow::Borrowed(outcome.status.as_str()),
        safe(outcome.id.as_ref().map(|id| Cow::Borrowed(id.as_str())).unwrap_or_default()),
        number(outcome.http_status.map(u64::from)),
        number((outcome.attempts > 0).then(|| u64::from(outcome.attempts))),
        listed(&|reason| reason.code.as_str().to_owned()),
        listed(&|reason| columns(header, reason)),
        listed(&|reason| reason.message.clone()),
    ]
}

/// The columns a reason names, by what people call them.
pub fn columns(header: &Header, reason: &Reason) -> String {
    reason.columns.iter().map(|&column| header.label(column)).collect::<Vec<_>>().join(", ")
}

/// A spreadsheet takes a cell that begins like this for a formula (OWASP, "CSV Injection"). Our own columns never do.
fn safe(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{text}"))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{C3Id, Code, ColumnIndex, Issue, RowNumber, Status};

    fn header() -> Header {
        Header { row: RowNumber(1), names: vec!["E-mail".into(), "=Mobile".into()] }
    }

    #[test]
    fn a_stored_row_says_little() {
        let outcome = Outcome {
            id: C3Id::new("13"),
            http_status: Some(201),
            attempts: 1,
            ..Outcome::unsent(Status::Stored, vec![])
        };
        let cells = own_cells(&header(), &Row::new(RowNumber(31)), &outcome);
        assert_eq!(cells, ["31", "stored", "13", "201", "1", "", "", ""]);
    }

    #[test]
    fn every_reason_is_told_in_step_and_none_is_a_formula() {
        let outcome = Outcome::invalid(vec![
            Issue::cell(Code::PhoneLength, ColumnIndex(1), "too short"),
            Issue::cell(Code::EmailSyntax, ColumnIndex(0), "no @"),
        ]);
        let cells = own_cells(&header(), &Row::new(RowNumber(2)), &outcome);
        assert_eq!(
            cells,
            ["2", "invalid", "", "", "", "phone.length; email.syntax", "'=Mobile; E-mail", "too short; no @"]
        );
    }
}
