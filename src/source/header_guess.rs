//! Which row looks like the header, when the first one looks like a title. Only ever a suggestion.

/// How many rows with values are looked at.
pub(super) const ROWS_LOOKED_AT: usize = 40;

/// A title, a date, a note: what stands above headers takes few rows.
const ROWS_ABOVE_MAX: usize = 15;

/// No column name is longer; people do put instructions into headers.
const NAME_CHARS_MAX: usize = 120;

/// The number of the row that looks like the header, if that is not the first one. `rows` are the first rows with
/// values and their numbers.
pub(super) fn suggest(rows: &[(u64, Vec<String>)]) -> Option<u64> {
    let ((_, first), below) = rows.split_first()?;
    let mut widths: Vec<usize> = below.iter().map(|(_, cells)| filled(cells)).collect();
    widths.sort_unstable();
    let typical = *widths.get(widths.len() / 2)?;
    // A title fills one cell, or few of many.
    let titled = filled(first) < typical && (filled(first) == 1 || filled(first) * 2 <= typical);
    if !titled {
        return None;
    }
    let at = (0..below.len().min(ROWS_ABOVE_MAX)).find(|&at| {
        let cells = &below[at].1;
        filled(cells) * 10 >= typical * 7 && looks_like_names(cells) && differs_from_below(cells, &below[at + 1..])
    })?;
    Some(below[at].0)
}

fn filled(cells: &[String]) -> usize {
    cells.iter().filter(|cell| !cell.trim().is_empty()).count()
}

/// Whether cells could be column names: short, worded, no two alike.
pub(super) fn looks_like_names(cells: &[String]) -> bool {
    let names: Vec<&str> = cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
    let alike = (1..names.len()).any(|at| names[..at].contains(&names[at]));
    !names.is_empty() && !alike && names.iter().all(|name| is_name(name))
}

fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && !is_value(text) && text.chars().count() <= NAME_CHARS_MAX
}

/// Whether a text is rather a value than a name: an address, or more digits than letters.
fn is_value(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    text.contains('@') || digits > 0 && digits >= letters
}

/// Whether some column holds values below what could be its name.
pub(super) fn differs_from_below(cells: &[String], below: &[(u64, Vec<String>)]) -> bool {
    cells.iter().enumerate().filter(|(_, name)| is_name(name.trim())).any(|(column, _)| {
        let cells = || below.iter().filter_map(|(_, cells)| cells.get(column)).filter(|cell| !cell.trim().is_empty());
        let values = cells().filter(|cell| is_value(cell)).count();
        values > 0 && values * 2 >= cells().count()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggested(text: &str) -> Option<u64> {
        let rows: Vec<(u64, Vec<String>)> = (1..)
            .zip(text.lines())
            .filter(|(_, line)| !line.replace(';', "").is_empty())
            .map(|(number, line)| (number, line.split(';').map(str::to_owned).collect()))
            .collect();
        suggest(&rows)
    }

    #[test]
    fn a_header_below_a_title_is_seen() {
        assert_eq!(suggested("Kundlista\n\nnamn;epost;ort\nA;a@b.se;X\nB;b@b.se;Y\n"), Some(3));
        assert_eq!(
            suggested("Export 2026;;\nSkapad;2026-01-01;\nNamn;E-post;Mobil\nÅsa;a@b.se;070\nBo;b@b.se;\n"),
            Some(3)
        );
    }

    #[test]
    fn a_header_in_the_first_row_is_left_alone() {
        assert_eq!(suggested("namn;epost\nA;a@b.se\nB;b@b.se\n"), None);
        assert_eq!(suggested("namn;;\nA;a@b.se;X\nB;b@b.se;Y\n"), None);
        assert_eq!(suggested("E-mail\na@b.se\nb@b.se\n"), None);
        assert_eq!(suggested("namn;ort\n"), None);
        assert_eq!(suggested(""), None);
    }
}
