//! What may stand in a cell, whatever file it comes from.

use crate::model::{Code, ColumnIndex, Issue};

/// Reports control characters and, if asked, replacement characters. Both count only when the column is mapped.
pub(super) fn look(cell: &str, column: ColumnIndex, replacements: bool, issues: &mut Vec<Issue>) {
    let bytes = cell.as_bytes();
    let suspicious = |&byte: &u8| byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xEF;
    if !bytes.iter().any(suspicious) {
        return;
    }
    if let Some(control) = cell.chars().find(|&c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        let name = if control == '\0' { "NUL".to_owned() } else { format!("U+{:04X}", u32::from(control)) };
        let message = format!("the control character {name} has no place in a cell");
        issues.push(Issue::cell(Code::CellControl, column, message).when_mapped());
    }
    if replacements && cell.contains(char::REPLACEMENT_CHARACTER) {
        let message = "a replacement character (U+FFFD): a character was lost before the file came here";
        issues.push(Issue::cell(Code::CellReplacement, column, message).when_mapped());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(cell: &str) -> Vec<Code> {
        let mut issues = Vec::new();
        look(cell, ColumnIndex(0), true, &mut issues);
        issues.iter().map(|issue| issue.code).collect()
    }

    #[test]
    fn line_breaks_are_welcome_and_other_controls_are_not() {
        assert_eq!(codes("Åsa\r\n\tÖberg ﬁ ©"), []);
        assert_eq!(codes("a\0b"), [Code::CellControl]);
        assert_eq!(codes("a\u{7f}"), [Code::CellControl]);
        assert_eq!(codes("a\u{85}"), [Code::CellControl]);
        assert_eq!(codes("\u{fffd}sa\u{1}"), [Code::CellControl, Code::CellReplacement]);
    }
}
