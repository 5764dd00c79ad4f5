//! Text that fits the width of a terminal: wrapped paragraphs, and lines with a number at the right edge.

use unicode_width::UnicodeWidthStr;

/// Narrower, nothing fits.
const WIDTH_MIN: usize = 40;

/// Longer lines are hard to read.
const WIDTH_MAX: usize = 120;

/// Further to the right, a number is not seen to belong to its line.
const NUMBER_AT_MAX: usize = 84;

/// Text as it grows, never wider than it should be as long as words allow.
#[derive(Clone, Debug)]
pub struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// For a terminal of so many columns.
    pub fn new(width: usize) -> Page {
        Page { text: String::new(), width: width.clamp(WIDTH_MIN, WIDTH_MAX) }
    }

    /// A paragraph; its first line begins with `first`, all others are as far in. Words that are too long are cut.
    pub fn paragraph(&mut self, first: &str, text: &str) {
        let indent = first.width();
        let room = self.width.saturating_sub(indent).max(WIDTH_MIN / 2);
        let mut line = String::new();
        let mut lead = first.to_owned();
        for word in text.split_whitespace() {
            for piece in pieces(word, room) {
                if !line.is_empty() && line.width() + 1 + piece.width() > room {
                    self.line(&format!("{lead}{line}"));
                    lead = " ".repeat(indent);
                    line.clear();
                }
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(&piece);
            }
        }
        self.line(&format!("{lead}{line}"));
    }

    /// A line with something at the right edge; what is too long is cut.
    pub fn with_number(&mut self, text: &str, number: &str) {
        let width = self.width.min(NUMBER_AT_MAX);
        let room = width.saturating_sub(number.width() + 2);
        let text = cut(text, room);
        let gap = " ".repeat(width.saturating_sub(text.width() + number.width()));
        self.line(&format!("{text}{gap}{number}"));
    }

    /// A line as it is.
    pub fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// All of it.
    pub fn finish(self) -> String {
        self.text
    }
}

/// As much as fits, with `…` for the rest.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if kept.width() + 1 > width {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

/// A word in pieces that fit.
fn pieces(word: &str, room: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let last = pieces.last_mut().expect("there is always one");
        last.push(c);
        if last.width() > room {
            last.pop();
            pieces.push(c.to_string());
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wider_than_the_page() {
        let mut page = Page::new(40);
        page.paragraph("  → ", "Look at the digits; and at the column's country in the mapping.");
        page.paragraph("", &"x".repeat(90));
        page.with_number("  phone.length  漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字", "1,234");
        let text = page.finish();
        assert!(text.lines().all(|line| line.width() <= 40), "{text}");
        assert!(
            text.starts_with("  → Look at the digits; and at the\n    column's country in the mapping.\n"),
            "{text}"
        );
        assert!(text.ends_with("漢字…  1,234\n") || text.ends_with("漢…  1,234\n"), "{text}");
        assert_eq!(text.matches('x').count(), 90);
    }
}
