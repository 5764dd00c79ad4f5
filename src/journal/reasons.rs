//! Reasons as text. Columns are kept by name: by the next session they may have moved.

use crate::model::{ColumnIndex, Header, OutcomeCode, Reason};

/// A reason on disk: code, column names, message.
type Kept<'a> = (&'a str, Vec<&'a str>, &'a str);

/// As JSON; nothing for no reasons.
pub fn write(header: &Header, reasons: &[Reason]) -> Option<String> {
    if reasons.is_empty() {
        return None;
    }
    let kept: Vec<Kept<'_>> = reasons
        .iter()
        .map(|reason| {
            let names = reason.columns.iter().filter_map(|column| header.names.get(column.index()));
            (reason.code.as_str(), names.map(String::as_str).collect(), reason.message.as_str())
        })
        .collect();
    Some(serde_json::to_string(&kept).expect("texts always serialise"))
}

/// Back from [`write`], for a table with this header. A column that is gone is left out.
pub fn read(header: &Header, text: &str) -> Result<Vec<Reason>, String> {
    let kept: Vec<(String, Vec<String>, String)> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    kept.into_iter()
        .map(|(code, names, message)| {
            let code = OutcomeCode::parse(&code).ok_or_else(|| format!("there is no code {code:?}"))?;
            let column = |name: &String| {
                let at = header.names.iter().position(|known| known == name)?;
                Some(ColumnIndex(u32::try_from(at).ok()?))
            };
            Ok(Reason { code, columns: names.iter().filter_map(column).collect(), message })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Code, RowNumber};

    fn header(names: &[&str]) -> Header {
        Header { row: RowNumber(1), names: names.iter().map(|&name| name.to_owned()).collect() }
    }

    #[test]
    fn reasons_come_back_and_follow_their_columns() {
        let reason = |code, columns: &[u32]| Reason {
            code,
            columns: columns.iter().map(|&at| ColumnIndex(at)).collect(),
            message: "no \"@\" in it".to_owned(),
        };
        let before = [reason(OutcomeCode::ServerRefused, &[1]), reason(OutcomeCode::Issue(Code::PhoneLength), &[0, 1])];
        let text = write(&header(&["Name", "E-mail"]), &before).expect("there are some");
        let after = read(&header(&["E-mail", "Phone"]), &text).expect("it is sound");
        assert_eq!(
            after,
            [reason(OutcomeCode::ServerRefused, &[0]), reason(OutcomeCode::Issue(Code::PhoneLength), &[0]),]
        );
        assert_eq!(write(&header(&[]), &[]), None);
        assert!(read(&header(&[]), "[[\"no.such\",[],\"\"]]").is_err() && read(&header(&[]), "[").is_err());
    }
}
