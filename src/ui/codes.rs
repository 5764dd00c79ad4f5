//! The pages of the catalogue of codes.

use super::page::Page as Sheet;
use crate::results::Page;

/// One page.
pub fn code_page(page: &Page, width: usize) -> String {
    let mut sheet = Sheet::new(width.min(100));
    sheet.paragraph("", &format!("{}: {}", page.code, page.means));
    sheet.line("");
    sheet.paragraph("  ", page.why);
    sheet.line("");
    sheet.paragraph("  What to do: ", page.todo);
    sheet.finish()
}

/// Every code with what it means.
pub fn code_list(pages: impl Iterator<Item = Page>, width: usize) -> String {
    let mut sheet = Sheet::new(width);
    for page in pages {
        sheet.paragraph(&format!("{:<25}", page.code), page.means);
    }
    sheet.finish()
}
